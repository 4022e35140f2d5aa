//! Schema versions: twin files for the two back-ends, applied in order, only ever expanding (DESIGN §5.8).

use sqlx::SqlSafeStr;
use sqlx::migrate::{MigrateError, MigrationType, Migrator};

use crate::open::Pools;
use crate::{Db, Dialect, Error, Result, args};

/// One numbered step of a schema.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Strictly increasing; 1 to 999 belong to `guichet-bus`.
    pub version: i64,
    /// What it does, as in its file name.
    pub name: &'static str,
    /// Text for SQLite.
    pub sqlite: &'static str,
    /// Text for PostgreSQL.
    pub postgres: &'static str,
}

/// Returns the step of the twin files `migrations/{sqlite,postgres}/<version>_<name>.sql`, seen from the `src` folder of
/// the crate that names it: `migration!(1001, "routing")`.
#[macro_export]
macro_rules! migration {
    ($version:literal, $name:literal) => {
        $crate::Migration {
            version: $version,
            name: $name,
            sqlite: include_str!(concat!("../migrations/sqlite/", $version, "_", $name, ".sql")),
            postgres: include_str!(concat!("../migrations/postgres/", $version, "_", $name, ".sql")),
        }
    };
}

const SCHEMA: &str = "SELECT 1 AS there FROM pg_namespace WHERE nspname = $1";

/// All the steps of one service's schema.
#[derive(Clone, Debug, Default)]
pub struct Migrations(Vec<Migration>);

/// How a database's schema stands beside what this program needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaState {
    /// At least what this program needs; newer is accepted, since steps only expand.
    Ready,
    /// Steps are missing: run `guichet migrate`.
    Behind,
}

impl Migrations {
    /// Returns the steps in order.
    pub fn new(mut steps: Vec<Migration>) -> Self {
        steps.sort_by_key(|step| step.version);
        Self(steps)
    }

    /// Returns these steps with others.
    #[must_use]
    pub fn with(self, other: &Self) -> Self {
        Self::new(self.0.into_iter().chain(other.0.iter().copied()).collect())
    }

    /// Returns the number of the last step, 0 when there is none.
    pub fn last_version(&self) -> i64 {
        self.0.last().map_or(0, |step| step.version)
    }

    fn migrator(&self, dialect: Dialect) -> Migrator {
        let steps = self.0.iter().map(|step| {
            let sql = match dialect {
                Dialect::Sqlite => step.sqlite,
                Dialect::Postgres => step.postgres,
            };
            let kind = MigrationType::Simple;
            sqlx::migrate::Migration::new(step.version, step.name.into(), kind, sql.into_sql_str(), false)
        });
        let mut migrator = Migrator::with_migrations(steps.collect());
        migrator.set_ignore_missing(true);
        migrator
    }
}

/// Returns why a migration failed: what passes by itself (a lock, a server that went) as such, for the step was undone.
fn failed(error: MigrateError) -> Error {
    let error = match error {
        MigrateError::ExecuteMigration(cause, step) => match Error::from(cause) {
            Error::Statement(cause) => MigrateError::ExecuteMigration(cause, step),
            passing => return passing,
        },
        MigrateError::Execute(cause) => match Error::from(cause) {
            Error::Statement(cause) => MigrateError::Execute(cause),
            passing => return passing,
        },
        other => other,
    };
    Error::Migration(Box::new(error))
}

impl Db {
    /// Applies the missing steps, one process at a time; steps of a newer program are left alone.
    pub async fn migrate(&self, migrations: &Migrations) -> Result<()> {
        let mut migrator = migrations.migrator(self.dialect());
        match &self.0 {
            Pools::Sqlite { writer, .. } => migrator.run(writer).await,
            Pools::Postgres { lent: Some(_), .. } => {
                return Err(Error::Migration("a session that is only lent cannot hold the lock of a migration".into()));
            }
            Pools::Postgres { pool, options, lent: None, .. } => {
                // Asking for a schema takes a right that a role with schemas of its own need not have.
                if self.fetch_optional(SCHEMA, args![options.schema]).await?.is_none() {
                    migrator.create_schema(options.schema);
                }
                migrator.run(pool).await
            }
        }
        .map_err(failed)
    }

    /// Returns whether every step has been applied.
    pub async fn schema_state(&self, migrations: &Migrations) -> Result<SchemaState> {
        let applied = self.applied_version().await?;
        Ok(if applied >= migrations.last_version() { SchemaState::Ready } else { SchemaState::Behind })
    }

    /// Returns the number of the last step applied, 0 when there is none.
    pub(crate) async fn applied_version(&self) -> Result<i64> {
        const APPLIED: &str = "SELECT COALESCE(MAX(version), 0) AS version FROM _sqlx_migrations WHERE success";
        match self.fetch_optional(APPLIED, Vec::new()).await {
            Ok(row) => row.map_or(Ok(0), |row| row.get("version")),
            // The table itself is missing: nothing has been applied.
            Err(Error::Statement(_)) => Ok(0),
            Err(error) => Err(error),
        }
    }
}
