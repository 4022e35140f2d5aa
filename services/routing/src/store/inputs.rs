//! What the engine has to know, in order, and what it has already decided on.

use std::ops::Range;

use guichet_core::Timestamp;
use guichet_core::id::AuthorityId;
use guichet_db::{Result, Row, Tx, args};

use super::shards::SHARD;
use super::{Reader, json, text};
use crate::domain::engine::Input;

const INSERT: &str = "INSERT INTO engine_inputs (authority_id, shard, at, input, batch, consumed_at, ordinal)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";
const LIST: &str =
    "SELECT number, input FROM engine_inputs WHERE shard = $1 AND batch IS NULL ORDER BY number LIMIT $2";
const CONSUME: &str = "UPDATE engine_inputs SET batch = $3, consumed_at = $4, ordinal = $5
    WHERE shard = $1 AND batch IS NULL AND number = $2";
const ABSORB: &str = "UPDATE engine_inputs SET batch = $2, consumed_at = $3
    WHERE shard = $1 AND batch IS NULL
    RETURNING input";
const LIST_BATCHES: &str = "SELECT batch, at, consumed_at, ordinal, input FROM engine_inputs
    WHERE shard = $1 AND batch >= $2 AND batch < $3
    ORDER BY batch, ordinal, number";
const LIST_HOURS: &str = "SELECT DISTINCT at / 3600000 AS hour FROM engine_inputs
    WHERE shard = $1 AND batch IS NOT NULL AND input LIKE '{\"input\":\"arrived\"%'
    ORDER BY hour
    LIMIT $2";
const FORGET: &str = "DELETE FROM engine_inputs WHERE number IN (
        SELECT number FROM engine_inputs WHERE shard = $1 AND batch < $2 LIMIT $3)";
const ANY: &str = "SELECT 1 AS one FROM engine_inputs WHERE shard = $1 AND batch IS NULL LIMIT $2";

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
    tx.execute(INSERT, args![authority, SHARD, at, text(input), batch, consumed_at, batch]).await.map(drop)
}

/// Writes down a fact the engine has just been told, in the transaction of what it decided.
pub(crate) async fn push_consumed(
    tx: &mut Tx,
    authority: Option<AuthorityId>,
    at: Timestamp,
    input: &Input,
    place: Place,
) -> Result<()> {
    let args = args![authority, SHARD, at, text(input), place.batch, at, place.ordinal];
    tx.execute(INSERT, args).await.map(drop)
}

/// Returns the next facts with their numbers.
pub(crate) async fn list(tx: &mut Tx, limit: i64) -> Result<Vec<(i64, Input)>> {
    let rows = tx.fetch_all(LIST, args![SHARD, limit]).await?;
    rows.iter().map(|row| Ok((row.get("number")?, json(row, "input")?))).collect()
}

/// Marks facts as decided on, each at its place.
pub(crate) async fn consume(tx: &mut Tx, numbers: &[(i64, Place)], at: Timestamp) -> Result<()> {
    for (number, place) in numbers {
        tx.execute(CONSUME, args![SHARD, *number, place.batch, at, place.ordinal]).await?;
    }
    Ok(())
}

/// Marks every fact as known, since the engine is about to read what they made true; returns them.
pub(crate) async fn absorb(tx: &mut Tx, batch: i64, at: Timestamp) -> Result<Vec<Input>> {
    let rows = tx.fetch_all(ABSORB, args![SHARD, batch, at]).await?;
    rows.iter().map(|row| json(row, "input")).collect()
}

/// Returns what the engine was told in some batches, in the order it was; what loads absorbed stands anywhere in its batch.
pub(crate) async fn list_batches(reader: &mut impl Reader, batches: &Range<i64>) -> Result<Vec<Told>> {
    let rows = reader.rows(LIST_BATCHES, args![SHARD, batches.start, batches.end]).await?;
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
    let rows = reader.rows(LIST_HOURS, args![SHARD, HOURS_MAX]).await?;
    rows.iter().map(|row| Ok(Timestamp::from_millis(row.get::<i64>("hour")? * 3_600_000))).collect()
}

/// Forgets up to `limit` inputs of the batches before one; returns how many.
pub(crate) async fn forget(tx: &mut Tx, before: i64, limit: i64) -> Result<u64> {
    tx.execute(FORGET, args![SHARD, before, limit]).await
}

/// Returns whether facts are waiting.
pub(crate) async fn any(reader: &mut impl Reader) -> Result<bool> {
    Ok(!reader.rows(ANY, args![SHARD, 1_i64]).await?.is_empty())
}
