//! The statements that must differ between the back-ends.

use guichet_db::Sql;

/// Reads the shard and keeps a take-over out until the transaction ends (SQLite has one writer anyway).
pub(super) const HOLD_SHARD: Sql = Sql::by_dialect(
    "SELECT epoch FROM shards WHERE name = $1 AND epoch = $2",
    "SELECT epoch FROM shards WHERE name = $1 AND epoch = $2 FOR KEY SHARE",
);

/// Reads the shard once every matcher's transaction has ended, and keeps new ones out.
pub(super) const LOCK_SHARD: Sql =
    Sql::by_dialect("SELECT owner FROM shards WHERE name = $1", "SELECT owner FROM shards WHERE name = $1 FOR UPDATE");
