//! The search index: BM25 over the published sheets, in memory, rebuilt whole when a sheet changes.
//!
//! Any word may match; the title, the keywords and the lead count more than the body. What is kept for agents has a
//! field of its own, which only agents' searches read. The index holds words, not texts: the caller fetches the sheets
//! found and cuts their [`snippet`].

mod build;
mod query;
mod schema;
mod snippet;
mod spelling;
mod synonyms;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use guichet_core::id::{AuthorityId, SheetId};
use tantivy::IndexReader;

pub use build::{Builder, IndexedSheet};
pub use query::Search;
pub use snippet::snippet;

/// The index could not be built or read: memory ran out, or the library broke a promise.
#[derive(Debug, thiserror::Error)]
#[error("search index failed")]
pub struct Error(#[from] tantivy::TantivyError);

/// The published sheets as they are found; never changed, only replaced.
pub struct SearchIndex {
    reader: IndexReader,
    fields: schema::Fields,
    /// By document number.
    entries: Vec<Entry>,
    /// By document number: the share of its score a sheet keeps for the length of its text.
    substance: Arc<[f32]>,
}

/// What a document number stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    sheet_id: SheetId,
    authority_id: AuthorityId,
    procedure: String,
}

/// A sheet found, best first.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Which.
    pub sheet_id: SheetId,
    /// Above zero; comparable within one search only.
    pub score: f64,
}

impl std::fmt::Debug for SearchIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SearchIndex").field("sheets", &self.entries.len()).finish_non_exhaustive()
    }
}

impl SearchIndex {
    /// Returns how many sheets can be found.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns whether there is nothing to find.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
