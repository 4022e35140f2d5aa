//! Storage: two back-ends, one SQL text. [`Db`] is one SQLite file or one PostgreSQL schema; statements are constants
//! with `$1…` in the subset both understand, bound with [`args!`] and read from a [`Row`] by column name.
//!
//! What must differ goes through [`Sql::by_dialect`], in a `dialect.rs` of the crate that needs it, and nowhere else.
//! This crate knows nothing of what is stored. No sqlx type leaves it.

mod error;
mod inspect;
mod line;
mod migrate;
mod open;
mod row;
mod sql;
mod transaction;
mod value;

pub use error::Error;
pub use inspect::{Inspection, Server};
pub use line::hurried;
pub use migrate::{Migration, Migrations, SchemaState};
pub use open::{Db, DbOptions, Dialect, Pooling};
pub use row::{FromColumn, Row};
pub use sql::Sql;
pub use transaction::Tx;
pub use value::{Args, Value};

/// The result of a call to the database.
pub type Result<T> = std::result::Result<T, Error>;
