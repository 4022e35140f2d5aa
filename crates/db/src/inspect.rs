//! What an operator is told about a database. Everything here reads; nothing is created or changed.

use std::path::PathBuf;

use guichet_core::{Clock, Timestamp};
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Row};

use crate::open::{postgres_options, sqlite_file};
use crate::{Db, DbOptions, Result};

/// Turns in which two clients are looked at: a pooler that others use meanwhile gives itself away in one of them.
const TURNS: usize = 20;

const SERVER: &str = "SELECT
    CURRENT_SETTING('server_version') AS version,
    CURRENT_USER::TEXT AS role,
    CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS now,
    CURRENT_SETTING('max_connections')::BIGINT
        - CURRENT_SETTING('superuser_reserved_connections')::BIGINT AS connections_max,
    (SELECT COUNT(*) FROM pg_stat_activity WHERE datid IS NOT NULL) AS connections_used,
    (SELECT rolconnlimit::BIGINT FROM pg_roles WHERE rolname = CURRENT_USER) AS role_max,
    (SELECT COUNT(*) FROM pg_stat_activity WHERE usename = CURRENT_USER) AS role_used";
/// Tables and sequences that the role may not use as a service must; the table of migrations is only read.
const LACKING: &str = "SELECT relation.relname::TEXT AS name
    FROM pg_class AS relation
    JOIN pg_namespace AS schema ON schema.oid = relation.relnamespace
    WHERE schema.nspname = $1
        AND CASE
            WHEN relation.relkind = 'S' THEN NOT has_sequence_privilege(relation.oid, 'USAGE')
            WHEN relation.relkind NOT IN ('r', 'p') THEN FALSE
            WHEN relation.relname = '_sqlx_migrations' THEN NOT has_table_privilege(relation.oid, 'SELECT')
            ELSE NOT (has_table_privilege(relation.oid, 'SELECT') AND has_table_privilege(relation.oid, 'INSERT')
                AND has_table_privilege(relation.oid, 'UPDATE') AND has_table_privilege(relation.oid, 'DELETE'))
        END
    ORDER BY relation.relname";
const SCHEMA: &str = "SELECT has_schema_privilege(oid, 'USAGE') AS usable FROM pg_namespace WHERE nspname = $1";

/// What a database is like, seen by the role that uses it.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// What PostgreSQL says of itself; `None` for SQLite.
    pub server: Option<Server>,
    /// Number of the last step applied; 0 when there is none.
    pub schema_version: i64,
}

/// A PostgreSQL server.
#[derive(Clone, Debug)]
pub struct Server {
    /// « 15.8 ».
    pub version: String,
    /// Who we are there.
    pub role: String,
    /// What the role may not use: tables and sequences, or the schema itself.
    pub lacking: Vec<String>,
    /// Connections that this role may still open.
    pub connections_left: i64,
    /// How many the server takes from all.
    pub connections_max: i64,
    /// Whether two clients were given the same session: a pooler in transaction mode stands between.
    pub shares_sessions: bool,
    /// By how many milliseconds its clock is ahead of ours.
    pub ahead_ms: i64,
}

impl Db {
    /// Looks at a storage without changing it, on connections of its own: the first failure is the answer, where a pool would
    /// try again.
    pub async fn inspect(options: &DbOptions, clock: &dyn Clock) -> Result<Inspection> {
        if let Some(file) = sqlite_file(options) {
            return inspect_file(file, options).await;
        }
        let connect = postgres_options(options)?;
        let mut connection = PgConnection::connect_with(&connect).await?;
        let asked_at = clock.now();
        // One transaction: a pooler may pass the session on between two of them.
        let mut tx = connection.begin().await?;
        let row = sqlx::query(SERVER).persistent(false).fetch_one(&mut *tx).await?;
        let middle = halfway(asked_at, clock.now());
        let schema: Option<bool> =
            sqlx::query_scalar(SCHEMA).bind(options.schema).persistent(false).fetch_optional(&mut *tx).await?;
        let lacking = match schema {
            Some(false) => vec![options.schema.to_owned()],
            None => Vec::new(),
            Some(true) => {
                let names = sqlx::query_scalar(LACKING).bind(options.schema).persistent(false);
                names.fetch_all(&mut *tx).await?
            }
        };
        tx.commit().await?;
        let (used, max): (i64, i64) = (row.try_get("connections_used")?, row.try_get("connections_max")?);
        let (role_used, role_max): (i64, i64) = (row.try_get("role_used")?, row.try_get("role_max")?);
        let now: i64 = row.try_get("now")?;
        // Few at once: the server may have none left.
        connection.close().await?;
        let shares_sessions = shares_sessions(&connect).await?;
        let server = Server {
            version: row.try_get("version")?,
            role: row.try_get("role")?,
            lacking,
            connections_left: left(max, used, role_max, role_used),
            connections_max: max,
            shares_sessions,
            ahead_ms: Timestamp::from_millis(now).millis_since(middle),
        };
        let db = Self::open(options).await?;
        let schema_version = db.applied_version().await;
        db.close().await;
        Ok(Inspection { server: Some(server), schema_version: schema_version? })
    }
}

/// A file that is not there yet is made at the first start, not here.
async fn inspect_file(file: PathBuf, options: &DbOptions) -> Result<Inspection> {
    if !file.exists() {
        return Ok(Inspection { server: None, schema_version: 0 });
    }
    let db = Db::open(options).await?;
    let schema_version = db.applied_version().await;
    db.close().await;
    Ok(Inspection { server: None, schema_version: schema_version? })
}

/// Two clients at once have two sessions, and keep them, unless somebody passes sessions around. Asked in one message each, so
/// that a session passed on in between does no harm.
async fn shares_sessions(connect: &sqlx::postgres::PgConnectOptions) -> Result<bool> {
    let mut one = PgConnection::connect_with(connect).await?;
    let mut other = PgConnection::connect_with(connect).await?;
    let theirs = (session(&mut one).await?, session(&mut other).await?);
    let mut shared = theirs.0 == theirs.1;
    for _ in 1..TURNS {
        shared = shared || theirs != (session(&mut one).await?, session(&mut other).await?);
    }
    one.close().await?;
    other.close().await?;
    Ok(shared)
}

async fn session(client: &mut PgConnection) -> Result<i32> {
    const SESSION: &str = "SELECT pg_backend_pid()";
    Ok(sqlx::raw_sql(SESSION).fetch_one(client).await?.try_get(0)?)
}

/// Returns how many connections a role may still open: what the server has left, and what the role's own limit (-1 = none) leaves.
fn left(max: i64, used: i64, role_max: i64, role_used: i64) -> i64 {
    let of_server = max - used;
    if role_max < 0 { of_server } else { of_server.min(role_max - role_used) }
}

/// Returns the instant between two: the answer was made about then.
fn halfway(before: Timestamp, after: Timestamp) -> Timestamp {
    before.plus_millis(after.millis_since(before) / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_roles_own_limit_counts_when_it_is_the_smaller_one() {
        assert_eq!(left(97, 40, -1, 12), 57);
        assert_eq!(left(97, 40, 20, 12), 8);
        assert_eq!(left(97, 95, 20, 12), 2);
    }

    #[test]
    fn a_clock_is_compared_with_the_middle_of_the_question() {
        let at = Timestamp::from_millis;
        assert_eq!(halfway(at(1_000), at(1_040)), at(1_020));
    }
}
