//! Histograms of durations whose buckets remember a trace: from a slow bucket on a dashboard to what was slow in it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use opentelemetry::KeyValue;
use opentelemetry::metrics::Histogram;

use crate::metrics::meter;
use crate::trace_context::TraceId;

/// Upper bounds of the buckets of every duration, in seconds: from a lookup to what somebody has given up.
const SECONDS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Suffix that Prometheus's names have for seconds.
const SUFFIX: &str = "_seconds";

/// The trace of one observation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Exemplar {
    pub(crate) trace: TraceId,
    pub(crate) value: f64,
}

/// Labels of a series as Prometheus writes them, by name.
pub(crate) type Labels = BTreeMap<String, String>;
/// The last exemplar of each bucket of each series of each metric. As many as there are buckets, at most.
pub(crate) type Exemplars = BTreeMap<(String, Labels), BTreeMap<usize, Exemplar>>;

static EXEMPLARS: Mutex<Exemplars> = Mutex::new(BTreeMap::new());

/// A histogram of durations.
#[derive(Clone, Debug)]
pub struct Timing {
    /// As Prometheus names it.
    exposed: String,
    histogram: Histogram<f64>,
}

impl Timing {
    /// Returns the histogram of a name, in seconds: `rpc.server.call.duration`, or one that ends in `_seconds`.
    pub fn new(name: &'static str, description: &'static str) -> Self {
        let builder = meter().f64_histogram(name).with_description(description).with_boundaries(SECONDS.to_vec());
        let has_suffix = name.ends_with(SUFFIX);
        let builder = if has_suffix { builder } else { builder.with_unit("s") };
        let exposed = format!("{}{}", exposed(name), if has_suffix { "" } else { SUFFIX });
        Self { exposed, histogram: builder.build() }
    }

    /// Records one duration, with the trace it was part of when that is followed.
    pub fn record(&self, seconds: f64, labels: &[KeyValue], trace: Option<TraceId>) {
        self.histogram.record(seconds, labels);
        let Some(trace) = trace else { return };
        let exemplar = Exemplar { trace, value: seconds };
        let named = labels.iter().map(|label| (exposed(label.key.as_str()), label.value.as_str().into_owned()));
        let series = (self.exposed.clone(), named.collect());
        let mut all = EXEMPLARS.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(series).or_default().insert(bucket_of(seconds), exemplar);
    }
}

/// Returns the exemplars known now.
pub(crate) fn exemplars() -> Exemplars {
    EXEMPLARS.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Returns the bucket of a duration, the last one being without end.
fn bucket_of(seconds: f64) -> usize {
    SECONDS.iter().position(|bound| seconds <= *bound).unwrap_or(SECONDS.len())
}

fn exposed(name: &str) -> String {
    name.replace('.', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_in_the_bucket_that_holds_it() {
        assert_eq!([0.0, 0.001, 0.0011, 10.0, 11.0].map(bucket_of), [0, 0, 1, 12, 13]);
    }
}
