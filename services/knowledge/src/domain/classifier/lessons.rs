//! Corrections: texts an agent filed by hand, kept as sorted stems so that nobody can read the message again.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::analyser::query_tokens;

/// Most different stems kept of one text: the beginning of a message says what it is about.
const STEMS_MAX: usize = 120;

/// A text and what it was about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lesson {
    /// Sorted, each once ([`lesson_stems`]).
    pub stems: Vec<String>,
    /// Code of the procedure.
    pub procedure: String,
}

/// Returns what is kept of a text an agent filed.
pub fn lesson_stems(text: &str) -> Vec<String> {
    let mut stems = BTreeSet::new();
    for token in query_tokens(text) {
        stems.insert(token.stem);
        if stems.len() == STEMS_MAX {
            break;
        }
    }
    stems.into_iter().collect()
}

/// Lessons by stem.
#[derive(Debug, Default)]
pub(super) struct Lessons {
    /// Procedure and weight of each lesson.
    lessons: Vec<(usize, f64)>,
    by_stem: BTreeMap<String, Vec<usize>>,
}

impl Lessons {
    pub(super) fn add(&mut self, stems: &[String], procedure: usize) {
        if stems.is_empty() {
            return;
        }
        for stem in stems {
            self.by_stem.entry(stem.clone()).or_default().push(self.lessons.len());
        }
        self.lessons.push((procedure, 0.0));
    }

    /// Weighs the lessons, once all are known: a stem counts by its rarity among them.
    pub(super) fn weigh(&mut self) {
        for sharing in self.by_stem.values() {
            for &lesson in sharing {
                self.lessons[lesson].1 += rarity(sharing.len());
            }
        }
    }

    /// Returns, for each procedure, how much the closest of its lessons is like a text: 1 = the same words.
    pub(super) fn likeness(&self, stems: &BTreeSet<&str>) -> BTreeMap<usize, f64> {
        let mut shared: BTreeMap<usize, f64> = BTreeMap::new();
        let mut weight = 0.0;
        for stem in stems {
            let lessons = self.by_stem.get(*stem).map_or(&[][..], Vec::as_slice);
            weight += rarity(lessons.len());
            for &lesson in lessons {
                *shared.entry(lesson).or_default() += rarity(lessons.len());
            }
        }
        let mut closest: BTreeMap<usize, f64> = BTreeMap::new();
        for (lesson, shared) in shared {
            let (procedure, lesson_weight) = self.lessons[lesson];
            let likeness = shared / (weight + lesson_weight - shared);
            let best = closest.entry(procedure).or_default();
            *best = best.max(likeness);
        }
        closest
    }
}

/// Returns what a stem weighs that so many lessons share.
fn rarity(lessons: usize) -> f64 {
    1.0 / (1.0 + lessons as f64).ln_1p()
}
