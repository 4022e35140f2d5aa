//! Search, and suggestions for an open request.

use std::collections::HashMap;
use std::time::Instant;

use guichet_core::id::{AuthorityId, SheetId};

use super::metrics::METRICS;
use super::{App, beginning};
use crate::Error;
use crate::domain::search::{Hit, Search, snippet};
use crate::domain::sheet::Sheet;
use crate::store::Sheets;

/// Bytes of a query that are read; people type a line.
const QUERY_BYTES_MAX: usize = 1_000;
/// Bytes of a request's text that are read for suggestions.
const TEXT_BYTES_MAX: usize = 20_000;
/// Sheets found when nobody says how many.
const LIMIT_DEFAULT: u32 = 10;
/// Most sheets found.
const LIMIT_MAX: u32 = 50;
/// Sheets suggested when nobody says how many: what fits beside a request.
const SUGGESTIONS_DEFAULT: u32 = 5;

/// A sheet found and the part of it that answers.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) sheet: Sheet,
    pub(crate) score: f64,
    pub(crate) snippet: String,
}

impl App {
    /// Returns the sheets that answer a query, best first.
    pub(crate) async fn search(&self, authority: &str, q: &str, limit: u32, agents: bool) -> Result<Vec<Found>, Error> {
        let text = beginning(q, QUERY_BYTES_MAX);
        let search = Search { text, authority_id: scope(authority), agents, limit: page(limit, LIMIT_DEFAULT) };
        let since = Instant::now();
        let hits = self.memory.snapshot().index.search(&search)?;
        METRICS.searched(since);
        self.read_found(hits, text, agents).await
    }

    /// Returns the sheets that help with a request, those of its procedure first.
    pub(crate) async fn suggest(
        &self,
        authority: &str,
        text: &str,
        procedure: &str,
        limit: u32,
    ) -> Result<Vec<Found>, Error> {
        let text = beginning(text, TEXT_BYTES_MAX);
        let limit = page(limit, SUGGESTIONS_DEFAULT);
        let search = Search { text, authority_id: scope(authority), agents: false, limit };
        let since = Instant::now();
        let hits = self.memory.snapshot().index.suggest(&search, procedure)?;
        METRICS.searched(since);
        self.read_found(hits, text, false).await
    }

    /// Reads the sheets found; one archived in between is left out.
    async fn read_found(&self, hits: Vec<Hit>, text: &str, agents: bool) -> Result<Vec<Found>, Error> {
        let sheets = Sheets::find_many(&self.db, hits.iter().map(|hit| hit.sheet_id)).await?;
        let mut sheets: HashMap<SheetId, Sheet> = sheets.into_iter().map(|sheet| (sheet.id, sheet)).collect();
        let found = hits.into_iter().filter_map(|hit| {
            let sheet = sheets.remove(&hit.sheet_id)?;
            let snippet = snippet(&sheet.markdown_for(agents), text);
            Some(Found { sheet, score: hit.score, snippet })
        });
        Ok(found.collect())
    }
}

/// Returns the authority a code names; the empty code means all.
fn scope(authority: &str) -> Option<AuthorityId> {
    (!authority.is_empty()).then(|| AuthorityId::of_code(authority))
}

fn page(limit: u32, default: u32) -> usize {
    let limit = if limit == 0 { default } else { limit.min(LIMIT_MAX) };
    limit as usize
}
