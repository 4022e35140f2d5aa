//! A busy desk, and two matchers at once: nothing lost, nothing given twice, nobody over capacity.

use guichet_core::id::{AgentId, ServiceRequestId};
use guichet_core::work::WorkState;
use guichet_db::args;
use guichet_events::routing::{OfferMade, RequestResolved};
use guichet_proto::routing::v1 as proto;
use guichet_testkit::wait_until;

use crate::desk::{DEADLINE, Desk};

const REQUESTS: usize = 60;
const ROBOTS: [&str; 3] = ["aline.encre", "basile.tampon", "capucine.trombone"];

/// Accepts and answers whatever an agent is offered, until everything is answered.
pub(crate) async fn robot(desk: &Desk, login: &str, done: impl Fn() -> bool) {
    while !done() {
        for offer in desk.offers_of(login).await {
            let accept = proto::AcceptOfferRequest { offer_id: offer.id, agent_id: crate::desk::agent_id(login) };
            let Ok(accepted) = desk.offers().accept(accept).await else { continue };
            let work = accepted.into_inner().work.expect("work comes back");
            let resolve = proto::ResolveRequest { command: Desk::command(&work, login), outcome: 1 };
            desk.work().resolve(resolve).await.expect("who has it may answer it");
        }
        tokio::task::yield_now().await;
    }
}

pub(crate) async fn resolved(desk: &Desk) -> usize {
    let sql = "SELECT COUNT(*) AS resolved FROM works WHERE state = 'resolved'";
    let row = desk.deps.db.fetch_optional(sql, args![]).await.expect("the database answers").expect("a count");
    usize::try_from(row.get::<i64>("resolved").expect("a number")).expect("not negative")
}

pub(crate) async fn assert_nothing_was_given_twice(desk: &Desk, requests: &[ServiceRequestId]) {
    for &request in requests {
        let told = desk.told(request).await;
        let count = |name: &str| told.iter().filter(|event| event.name == name).count();
        assert_eq!((count("request.registered"), count("request.assigned"), count("request.resolved")), (1, 1, 1));
    }
    let drift = "SELECT agent_id FROM agent_loads WHERE used <> 0 OR used > capacity";
    assert!(
        desk.deps.db.fetch_all(drift, args![]).await.expect("the database answers").is_empty(),
        "every load is given back"
    );
}

async fn three_robots_answer_sixty_requests_each_once(desk: Desk) {
    let desk = desk.opened().await;
    Box::pin(play(&desk)).await;
}

async fn two_matchers_at_once_offer_each_request_once(desk: Desk) {
    let desk = desk.opened().await;
    // A second process: same storage, its own identity. There is one pool: it takes the shard over when the hash says so.
    let _second = desk.another().await;
    Box::pin(play(&desk)).await;
}

async fn play(desk: &Desk) {
    let done = std::sync::atomic::AtomicBool::new(false);
    let is_done = || done.load(std::sync::atomic::Ordering::Relaxed);
    let traffic = async {
        let mut requests = Vec::new();
        for number in 0..REQUESTS {
            requests.push(desk.receives(["question", "acte", "voirie"][number % 3]).await);
        }
        wait_until(DEADLINE * 3, async || resolved(desk).await == REQUESTS).await;
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        requests
    };
    let robots = async {
        tokio::join!(robot(desk, ROBOTS[0], is_done), robot(desk, ROBOTS[1], is_done), robot(desk, ROBOTS[2], is_done))
    };
    let others = async { tokio::join!(robot(desk, "gaelle.registre", is_done), robot(desk, "leon.virgule", is_done)) };
    let (requests, ..) = tokio::join!(traffic, robots, others);
    for &request in &requests {
        desk.tells::<RequestResolved>(request).await;
    }
    assert_nothing_was_given_twice(desk, &requests).await;
}

async fn a_matcher_that_was_replaced_commits_nothing(desk: Desk) {
    let desk = desk.opened().await;
    let first = desk.receives("acte").await;
    desk.offer_to("aline.encre", first).await;
    // What a take-over does, under the feet of an owner who does not know.
    let mut tx = desk.deps.db.begin().await.expect("the database answers");
    tx.execute("UPDATE shards SET epoch = epoch + 1", args![]).await.expect("the epoch is raised");
    tx.commit().await.expect("committed");
    let second = desk.receives("acte").await;
    let offer: OfferMade = desk.tells(second).await;
    assert_eq!(offer.agent_id, AgentId::of_login("aline.encre"));
    let sql = "SELECT epoch FROM decisions WHERE request_id = $1";
    let row = desk.deps.db.fetch_optional(sql, args![second]).await.expect("the database answers").expect("a decision");
    assert!(row.get::<i64>("epoch").expect("an epoch") >= 3, "decided under a newer epoch than the one raised");
    desk.becomes(second, WorkState::Offered).await;
}

async fn an_offer_decided_before_its_agent_left_is_not_made(desk: Desk) {
    let desk = desk.opened().await;
    let first = desk.receives("acte").await;
    desk.accepts("aline.encre", first).await;
    // She leaves, and the matcher has not heard of it: no fact is left for it.
    let mut tx = desk.deps.db.begin().await.expect("the database answers");
    let gone = "UPDATE agent_loads SET presence = 'away', serial = serial + 1 WHERE agent_id = $1";
    tx.execute(gone, args![AgentId::of_login("aline.encre")]).await.expect("her row is changed");
    tx.commit().await.expect("committed");
    let second = desk.receives("acte").await;
    desk.offer_to("gaelle.registre", second).await;
    // The log follows the commit by a moment.
    desk.tells::<OfferMade>(second).await;
    let made = desk.told(second).await.iter().filter(|event| event.is::<OfferMade>()).count();
    assert_eq!(made, 1, "Gaëlle's, once the matcher has looked again");
}

async fn nobody_who_has_left_keeps_an_open_offer(desk: Desk) {
    let desk = desk.opened().await;
    desk.is("gaelle.registre", proto::PresenceState::Away).await;
    let mut requests = Vec::new();
    for _ in 0..12 {
        desk.is("aline.encre", proto::PresenceState::Available).await;
        let (request, ()) = tokio::join!(desk.receives("acte"), desk.is("aline.encre", proto::PresenceState::Away));
        assert!(desk.offers_of("aline.encre").await.is_empty(), "she has left");
        requests.push(request);
    }
    for request in requests {
        desk.becomes(request, WorkState::Queued).await;
    }
    assert!(desk.offers_of("aline.encre").await.is_empty(), "she has still left");
}

crate::on_both_back_ends! {
    three_robots_answer_sixty_requests_each_once,
    two_matchers_at_once_offer_each_request_once,
    a_matcher_that_was_replaced_commits_nothing,
    an_offer_decided_before_its_agent_left_is_not_made,
    nobody_who_has_left_keeps_an_open_offer,
}
