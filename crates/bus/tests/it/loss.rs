//! What the bus may lose: everything. And what happens when the database itself comes back older.

use guichet_db::args;
use guichet_events::Position;

use crate::fixture::Fixture;

crate::on_both! {
    a_restored_database_starts_a_generation_and_says_what_is_lost,
}

/// Puts the producer's log back to `seq`, as a restored backup does.
async fn restore(f: &Fixture, seq: i64) {
    let mut tx = f.producer.begin().await.expect("begins");
    tx.execute("DELETE FROM outbox WHERE seq > $1", args![seq]).await.expect("deletes");
    tx.execute("UPDATE log_head SET seq = $1", args![seq]).await.expect("updates");
    tx.commit().await.expect("commits");
}

async fn a_restored_database_starts_a_generation_and_says_what_is_lost(f: Fixture) {
    f.tell(1..=30).await;
    let mut relay = f.relay();
    let mut reader = f.consumer();
    relay.turn().await.expect("tells");
    while reader.turn().await.expect("reads") {}
    restore(&f, 20).await;
    f.run();
    f.tell(31..=33).await;
    let kept = f.wait_for_kept(33).await;
    assert_eq!(kept, (1..=33).collect::<Vec<_>>(), "what was written after the restore is not taken for old");
    let losses = f.producer.fetch_all("SELECT told_seq, found_seq FROM log_losses", args![]).await.expect("reads");
    assert_eq!(losses.len(), 1, "one loss, reported once");
    let seq = |column| losses[0].get::<i64>(column).expect("a number");
    assert_eq!((seq("told_seq"), seq("found_seq")), (30, 20));
}

#[tokio::test]
async fn a_flush_under_a_running_relay_loses_and_doubles_nothing() {
    let f = Fixture::split().await;
    let redis = f.redis.as_ref().expect("the split fixture has Redis");
    f.run();
    for turn in 0..6 {
        f.tell(turn * 50 + 1..=turn * 50 + 50).await;
        redis.flushall().await;
    }
    assert_eq!(f.wait_for_kept(300).await, (1..=300).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_flush_while_nothing_is_told_is_repaired_for_a_reader_that_was_behind() {
    let f = Fixture::split().await;
    let redis = f.redis.as_ref().expect("the split fixture has Redis");
    f.tell(1..=40).await;
    f.relay().turn().await.expect("tells");
    redis.flushall().await;
    f.run();
    assert_eq!(f.wait_for_kept(40).await, (1..=40).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_trimmed_stream_is_completed_by_the_producer() {
    let f = Fixture::split().await;
    f.tell(1..=60).await;
    f.relay().turn().await.expect("tells");
    trim(&f, 10).await;
    assert_eq!(f.bus.read_after("routing", Position::default(), 100).await.expect("reads").len(), 10, "50 are gone");
    f.run();
    assert_eq!(f.wait_for_kept(60).await, (1..=60).collect::<Vec<_>>());
}

#[tokio::test]
async fn two_relays_at_once_append_each_number_once() {
    let f = Fixture::split().await;
    let (mut one, mut two) = (f.relay(), f.relay());
    for turn in 0..10 {
        f.tell(turn * 20 + 1..=turn * 20 + 20).await;
        let (first, second) = tokio::join!(one.turn(), two.turn());
        first.and(second).expect("both tell");
    }
    let events = f.bus.read_after("routing", Position::default(), 1_000).await.expect("reads");
    let numbers: Vec<i64> =
        events.iter().map(|event| event.decode::<crate::fixture::Told>().expect("ours").number).collect();
    assert_eq!(numbers, (1..=200).collect::<Vec<_>>());
    let losses = f.producer.fetch_all("SELECT told_seq FROM log_losses", args![]).await.expect("reads");
    assert!(losses.is_empty(), "a stream that another relay moved on is not taken for a restored database");
}

#[tokio::test]
async fn a_redis_that_is_away_stops_nothing() {
    let f = Fixture::split().await;
    let redis = f.redis.as_ref().expect("the split fixture has Redis");
    redis.stop().await;
    f.run();
    f.tell(1..=30).await;
    f.wait_for_kept(30).await;
    redis.start().await;
    f.tell(31..=60).await;
    assert_eq!(f.wait_for_kept(60).await, (1..=60).collect::<Vec<_>>());
}

/// Cuts the stream to its last entries.
async fn trim(f: &Fixture, entries: u32) {
    let url = f.redis.as_ref().expect("the split fixture has Redis").url.clone();
    let client = redis::Client::open(url).expect("an address");
    let mut connection = client.get_multiplexed_async_connection().await.expect("Redis answers");
    let command = redis::cmd("XTRIM").arg("guichet:routing").arg("MAXLEN").arg(entries).to_owned();
    command.query_async::<()>(&mut connection).await.expect("trims");
}
