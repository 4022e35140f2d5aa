//! Training: what the town has written down becomes weighted words and phrases.

use std::collections::BTreeMap;

use guichet_events::{Directory, Procedure};

use super::Classifier;
use super::lessons::{Lesson, Lessons};
use super::phrases::Phrases;
use crate::domain::analyser::index_tokens;
use crate::domain::plain::blocks;
use crate::domain::sheet::Sheet;

/// How much a word speaks for a procedure by where it stands. A keyword is chosen to point; a paper to join or a
/// sentence of a sheet only happens to mention.
const NAME: f64 = 1.0;
const KEYWORD: f64 = 0.7;
const SHEET_TITLE: f64 = 0.5;
const SHEET_BODY: f64 = 0.12;
const DOCUMENT: f64 = 0.1;
/// Most a word may speak for one procedure, however often it stands there.
const WORD_MAX: f64 = 1.6;

/// All that one authority's classifier is made from.
#[derive(Clone, Copy, Debug)]
pub struct Town<'a> {
    /// Its published directory.
    pub directory: &'a Directory,
    /// Its published sheets.
    pub sheets: &'a [Sheet],
    /// Its agents' corrections, oldest first.
    pub lessons: &'a [Lesson],
}

impl Classifier {
    /// Returns the classifier of an authority. The triage procedure is never proposed: it is where texts go that are
    /// about nothing else.
    pub fn train(town: &Town<'_>) -> Self {
        let triage = &town.directory.authority.triage_procedure;
        let procedures: Vec<(&String, &Procedure)> =
            town.directory.procedures.iter().filter(|(code, _)| *code != triage).collect();
        let ranks: BTreeMap<&str, usize> =
            procedures.iter().enumerate().map(|(rank, (code, _))| (code.as_str(), rank)).collect();
        let mut words = Words::default();
        let mut phrases = Phrases::default();
        for (rank, (_, procedure)) in procedures.iter().enumerate() {
            words.add(&procedure.name, NAME, rank);
            phrases.add(&procedure.name, rank);
            for keyword in &procedure.keywords {
                words.add(keyword, KEYWORD, rank);
                phrases.add(keyword, rank);
            }
            for document in &procedure.documents {
                words.add(document, DOCUMENT, rank);
            }
        }
        for sheet in town.sheets {
            if let Some(&rank) = ranks.get(sheet.source.procedure.as_str()) {
                add_sheet(sheet, rank, &mut words, &mut phrases);
            }
        }
        let mut lessons = Lessons::default();
        for lesson in town.lessons {
            if let Some(&rank) = ranks.get(lesson.procedure.as_str()) {
                lessons.add(&lesson.stems, rank);
            }
        }
        lessons.weigh();
        let codes = procedures.iter().map(|(code, _)| (*code).clone()).collect::<Vec<_>>();
        Self { words: words.weighed(codes.len()), procedures: codes, phrases, lessons }
    }
}

fn add_sheet(sheet: &Sheet, rank: usize, words: &mut Words, phrases: &mut Phrases) {
    words.add(&sheet.source.title, SHEET_TITLE, rank);
    for keyword in &sheet.source.keywords {
        words.add(keyword, KEYWORD, rank);
        phrases.add(keyword, rank);
    }
    for block in blocks(&sheet.source.markdown) {
        words.add(&block.text, SHEET_BODY, rank);
    }
}

/// How much each stem was said of each procedure.
#[derive(Default)]
struct Words(BTreeMap<String, BTreeMap<usize, f64>>);

impl Words {
    fn add(&mut self, text: &str, weight: f64, procedure: usize) {
        for token in index_tokens(text) {
            let said = self.0.entry(token.stem).or_default().entry(procedure).or_default();
            *said = (*said + weight).min(WORD_MAX);
        }
    }

    /// Returns what each stem is worth: said of one procedure it counts whole, said of all it counts nothing. What is
    /// only mentioned in passing elsewhere hardly lowers a word that one procedure is known by.
    fn weighed(self, procedures: usize) -> BTreeMap<String, Vec<(usize, f64)>> {
        let all = procedures.max(2) as f64;
        self.0
            .into_iter()
            .map(|(stem, said)| {
                let strongest = said.values().fold(0.0_f64, |most, weight| most.max(*weight));
                let spread: f64 = said.values().map(|weight| weight / strongest).sum();
                let rarity = (all / spread).ln().max(0.0) / all.ln();
                (stem, said.into_iter().map(|(procedure, weight)| (procedure, weight * rarity)).collect())
            })
            .collect()
    }
}
