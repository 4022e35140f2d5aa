//! A transaction on either back-end.

use std::sync::Arc;

use guichet_core::{Clock, Timestamp};
use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

use crate::open::Pools;
use crate::row::Inner;
use crate::sql::expand_in;
use crate::value::bind;
use crate::{Args, Dialect, Result, Row, Sql, Value};

const POSTGRES_CLOCK: &str = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS now";

/// A transaction that may write; dropped, it is undone.
#[derive(Debug)]
pub struct Tx {
    backend: Backend,
    /// Whether the session keeps the statements that it has understood.
    keeps_statements: bool,
}

#[derive(Debug)]
enum Backend {
    Sqlite(sqlx::Transaction<'static, sqlx::Sqlite>),
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
}

impl Tx {
    pub(crate) async fn begin(pools: &Pools) -> Result<Self> {
        let mut keeps_statements = true;
        let backend = match pools {
            Pools::Sqlite { writer, .. } => Backend::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?),
            Pools::Postgres { pool, line, lent: None, .. } => {
                let connection = line.wait(pool.acquire()).await?;
                Backend::Postgres(sqlx::Transaction::begin(connection, None).await?)
            }
            Pools::Postgres { pool, line, lent: Some(lent), .. } => {
                keeps_statements = false;
                let begin = AssertSqlSafe(Arc::clone(&lent.begin)).into_sql_str();
                let connection = line.wait(pool.acquire()).await?;
                Backend::Postgres(sqlx::Transaction::begin(connection, Some(begin)).await?)
            }
        };
        Ok(Self { backend, keeps_statements })
    }

    /// Returns which SQL is spoken.
    pub const fn dialect(&self) -> Dialect {
        match self.backend {
            Backend::Sqlite(_) => Dialect::Sqlite,
            Backend::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Runs a statement and returns how many rows it changed.
    pub async fn execute(&mut self, sql: impl Into<Sql>, args: Args) -> Result<u64> {
        let sql = sql.into().text(self.dialect());
        Ok(match &mut self.backend {
            Backend::Sqlite(tx) => {
                bind!(sqlx::query::<sqlx::Sqlite>(sql), args).execute(&mut **tx).await?.rows_affected()
            }
            Backend::Postgres(tx) => {
                let query = bind!(sqlx::query::<sqlx::Postgres>(sql), args).persistent(self.keeps_statements);
                query.execute(&mut **tx).await?.rows_affected()
            }
        })
    }

    /// Returns the rows of a query or of a `RETURNING` clause.
    pub async fn fetch_all(&mut self, sql: impl Into<Sql>, args: Args) -> Result<Vec<Row>> {
        let sql = sql.into().text(self.dialect());
        self.read(sql.into_sql_str(), args, true).await
    }

    /// Returns the first row of a query.
    pub async fn fetch_optional(&mut self, sql: impl Into<Sql>, args: Args) -> Result<Option<Row>> {
        Ok(self.fetch_all(sql, args).await?.into_iter().next())
    }

    /// Returns the rows of a query whose `{in}` stands for `list`; no rows when the list is empty.
    pub async fn fetch_all_in(&mut self, sql: &'static str, args: Args, list: Vec<Value>) -> Result<Vec<Row>> {
        if list.is_empty() {
            return Ok(Vec::new());
        }
        let (sql, args) = expand_in(sql, args, list);
        self.read(sql, args, false).await
    }

    pub(crate) async fn read(&mut self, sql: SqlStr, args: Args, keep_statement: bool) -> Result<Vec<Row>> {
        let keep_statement = keep_statement && self.keeps_statements;
        Ok(match &mut self.backend {
            Backend::Sqlite(tx) => {
                let query = bind!(sqlx::query::<sqlx::Sqlite>(sql), args).persistent(keep_statement);
                query.fetch_all(&mut **tx).await?.into_iter().map(|row| Row(Inner::Sqlite(row))).collect()
            }
            Backend::Postgres(tx) => {
                let query = bind!(sqlx::query::<sqlx::Postgres>(sql), args).persistent(keep_statement);
                query.fetch_all(&mut **tx).await?.into_iter().map(|row| Row(Inner::Postgres(row))).collect()
            }
        })
    }

    /// Returns the time leases are judged by: the server's own on PostgreSQL, since several machines share it; the
    /// given clock on SQLite, where one process does.
    pub async fn lease_now(&mut self, clock: &dyn Clock) -> Result<Timestamp> {
        if self.dialect() == Dialect::Sqlite {
            return Ok(clock.now());
        }
        let row = self.fetch_optional(POSTGRES_CLOCK, Vec::new()).await?;
        row.map_or(Ok(clock.now()), |row| row.get("now"))
    }

    /// Makes the changes durable. An error leaves it unknown whether they are: read the key again.
    pub async fn commit(self) -> Result<()> {
        match self.backend {
            Backend::Sqlite(tx) => tx.commit().await?,
            Backend::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}
