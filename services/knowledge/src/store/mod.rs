//! What is kept: one file a noun, SQL beside its method.

mod catalogues;
mod feedback;
mod sheets;

pub(crate) use catalogues::{Catalogues, Revision};
pub(crate) use feedback::Feedback;
pub(crate) use sheets::Sheets;

use crate::Error;

/// Reads a column of JSON texts.
fn texts(column: &str, what: &'static str) -> Result<Vec<String>, Error> {
    serde_json::from_str(column).map_err(|source| Error::Corrupt { what, source })
}

/// Writes texts as a column.
fn column(texts: &[String]) -> String {
    serde_json::to_string(texts).expect("a list of texts is always JSON")
}
