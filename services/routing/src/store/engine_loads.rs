//! What the engine was loaded from: where replay begins.

use guichet_core::Timestamp;
use guichet_core::id::AuthorityId;
use guichet_db::{Result, Row, Tx, args};

use super::{Reader, json, text};
use crate::domain::engine::{Policy, Snapshot};
use crate::domain::replay::LoadMark;

/// Bytes of one snapshot kept, some 100,000 waiting requests. What was decided after a larger load, and before the next,
/// cannot be replayed: the row says so by its absence.
const SNAPSHOT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Loads looked at: several times what a busy month leaves.
const LIST_MAX: i64 = 100_000;

const INSERT: &str = "INSERT INTO engine_loads (shard, batch, epoch, at, bytes, policy, directories, snapshot)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const LIST: &str = "SELECT batch, at, bytes FROM engine_loads WHERE shard = $1 ORDER BY batch DESC LIMIT $2";
const FIND: &str = "SELECT policy, directories, snapshot FROM engine_loads WHERE shard = $1 AND batch = $2";
const FORGET: &str = "DELETE FROM engine_loads WHERE shard = $1 AND batch < $2";

/// A load, by the names of what was loaded.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) policy: Policy,
    /// Each authority's directory, by version.
    pub(crate) directories: Vec<(AuthorityId, i64)>,
    /// `None` = too large to be kept.
    pub(crate) snapshot: Option<Snapshot>,
}

/// Keeps what an engine is loaded from, in the transaction of the take-over; returns false when it is too large to be
/// kept.
pub(crate) async fn insert(
    tx: &mut Tx,
    shard: &str,
    (epoch, batch, at): (i64, i64, Timestamp),
    policy: &Policy,
    directories: &[(AuthorityId, i64)],
    snapshot: &Snapshot,
) -> Result<bool> {
    let snapshot = Some(text(snapshot)).filter(|text| text.len() <= SNAPSHOT_BYTES_MAX);
    let bytes = i64::try_from(snapshot.as_ref().map_or(0, String::len)).unwrap_or(i64::MAX);
    let kept = snapshot.is_some();
    let args = args![shard, batch, epoch, at, bytes, text(policy), text(&directories), snapshot];
    tx.execute(INSERT, args).await.map(|_| kept)
}

/// Returns the loads that are kept, the newest first.
pub(crate) async fn list(reader: &mut impl Reader, shard: &str) -> Result<Vec<LoadMark>> {
    let rows = reader.rows(LIST, args![shard, LIST_MAX]).await?;
    let mark = |row: &Row| Ok(LoadMark { batch: row.get("batch")?, at: row.get("at")?, bytes: row.get("bytes")? });
    rows.iter().map(mark).collect()
}

/// Returns the load that opened a batch.
pub(crate) async fn find(reader: &mut impl Reader, shard: &str, batch: i64) -> Result<Option<Kept>> {
    let rows = reader.rows(FIND, args![shard, batch]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let snapshot = match row.get::<Option<String>>("snapshot")? {
        Some(_) => Some(json(row, "snapshot")?),
        None => None,
    };
    Ok(Some(Kept { policy: json(row, "policy")?, directories: json(row, "directories")?, snapshot }))
}

/// Forgets the loads before a batch.
pub(crate) async fn forget(tx: &mut Tx, shard: &str, before: i64) -> Result<u64> {
    tx.execute(FORGET, args![shard, before]).await
}
