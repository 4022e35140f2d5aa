//! What the operator sees of knowledge.

use std::sync::LazyLock;
use std::time::Instant;

use opentelemetry::metrics::{Gauge, Histogram};

/// Instruments of this service.
pub(super) struct Metrics {
    search_seconds: Histogram<f64>,
    classification_seconds: Histogram<f64>,
    sheets: Gauge<u64>,
}

pub(super) static METRICS: LazyLock<Metrics> = LazyLock::new(|| {
    let meter = guichet_telemetry::meter();
    // From a word found at once in a town's sheets to a whole e-mail over the national ones.
    let seconds = |name: &'static str| {
        meter.f64_histogram(name).with_boundaries(vec![0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1]).build()
    };
    Metrics {
        search_seconds: seconds("guichet_knowledge_search_seconds"),
        classification_seconds: seconds("guichet_knowledge_classification_seconds"),
        sheets: meter.u64_gauge("guichet_knowledge_indexed_sheets").build(),
    }
});

impl Metrics {
    /// A search of the index has been answered.
    pub(super) fn searched(&self, since: Instant) {
        self.search_seconds.record(since.elapsed().as_secs_f64(), &[]);
    }

    /// A text has been classified.
    pub(super) fn classified(&self, since: Instant) {
        self.classification_seconds.record(since.elapsed().as_secs_f64(), &[]);
    }

    /// So many sheets can be found.
    pub(super) fn indexed(&self, sheets: usize) {
        self.sheets.record(sheets as u64, &[]);
    }
}
