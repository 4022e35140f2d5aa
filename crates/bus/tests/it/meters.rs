//! What a log tells the operator.

use guichet_bus::meters;
use guichet_core::id;
use guichet_db::args;

use crate::fixture::Fixture;

/// Returns a figure of `/metrics` by its name and labels.
fn figure(name: &str, labels: &[&str]) -> Option<u64> {
    let text = guichet_telemetry::prometheus_text();
    let found = text.lines().find(|line| {
        line.strip_prefix(name).is_some_and(|rest| rest.starts_with('{'))
            && labels.iter().all(|label| line.contains(label))
    });
    found?.rsplit(' ').next()?.parse().ok()
}

/// One test for both back-ends, one after the other: figures belong to the whole process.
#[tokio::test]
async fn a_log_tells_what_waits_who_is_behind_what_was_set_aside_and_what_was_lost() {
    for f in [Fixture::embedded().await, Fixture::split().await] {
        let log = f.log();
        f.tell(1..=3).await;
        f.clock.advance_millis(90_000);
        meters::tell_once(&log).await.expect("tells");
        let service = r#"service="routing""#;
        assert_eq!(figure("guichet_bus_outbox_events", &[service]), Some(3));
        assert_eq!(figure("guichet_bus_outbox_oldest_seconds", &[service]), Some(90));
        assert_eq!(figure("guichet_bus_parked_events", &[service, r#"producer="intake""#]), Some(0));
        assert_eq!(figure("guichet_bus_last_loss_timestamp_seconds", &[service]), Some(0));

        f.relay().turn().await.expect("numbers");
        let head = log.head().await.expect("reads");
        let note = "INSERT INTO log_consumers (consumer, generation, seq, seen_at) VALUES ($1, $2, $3, 0)";
        let park = "INSERT INTO parked_events
            (consumer, producer, generation, seq, event_id, envelope, reason, parked_at)
            VALUES ('routing', 'intake', 1, 1, $1, '{}', 'a test', 0)";
        let mut tx = f.producer.begin().await.expect("begins");
        tx.execute(note, args!["intake", head.generation, 1_i64]).await.expect("notes");
        tx.execute(note, args!["knowledge", head.generation, head.seq]).await.expect("notes");
        tx.execute(park, args![id::new_uuid(&f.clock, &*f.rng)]).await.expect("parks");
        let lost = "INSERT INTO log_losses (told_generation, told_seq, found_seq, noticed_at) VALUES (1, 30, 20, $1)";
        tx.execute(lost, args![1_764_000_000_500_i64]).await.expect("notes");
        tx.commit().await.expect("commits");
        meters::tell_once(&log).await.expect("tells");
        assert_eq!(figure("guichet_bus_outbox_oldest_seconds", &[service]), Some(0));
        assert_eq!(figure("guichet_bus_consumer_lag_seconds", &[service, r#"consumer="intake""#]), Some(90));
        assert_eq!(figure("guichet_bus_consumer_lag_seconds", &[service, r#"consumer="knowledge""#]), Some(0));
        assert_eq!(figure("guichet_bus_parked_events", &[service, r#"producer="intake""#]), Some(1));
        assert_eq!(figure("guichet_bus_last_loss_timestamp_seconds", &[service]), Some(1_764_000_000));
    }
}
