//! The statements that must differ between the back-ends.

use guichet_db::Sql;

/// Reads the head and keeps other relays out until the transaction ends (SQLite has one writer anyway).
pub(crate) const LOCK_HEAD: Sql = Sql::by_dialect(
    "SELECT generation, seq FROM log_head WHERE id = 1",
    "SELECT generation, seq FROM log_head WHERE id = 1 FOR UPDATE",
);

/// Reads a cursor and keeps other readers out until the transaction ends.
pub(crate) const LOCK_CURSOR: Sql = Sql::by_dialect(
    "SELECT generation, seq FROM cursors WHERE consumer = $1 AND producer = $2",
    "SELECT generation, seq FROM cursors WHERE consumer = $1 AND producer = $2 FOR UPDATE",
);
