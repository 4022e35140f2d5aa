//! Several processes share the authorities: each pool has one owner, a dead one is replaced, pools merge and split, and
//! nothing is lost or decided twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use guichet_bus::LEASE_TTL_MS;
use guichet_core::id::ServiceRequestId;
use guichet_core::work::WorkState;
use guichet_db::{Dialect, Row, args};
use guichet_events::routing::{OfferMade, RequestResolved};
use guichet_proto::routing::v1 as proto;
use guichet_testkit::{wait_for, wait_until};
use uuid::Uuid;

use crate::desk::{DEADLINE, Desk};
use crate::load::{assert_nothing_was_given_twice, resolved, robot};
use crate::replay::{replay_of, replay_of_everything, settled};
use crate::town::{hameau, hameau_and_valorme_together, orvance, valorme};

/// What a take-over may last beyond the lease: a look each second, and a machine that is busy.
const SLACK: Duration = Duration::from_secs(3);

async fn rows(desk: &Desk, sql: &'static str) -> Vec<Row> {
    desk.deps.db.fetch_all(sql, args![]).await.expect("the database answers")
}

async fn change(desk: &Desk, statements: &[&'static str]) {
    let mut tx = desk.deps.db.begin().await.expect("the database answers");
    for sql in statements {
        tx.execute(*sql, args![]).await.expect("the rows are changed");
    }
    tx.commit().await.expect("committed");
}

/// Returns who has each shard that decides for somebody.
async fn owners(desk: &Desk) -> BTreeMap<String, Option<Uuid>> {
    let sql = "SELECT name, owner FROM shards WHERE name IN (SELECT shard FROM authority_shards)";
    let read = |row: &Row| (row.get("name").expect("a name"), row.get("owner").expect("an owner or none"));
    rows(desk, sql).await.iter().map(read).collect()
}

/// Waits until each shard has an owner, and there are so many owners.
async fn shared_by(desk: &Desk, processes: usize) -> BTreeMap<String, Option<Uuid>> {
    wait_for(DEADLINE, async || {
        let owners = owners(desk).await;
        let distinct: BTreeSet<Uuid> = owners.values().copied().flatten().collect();
        (owners.values().all(Option::is_some) && distinct.len() == processes).then_some(owners)
    })
    .await
}

async fn two_pools(desk: Desk) -> Desk {
    desk.publish(&[valorme(), orvance(), hameau()], true).await;
    desk
}

/// A request of each pool is offered.
async fn both_pools_are_served(desk: &Desk) {
    let (there, here) = (desk.receives_in("hameau", "question").await, desk.receives("acte").await);
    desk.accepts("marguerite.plume", there).await;
    desk.accepts("aline.encre", here).await;
    resolve(desk, "marguerite.plume", there).await;
    resolve(desk, "aline.encre", here).await;
}

async fn resolve(desk: &Desk, login: &str, request: ServiceRequestId) {
    let work = desk.view(request, login).await.work.expect("the work is there");
    let resolve = proto::ResolveRequest { command: Desk::command(&work, login), outcome: 1 };
    desk.work().resolve(resolve).await.expect("who has it may answer it");
}

async fn two_processes_share_two_pools_and_one_that_dies_is_replaced_within_the_lease(desk: Desk) {
    let desk = two_pools(desk).await;
    both_pools_are_served(&desk).await;
    let second = desk.another().await;
    let shared = shared_by(&desk, 2).await;
    assert_eq!(shared.into_keys().collect::<Vec<_>>(), ["pool:hameau", "pool:orvance"]);
    both_pools_are_served(&desk).await;
    let died_at = Instant::now();
    second.dies().await;
    if desk.deps.db.dialect() == Dialect::Sqlite {
        desk.clock.advance_millis(LEASE_TTL_MS + 1);
    }
    let alone = shared_by(&desk, 1).await;
    let took = died_at.elapsed();
    assert!(took < Duration::from_millis(LEASE_TTL_MS.unsigned_abs()) + SLACK, "{took:?}");
    assert_eq!(alone.len(), 2);
    both_pools_are_served(&desk).await;
}

async fn a_newcomer_is_handed_its_share_and_gives_it_back_when_it_ends(desk: Desk) {
    let desk = two_pools(desk).await;
    let first = shared_by(&desk, 1).await;
    let second = desk.another().await;
    let shared = shared_by(&desk, 2).await;
    let moved = first.iter().filter(|(shard, owner)| shared[*shard] != **owner).count();
    assert_eq!(moved, 1, "only the newcomer's share changes hands");
    second.ends().await;
    assert_eq!(shared_by(&desk, 1).await, first);
    both_pools_are_served(&desk).await;
    let told = replay_of_everything(&desk).await;
    assert_eq!((told.mismatches, told.uncovered), (0, 0), "{:?}", told.first);
    let [village, town] = [replay_of(&desk, "", "hameau").await, replay_of(&desk, "", "orvance").await];
    assert!(village.decisions > 0 && village.mismatches == 0, "{village:?}");
    assert_eq!(town.decisions, 0, "nothing was asked of Orvance");
    let together = replay_of(&desk, "", "valorme").await;
    assert_eq!(village.decisions + together.decisions, told.decisions);
}

async fn an_owner_who_slept_through_its_replacement_decides_nothing(desk: Desk) {
    let desk = two_pools(desk).await;
    both_pools_are_served(&desk).await;
    // Another process, which lives, has taken every shard while this one slept.
    change(
        &desk,
        &[
            "INSERT INTO processes (id, until) SELECT authority_id, 9000000000000000 FROM authorities WHERE code = 'hameau'",
            "UPDATE shards SET epoch = epoch + 1000,
                owner = (SELECT authority_id FROM authorities WHERE code = 'hameau') WHERE name <> 'all'",
        ],
    )
    .await;
    let requests = [desk.receives_in("hameau", "question").await, desk.receives("acte").await];
    for request in requests {
        desk.becomes(request, WorkState::Queued).await;
    }
    // It dies in its turn.
    change(&desk, &["DELETE FROM processes WHERE until = 9000000000000000"]).await;
    desk.offer_to("marguerite.plume", requests[0]).await;
    desk.offer_to("aline.encre", requests[1]).await;
    for request in requests {
        desk.tells::<OfferMade>(request).await;
        assert_eq!(desk.told(request).await.iter().filter(|event| event.is::<OfferMade>()).count(), 1);
        let sql = "SELECT epoch FROM decisions WHERE request_id = $1";
        for row in desk.deps.db.fetch_all(sql, args![request]).await.expect("the database answers") {
            assert!(row.get::<i64>("epoch").expect("an epoch") > 1_000, "decided by who had lost the shard");
        }
    }
}

async fn an_agent_whose_pool_splits_keeps_what_they_have_and_is_offered_no_more_than_they_can_hold(desk: Desk) {
    let desk = two_pools(desk).await;
    desk.publish(&hameau_and_valorme_together(), false).await;
    assert_eq!(shared_by(&desk, 1).await.into_keys().collect::<Vec<_>>(), ["pool:hameau"], "the pools are one");
    for login in ["aline.encre", "basile.tampon", "leon.virgule"] {
        desk.is(login, proto::PresenceState::Away).await;
    }
    let lent = desk.receives("question").await;
    desk.accepts("marguerite.plume", lent).await;
    desk.publish(&[hameau(), valorme()], false).await;
    assert_eq!(shared_by(&desk, 1).await.len(), 2, "they are two again");
    let own = desk.receives_in("hameau", "question").await;
    desk.becomes(own, WorkState::Queued).await;
    settled(&desk).await;
    assert!(desk.offers_of("marguerite.plume").await.is_empty(), "her one place is taken by Valorme's request");
    resolve(&desk, "marguerite.plume", lent).await;
    desk.offer_to("marguerite.plume", own).await;
}

/// As a process leaves it whose pool was merged away under it, or that could not hand over: named as the owner, not serving.
async fn a_shard_whose_owner_lives_and_does_not_serve_it_is_handed_over(desk: Desk) {
    let desk = two_pools(desk).await;
    let second = desk.another().await;
    shared_by(&desk, 2).await;
    let sql = "UPDATE shards SET epoch = epoch + 1, owner = (SELECT owner FROM shards WHERE name = 'pool:hameau')
        WHERE name = 'pool:orvance'";
    change(&desk, &[sql]).await;
    shared_by(&desk, 2).await;
    both_pools_are_served(&desk).await;
    second.ends().await;
}

const REQUESTS: usize = 40;

/// Agents of both pools at work while processes come and go, and pools merge and split.
async fn nothing_is_lost_or_given_twice_while_shards_change_hands(desk: Desk) {
    let desk = two_pools(desk).await;
    let done = AtomicBool::new(false);
    let is_done = || done.load(Ordering::Relaxed);
    let traffic = async {
        let mut requests = Vec::new();
        for number in 0..REQUESTS {
            requests.push(desk.receives_in(["valorme", "hameau"][number % 2], "question").await);
            requests.push(desk.receives("acte").await);
        }
        let newcomer = desk.another().await;
        shared_by(&desk, 2).await;
        desk.publish(&hameau_and_valorme_together(), false).await;
        requests.push(desk.receives_in("hameau", "question").await);
        shared_by(&desk, 1).await;
        desk.publish(&[hameau(), valorme()], false).await;
        requests.push(desk.receives("question").await);
        shared_by(&desk, 2).await;
        newcomer.dies().await;
        requests.push(desk.receives_in("hameau", "question").await);
        if desk.deps.db.dialect() == Dialect::Sqlite {
            desk.clock.advance_millis(LEASE_TTL_MS + 1);
        }
        wait_until(DEADLINE * 3, async || resolved(&desk).await == requests.len()).await;
        done.store(true, Ordering::Relaxed);
        requests
    };
    let robots = async {
        let one = |login| robot(&desk, login, is_done);
        tokio::join!(one("aline.encre"), one("basile.tampon"), one("marguerite.plume"), one("gaelle.registre"))
    };
    let others =
        async { tokio::join!(robot(&desk, "leon.virgule", is_done), robot(&desk, "capucine.trombone", is_done)) };
    let (requests, ..) = Box::pin(async { tokio::join!(traffic, robots, others) }).await;
    for &request in &requests {
        desk.tells::<RequestResolved>(request).await;
    }
    assert_nothing_was_given_twice(&desk, &requests).await;
    let told = replay_of_everything(&desk).await;
    assert_eq!((told.mismatches, told.uncovered), (0, 0), "{:?}", told.first);
}

async fn a_desk_of_the_release_before_shards_goes_on_and_its_days_are_replayed(desk: Desk) {
    let mut desk = desk.opened().await;
    let before = desk.receives("acte").await;
    desk.accepts("aline.encre", before).await;
    settled(&desk).await;
    desk.process.take().expect("it runs").dies().await;
    // The same as that release leaves it: one shard, no map, its matcher's lease.
    change(
        &desk,
        &[
            "UPDATE shards SET batch = (SELECT MAX(batch) FROM shards) WHERE name = 'all'",
            "UPDATE engine_inputs SET shard = 'all'",
            "UPDATE engine_loads SET shard = 'all'",
            "UPDATE decisions SET shard = 'all'",
            "DELETE FROM shards WHERE name <> 'all'",
            "DELETE FROM authority_shards",
            "DELETE FROM processes",
            "UPDATE leases SET expires_at = 0, epoch = epoch + 1 WHERE name = 'matcher'",
        ],
    )
    .await;
    // Something that it has not heard of.
    desk.is("gaelle.registre", proto::PresenceState::Away).await;
    let _upgraded = desk.another().await;
    assert_eq!(shared_by(&desk, 1).await.into_keys().collect::<Vec<_>>(), ["pool:orvance"]);
    let after = desk.receives("acte").await;
    desk.accepts("aline.encre", after).await;
    let told = replay_of_everything(&desk).await;
    assert_eq!((told.mismatches, told.uncovered), (0, 0), "{:?}", told.first);
    assert!(told.loads >= 2, "{told:?}");
    assert_eq!(rows(&desk, "SELECT DISTINCT shard FROM decisions").await.len(), 2, "the day is in both");
}

/// On SQLite one process has the file, and no other can match.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_a_process_of_an_earlier_release_matches_nobody_else_does() {
    let desk = two_pools(Desk::on_postgres().await).await;
    shared_by(&desk, 1).await;
    change(
        &desk,
        &["UPDATE leases SET holder = (SELECT authority_id FROM authorities LIMIT 1),
        expires_at = 9000000000000000 WHERE name = 'matcher'"],
    )
    .await;
    wait_until(DEADLINE, async || owners(&desk).await.values().all(Option::is_none)).await;
    let request = desk.receives("acte").await;
    desk.becomes(request, WorkState::Queued).await;
    change(&desk, &["UPDATE leases SET expires_at = 0 WHERE name = 'matcher'"]).await;
    desk.offer_to("aline.encre", request).await;
}

crate::on_both_back_ends! {
    two_processes_share_two_pools_and_one_that_dies_is_replaced_within_the_lease,
    a_newcomer_is_handed_its_share_and_gives_it_back_when_it_ends,
    an_owner_who_slept_through_its_replacement_decides_nothing,
    an_agent_whose_pool_splits_keeps_what_they_have_and_is_offered_no_more_than_they_can_hold,
    a_shard_whose_owner_lives_and_does_not_serve_it_is_handed_over,
    nothing_is_lost_or_given_twice_while_shards_change_hands,
    a_desk_of_the_release_before_shards_goes_on_and_its_days_are_replayed,
}
