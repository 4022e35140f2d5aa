//! Opening a back-end by the scheme of its address, and reading outside a transaction.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, SqlSafeStr, SqlStr};

use crate::line::{self, Line};
use crate::row::Inner;
use crate::sql::expand_in;
use crate::value::bind;
use crate::{Args, Error, Result, Row, Sql, Tx, Value};

/// Connections that only read a SQLite file: pages and lists beside the one writer.
const SQLITE_READERS: u32 = 2;
/// How long a writer waits for another process on the same file (a backup), before it reports unavailable.
const SQLITE_BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Kibibytes of page cache for each SQLite connection: twelve connections must stay small together.
const SQLITE_CACHE_KIB: &str = "-1024";

/// Which SQL is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// One file a service: trials and small sites.
    Sqlite,
    /// One schema a service: production.
    Postgres,
}

/// Whose the session behind a connection is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pooling {
    /// Ours for as long as the connection lasts: PostgreSQL itself, or a pooler in session mode.
    #[default]
    Session,
    /// Lent for one transaction by a pooler in transaction mode. Nothing is asked at connection and nothing is kept in the
    /// session: no statement by name, and each read is a transaction that says where its tables are.
    Transaction,
}

/// What to open.
#[derive(Clone)]
pub struct DbOptions {
    /// `sqlite:FOLDER` or `postgres://…`.
    pub url: String,
    /// Name of the service: the file's name or the schema.
    pub schema: &'static str,
    /// Connections to PostgreSQL at most.
    pub max_connections: u32,
    /// After how many milliseconds PostgreSQL ends a transaction in which nothing happens.
    pub idle_in_transaction_ms: u32,
    /// Whose the sessions of PostgreSQL are.
    pub pooling: Pooling,
}

impl DbOptions {
    /// Returns the options of a service with the usual limits.
    pub fn new(url: impl Into<String>, schema: &'static str) -> Self {
        Self {
            url: url.into(),
            schema,
            max_connections: 8,
            idle_in_transaction_ms: 10_000,
            pooling: Pooling::default(),
        }
    }
}

impl std::fmt::Debug for DbOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DbOptions")
            .field("url", &redact(&self.url))
            .field("schema", &self.schema)
            .finish_non_exhaustive()
    }
}

/// Returns an address without its password.
fn redact(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    rest.rsplit_once('@').map_or_else(|| url.to_owned(), |(_, host)| format!("{scheme}://…@{host}"))
}

/// One service's storage; cheap to clone.
#[derive(Clone, Debug)]
pub struct Db(pub(crate) Pools);

#[derive(Clone, Debug)]
pub(crate) enum Pools {
    Sqlite { writer: SqlitePool, readers: SqlitePool },
    Postgres { pool: PgPool, line: Arc<Line>, options: Arc<DbOptions>, lent: Option<Lent> },
}

/// Sessions lent for a transaction.
#[derive(Clone, Debug)]
pub(crate) struct Lent {
    /// Begins a transaction and says in it what a session would have been told once.
    pub(crate) begin: Arc<str>,
}

impl Lent {
    fn new(options: &DbOptions) -> Option<Self> {
        let begin = || {
            format!(
                "BEGIN; SET LOCAL search_path = \"{}\"; SET LOCAL idle_in_transaction_session_timeout = {}",
                options.schema, options.idle_in_transaction_ms
            )
        };
        (options.pooling == Pooling::Transaction).then(|| Self { begin: begin().into() })
    }
}

impl Db {
    /// Opens the storage; a missing SQLite file is created, a PostgreSQL server that is down is tried again at each
    /// call. Tables appear with [`Db::migrate`].
    pub async fn open(options: &DbOptions) -> Result<Self> {
        if let Some(file) = sqlite_file(options) {
            return open_sqlite(file).await;
        }
        let connect = postgres_options(options)?;
        let pool = PgPoolOptions::new()
            .max_connections(options.max_connections)
            .acquire_timeout(line::WAIT_MAX)
            .connect_lazy_with(connect);
        let (options, lent) = (Arc::new(options.clone()), Lent::new(options));
        Ok(Self(Pools::Postgres { pool, line: Arc::default(), options, lent }))
    }

    /// Uses another address, or the same one with another password, for every connection made from now on. Those that are there
    /// stay; SQLite has one address only.
    pub fn reopen(&self, url: &str) -> Result<()> {
        match &self.0 {
            Pools::Postgres { pool, options, .. } => {
                let options = DbOptions { url: url.to_owned(), ..DbOptions::clone(options) };
                pool.set_connect_options(postgres_options(&options)?);
                Ok(())
            }
            Pools::Sqlite { .. } => Err(Error::Address { url: redact(url) }),
        }
    }

    /// Returns which SQL is spoken.
    pub const fn dialect(&self) -> Dialect {
        match self.0 {
            Pools::Sqlite { .. } => Dialect::Sqlite,
            Pools::Postgres { .. } => Dialect::Postgres,
        }
    }

