//! Fields of a document, and the tokenizer that ties them to the shared analyser.

use tantivy::schema::{Field, IndexRecordOption, STRING, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{Token as IndexToken, TokenStream, Tokenizer};

use crate::domain::analyser::{Token, index_tokens};

/// Name under which the analyser is known to the index.
pub(super) const FRENCH: &str = "french";

#[derive(Clone, Copy)]
pub(super) struct Fields {
    /// The authority's id, exact.
    pub(super) authority: Field,
    pub(super) title: Field,
    /// Keywords, and the name of the procedure.
    pub(super) keywords: Field,
    /// The first paragraph and the headings.
    pub(super) lead: Field,
    pub(super) body: Field,
    /// Read by agents' searches only.
    pub(super) agents: Field,
}

pub(super) fn schema() -> (Schema, Fields) {
    let words = TextFieldIndexing::default().set_tokenizer(FRENCH).set_index_option(IndexRecordOption::WithFreqs);
    let text = TextOptions::default().set_indexing_options(words);
    let mut schema = Schema::builder();
    let fields = Fields {
        authority: schema.add_text_field("authority", STRING),
        title: schema.add_text_field("title", text.clone()),
        keywords: schema.add_text_field("keywords", text.clone()),
        lead: schema.add_text_field("lead", text.clone()),
        body: schema.add_text_field("body", text.clone()),
        agents: schema.add_text_field("agents", text),
    };
    (schema.build(), fields)
}

/// Gives the shared analyser's stems to the index.
#[derive(Clone, Debug, Default)]
pub(super) struct French;

#[derive(Debug)]
pub(super) struct FrenchStream {
    tokens: std::vec::IntoIter<Token>,
    current: IndexToken,
}

impl Tokenizer for French {
    type TokenStream<'a> = FrenchStream;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> FrenchStream {
        FrenchStream { tokens: index_tokens(text).into_iter(), current: IndexToken::default() }
    }
}

impl TokenStream for FrenchStream {
    fn advance(&mut self) -> bool {
        let Some(token) = self.tokens.next() else { return false };
        self.current = IndexToken {
            offset_from: token.from,
            offset_to: token.to,
            position: token.position,
            text: token.stem,
            position_length: 1,
        };
        true
    }

    fn token(&self) -> &IndexToken {
        &self.current
    }

    fn token_mut(&mut self) -> &mut IndexToken {
        &mut self.current
    }
}
