//! Scoring: what a text contains of each procedure, and the words that say so.

use std::collections::{BTreeMap, BTreeSet};

use super::Classifier;
use super::phrases::Places;
use crate::domain::analyser::{Token, query_tokens, within_one_slip};

/// Words of a message that are read: past it come signatures and quoted mail.
const WORDS_MAX: usize = 250;
/// Words read at their full weight: people say first what they want.
const WORDS_FIRST: usize = 60;
/// What a word counts after those.
const LATER: f64 = 0.5;
/// What a word of the subject counts.
const SUBJECT: f64 = 1.5;
/// What a word counts that is known only with another letter.
const SLIP: f64 = 0.6;
/// What a keyword counts, found as written; more for each further word.
const PHRASE: f64 = 1.6;
const PHRASE_WORD: f64 = 0.6;
/// What a correction counts that has the same words as the text.
const LESSON: f64 = 8.0;
/// Likeness below which a correction says nothing.
const LIKENESS_MIN: f64 = 0.25;
/// Most reasons given.
const REASONS_MAX: usize = 3;
/// A reason weaker than this is not worth a line.
const REASON_MIN: f64 = 0.25;

/// One procedure's share of a text.
#[derive(Debug)]
pub(super) struct Scored {
    pub(super) procedure: usize,
    pub(super) score: f64,
    evidence: Vec<(f64, Evidence)>,
}

#[derive(Debug, PartialEq)]
enum Evidence {
    Word(String),
    Phrase(String),
    Lesson,
}

impl Scored {
    /// Returns what speaks for the procedure, strongest first.
    pub(super) fn reasons(&self) -> Vec<String> {
        let mut evidence: Vec<&(f64, Evidence)> =
            self.evidence.iter().filter(|(weight, _)| *weight >= REASON_MIN).collect();
        evidence.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut said: Vec<&str> = Vec::new();
        let mut reasons = Vec::new();
        for (_, evidence) in evidence {
            let reason = match evidence {
                Evidence::Lesson => "un agent a déjà classé ainsi un message semblable".to_owned(),
                Evidence::Word(text) | Evidence::Phrase(text) => {
                    // A word of a phrase already given adds nothing for the reader.
                    if said.iter().any(|known| known.to_lowercase().contains(&text.to_lowercase())) {
                        continue;
                    }
                    said.push(text);
                    let kind = if text.split_whitespace().nth(1).is_some() { "l'expression" } else { "le mot" };
                    format!("{kind} “{text}”")
                }
            };
            reasons.push(reason);
            if reasons.len() == REASONS_MAX {
                break;
            }
        }
        reasons
    }
}

/// Adds up the evidence of a text.
struct Tally<'a> {
    classifier: &'a Classifier,
    scored: BTreeMap<usize, Scored>,
}

/// Returns the procedures a text has something of.
pub(super) fn scores(classifier: &Classifier, subject: &str, body: &str) -> Vec<Scored> {
    let subject_tokens = query_tokens(subject);
    let mut body_tokens = query_tokens(body);
    body_tokens.truncate(WORDS_MAX);
    let mut tally = Tally { classifier, scored: BTreeMap::new() };
    // A keyword or a word counts once, where it counts most: the subject is read first.
    let mut seen_words = BTreeSet::new();
    let mut seen_phrases = BTreeSet::new();
    for (text, tokens, factor) in [(subject, &subject_tokens, SUBJECT), (body, &body_tokens, 1.0)] {
        tally.read_phrases(text, tokens, factor, &mut seen_phrases);
        tally.read_words(text, tokens, factor, &mut seen_words);
    }
    let stems: BTreeSet<&str> = subject_tokens.iter().chain(&body_tokens).map(|token| token.stem.as_str()).collect();
    tally.read_lessons(&stems);
    tally.scored.into_values().collect()
}

impl Tally<'_> {
    fn add(&mut self, procedure: usize, weight: f64, evidence: Evidence) {
        let scored =
            self.scored.entry(procedure).or_insert_with(|| Scored { procedure, score: 0.0, evidence: Vec::new() });
        scored.score += weight;
        scored.evidence.push((weight, evidence));
    }

    fn read_phrases(&mut self, text: &str, tokens: &[Token], factor: f64, seen: &mut BTreeSet<String>) {
        let classifier = self.classifier;
        for found in classifier.phrases.find(&Places::of(tokens)) {
            let written = text[found.span.clone()].to_owned();
            if !seen.insert(written.to_lowercase()) {
                continue;
            }
            let words = found.words as f64;
            // A keyword that several procedures share says less for each.
            let weight = factor * (PHRASE + PHRASE_WORD * (words - 1.0)) / found.procedures.len() as f64;
            for &procedure in found.procedures {
                self.add(procedure, weight, Evidence::Phrase(written.clone()));
            }
        }
    }

    fn read_words(&mut self, text: &str, tokens: &[Token], factor: f64, seen: &mut BTreeSet<String>) {
        let classifier = self.classifier;
        for (rank, token) in tokens.iter().enumerate() {
            if !seen.insert(token.stem.clone()) {
                continue;
            }
            let factor = if rank < WORDS_FIRST { factor } else { factor * LATER };
            let (procedures, factor) = match classifier.words.get(&token.stem) {
                Some(procedures) => (procedures, factor),
                None => match classifier.close_word(&token.stem) {
                    Some(procedures) => (procedures, factor * SLIP),
                    None => continue,
                },
            };
            for &(procedure, weight) in procedures {
                let written = text[token.from..token.to].to_owned();
                self.add(procedure, weight * factor, Evidence::Word(written));
            }
        }
    }

    fn read_lessons(&mut self, stems: &BTreeSet<&str>) {
        let classifier = self.classifier;
        for (procedure, likeness) in classifier.lessons.likeness(stems) {
            if likeness >= LIKENESS_MIN {
                self.add(procedure, LESSON * likeness, Evidence::Lesson);
            }
        }
    }
}

impl Classifier {
    /// Returns what the known word one slip away is worth; the first in alphabetical order when there are several.
    fn close_word(&self, stem: &str) -> Option<&Vec<(usize, f64)>> {
        let first = stem.chars().next()?.to_string();
        let mut same_letter = self.words.range(first.clone()..).take_while(|(known, _)| known.starts_with(&first));
        same_letter.find(|(known, _)| within_one_slip(stem, known)).map(|(_, procedures)| procedures)
    }
}