    /// Begins a transaction that may write; dropping it without [`Tx::commit`] undoes it.
    ///
    /// On SQLite it takes the write lock at once: a transaction that read first could not be upgraded safely.
    pub async fn begin(&self) -> Result<Tx> {
        Tx::begin(&self.0).await
    }

    /// Returns the rows of a query, outside a transaction.
    pub async fn fetch_all(&self, sql: impl Into<Sql>, args: Args) -> Result<Vec<Row>> {
        self.read(sql.into().text(self.dialect()).into_sql_str(), args, true).await
    }

    /// Returns the first row of a query, outside a transaction.
    pub async fn fetch_optional(&self, sql: impl Into<Sql>, args: Args) -> Result<Option<Row>> {
        Ok(self.fetch_all(sql, args).await?.into_iter().next())
    }

    /// Returns the rows of a query whose `{in}` stands for `list`; no rows when the list is empty.
    pub async fn fetch_all_in(&self, sql: &'static str, args: Args, list: Vec<Value>) -> Result<Vec<Row>> {
        if list.is_empty() {
            return Ok(Vec::new());
        }
        let (sql, args) = expand_in(sql, args, list);
        self.read(sql, args, false).await
    }

    async fn read(&self, sql: SqlStr, args: Args, keep_statement: bool) -> Result<Vec<Row>> {
        let rows = match &self.0 {
            Pools::Sqlite { readers, .. } => {
                let query = bind!(sqlx::query::<sqlx::Sqlite>(sql), args).persistent(keep_statement);
                query.fetch_all(readers).await?.into_iter().map(|row| Row(Inner::Sqlite(row))).collect()
            }
            // Between the two halves of a read, a lent session may be given to somebody else, unless a transaction holds it.
            Pools::Postgres { lent: Some(_), .. } => {
                let mut tx = self.begin().await?;
                let rows = tx.read(sql, args, false).await?;
                tx.commit().await?;
                rows
            }
            Pools::Postgres { pool, line, .. } => {
                let query = bind!(sqlx::query::<sqlx::Postgres>(sql), args).persistent(keep_statement);
                let mut connection = line.wait(pool.acquire()).await?;
                query.fetch_all(&mut *connection).await?.into_iter().map(|row| Row(Inner::Postgres(row))).collect()
            }
        };
        Ok(rows)
    }

    /// Checks that the database answers: to this question, or to others while all connections were taken.
    pub async fn ping(&self) -> Result<()> {
        let asked_at = Instant::now();
        match (self.fetch_all("SELECT 1", Vec::new()).await, &self.0) {
            (Err(Error::Unavailable(sqlx::Error::PoolTimedOut)), Pools::Postgres { line, .. })
                if line.moved_since(asked_at) =>
            {
                Ok(())
            }
            (answer, _) => answer.map(drop),
        }
    }

    /// Closes every connection once its work is done.
    pub async fn close(&self) {
        match &self.0 {
            Pools::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres { pool, .. } => pool.close().await,
        }
    }
}

/// Returns the file of a SQLite storage.
pub(crate) fn sqlite_file(options: &DbOptions) -> Option<PathBuf> {
    let folder = options.url.strip_prefix("sqlite:")?;
    Some(PathBuf::from(folder).join(format!("{}.db", options.schema)))
}

/// Returns how a PostgreSQL storage is connected to.
pub(crate) fn postgres_options(options: &DbOptions) -> Result<PgConnectOptions> {
    let wrong = || Error::Address { url: redact(&options.url) };
    if !options.url.starts_with("postgres://") && !options.url.starts_with("postgresql://") {
        return Err(wrong());
    }
    let connect = PgConnectOptions::from_str(&options.url).map_err(|_| wrong())?.application_name(options.schema);
    if options.pooling == Pooling::Transaction {
        // A pooler refuses at connection what it cannot follow.
        return Ok(connect.extra_float_digits(None).statement_cache_capacity(0));
    }
    Ok(connect.options([
        ("search_path", options.schema.to_owned()),
        ("idle_in_transaction_session_timeout", options.idle_in_transaction_ms.to_string()),
    ]))
}

async fn open_sqlite(file: PathBuf) -> Result<Db> {
    let connect = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(SQLITE_BUSY_TIMEOUT)
        .pragma("cache_size", SQLITE_CACHE_KIB);
    let pool = |size: u32| {
        let options = SqlitePoolOptions::new().max_connections(size).acquire_timeout(SQLITE_BUSY_TIMEOUT * 2);
        // SQLite undoes a transaction by itself when the disk is full, which sqlx does not notice: its connection believes
        // itself in a transaction for ever, and the one writer would never begin another.
        options.before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
    };
    // The writer comes first: it creates the file the readers open.
    let writer = pool(1).connect_with(connect.clone()).await?;
    let readers = pool(SQLITE_READERS).connect_with(connect).await?;
    Ok(Db(Pools::Sqlite { writer, readers }))
}
