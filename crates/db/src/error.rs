//! What can go wrong with a database, by what the caller can do about it.

/// A failed call to the database.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database does not answer, or asks to try again: the same call may succeed later. After a commit that ends
    /// so, nobody knows whether it happened: read the key again.
    #[error("database is unavailable")]
    Unavailable(#[source] sqlx::Error),
    /// No space is left for data.
    #[error("database has no space left")]
    Full(#[source] sqlx::Error),
    /// The statement is wrong or breaks a constraint: a mistake in our code.
    #[error("statement failed")]
    Statement(#[source] sqlx::Error),
    /// A stored value is not what its column promises.
    #[error("column `{column}` holds a value that cannot be read: {reason}")]
    Corrupt {
        /// Name of the column.
        column: &'static str,
        /// What is wrong with the value.
        reason: String,
    },
    /// The address of the database is not one we can open.
    #[error("`{url}` is not a storage address: use sqlite:FOLDER or postgres://…")]
    Address {
        /// The address without its password.
        url: String,
    },
    /// The schema could not be brought up to date.
    #[error("migration failed")]
    Migration(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// Returns whether the same call may succeed later.
    pub const fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Full(_))
    }

    /// Returns whether the cause is a full disk.
    pub const fn is_full(&self) -> bool {
        matches!(self, Self::Full(_))
    }
}

/// PostgreSQL error classes (appendix A of its manual) after which the same call may succeed: connection, rollback,
/// resources, operator intervention; and SQLITE_BUSY, SQLITE_LOCKED with their extended codes.
fn is_transient(code: &str) -> bool {
    const CLASSES: [&str; 4] = ["08", "40", "53", "57"];
    const SQLITE: [&str; 5] = ["5", "6", "261", "517", "262"];
    // The server ended a transaction that sat idle or lasted too long; it follows another and takes no change yet, as the
    // standby of a failover does; a lock did not come free within `lock_timeout`.
    const CODES: [&str; 4] = ["25P03", "25P04", "25006", "55P03"];
    CODES.contains(&code)
        || SQLITE.contains(&code)
        || (code.len() == 5 && CLASSES.iter().any(|class| code.starts_with(class)))
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => match database.code().as_deref() {
                Some("53100" | "13") => Self::Full(error),
                Some(code) if is_transient(code) => Self::Unavailable(error),
                _ => Self::Statement(error),
            },
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Protocol(_) => Self::Unavailable(error),
            _ => Self::Statement(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_by_itself_is_worth_another_try_and_a_mistake_is_not() {
        for code in ["40001", "40P01", "53300", "57014", "57P01", "08006", "25006", "25P03", "55P03", "5", "517"] {
            assert!(is_transient(code), "{code}");
        }
        for code in ["23505", "42703", "22P02", "0A000", "25001", "55000", "1", "19"] {
            assert!(!is_transient(code), "{code}");
        }
    }
}
