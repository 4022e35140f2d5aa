//! The usual way, and what happens when the effect fails.

use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::StreamExt;
use guichet_bus::{EventSource, list_parked};
use guichet_core::id::ServiceRequestId;
use guichet_testkit::wait_until;

use crate::fixture::{Fixture, Told};

crate::on_both! {
    what_is_told_is_kept_once_and_in_order,
    writers_at_once_leave_no_gap_in_the_numbers,
    a_reader_that_starts_late_reads_from_the_beginning,
    a_dependency_that_sleeps_pauses_the_reader_and_loses_nothing,
    a_poison_event_is_set_aside_with_the_later_ones_of_its_request_only,
    two_readers_at_once_apply_each_event_once,
    what_was_rolled_back_is_never_told,
    who_watches_sees_what_comes_next_and_nothing_before,
}

async fn what_is_told_is_kept_once_and_in_order(f: Fixture) {
    f.run();
    f.tell(1..=250).await;
    assert_eq!(f.wait_for_kept(250).await, (1..=250).collect::<Vec<_>>());
}

async fn writers_at_once_leave_no_gap_in_the_numbers(f: Fixture) {
    f.run();
    futures::future::join_all((0..8).map(|writer| f.tell(writer * 1_000 + 1..=writer * 1_000 + 25))).await;
    let mut kept = f.wait_for_kept(200).await;
    for writer in 0..8 {
        let mine: Vec<i64> = kept.iter().copied().filter(|number| number / 1_000 == writer).collect();
        assert_eq!(mine, (writer * 1_000 + 1..=writer * 1_000 + 25).collect::<Vec<_>>(), "one writer's order is kept");
    }
    kept.sort_unstable();
    kept.dedup();
    assert_eq!((kept.len(), f.log().head().await.expect("reads").seq), (200, 200));
}

async fn a_reader_that_starts_late_reads_from_the_beginning(f: Fixture) {
    f.tell(1..=120).await;
    f.relay().turn().await.expect("numbers and tells");
    f.run();
    assert_eq!(f.wait_for_kept(120).await, (1..=120).collect::<Vec<_>>());
}

async fn a_dependency_that_sleeps_pauses_the_reader_and_loses_nothing(f: Fixture) {
    f.behaviour.unavailable.store(true, Ordering::SeqCst);
    f.run();
    f.tell(1..=20).await;
    // More failures than a poison event would be allowed: it still waits.
    wait_until(Duration::from_secs(20), || async { f.behaviour.attempts.load(Ordering::SeqCst) >= 7 }).await;
    assert!(f.kept().await.is_empty() && list_parked(&f.reader, 10).await.expect("reads").is_empty());
    f.behaviour.unavailable.store(false, Ordering::SeqCst);
    assert_eq!(f.wait_for_kept(20).await, (1..=20).collect::<Vec<_>>());
}

async fn a_poison_event_is_set_aside_with_the_later_ones_of_its_request_only(f: Fixture) {
    f.behaviour.poison.store(5, Ordering::SeqCst);
    let poisoned = ServiceRequestId::new(&f.clock, &*f.rng);
    f.tell_about(poisoned, 4..=5).await;
    f.tell(100..=102).await;
    f.tell_about(poisoned, 6..=6).await;
    f.tell(103..=103).await;
    f.run();
    assert_eq!(f.wait_for_kept(5).await, [4, 100, 101, 102, 103]);
    wait_until(Duration::from_secs(20), || async { list_parked(&f.reader, 10).await.expect("reads").len() == 2 }).await;
    let parked = list_parked(&f.reader, 10).await.expect("reads");
    assert!(parked.iter().all(|event| event.envelope.request_id == Some(poisoned)));
    assert!(parked[0].reason.contains("panicked") && parked[1].reason.contains("earlier event"), "{parked:?}");
}

async fn two_readers_at_once_apply_each_event_once(f: Fixture) {
    f.tell(1..=150).await;
    f.relay().turn().await.expect("numbers and tells");
    let (mut one, mut two) = (f.consumer(), f.consumer());
    let read = async |reader: &mut guichet_bus::Consumer<_>| {
        // The lease may be the other's: what counts is what is kept.
        while f.kept().await.len() < 150 {
            reader.turn().await.expect("reads");
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(read(&mut one), read(&mut two));
    assert_eq!(f.kept().await, (1..=150).collect::<Vec<_>>());
}

async fn what_was_rolled_back_is_never_told(f: Fixture) {
    let mut tx = f.producer.begin().await.expect("begins");
    let event = guichet_events::NewEvent::new(
        &f.clock,
        &*f.rng,
        guichet_core::id::AuthorityId::of_code("valorme"),
        &crate::fixture::Told { number: 666 },
    );
    guichet_bus::outbox::append(&mut tx, &[event]).await.expect("appends");
    drop(tx);
    f.run();
    f.tell(1..=3).await;
    assert_eq!(f.wait_for_kept(3).await, [1, 2, 3]);
}

async fn who_watches_sees_what_comes_next_and_nothing_before(f: Fixture) {
    f.tell(1..=5).await;
    f.relay().turn().await.expect("numbers and tells");
    let mut events = f.log().watch().await.expect("watches");
    f.run();
    // A new relay opens a generation: the watcher goes on across it.
    f.tell(6..=8).await;
    for number in 6..=8 {
        let event = tokio::time::timeout(Duration::from_secs(20), events.next()).await.expect("in time");
        let told: Told = event.expect("no end").expect("reads").decode().expect("a toy");
        assert_eq!(told.number, number);
    }
}
