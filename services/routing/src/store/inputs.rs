//! What the engine has to know, in order, and what it has already decided on.

use std::ops::Range;

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, AuthorityId};
use guichet_db::{Result, Row, Tx, args};

use super::shards::FORMER;
use super::{Reader, json, text};
use crate::domain::engine::Input;

const INSERT: &str = "INSERT INTO engine_inputs (authority_id, shard, at, input, batch, consumed_at, ordinal)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";
/// Told to the shard of an agent's employer when it is not the request's: they may keep what they have after a pool splits.
const INSERT_ELSEWHERE: &str = "INSERT INTO engine_inputs (authority_id, shard, at, input)
    SELECT theirs.authority_id, $3, $4, $5 FROM agent_loads
    JOIN authority_shards AS theirs ON theirs.authority_id = agent_loads.authority_id
    JOIN authority_shards AS ours ON ours.authority_id = $2
    WHERE agent_loads.agent_id = $1 AND theirs.shard <> ours.shard";
const LIST: &str = concat!(
    "SELECT number, input FROM engine_inputs WHERE batch IS NULL AND ",
    of_shard!("$1"),
    " ORDER BY number LIMIT $2"
);
const CONSUME: &str = "UPDATE engine_inputs SET shard = $1, batch = $3, consumed_at = $4, ordinal = $5
    WHERE batch IS NULL AND number = $2";
const ABSORB: &str = concat!(
    "UPDATE engine_inputs SET shard = $1, batch = $2, consumed_at = $3 WHERE batch IS NULL AND ",
    of_shard!("$1"),
    " RETURNING input"
);
const ABSORB_ONE: &str = "UPDATE engine_inputs SET shard = $1, batch = $3, consumed_at = $4
    WHERE batch IS NULL AND number = $2";
const SHARDS_WAITING: &str = "SELECT DISTINCT authority_shards.shard AS shard FROM engine_inputs
    JOIN authority_shards ON authority_shards.authority_id = engine_inputs.authority_id
    WHERE engine_inputs.batch IS NULL";
const LIST_BATCHES: &str = "SELECT batch, at, consumed_at, ordinal, input FROM engine_inputs
    WHERE shard = $1 AND batch >= $2 AND batch < $3
    ORDER BY batch, ordinal, number";
const LIST_HOURS: &str = "SELECT DISTINCT at / 3600000 AS hour FROM engine_inputs
    WHERE batch IS NOT NULL AND input LIKE '{\"input\":\"arrived\"%'
    ORDER BY hour
    LIMIT $1";
const FORGET: &str = "DELETE FROM engine_inputs WHERE number IN (
        SELECT number FROM engine_inputs WHERE shard = $1 AND batch < $2 LIMIT $3)";
const ANY: &str = concat!("SELECT 1 AS one FROM engine_inputs WHERE batch IS NULL AND ", of_shard!("$1"), " LIMIT $2");

/// Hours looked at to say which days are recorded: two months, more than what is kept.
const HOURS_MAX: i64 = 62 * 24;

/// Where an input was applied: its batch, and its place in the order of application within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) batch: i64,
    pub(crate) ordinal: i64,
}

/// An input the engine was told.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) batch: i64,
    /// The engine's time.
    pub(crate) at: Timestamp,
    /// When it became true.
    pub(crate) made_at: Timestamp,
    /// Its place in the batch; `None` = a load absorbed it.
    pub(crate) ordinal: Option<i64>,
    pub(crate) input: Input,
}

/// Leaves a fact for the engine, in the transaction that makes it true.
pub(crate) async fn push(tx: &mut Tx, authority: AuthorityId, at: Timestamp, input: &Input) -> Result<()> {
    let (batch, consumed_at): (Option<i64>, Option<Timestamp>) = (None, None);
    tx.execute(INSERT, args![authority, FORMER, at, text(input), batch, consumed_at, batch]).await.map(drop)
}

