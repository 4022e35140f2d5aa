//! What intake keeps: one file a noun, each statement beside its method. Reads take the [`Db`](guichet_db::Db), writes a
//! transaction; blobs are files or rows of a table of their own.

pub mod attachments;
pub mod blobs;
pub mod dedupe;
pub mod interactions;
pub mod list;
pub mod mails;
pub mod mentions;
pub mod parties;
pub mod requests;
pub mod work;

use guichet_db::{Error, Result};

/// Returns the value a closed list gives to a stored text.
fn parsed<T>(column: &'static str, value: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T> {
    parse(value).ok_or_else(|| Error::Corrupt { column, reason: "not a value of its list".to_owned() })
}

/// Returns the value a closed list gives to a stored text, if any.
fn parsed_option<T>(column: &'static str, value: Option<&str>, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>> {
    value.map(|value| parsed(column, value, parse)).transpose()
}
