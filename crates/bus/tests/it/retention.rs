//! Rows stay until every registered consumer has passed them, and seven days.

use std::sync::Arc;
use std::time::Duration;

use guichet_bus::EventSource;
use guichet_db::args;
use guichet_events::Position;
use guichet_testkit::wait_until;

use crate::fixture::Fixture;

crate::on_both! {
    rows_go_once_every_consumer_has_passed_and_a_week_is_over,
}

async fn count(f: &Fixture) -> i64 {
    let row = f.producer.fetch_optional("SELECT COUNT(*) AS rows FROM outbox", args![]).await.expect("reads");
    row.expect("one row").get("rows").expect("a count")
}

async fn rows_go_once_every_consumer_has_passed_and_a_week_is_over(f: Fixture) {
    f.tell(1..=10).await;
    f.run();
    f.wait_for_kept(10).await;
    let week = Duration::from_secs(8 * 24 * 3_600).as_millis();
    f.clock.advance_millis(i64::try_from(week).expect("fits"));
    // intake has read all, knowledge half, notification was never heard of: nothing may go.
    let log = Arc::new(f.log());
    log.read("knowledge", Position { seq: 5, ..log.head().await.expect("reads") }, 1).await.expect("reads");
    assert_eq!(count(&f).await, 10);
    drop(log);
    note(&f, "knowledge", 5).await;
    note(&f, "notification", 10).await;
    note(&f, "intake", 10).await;
    f.clock.advance_millis(60_000);
    wait_until(Duration::from_secs(20), || async { count(&f).await == 5 }).await;
}

/// Writes a consumer's progress as the relay does every ten seconds.
async fn note(f: &Fixture, consumer: &str, seq: i64) {
    let generation = f.log().head().await.expect("reads").generation;
    let mut tx = f.producer.begin().await.expect("begins");
    let sql = "INSERT INTO log_consumers (consumer, generation, seq, seen_at) VALUES ($1, $3, $2, 0)
               ON CONFLICT (consumer) DO UPDATE SET seq = excluded.seq";
    tx.execute(sql, args![consumer, seq, generation]).await.expect("writes");
    tx.commit().await.expect("commits");
}
