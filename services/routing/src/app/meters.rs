//! What routing counts.

use std::sync::OnceLock;

use opentelemetry::metrics::{Counter, Gauge};

/// Adds to the engine's decisions.
pub(super) fn count_decisions(made: usize) {
    static DECISIONS: OnceLock<Counter<u64>> = OnceLock::new();
    let counter = DECISIONS.get_or_init(|| {
        let builder = guichet_telemetry::meter().u64_counter("guichet_routing_decisions");
        builder.with_description("Decisions of the routing engine").build()
    });
    counter.add(u64::try_from(made).unwrap_or(0), &[]);
}

/// Tells how many waiting requests the auditor found beside a free agent who could have them: anything but 0 is a mistake
/// of the engine.
pub(super) fn tell_idle_beside_waiting(found: usize) {
    static FOUND: OnceLock<Gauge<u64>> = OnceLock::new();
    let gauge = FOUND.get_or_init(|| {
        let builder = guichet_telemetry::meter().u64_gauge("guichet_routing_idle_beside_waiting");
        builder.with_description("Waiting requests beside a free agent who could be offered them").build()
    });
    gauge.record(u64::try_from(found).unwrap_or(u64::MAX), &[]);
}
