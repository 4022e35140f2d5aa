//! A recorded day decided again: everything a desk does, then the same decisions; one that was forged is found.

use guichet_core::Clock;
use guichet_core::work::{Channel, ReplyThen, WorkState};
use guichet_db::args;
use guichet_events::intake::RequestReceived;
use guichet_proto::routing::v1 as proto;
use guichet_testkit::{wait_for, wait_until};

use crate::desk::{DEADLINE, Desk, arbitrary_request};
use crate::town::{orvance, valorme};

const DAY: &str = "2026-11-24";

/// Replays a day to its end.
async fn replay(desk: &Desk, day: &str) -> proto::ReplayResponse {
    replay_of(desk, day, "").await
}

/// Replays what was decided on a day together with an authority.
pub(crate) async fn replay_of(desk: &Desk, day: &str, authority: &str) -> proto::ReplayResponse {
    let request = proto::ReplayRequest { day: day.to_owned(), authority: authority.to_owned() };
    let mut told = desk.decisions().replay(request).await.expect("the replay begins").into_inner();
    while let Some(progress) = told.message().await.expect("the replay goes on") {
        if progress.done {
            return progress;
        }
    }
    panic!("the replay was cut short")
}

async fn count(desk: &Desk, sql: &'static str) -> i64 {
    let row = desk.deps.db.fetch_optional(sql, args![]).await.expect("the database answers").expect("a count");
    row.get("count").expect("a number")
}

async fn decided(desk: &Desk) -> u64 {
    u64::try_from(count(desk, "SELECT COUNT(*) AS count FROM decisions").await).expect("not negative")
}

/// Replays the day once the desk is quiet: then every decision there is is compared.
pub(crate) async fn replay_of_everything(desk: &Desk) -> proto::ReplayResponse {
    wait_for(DEADLINE, async || {
        let there = decided(desk).await;
        let told = replay(desk, DAY).await;
        (told.decisions == there && told.decisions == decided(desk).await).then_some(told)
    })
    .await
}

/// Waits until the engine has been told everything.
pub(crate) async fn settled(desk: &Desk) {
    let waiting = "SELECT COUNT(*) AS count FROM engine_inputs WHERE batch IS NULL";
    wait_until(DEADLINE, async || count(desk, waiting).await == 0).await;
}

/// A day as desks have them: offers taken, passed and left unanswered, someone who leaves, level 2, a question to the
/// usager, a request that gets late, a directory published anew.
async fn play(desk: &Desk) {
    let first = desk.receives("acte").await;
    let work = desk.accepts("aline.encre", first).await;
    let start = proto::StartRequest { command: Desk::command(&work, "aline.encre") };
    let work = desk.work().start(start).await.expect("she starts").into_inner().work.expect("work comes back");
    let escalate = proto::EscalateRequest { command: Desk::command(&work, "aline.encre"), department: String::new() };
    desk.work().escalate(escalate).await.expect("she asks level 2");
    desk.accepts("gaelle.registre", first).await;
    let second = desk.receives("acte").await;
    desk.declines("aline.encre", second).await;
    desk.offer_to("gaelle.registre", second).await;
    // A call nobody answers in time: it goes on to somebody else, and comes back once the refusal is over.
    let phone = RequestReceived {
        channel: Channel::Phone,
        procedure: Some("question".into()),
        ..arbitrary_request(desk.clock.now())
    };
    let call = desk.receives_with(phone).await;
    desk.becomes(call, WorkState::Offered).await;
    let asked = offers(desk).await;
    desk.clock.advance_millis(21_000);
    desk.deps.bus.wake("matcher:routing");
    wait_until(DEADLINE, async || offers(desk).await > asked).await;
    desk.clock.advance_millis(600_000);
    desk.is("basile.tampon", proto::PresenceState::Away).await;
    desk.is("basile.tampon", proto::PresenceState::Available).await;
    let mut many = Vec::new();
    for number in 0..12 {
        many.push(desk.receives(["question", "voirie", "acte", "inconnue"][number % 4]).await);
    }
    for &request in &many {
        wait_until(DEADLINE, async || desk.told(request).await.iter().any(|event| event.name == "request.registered"))
            .await;
    }
    settled(desk).await;
    desk.publish(&[valorme(), orvance()], false).await;
    desk.clock.advance_millis(3 * 3_600_000);
    desk.deps.bus.wake("matcher:routing");
    desk.replies(first, "gaelle.registre", ReplyThen::Wait).await;
    desk.hears_back(first).await;
    let last = desk.receives("acte").await;
    wait_until(DEADLINE, async || desk.told(last).await.iter().any(|event| event.name == "request.registered")).await;
    settled(desk).await;
}

