//! Close spellings: for a word that no sheet has, the known words one slip away.

use tantivy::schema::Field;
use tantivy::{Searcher, TantivyError};

use super::Error;
use crate::domain::analyser::within_one_slip;

/// Most spellings tried for one word.
const SPELLINGS_MAX: usize = 3;

/// Returns the stems one slip away that most sheets have, most frequent first.
pub(super) fn close_stems(searcher: &Searcher, stem: &str, fields: &[(Field, f32)]) -> Result<Vec<String>, Error> {
    // The first letter is right, so only the words that share it are read.
    let Some(first) = stem.chars().next().filter(char::is_ascii_alphabetic) else { return Ok(Vec::new()) };
    let mut known: Vec<(u32, String)> = Vec::new();
    for segment in searcher.segment_readers() {
        for &(field, _) in fields {
            let inverted = segment.inverted_index(field)?;
            let letter = first as u8;
            let range = inverted.terms().range().ge([letter]).lt([letter + 1]);
            let mut terms = range.into_stream().map_err(TantivyError::from)?;
            while let Some((bytes, info)) = terms.next() {
                let close = std::str::from_utf8(bytes).ok().filter(|term| within_one_slip(stem, term));
                known.extend(close.map(|term| (info.doc_freq, term.to_owned())));
            }
        }
    }
    known.sort_unstable_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let mut stems: Vec<String> = Vec::new();
    for (_, stem) in known {
        if !stems.contains(&stem) {
            stems.push(stem);
        }
    }
    stems.truncate(SPELLINGS_MAX);
    Ok(stems)
}
