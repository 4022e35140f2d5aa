//! A knowledge sheet: what an author writes in the directory folder, and the version readers see.

use guichet_core::Timestamp;
use guichet_core::id::{AuthorityId, SheetId};

/// A sheet as its author wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// The file's name, unique within the authority.
    pub external_id: String,
    /// On one line.
    pub title: String,
    /// What everybody reads.
    pub markdown: String,
    /// What only agents read.
    pub agents_markdown: String,
    /// Code of the procedure it explains, empty when none.
    pub procedure: String,
    /// Other words people use for it.
    pub keywords: Vec<String>,
}

/// A published version of a sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// Follows from the authority's code and the external id.
    pub id: SheetId,
    /// The tenant.
    pub authority_id: AuthorityId,
    /// Its words.
    pub source: Source,
    /// From 1, raised by each change.
    pub version: u32,
    /// When this version came out.
    pub published_at: Timestamp,
}

impl Sheet {
    /// Returns the text a reader may see: agents also get the part kept for them, under its own heading.
    pub fn markdown_for(&self, agents: bool) -> String {
        let Source { markdown, agents_markdown, .. } = &self.source;
        if !agents || agents_markdown.trim().is_empty() {
            return markdown.clone();
        }
        format!("{}\n\n## Réservé aux agents\n\n{}\n", markdown.trim_end(), agents_markdown.trim())
    }
}
