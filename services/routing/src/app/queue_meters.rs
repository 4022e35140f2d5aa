//! The queue in figures: how many wait in each department, and since when.

use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::time::Duration;

use guichet_telemetry::meter;
use opentelemetry::KeyValue;
use opentelemetry::metrics::Gauge;
use tokio_util::sync::CancellationToken;

use super::{App, Result};
use crate::store::works::{self, Waiting};

/// How often the queue is counted: twice as often as figures are usually read.
const EVERY: Duration = Duration::from_secs(15);
/// Departments that are told: far more than a pool of towns has, and each is a series for ever.
const DEPARTMENTS_MAX: usize = 500;

static ENTRIES: LazyLock<Gauge<u64>> = LazyLock::new(|| {
    let builder = meter().u64_gauge("guichet_routing_queue_entries");
    builder.with_description("Requests that wait to be offered, by department").build()
});
static OLDEST: LazyLock<Gauge<u64>> = LazyLock::new(|| {
    let builder = meter().u64_gauge("guichet_routing_queue_oldest_seconds");
    builder.with_description("Seconds since the oldest of them began to wait; 0 without one").build()
});

/// A department as figures name it: the codes of its authority and its own.
type Label = (String, String);

/// Tells the figures of the queue until cancelled. A database that is away says nothing: readiness tells that.
pub(crate) async fn tell(app: App, cancel: CancellationToken) -> Result<()> {
    let mut told = BTreeSet::new();
    while !cancel.is_cancelled() {
        if let Err(error) = tell_once(&app, &mut told).await {
            tracing::debug!(%error, "figures of the queue cannot be read");
        }
        tokio::select! {
            () = cancel.cancelled() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
    Ok(())
}

/// Tells each department that has somebody waiting, and 0 of those told before that have nobody any more.
async fn tell_once(app: &App, told: &mut BTreeSet<Label>) -> Result<()> {
    let town = app.town(&mut &app.db).await?;
    let waiting = works::count_waiting(&app.db).await?;
    let mut emptied = told.clone();
    for Waiting { authority_id, department, entries, oldest } in waiting {
        let Some(authority) = town.by_id(authority_id) else { continue };
        let label = (authority.authority.code.clone(), department);
        if told.len() >= DEPARTMENTS_MAX && !told.contains(&label) {
            continue;
        }
        let age = app.clock.now().millis_since(oldest) / 1_000;
        record(&label, entries, u64::try_from(age).unwrap_or(0));
        emptied.remove(&label);
        told.insert(label);
    }
    for label in emptied {
        record(&label, 0, 0);
    }
    Ok(())
}

fn record((authority, department): &Label, entries: u64, oldest_seconds: u64) {
    let labels = [KeyValue::new("authority", authority.clone()), KeyValue::new("department", department.clone())];
    ENTRIES.record(entries, &labels);
    OLDEST.record(oldest_seconds, &labels);
}
