//! Filling the index: one segment, written in this thread, nothing left running.

use tantivy::directory::RamDirectory;
use tantivy::{Index, IndexBuilder, ReloadPolicy, SingleSegmentIndexWriter, TantivyDocument};

use super::schema::{FRENCH, Fields, French, schema};
use super::{Entry, Error, SearchIndex};
use crate::domain::plain::blocks;
use crate::domain::sheet::Sheet;

/// Bytes the writer plans its word table for; it grows with the text and is freed with the builder.
const WRITER_BYTES: usize = 15_000_000;

/// Share of its score that a sheet without any text keeps.
const BARE_SHARE: f32 = 0.5;
/// Words of text with which a sheet keeps half of the rest.
const BRIEF_WORDS: f32 = 120.0;

/// A sheet and what the directory knows of it.
#[derive(Clone, Copy, Debug)]
pub struct IndexedSheet<'a> {
    /// The sheet.
    pub sheet: &'a Sheet,
    /// Name of its procedure, empty when it has none.
    pub procedure_name: &'a str,
}

/// An index being filled.
pub struct Builder {
    writer: SingleSegmentIndexWriter,
    fields: Fields,
    entries: Vec<Entry>,
    substance: Vec<f32>,
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").field("sheets", &self.entries.len()).finish_non_exhaustive()
    }
}

impl Builder {
    /// Returns an empty index to fill.
    pub fn new() -> Result<Self, Error> {
        let (schema, fields) = schema();
        let tokenizers = tantivy::tokenizer::TokenizerManager::default();
        tokenizers.register(FRENCH, French);
        let builder: IndexBuilder = Index::builder().schema(schema).tokenizers(tokenizers);
        let writer = builder.single_segment_index_writer(RamDirectory::create(), WRITER_BYTES)?;
        Ok(Self { writer, fields, entries: Vec::new(), substance: Vec::new() })
    }

    /// Adds a sheet.
    pub fn add(&mut self, indexed: IndexedSheet<'_>) -> Result<(), Error> {
        let Self { writer, fields, entries, substance } = self;
        let sheet = indexed.sheet;
        let mut document = TantivyDocument::default();
        document.add_text(fields.authority, sheet.authority_id.to_string());
        document.add_text(fields.title, &sheet.source.title);
        for keyword in &sheet.source.keywords {
            document.add_text(fields.keywords, keyword);
        }
        document.add_text(fields.keywords, indexed.procedure_name);
        let mut is_lead = true;
        let mut words = 0;
        for block in blocks(&sheet.source.markdown) {
            if block.is_heading || is_lead {
                document.add_text(fields.lead, &block.text);
                is_lead &= block.is_heading;
            }
            words += block.text.split(' ').count();
            document.add_text(fields.body, &block.text);
        }
        for block in blocks(&sheet.source.agents_markdown) {
            document.add_text(fields.agents, &block.text);
        }
        writer.add_document(document)?;
        substance.push(share(words));
        entries.push(Entry {
            sheet_id: sheet.id,
            authority_id: sheet.authority_id,
            procedure: sheet.source.procedure.clone(),
        });
        Ok(())
    }

    /// Returns the index, ready to be searched.
    pub fn finish(self) -> Result<SearchIndex, Error> {
        let index = self.writer.finalize()?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(SearchIndex { reader, fields: self.fields, entries: self.entries, substance: self.substance.into() })
    }
}

/// Returns the share of its score that a sheet of so many words keeps: a bare form answers little, whatever its title.
fn share(words: usize) -> f32 {
    let words = words as f32;
    BARE_SHARE + (1.0 - BARE_SHARE) * words / (words + BRIEF_WORDS)
}
