//! What routing counts.

use std::sync::OnceLock;

use opentelemetry::metrics::Counter;

/// Adds to the engine's decisions.
pub(super) fn count_decisions(made: usize) {
    static DECISIONS: OnceLock<Counter<u64>> = OnceLock::new();
    let counter = DECISIONS.get_or_init(|| {
        let builder = guichet_telemetry::meter().u64_counter("guichet_routing_decisions_total");
        builder.with_description("Decisions of the routing engine").build()
    });
    counter.add(u64::try_from(made).unwrap_or(0), &[]);
}