/// Leaves a fact about a request of `authority` for the engine that knows `agent`, when that is another one.
pub(crate) async fn push_elsewhere(
    tx: &mut Tx,
    agent: AgentId,
    authority: AuthorityId,
    at: Timestamp,
    input: &Input,
) -> Result<()> {
    tx.execute(INSERT_ELSEWHERE, args![agent, authority, FORMER, at, text(input)]).await.map(drop)
}

/// Writes down a fact the engine has just been told, in the transaction of what it decided.
pub(crate) async fn push_consumed(
    tx: &mut Tx,
    (shard, authority): (&str, Option<AuthorityId>),
    at: Timestamp,
    input: &Input,
    place: Place,
) -> Result<()> {
    let args = args![authority, shard, at, text(input), place.batch, at, place.ordinal];
    tx.execute(INSERT, args).await.map(drop)
}

/// Returns the next facts with their numbers.
pub(crate) async fn list(tx: &mut Tx, shard: &str, limit: i64) -> Result<Vec<(i64, Input)>> {
    let rows = tx.fetch_all(LIST, args![shard, limit]).await?;
    rows.iter().map(|row| Ok((row.get("number")?, json(row, "input")?))).collect()
}

/// Marks facts as decided on, each at its place.
pub(crate) async fn consume(tx: &mut Tx, shard: &str, numbers: &[(i64, Place)], at: Timestamp) -> Result<()> {
    for (number, place) in numbers {
        tx.execute(CONSUME, args![shard, *number, place.batch, at, place.ordinal]).await?;
    }
    Ok(())
}

/// Marks every fact as known, since the engine is about to read what they made true; returns them.
pub(crate) async fn absorb(tx: &mut Tx, shard: &str, batch: i64, at: Timestamp) -> Result<Vec<Input>> {
    let rows = tx.fetch_all(ABSORB, args![shard, batch, at]).await?;
    rows.iter().map(|row| json(row, "input")).collect()
}

/// Marks one fact as known, since what it made true has been read.
pub(crate) async fn absorb_one(tx: &mut Tx, shard: &str, number: i64, batch: i64, at: Timestamp) -> Result<()> {
    tx.execute(ABSORB_ONE, args![shard, number, batch, at]).await.map(drop)
}

/// Returns what the engine was told in some batches, in the order it was; what loads absorbed stands anywhere in its batch.
pub(crate) async fn list_batches(reader: &mut impl Reader, shard: &str, batches: &Range<i64>) -> Result<Vec<Told>> {
    let rows = reader.rows(LIST_BATCHES, args![shard, batches.start, batches.end]).await?;
    let told = |row: &Row| {
        Ok(Told {
            batch: row.get("batch")?,
            at: row.get("consumed_at")?,
            made_at: row.get("at")?,
            ordinal: row.get("ordinal")?,
            input: json(row, "input")?,
        })
    };
    rows.iter().map(told).collect()
}

/// Returns the hours during which something arrived, each by its first instant, the oldest first.
pub(crate) async fn list_hours(reader: &mut impl Reader) -> Result<Vec<Timestamp>> {
    let rows = reader.rows(LIST_HOURS, args![HOURS_MAX]).await?;
    rows.iter().map(|row| Ok(Timestamp::from_millis(row.get::<i64>("hour")? * 3_600_000))).collect()
}

/// Forgets up to `limit` inputs of the batches before one; returns how many.
pub(crate) async fn forget(tx: &mut Tx, shard: &str, before: i64, limit: i64) -> Result<u64> {
    tx.execute(FORGET, args![shard, before, limit]).await
}

/// Returns whether facts are waiting for a shard.
pub(crate) async fn any(reader: &mut impl Reader, shard: &str) -> Result<bool> {
    Ok(!reader.rows(ANY, args![shard, 1_i64]).await?.is_empty())
}

/// Returns the shards that facts are waiting for.
pub(crate) async fn shards_waiting(reader: &mut impl Reader) -> Result<Vec<String>> {
    reader.rows(SHARDS_WAITING, args![]).await?.iter().map(|row| row.get("shard")).collect()
}
