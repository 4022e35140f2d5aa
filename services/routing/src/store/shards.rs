//! Who may decide: the shard's row, held at its epoch by every transaction of the matcher.

use guichet_db::{Result, Tx, args};

use super::Reader;
use super::dialect::{HOLD_SHARD, LOCK_SHARD};

/// The one shard: every authority.
pub(crate) const SHARD: &str = "all";

const RAISE: &str = "UPDATE shards SET epoch = epoch + 1 WHERE name = $1 RETURNING epoch";
const LAST_BATCH: &str = "SELECT batch FROM shards WHERE name = $1";
const NEXT_BATCH: &str = "UPDATE shards SET batch = batch + 1 WHERE name = $1 RETURNING batch";

/// Takes the shard over: waits for the transactions of whoever had it, then shuts them out. Returns the new epoch.
pub(crate) async fn take_over(tx: &mut Tx) -> Result<i64> {
    tx.fetch_optional(LOCK_SHARD, args![SHARD]).await?;
    let row = tx.fetch_optional(RAISE, args![SHARD]).await?;
    row.map_or(Ok(0), |row| row.get("epoch"))
}

/// Holds the shard for this transaction; returns false when somebody else took it over.
pub(crate) async fn hold(tx: &mut Tx, epoch: i64) -> Result<bool> {
    Ok(tx.fetch_optional(HOLD_SHARD, args![SHARD, epoch]).await?.is_some())
}

/// Returns the number of the last batch decided: all up to it are committed, since they wait for each other.
pub(crate) async fn last_batch(reader: &mut impl Reader) -> Result<i64> {
    reader.rows(LAST_BATCH, args![SHARD]).await?.first().map_or(Ok(0), |row| row.get("batch"))
}

/// Returns the number of the batch this transaction decides.
pub(crate) async fn next_batch(tx: &mut Tx) -> Result<i64> {
    let row = tx.fetch_optional(NEXT_BATCH, args![SHARD]).await?;
    row.map_or(Ok(0), |row| row.get("batch"))
}
