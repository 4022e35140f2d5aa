//! Leases: one holder, an epoch that rises at each take-over.

use std::sync::Arc;
use std::time::Duration;

use guichet_bus::{LEASE_TTL_MS, Lease};
use guichet_db::args;
use guichet_testkit::wait_for;
use uuid::Uuid;

use crate::fixture::Fixture;

crate::on_both! {
    a_lease_is_taken_once_and_keeps_its_epoch,
}

fn contender(f: &Fixture) -> Lease {
    Lease::new(f.reader.clone(), "shard:all".to_owned(), Arc::new(f.clock.clone()), &*f.rng)
}

async fn a_lease_is_taken_once_and_keeps_its_epoch(f: Fixture) {
    let mut lease = contender(&f);
    let epoch = lease.ensure().await.expect("asks").expect("nobody else wants it");
    assert_eq!(lease.ensure().await.expect("asks"), Some(epoch));
    assert_eq!(lease.epoch(), Some(epoch));
}

#[tokio::test]
async fn a_second_contender_waits_until_the_lease_is_given_back() {
    let f = Fixture::split().await;
    let (mut one, mut two) = (contender(&f), contender(&f));
    let epoch = one.ensure().await.expect("asks").expect("free");
    assert_eq!(two.ensure().await.expect("asks"), None);
    one.give_back().await.expect("gives back");
    let taken = wait_for(Duration::from_secs(5), || async { two_takes(&f).await }).await;
    assert_eq!(taken, epoch + 1, "the epoch rises with the owner");
}

#[tokio::test]
async fn contenders_of_one_name_hold_a_lease_together() {
    let f = Fixture::split().await;
    let together = Uuid::from_u128(7);
    let of_them = || Lease::held_by(together, f.reader.clone(), "shard:all".to_owned(), Arc::new(f.clock.clone()));
    let epoch = of_them().ensure().await.expect("asks").expect("free");
    assert_eq!(of_them().ensure().await.expect("asks"), Some(epoch), "the second one renews it");
    assert_eq!(contender(&f).ensure().await.expect("asks"), None, "a stranger waits");
}

async fn two_takes(f: &Fixture) -> Option<i64> {
    contender(f).ensure().await.expect("asks")
}

#[tokio::test]
async fn a_lease_that_is_not_renewed_is_taken_over_by_the_databases_clock() {
    let f = Fixture::split().await;
    let mut paused = contender(&f);
    let epoch = paused.ensure().await.expect("asks").expect("free");
    // The owner stops here; the machine's clock says nothing, the database's does.
    f.clock.advance_millis(10 * LEASE_TTL_MS);
    assert_eq!(two_takes(&f).await, None, "a wrong clock of ours takes nothing over");
    let mut tx = f.reader.begin().await.expect("begins");
    tx.execute("UPDATE leases SET expires_at = 1", args![]).await.expect("updates");
    tx.commit().await.expect("commits");
    assert_eq!(two_takes(&f).await, Some(epoch + 1));
}
