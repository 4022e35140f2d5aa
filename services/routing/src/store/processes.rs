//! The processes that decide, and until when each is believed to live.

use std::collections::BTreeSet;

use guichet_core::{Clock, Timestamp};
use guichet_db::{Db, Dialect, Result, Tx, args};

use super::Reader;
use crate::domain::shares::ProcessId;

const LIST: &str = "SELECT id FROM processes WHERE until > $1";
const ANNOUNCE: &str = "INSERT INTO processes (id, until) VALUES ($1, $2)
    ON CONFLICT (id) DO UPDATE SET until = excluded.until";
const FORGET: &str = "DELETE FROM processes WHERE until <= $1";
const LEAVE: &str = "DELETE FROM processes WHERE id = $1";

/// Returns the processes that live.
pub(crate) async fn list(reader: &mut impl Reader, now: Timestamp) -> Result<BTreeSet<ProcessId>> {
    reader.rows(LIST, args![now]).await?.iter().map(|row| row.get("id")).collect()
}

/// Returns whether nobody could take this process for dead: one process has a SQLite file, so nothing is written every second
/// to a disk that may be asleep.
pub(crate) async fn is_known_alone(db: &Db, process: ProcessId) -> Result<bool> {
    if db.dialect() == Dialect::Postgres {
        return Ok(false);
    }
    let known = list(&mut &*db, Timestamp::from_millis(i64::MIN)).await?;
    Ok(known.len() == 1 && known.contains(&process))
}

/// Forgets who is dead, when a process starts.
pub(crate) async fn forget_dead(tx: &mut Tx, now: Timestamp) -> Result<()> {
    // Whoever had the file before is gone: the data folder's lock has kept others out.
    let until = if tx.dialect() == Dialect::Sqlite { Timestamp::from_millis(i64::MAX) } else { now };
    tx.execute(FORGET, args![until]).await.map(drop)
}

/// Says that a process lives, for so many milliseconds from now; returns that now, on the clock leases are judged by.
pub(crate) async fn announce(tx: &mut Tx, process: ProcessId, clock: &dyn Clock, ttl_ms: i64) -> Result<Timestamp> {
    let now = tx.lease_now(clock).await?;
    tx.execute(ANNOUNCE, args![process, now.plus_millis(ttl_ms)]).await?;
    Ok(now)
}

/// Says that a process has ended.
pub(crate) async fn leave(tx: &mut Tx, process: ProcessId) -> Result<()> {
    tx.execute(LEAVE, args![process]).await.map(drop)
}
