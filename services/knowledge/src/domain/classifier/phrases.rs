//! Keywords of several words, found as they follow each other: « carte d'identité » is not « carte » and « identité ».

use std::collections::HashMap;

use crate::domain::analyser::{Token, index_tokens};

/// A text as the phrases read it: at each place, the stems of the word that stands there.
#[derive(Debug)]
pub(super) struct Places<'a> {
    tokens: &'a [Token],
    /// Ranges of `tokens`, one a place.
    places: Vec<std::ops::Range<usize>>,
}

impl<'a> Places<'a> {
    pub(super) fn of(tokens: &'a [Token]) -> Self {
        let mut places: Vec<std::ops::Range<usize>> = Vec::new();
        for (rank, token) in tokens.iter().enumerate() {
            match places.last_mut() {
                Some(place) if tokens[place.start].position == token.position => place.end = rank + 1,
                _ => places.push(rank..rank + 1),
            }
        }
        Self { tokens, places }
    }

    fn has(&self, place: usize, stems: &[String]) -> bool {
        self.places
            .get(place)
            .is_some_and(|range| self.tokens[range.clone()].iter().any(|token| stems.contains(&token.stem)))
    }

    /// Returns the bytes of the text from one place to another.
    fn span(&self, first: usize, last: usize) -> std::ops::Range<usize> {
        self.tokens[self.places[first].start].from..self.tokens[self.places[last].end - 1].to
    }
}

/// Keywords and the procedures they point to.
#[derive(Debug, Default)]
pub(super) struct Phrases {
    phrases: Vec<Phrase>,
    by_first_stem: HashMap<String, Vec<usize>>,
}

#[derive(Debug)]
struct Phrase {
    /// At each place, the stems that will do.
    stems: Vec<Vec<String>>,
    procedures: Vec<usize>,
}

/// A keyword found in a text.
#[derive(Debug)]
pub(super) struct Found<'a> {
    /// Where it was written.
    pub(super) span: std::ops::Range<usize>,
    /// Words of the keyword.
    pub(super) words: usize,
    /// The procedures it points to.
    pub(super) procedures: &'a [usize],
}

impl Phrases {
    /// Adds a keyword of a procedure; one without meaning is left out.
    pub(super) fn add(&mut self, keyword: &str, procedure: usize) {
        let tokens = index_tokens(keyword);
        let places = Places::of(&tokens);
        let stems: Vec<Vec<String>> = places
            .places
            .iter()
            .map(|range| tokens[range.clone()].iter().map(|token| token.stem.clone()).collect())
            .collect();
        if stems.is_empty() {
            return;
        }
        if let Some(phrase) = self.phrases.iter_mut().find(|phrase| phrase.stems == stems) {
            if !phrase.procedures.contains(&procedure) {
                phrase.procedures.push(procedure);
            }
            return;
        }
        for stem in &stems[0] {
            self.by_first_stem.entry(stem.clone()).or_default().push(self.phrases.len());
        }
        self.phrases.push(Phrase { stems, procedures: vec![procedure] });
    }

    /// Returns the keywords a text contains, each once, where it stands first.
    pub(super) fn find(&self, text: &Places<'_>) -> Vec<Found<'_>> {
        let mut found: Vec<(usize, Found<'_>)> = Vec::new();
        for (place, range) in text.places.iter().enumerate() {
            let first_stems = text.tokens[range.clone()].iter().map(|token| &token.stem);
            for &rank in first_stems.filter_map(|stem| self.by_first_stem.get(stem)).flatten() {
                let phrase = &self.phrases[rank];
                let follows = phrase.stems.iter().enumerate().all(|(offset, stems)| text.has(place + offset, stems));
                if follows && !found.iter().any(|(known, _)| *known == rank) {
                    let span = text.span(place, place + phrase.stems.len() - 1);
                    let words = phrase.stems.len();
                    found.push((rank, Found { span, words, procedures: &phrase.procedures }));
                }
            }
        }
        found.into_iter().map(|(_, found)| found).collect()
    }
}
