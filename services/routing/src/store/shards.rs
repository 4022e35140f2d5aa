//! Which shard decides for whom, and who may decide: the shard's row, held at its epoch by every transaction of the matcher.

use std::collections::BTreeSet;

use guichet_core::Timestamp;
use guichet_core::id::AuthorityId;
use guichet_db::{Result, Tx, args};

use super::dialect::{HOLD_SHARD, LOCK_SHARD};
use super::{Reader, processes};
use crate::domain::pools::ShardMap;
use crate::domain::shares::{HeldShard, ProcessId};

/// The one shard of earlier releases. Facts wait under its name, so that a process of such a release finds them; its row is
/// held by whoever changes the map.
pub(crate) const FORMER: &str = "all";

const ENSURE: &str = "INSERT INTO shards (name, epoch, batch) VALUES ($1, 0, 0) ON CONFLICT (name) DO NOTHING";
const RAISE: &str = "UPDATE shards SET epoch = epoch + 1 WHERE name = $1";
const OWN: &str = "UPDATE shards SET epoch = epoch + 1, owner = $2 WHERE name = $1 RETURNING epoch";
const GIVE_BACK: &str = "UPDATE shards SET owner = $3 WHERE name = $1 AND owner = $2";
const IS_HELD: &str = "SELECT epoch FROM shards WHERE name = $1 AND epoch = $2";
const LAST_BATCH: &str = "SELECT batch FROM shards WHERE name = $1";
const NEXT_BATCH: &str = "UPDATE shards SET batch = batch + 1 WHERE name = $1 RETURNING batch";
const LIST: &str = "SELECT name, owner FROM shards
    WHERE name IN (SELECT shard FROM authority_shards)
    ORDER BY name";
const NAMES: &str = "SELECT name FROM shards ORDER BY name";
const RETIRED: &str = "SELECT name FROM shards WHERE name NOT IN (SELECT shard FROM authority_shards) ORDER BY name";
const MAP: &str = "SELECT authority_id, shard FROM authority_shards";
const MOVE: &str = "INSERT INTO authority_shards (authority_id, shard) VALUES ($1, $2)
    ON CONFLICT (authority_id) DO UPDATE SET shard = excluded.shard";
const AUTHORITIES: &str = "SELECT authority_id FROM authority_shards WHERE shard = $1";

/// Holds the map for this transaction: others who would change it wait.
pub(crate) async fn lock_map(tx: &mut Tx) -> Result<()> {
    tx.fetch_optional(LOCK_SHARD, args![FORMER]).await.map(drop)
}

/// Returns which shard decides for each authority.
pub(crate) async fn map(tx: &mut Tx) -> Result<ShardMap> {
    let rows = tx.fetch_all(MAP, args![]).await?;
    rows.iter().map(|row| Ok((row.get("authority_id")?, row.get("shard")?))).collect()
}

/// Puts an authority into a shard.
pub(crate) async fn put(tx: &mut Tx, authority: AuthorityId, shard: &str) -> Result<()> {
    tx.execute(MOVE, args![authority, shard]).await.map(drop)
}

/// Shuts out whoever has a shard, once their transaction has ended; a shard that is not there yet is there from now on.
pub(crate) async fn shut_out(tx: &mut Tx, shard: &str) -> Result<()> {
    tx.execute(ENSURE, args![shard]).await?;
    tx.fetch_optional(LOCK_SHARD, args![shard]).await?;
    tx.execute(RAISE, args![shard]).await.map(drop)
}

/// Takes a shard over for a process: waits for the transactions of whoever had it, then shuts them out. Returns the new
/// epoch; `None` while another that lives has it, or when it decides for nobody any more.
pub(crate) async fn take_over(tx: &mut Tx, shard: &str, process: ProcessId, now: Timestamp) -> Result<Option<i64>> {
    let Some(row) = tx.fetch_optional(LOCK_SHARD, args![shard]).await? else { return Ok(None) };
    let owner: Option<ProcessId> = row.get("owner")?;
    let live = processes::list(tx, now).await?;
    if owner.is_some_and(|owner| owner != process && live.contains(&owner)) || authorities(tx, shard).await?.is_empty()
    {
        return Ok(None);
    }
    let row = tx.fetch_optional(OWN, args![shard, process]).await?;
    row.map(|row| row.get("epoch")).transpose()
}

/// Holds a shard for this transaction; returns false when somebody else took it over.
pub(crate) async fn hold(tx: &mut Tx, shard: &str, epoch: i64) -> Result<bool> {
    Ok(tx.fetch_optional(HOLD_SHARD, args![shard, epoch]).await?.is_some())
}

/// Returns whether a shard is still at an epoch, for who has nothing to do and would not notice otherwise.
pub(crate) async fn is_held(reader: &mut impl Reader, shard: &str, epoch: i64) -> Result<bool> {
    Ok(!reader.rows(IS_HELD, args![shard, epoch]).await?.is_empty())
}

/// Leaves a shard to whoever wants it.
pub(crate) async fn give_back(tx: &mut Tx, shard: &str, process: ProcessId) -> Result<()> {
    tx.execute(GIVE_BACK, args![shard, process, None::<ProcessId>]).await.map(drop)
}

/// Returns the shards that decide for somebody, and who has them.
pub(crate) async fn list(reader: &mut impl Reader) -> Result<Vec<HeldShard>> {
    let rows = reader.rows(LIST, args![]).await?;
    rows.iter().map(|row| Ok(HeldShard { name: row.get("name")?, owner: row.get("owner")? })).collect()
}

/// Returns every shard there has been.
pub(crate) async fn names(reader: &mut impl Reader) -> Result<Vec<String>> {
    reader.rows(NAMES, args![]).await?.iter().map(|row| row.get("name")).collect()
}

/// Returns the shards that decide for nobody any more.
pub(crate) async fn retired(reader: &mut impl Reader) -> Result<Vec<String>> {
    reader.rows(RETIRED, args![]).await?.iter().map(|row| row.get("name")).collect()
}

/// Returns the authorities a shard decides for.
pub(crate) async fn authorities(tx: &mut Tx, shard: &str) -> Result<BTreeSet<AuthorityId>> {
    tx.fetch_all(AUTHORITIES, args![shard]).await?.iter().map(|row| row.get("authority_id")).collect()
}

/// Returns the number of the last batch decided: all up to it are committed, since they wait for each other.
pub(crate) async fn last_batch(reader: &mut impl Reader, shard: &str) -> Result<i64> {
    reader.rows(LAST_BATCH, args![shard]).await?.first().map_or(Ok(0), |row| row.get("batch"))
}

/// Returns the number of the batch this transaction decides.
pub(crate) async fn next_batch(tx: &mut Tx, shard: &str) -> Result<i64> {
    let row = tx.fetch_optional(NEXT_BATCH, args![shard]).await?;
    row.map_or(Ok(0), |row| row.get("batch"))
}
