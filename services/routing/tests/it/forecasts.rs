//! What usagers may be told of their wait: nothing while little is known, an interval later, kept with each decision.

use guichet_core::id::{AuthorityId, ServiceRequestId};
use guichet_core::work::WorkState;
use guichet_core::{Clock, SystemRng};
use guichet_db::args;
use guichet_proto::routing::v1 as proto;
use guichet_testkit::{wait_for, wait_until};

use crate::desk::{DEADLINE, Desk};

/// Waits that have to be known.
const KNOWN: usize = 20;
/// Waits of a bucket that are kept.
const KEPT: i64 = 1_000;
const MINUTE_MS: i64 = 60_000;

async fn expected(desk: &Desk, request_id: ServiceRequestId) -> Option<proto::Expected> {
    let request = proto::GetForecastRequest { request_id: request_id.to_string() };
    desk.queue().get_forecast(request).await.expect("the forecast is asked").into_inner().expected
}

async fn decisions(desk: &Desk, request_id: ServiceRequestId) -> Vec<proto::Decision> {
    let request = proto::ListDecisionsRequest { request_id: request_id.to_string() };
    desk.decisions().list(request).await.expect("decisions are listed").into_inner().decisions
}

/// Requests that Aline takes after a few minutes and answers.
async fn known_waits(desk: &Desk) {
    for _ in 0..KNOWN {
        let request = desk.receives("acte").await;
        desk.offer_to("aline.encre", request).await;
        desk.clock.advance_millis(4 * MINUTE_MS);
        let work = desk.accepts("aline.encre", request).await;
        let resolve = proto::ResolveRequest { command: Desk::command(&work, "aline.encre"), outcome: 1 };
        desk.work().resolve(resolve).await.expect("she answers");
    }
}

/// Only Aline is there.
async fn with_aline_alone(desk: Desk) -> Desk {
    let desk = desk.opened().await;
    for login in ["basile.tampon", "gaelle.registre", "leon.virgule", "capucine.trombone"] {
        desk.is(login, proto::PresenceState::Away).await;
    }
    desk
}

async fn a_wait_is_told_once_enough_are_known_and_kept_with_the_decision(desk: Desk) {
    let desk = with_aline_alone(desk).await;
    let first = desk.receives("acte").await;
    desk.offer_to("aline.encre", first).await;
    assert_eq!(expected(&desk, first).await, None, "nothing is known yet");
    assert!(decisions(&desk, first).await.iter().all(|decision| decision.expected.is_none()));
    desk.accepts("aline.encre", first).await;
    known_waits(&desk).await;
    desk.is("aline.encre", proto::PresenceState::Away).await;
    let request = desk.receives("acte").await;
    desk.becomes(request, WorkState::Queued).await;
    wait_until(DEADLINE, async || !decisions(&desk, request).await.is_empty()).await;
    let told = expected(&desk, request).await.expect("twenty waits are known");
    let now = desk.clock.now().as_millis();
    assert!(now <= told.from && told.from <= told.to && !told.words.is_empty(), "{told:?}");
    assert!(told.sentence.starts_with("À titre indicatif"), "{told:?}");
    let kept = decisions(&desk, request).await.pop().and_then(|decision| decision.expected).expect("it is kept");
    assert_eq!((kept.from, kept.to, &kept.words), (told.from, told.to, &told.words));
    let explain = proto::ExplainRequest { request_id: request.to_string() };
    let lines = desk.decisions().explain(explain).await.expect("the story").into_inner().lines;
    let line = format!("    Prise en charge attendue alors {}.", told.words);
    assert!(lines.contains(&line), "{line} in {lines:?}");
    let overview = desk.queue().get_overview(proto::GetOverviewRequest::default()).await.expect("figures").into_inner();
    let registry = overview.departments.iter().find(|figures| figures.department == "EC").expect("its department");
    assert!(registry.forecasts.iter().any(|told| told.level == 1 && !told.live), "{registry:?}");
    desk.is("aline.encre", proto::PresenceState::Available).await;
    desk.accepts("aline.encre", request).await;
    assert_eq!(expected(&desk, request).await, None, "it waits no longer");
}

async fn days_with_forecasts_are_decided_again_bit_for_bit(desk: Desk) {
    let desk = with_aline_alone(desk).await;
    known_waits(&desk).await;
    let request = desk.receives("acte").await;
    desk.offer_to("aline.encre", request).await;
    let kept = decisions(&desk, request).await;
    assert!(kept.iter().any(|decision| decision.expected.is_some()), "{kept:?}");
    let replayed = wait_for(DEADLINE, async || {
        let request = proto::ReplayRequest { day: "2026-11-24".to_owned(), authority: String::new() };
        let mut told = desk.decisions().replay(request).await.expect("the replay begins").into_inner();
        while let Some(progress) = told.message().await.expect("the replay goes on") {
            if progress.done {
                return Some(progress);
            }
        }
        None
    })
    .await;
    assert!(replayed.decisions > 0 && replayed.mismatches == 0, "{replayed:?}");
}

async fn old_waits_are_forgotten(desk: Desk) {
    const INSERT: &str =
        "INSERT INTO waits (request_id, entered_at, authority_id, department, lane, at_once, ended_at, taken)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let desk = desk.opened().await;
    let authority = AuthorityId::of_code("valorme");
    let mut tx = desk.deps.db.begin().await.expect("the database answers");
    for place in 0..KEPT + 50 {
        let request = ServiceRequestId::new(&desk.clock, &SystemRng);
        tx.execute(INSERT, args![request, place, authority, "EC", "1", false, place + 1, true]).await.expect("a row");
    }
    tx.commit().await.expect("the rows are kept");
    desk.clock.advance_millis(11 * MINUTE_MS);
    let sql = "SELECT COUNT(*) AS count, MIN(entered_at) AS oldest FROM waits";
    let (count, oldest): (i64, i64) = wait_for(DEADLINE, async || {
        let row = desk.deps.db.fetch_optional(sql, args![]).await.expect("the database answers").expect("a row");
        let count: i64 = row.get("count").expect("a number");
        (count <= KEPT).then(|| (count, row.get("oldest").expect("a number")))
    })
    .await;
    assert_eq!((count, oldest), (KEPT, 50), "the oldest go");
}

crate::on_both_back_ends!(
    a_wait_is_told_once_enough_are_known_and_kept_with_the_decision,
    days_with_forecasts_are_decided_again_bit_for_bit,
    old_waits_are_forgotten,
);
