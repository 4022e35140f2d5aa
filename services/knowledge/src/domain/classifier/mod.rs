//! The classifier: which of an authority's procedures a text is about, how sure that is, and why.
//!
//! It knows what the town has written down, nothing else: names, keywords and papers of the procedures, the sheets that
//! explain them, and the corrections agents made. [`Classifier::train`] turns these into weighted words and phrases;
//! [`Classifier::classify`] adds up what a text contains of each procedure. A score becomes a confidence beside two
//! rivals: the other procedures, and "none of them" ([`NONE_SCORE`]). No randomness, no learning while reading: the same
//! text and the same town give the same answer.

mod lessons;
mod phrases;
mod score;
mod train;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use lessons::{Lesson, lesson_stems};
pub use train::Town;

use lessons::Lessons;
use phrases::Phrases;

/// Confidence below which a person looks first (triage). At 0.6 and more, 19 proposals of 20 were right on the tests'
/// messages; wrongly sent requests cost a transfer and a day, triage costs a minute.
pub const THRESHOLD: f64 = 0.6;
/// Most procedures proposed for one text.
pub const PROPOSALS_MAX: usize = 3;

/// Score of "none of these procedures": what a stray word or two of a sheet come to.
const NONE_SCORE: f64 = 2.2;
/// How fast a lead becomes a certainty: a lead of this much makes a confidence of 73 %.
const TEMPERATURE: f64 = 0.9;

/// A procedure a text may be about.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// Code of the procedure.
    pub procedure: String,
    /// From 0 to 1: the share of such proposals that are right.
    pub confidence: f64,
    /// What speaks for it, in French, strongest first.
    pub reasons: Vec<String>,
}

/// What an authority's procedures are recognised by; built once for each change, read by every request.
#[derive(Debug, Default)]
pub struct Classifier {
    /// Codes; everything else refers to them by rank.
    procedures: Vec<String>,
    /// By stem: how much it speaks for each procedure.
    words: BTreeMap<String, Vec<(usize, f64)>>,
    phrases: Phrases,
    lessons: Lessons,
}

impl Classifier {
    /// Returns the procedures the text may be about, best first; none when nothing in it is known.
    pub fn classify(&self, subject: &str, body: &str) -> Vec<Proposal> {
        let scores = score::scores(self, subject, body);
        let weight = |score: f64| (score / TEMPERATURE).exp();
        let total: f64 = weight(NONE_SCORE) + scores.iter().map(|scored| weight(scored.score)).sum::<f64>();
        let mut proposals: Vec<Proposal> = scores
            .into_iter()
            .map(|scored| Proposal {
                confidence: weight(scored.score) / total,
                reasons: scored.reasons(),
                procedure: self.procedures[scored.procedure].clone(),
            })
            .collect();
        proposals.sort_by(|a, b| b.confidence.total_cmp(&a.confidence).then_with(|| a.procedure.cmp(&b.procedure)));
        proposals.truncate(PROPOSALS_MAX);
        proposals
    }
}
