//! What the engine has to know, in order, and what it has already decided on.

use guichet_core::Timestamp;
use guichet_core::id::AuthorityId;
use guichet_db::{Result, Tx, args};

use super::shards::SHARD;
use super::{Reader, json, text};
use crate::domain::engine::Input;

const INSERT: &str = "INSERT INTO engine_inputs (authority_id, shard, at, input, batch, consumed_at)
    VALUES ($1, $2, $3, $4, $5, $6)";
const LIST: &str =
    "SELECT number, input FROM engine_inputs WHERE shard = $1 AND batch IS NULL ORDER BY number LIMIT $2";
const CONSUME: &str = "UPDATE engine_inputs SET batch = $3, consumed_at = $4
    WHERE shard = $1 AND batch IS NULL AND number = $2";
const ABSORB: &str = "UPDATE engine_inputs SET batch = $2, consumed_at = $3
    WHERE shard = $1 AND batch IS NULL
    RETURNING input";
const ANY: &str = "SELECT 1 AS one FROM engine_inputs WHERE shard = $1 AND batch IS NULL LIMIT $2";

/// Leaves a fact for the engine, in the transaction that makes it true.
pub(crate) async fn push(tx: &mut Tx, authority: AuthorityId, at: Timestamp, input: &Input) -> Result<()> {
    let (batch, consumed_at): (Option<i64>, Option<Timestamp>) = (None, None);
    tx.execute(INSERT, args![authority, SHARD, at, text(input), batch, consumed_at]).await.map(drop)
}

/// Writes down a fact the engine has just been told, in the transaction of what it decided.
pub(crate) async fn push_consumed(
    tx: &mut Tx,
    authority: Option<AuthorityId>,
    at: Timestamp,
    input: &Input,
    batch: i64,
) -> Result<()> {
    tx.execute(INSERT, args![authority, SHARD, at, text(input), batch, at]).await.map(drop)
}

/// Returns the next facts with their numbers.
pub(crate) async fn list(tx: &mut Tx, limit: i64) -> Result<Vec<(i64, Input)>> {
    let rows = tx.fetch_all(LIST, args![SHARD, limit]).await?;
    rows.iter().map(|row| Ok((row.get("number")?, json(row, "input")?))).collect()
}

/// Marks facts as decided on.
pub(crate) async fn consume(tx: &mut Tx, numbers: &[i64], batch: i64, at: Timestamp) -> Result<()> {
    for number in numbers {
        tx.execute(CONSUME, args![SHARD, *number, batch, at]).await?;
    }
    Ok(())
}

/// Marks every fact as known, since the engine is about to read what they made true; returns them.
pub(crate) async fn absorb(tx: &mut Tx, batch: i64, at: Timestamp) -> Result<Vec<Input>> {
    let rows = tx.fetch_all(ABSORB, args![SHARD, batch, at]).await?;
    rows.iter().map(|row| json(row, "input")).collect()
}

/// Returns whether facts are waiting.
pub(crate) async fn any(reader: &mut impl Reader) -> Result<bool> {
    Ok(!reader.rows(ANY, args![SHARD, 1_i64]).await?.is_empty())
}
