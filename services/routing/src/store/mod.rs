//! What routing keeps. Statements stand beside the function that runs them; one file a noun. Functions that write, and
//! those that decisions rest on, take the transaction.

/// The condition on rows of the authorities that a shard, the argument, decides for.
macro_rules! of_shard {
    ($argument:literal) => {
        concat!("authority_id IN (SELECT authority_id FROM authority_shards WHERE shard = ", $argument, ")")
    };
}

pub(crate) mod accounts;
pub(crate) mod authorities;
pub(crate) mod day_notes;
pub(crate) mod decisions;
mod dialect;
pub(crate) mod engine_loads;
pub(crate) mod inputs;
pub(crate) mod lessons;
pub(crate) mod loads;
pub(crate) mod offers;
pub(crate) mod processes;
pub(crate) mod shards;
pub(crate) mod steps;
pub(crate) mod versions;
pub(crate) mod waits;
pub(crate) mod works;
pub(crate) mod writings;

use guichet_db::{Args, Error, Result};
pub(crate) use guichet_db::{Db, Row, Tx};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Where rows come from: a transaction, or the database for pages that decide nothing.
pub(crate) trait Reader: Send {
    /// Returns the rows of a query.
    fn rows(&mut self, sql: &'static str, args: Args) -> impl Future<Output = Result<Vec<Row>>> + Send;
}

impl Reader for Tx {
    async fn rows(&mut self, sql: &'static str, args: Args) -> Result<Vec<Row>> {
        self.fetch_all(sql, args).await
    }
}

impl Reader for &Db {
    async fn rows(&mut self, sql: &'static str, args: Args) -> Result<Vec<Row>> {
        self.fetch_all(sql, args).await
    }
}

/// Returns the JSON kept in a column.
fn json<T: DeserializeOwned>(row: &Row, column: &'static str) -> Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|error| Error::Corrupt { column, reason: error.to_string() })
}

/// Returns the text kept for a value.
fn text<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("stored values are plain data: maps with text keys only")
}

/// Returns the code kept in a column.
fn code<T>(row: &Row, column: &'static str, parse: fn(&str) -> Option<T>) -> Result<T> {
    let stored: String = row.get(column)?;
    parse(&stored).ok_or_else(|| Error::Corrupt { column, reason: format!("`{stored}` is not a known code") })
}

/// Returns the code kept in a column that may be empty.
fn optional_code<T>(row: &Row, column: &'static str, parse: fn(&str) -> Option<T>) -> Result<Option<T>> {
    match row.get::<Option<String>>(column)? {
        Some(_) => code(row, column, parse).map(Some),
        None => Ok(None),
    }
}