async fn offers(desk: &Desk) -> i64 {
    count(desk, "SELECT COUNT(*) AS count FROM offers").await
}

async fn a_day_is_decided_again_bit_for_bit(desk: Desk) {
    let desk = desk.opened().await;
    Box::pin(play(&desk)).await;
    let told = replay_of_everything(&desk).await;
    assert_eq!((told.mismatches, told.uncovered), (0, 0), "{:?}", told.first);
    // How many there are depends on which facts a load finds already there: what waits is told once.
    assert!(told.decisions >= 12 && told.loads >= 2 && told.inputs >= 12, "{told:?}");
    assert_eq!(replay(&desk, "").await.day, DAY, "today when nothing is asked");
    let other = replay(&desk, "2026-11-23").await;
    assert_eq!((other.decisions, other.mismatches, other.uncovered), (0, 0, 0), "a day without anything");
}

async fn two_matchers_that_take_turns_are_replayed_too(desk: Desk) {
    let desk = desk.opened().await;
    let _second = desk.another().await;
    Box::pin(play(&desk)).await;
    // A take-over under the owner's feet: what it decides meanwhile is lost and decided anew.
    let mut tx = desk.deps.db.begin().await.expect("the database answers");
    tx.execute("UPDATE shards SET epoch = epoch + 1", args![]).await.expect("the epoch is raised");
    tx.commit().await.expect("committed");
    let last = desk.receives("acte").await;
    wait_until(DEADLINE, async || desk.told(last).await.iter().any(|event| event.name == "request.registered")).await;
    settled(&desk).await;
    let told = replay_of_everything(&desk).await;
    assert_eq!((told.mismatches, told.uncovered), (0, 0), "{:?}", told.first);
}

async fn a_decision_that_was_changed_afterwards_is_found(desk: Desk) {
    let desk = desk.opened().await;
    let request = desk.receives("acte").await;
    desk.accepts("aline.encre", request).await;
    settled(&desk).await;
    let mut tx = desk.deps.db.begin().await.expect("the database answers");
    let forge =
        "UPDATE decisions SET record = REPLACE(record, '\"eligible\":', '\"eligible\":1') WHERE request_id = $1";
    assert_eq!(tx.execute(forge, args![request]).await.expect("the record is changed"), 1);
    tx.commit().await.expect("committed");
    let told = replay(&desk, DAY).await;
    assert_eq!((told.mismatches, told.first.len()), (1, 1));
    let found = &told.first[0];
    assert_eq!(found.request_id, request.to_string());
    assert!(found.difference.starts_with("record/eligible: recorded 1"), "{}", found.difference);
}

async fn what_is_older_than_a_month_is_forgotten_and_said_to_be(desk: Desk) {
    let desk = desk.opened().await;
    let request = desk.receives("acte").await;
    desk.accepts("aline.encre", request).await;
    settled(&desk).await;
    for _ in 0..2 {
        desk.clock.advance_millis(33 * 86_400_000);
        desk.publish(&[valorme()], false).await;
        settled(&desk).await;
    }
    let old = "SELECT COUNT(*) AS count FROM engine_loads WHERE at < 1795700000000";
    wait_until(DEADLINE, async || count(&desk, old).await == 0).await;
    let inputs = "SELECT COUNT(*) AS count FROM engine_inputs WHERE at < 1795700000000";
    wait_until(DEADLINE, async || count(&desk, inputs).await == 0).await;
    let told = replay(&desk, DAY).await;
    assert_eq!((told.decisions, told.mismatches), (0, 0));
    assert!(told.uncovered >= 1, "{told:?}");
}

async fn a_day_that_is_none_is_refused(desk: Desk) {
    for day in ["hier", "2026-02-30"] {
        let refused = desk.decisions().replay(proto::ReplayRequest { day: day.to_owned(), ..Default::default() }).await;
        assert_eq!(refused.expect_err("refused").code(), tonic::Code::InvalidArgument);
    }
}

crate::on_both_back_ends! {
    a_day_is_decided_again_bit_for_bit,
    two_matchers_that_take_turns_are_replayed_too,
    a_decision_that_was_changed_afterwards_is_found,
    what_is_older_than_a_month_is_forgotten_and_said_to_be,
    a_day_that_is_none_is_refused,
}
