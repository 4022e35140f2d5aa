//! Classification of a text.

use std::time::Instant;

use guichet_core::id::AuthorityId;

use super::metrics::METRICS;
use super::{App, beginning};
use crate::domain::classifier::Proposal;

/// Bytes of a body that are read; the classifier itself stops at a number of words.
const BODY_BYTES_MAX: usize = 20_000;
/// Bytes of a subject that are read.
const SUBJECT_BYTES_MAX: usize = 1_000;

/// What a text may be about.
#[derive(Debug)]
pub(crate) struct Classified {
    pub(crate) proposals: Vec<Proposal>,
    /// Below it, a person looks.
    pub(crate) threshold: f64,
}

impl App {
    /// Proposes procedures for a text; none for an authority whose directory is not known yet: a person looks.
    pub(crate) fn classify(&self, authority: &str, subject: &str, body: &str) -> Classified {
        let since = Instant::now();
        let snapshot = self.memory.snapshot();
        let classifier = snapshot.classifiers.get(&AuthorityId::of_code(authority));
        let proposals = classifier.map_or_else(Vec::new, |classifier| {
            classifier.classify(beginning(subject, SUBJECT_BYTES_MAX), beginning(body, BODY_BYTES_MAX))
        });
        METRICS.classified(since);
        Classified { proposals, threshold: self.threshold }
    }
}
