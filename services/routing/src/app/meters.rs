//! What routing counts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use opentelemetry::KeyValue;
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

/// Tells how many shards this process serves: over all processes, as many as there are pools.
pub(super) fn tell_shards_owned(owned: usize) {
    static OWNED: OnceLock<Gauge<u64>> = OnceLock::new();
    let gauge = OWNED.get_or_init(|| {
        let builder = guichet_telemetry::meter().u64_gauge("guichet_routing_shards_owned");
        builder.with_description("Shards that this process decides for").build()
    });
    gauge.record(u64::try_from(owned).unwrap_or(u64::MAX), &[]);
}

/// Counts a shard that was `taken` (each load of an engine), `handed_over`, or `lost` to another process.
pub(super) fn count_lease_change(how: &'static str) {
    static CHANGES: OnceLock<Counter<u64>> = OnceLock::new();
    let counter = CHANGES.get_or_init(|| {
        let builder = guichet_telemetry::meter().u64_counter("guichet_routing_lease_changes");
        builder.with_description("Shards taken, handed over and lost by this process").build()
    });
    counter.add(1, &[KeyValue::new("how", how)]);
}

/// What the last audit of each shard of this process found: the gauge has their sum.
#[derive(Clone, Debug, Default)]
pub(super) struct Audits(Arc<Mutex<BTreeMap<String, usize>>>);

impl Audits {
    /// Notes what an audit found.
    pub(super) fn tell(&self, shard: &str, found: usize) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(shard.to_owned(), found);
        tell_idle_beside_waiting(known.values().sum());
    }

    /// Forgets a shard that is not served any more.
    pub(super) fn forget(&self, shard: &str) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.remove(shard).is_some() {
            tell_idle_beside_waiting(known.values().sum());
        }
    }
}

/// Tells how many waiting requests the auditor found beside a free agent who could have them: anything but 0 is a mistake
/// of the engine.
fn tell_idle_beside_waiting(found: usize) {
    static FOUND: OnceLock<Gauge<u64>> = OnceLock::new();
    let gauge = FOUND.get_or_init(|| {
        let builder = guichet_telemetry::meter().u64_gauge("guichet_routing_idle_beside_waiting");
        builder.with_description("Waiting requests beside a free agent who could be offered them").build()
    });
    gauge.record(u64::try_from(found).unwrap_or(u64::MAX), &[]);
}
