//! How long requests wait to be taken, by bucket.

use guichet_core::Timestamp;
use guichet_core::id::{AuthorityId, ServiceRequestId};
use guichet_db::{Db, Error, Result, Row, Tx, Value, args};

use super::Reader;
use crate::domain::forecast::{Bucket, KEPT_MAX, Wait};

/// Waiting requests of one bucket that are read: of a longer queue nothing is told.
pub(crate) const WAITING_MAX: usize = 2_000;

/// Whoever has waited before and waits again begins anew: its request waits since it came, a new desk does not.
const ENTER: &str =
    "INSERT INTO waits (request_id, entered_at, authority_id, department, lane, at_once, ended_at, taken)
    SELECT $1, CASE WHEN EXISTS (SELECT 1 FROM waits WHERE request_id = $1) THEN $2 ELSE $3 END, $4, $5, $6, $7, CAST(NULL AS BIGINT), $8
    WHERE NOT EXISTS (SELECT 1 FROM waits WHERE request_id = $1 AND ended_at IS NULL)
    ON CONFLICT DO NOTHING";
const END: &str = "UPDATE waits SET ended_at = $2, taken = $3 WHERE request_id = $1 AND ended_at IS NULL";
const FIND_OPEN: &str = "SELECT entered_at FROM waits WHERE request_id = $1 AND ended_at IS NULL";
const LIST_ENDED: &str = "SELECT entered_at, at_once, ended_at, taken FROM waits
    WHERE authority_id = $1 AND department = $2 AND lane = $3 AND ended_at >= $4
    ORDER BY ended_at DESC
    LIMIT $5";
const LIST_OPEN: &str = "SELECT entered_at, at_once, ended_at, taken FROM waits
    WHERE authority_id = $1 AND department = $2 AND lane = $3 AND ended_at IS NULL
    ORDER BY entered_at
    LIMIT $4";
const LIST_BUCKETS: &str = "SELECT authority_id, department, lane FROM waits
    WHERE authority_id IN ({in}) AND taken
    GROUP BY authority_id, department, lane
    HAVING COUNT(*) >= $1
    ORDER BY authority_id, department, lane";
const FORGET: &str = "DELETE FROM waits WHERE ended_at IS NOT NULL AND (request_id, entered_at) IN (
    SELECT request_id, entered_at FROM (
        SELECT request_id, entered_at, ROW_NUMBER() OVER (
            PARTITION BY authority_id, department, lane ORDER BY ended_at DESC) AS place
        FROM waits WHERE ended_at IS NOT NULL) AS ranked
    WHERE place > $1)";

/// Notes that a request waits in a bucket, `since` when it first came; one that waits already changes nothing.
pub(crate) async fn enter(
    tx: &mut Tx,
    (request, bucket): (ServiceRequestId, &Bucket),
    at_once: bool,
    (since, now): (Timestamp, Timestamp),
) -> Result<()> {
    let (authority, department, lane) = (bucket.authority_id, &bucket.department, bucket.lane());
    tx.execute(ENTER, args![request, now, since, authority, department, lane, at_once, false]).await.map(drop)
}

/// Notes that a request no longer waits where it did: somebody took it, or not.
pub(crate) async fn end(tx: &mut Tx, request: ServiceRequestId, now: Timestamp, taken: bool) -> Result<()> {
    tx.execute(END, args![request, now, taken]).await.map(drop)
}

/// Returns since when a request waits in its bucket; `None` when no decision was made on it.
pub(crate) async fn since(reader: &mut impl Reader, request: ServiceRequestId) -> Result<Option<Timestamp>> {
    reader.rows(FIND_OPEN, args![request]).await?.first().map(|row| row.get("entered_at")).transpose()
}

/// Returns the waits of a bucket that ended since an instant, the latest first.
pub(crate) async fn list_ended(reader: &mut impl Reader, bucket: &Bucket, since: Timestamp) -> Result<Vec<Wait>> {
    let kept = i64::try_from(KEPT_MAX).unwrap_or(i64::MAX);
    let args = args![bucket.authority_id, &bucket.department, bucket.lane(), since, kept];
    reader.rows(LIST_ENDED, args).await?.iter().map(wait).collect()
}

/// Returns what waits in a bucket, the oldest first.
pub(crate) async fn list_open(reader: &mut impl Reader, bucket: &Bucket) -> Result<Vec<Wait>> {
    let limit = i64::try_from(WAITING_MAX).unwrap_or(i64::MAX);
    let args = args![bucket.authority_id, &bucket.department, bucket.lane(), limit];
    reader.rows(LIST_OPEN, args).await?.iter().map(wait).collect()
}

/// Returns the buckets of some authorities of which so many waits are known.
pub(crate) async fn list_buckets(db: &Db, authorities: Vec<AuthorityId>, known: usize) -> Result<Vec<Bucket>> {
    let list = authorities.into_iter().map(Value::from).collect();
    let known = i64::try_from(known).unwrap_or(i64::MAX);
    let bucket = |row: &Row| {
        let (department, lane): (String, String) = (row.get("department")?, row.get("lane")?);
        let corrupt = || Error::Corrupt { column: "lane", reason: format!("`{lane}` is not a known code") };
        Bucket::parse(row.get("authority_id")?, &department, &lane).ok_or_else(corrupt)
    };
    db.fetch_all_in(LIST_BUCKETS, args![known], list).await?.iter().map(bucket).collect()
}

/// Forgets the waits of each bucket that are too old to be of use.
pub(crate) async fn forget(tx: &mut Tx) -> Result<()> {
    tx.execute(FORGET, args![i64::try_from(KEPT_MAX).unwrap_or(i64::MAX)]).await.map(drop)
}

fn wait(row: &Row) -> Result<Wait> {
    Ok(Wait {
        entered_at: row.get("entered_at")?,
        at_once: row.get("at_once")?,
        ended_at: row.get("ended_at")?,
        taken: row.get("taken")?,
    })
}
