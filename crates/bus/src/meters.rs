//! What the log of a service tells the operator: rows that wait to be told, consumers that are behind, events set
//! aside or lost.

use std::sync::LazyLock;
use std::time::Duration;

use guichet_core::Timestamp;
use guichet_db::args;
use guichet_telemetry::meter;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Gauge};
use tokio_util::sync::CancellationToken;

use crate::{Log, Result};

/// How often the database is asked: twice as often as figures are usually read.
const EVERY: Duration = Duration::from_secs(15);

const WAITING: &str = "SELECT COUNT(*) AS waiting, MIN(occurred_at) AS oldest FROM outbox WHERE seq IS NULL";
const CONSUMERS: &str = "SELECT
        told.consumer AS consumer,
        (
            SELECT event.occurred_at FROM outbox AS event
            WHERE event.seq IS NOT NULL
                AND (event.generation > told.generation OR (event.generation = told.generation AND event.seq > told.seq))
            ORDER BY event.generation, event.seq
            LIMIT 1
        ) AS oldest
    FROM log_consumers AS told";
const PARKED: &str = "SELECT producer, COUNT(*) AS parked FROM parked_events GROUP BY producer";
const LOSS: &str = "SELECT MAX(noticed_at) AS noticed FROM log_losses";

static OUTBOX_EVENTS: LazyLock<Gauge<u64>> = LazyLock::new(|| {
    let builder = meter().u64_gauge("guichet_bus_outbox_events");
    builder.with_description("Committed events that have no number yet").build()
});
static OUTBOX_AGE: LazyLock<Gauge<u64>> = LazyLock::new(|| {
    let builder = meter().u64_gauge("guichet_bus_outbox_oldest_seconds");
    builder.with_description("Age of the oldest event that has no number yet; 0 without one").build()
});
static CONSUMER_AGE: LazyLock<Gauge<u64>> = LazyLock::new(|| {
    let builder = meter().u64_gauge("guichet_bus_consumer_lag_seconds");
    builder.with_description("Age of the oldest event that a consumer, as it last said, has not applied").build()
});
static PARKED_EVENTS: LazyLock<Gauge<u64>> = LazyLock::new(|| {
    let builder = meter().u64_gauge("guichet_bus_parked_events");
    builder.with_description("Events set aside, by the service whose they are").build()
});
static LAST_LOSS: LazyLock<Gauge<u64>> = LazyLock::new(|| {
    let builder = meter().u64_gauge("guichet_bus_last_loss_timestamp_seconds");
    builder
        .with_description("When others were last found to have heard more than the database knows; 0 without a loss")
        .build()
});
static LEASE_CHANGES: LazyLock<Counter<u64>> = LazyLock::new(|| {
    let builder = meter().u64_counter("guichet_bus_lease_changes");
    builder.with_description("Leases that this process took over").build()
});

/// Counts a lease taken over.
pub(crate) fn count_lease_change(name: &str) {
    LEASE_CHANGES.add(1, &[KeyValue::new("lease", name.to_owned())]);
}

/// Tells the figures of a log until cancelled. A database that is away says nothing: readiness tells that.
pub async fn tell(log: Log, cancel: CancellationToken) -> Result<()> {
    while !cancel.is_cancelled() {
        if let Err(error) = tell_once(&log).await {
            tracing::debug!(service = log.service(), %error, "figures of the log cannot be read");
        }
        tokio::select! {
            () = cancel.cancelled() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
    Ok(())
}

/// Tells the figures of a log as they are now.
pub async fn tell_once(log: &Log) -> Result<()> {
    let (now, service) = (log.clock().now(), KeyValue::new("service", log.service()));
    let age = |oldest: Option<Timestamp>| {
        oldest.map_or(0, |oldest| u64::try_from(now.millis_since(oldest) / 1_000).unwrap_or(0))
    };
    if let Some(row) = log.db().fetch_optional(WAITING, args![]).await? {
        OUTBOX_EVENTS.record(row.get("waiting")?, std::slice::from_ref(&service));
        OUTBOX_AGE.record(age(row.get("oldest")?), std::slice::from_ref(&service));
    }
    if let Some(row) = log.db().fetch_optional(LOSS, args![]).await? {
        let noticed: Option<Timestamp> = row.get("noticed")?;
        let seconds = noticed.map_or(0, |noticed| u64::try_from(noticed.as_millis() / 1_000).unwrap_or(0));
        LAST_LOSS.record(seconds, std::slice::from_ref(&service));
    }
    let consumers = guichet_events::consumers_of(log.service());
    for row in log.db().fetch_all(CONSUMERS, args![]).await? {
        let consumer: String = row.get("consumer")?;
        if consumers.contains(&consumer.as_str()) {
            let labels = [service.clone(), KeyValue::new("consumer", consumer)];
            CONSUMER_AGE.record(age(row.get("oldest")?), &labels);
        }
    }
    let parked = log.db().fetch_all(PARKED, args![]).await?;
    for producer in guichet_events::producers_for(log.service()) {
        let mut count = 0;
        for row in &parked {
            if row.get::<String>("producer")? == producer {
                count = row.get("parked")?;
            }
        }
        PARKED_EVENTS.record(count, &[service.clone(), KeyValue::new("producer", producer)]);
    }
    Ok(())
}
