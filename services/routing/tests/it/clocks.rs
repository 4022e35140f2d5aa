//! What a wait for a paper does to the dates, from the command to what the other services hear.

use guichet_core::work::{ReplyThen, SilenceRule, WorkState};
use guichet_core::{Clock, Timestamp};
use guichet_events::routing::{RequestRegistered, RequestResumed, RequestWaiting};
use guichet_events::{Delay, DelayUnit};
use guichet_proto::routing::v1 as proto;
use guichet_proto::routing::v1::ClockState;

use crate::desk::{Desk, START};
use crate::town::{orvance, valorme};

const DAY_MS: i64 = 86_400_000;

/// The town, where silence about `acte` has a meaning after some months.
async fn with_silence(desk: Desk, silence: SilenceRule, months: u32) -> Desk {
    let mut town = valorme();
    let acte = town.procedures.get_mut("acte").expect("the town has it");
    acte.silence = Some(silence);
    acte.legal = Some(Delay { count: months, unit: DelayUnit::Months });
    desk.publish(&[town, orvance()], true).await;
    desk
}

fn state(clock: Option<&proto::Clock>) -> ClockState {
    clock.map_or(ClockState::Unspecified, |clock| clock.state())
}

/// Returns the day of an instant, in Paris.
fn day(millis: i64) -> String {
    let zone = jiff::tz::TimeZone::get("Europe/Paris").expect("the zone is bundled");
    zone.to_datetime(Timestamp::from_millis(millis).to_jiff()).date().to_string()
}

async fn a_paper_moves_the_dates_and_everybody_hears_it(desk: Desk) {
    let desk = with_silence(desk, SilenceRule::Accept, 1).await;
    let request = desk.receives("acte").await;
    desk.accepts("aline.encre", request).await;
    let told: RequestRegistered = desk.tells(request).await;
    desk.clock.advance_millis(DAY_MS);
    desk.replies(request, "aline.encre", ReplyThen::Wait).await;
    let work = desk.becomes(request, WorkState::WaitingRequester).await;
    assert_eq!(
        [&work.announced_clock, &work.legal_clock, &work.internal_clock].map(|clock| state(clock.as_ref())),
        [ClockState::Suspended, ClockState::AwaitingPapers, ClockState::Suspended]
    );
    assert_eq!(work.legal_due, 0, "silence has no date while a paper is awaited");
    assert_eq!(work.legal_clock.map(|clock| clock.law), Some("L.114-5".to_owned()));
    let waiting: RequestWaiting = desk.tells(request).await;
    assert_eq!(waiting.work.due_at, told.announced_due, "the date told does not move before the wait is over");
    // Half of the day given.
    desk.clock.advance_millis(DAY_MS / 2);
    desk.hears_back(request).await;
    let work = desk.becomes(request, WorkState::InProgress).await;
    let resumed: RequestResumed = desk.tells(request).await;
    assert_eq!(resumed.work.due_at.map(Timestamp::as_millis), Some(work.announced_due));
    assert_eq!(state(work.legal_clock.as_ref()), ClockState::Restarted);
    assert_eq!(day(work.legal_due), "2026-12-25", "a month from the day it arrived, {}", desk.clock.now());
    assert!(told.legal_due < Some(Timestamp::from_millis(work.legal_due)));
}

async fn where_silence_rejects_the_time_given_is_left_out(desk: Desk) {
    let desk = with_silence(desk, SilenceRule::Reject, 2).await;
    let request = desk.receives("acte").await;
    desk.accepts("aline.encre", request).await;
    desk.replies(request, "aline.encre", ReplyThen::Wait).await;
    let work = desk.becomes(request, WorkState::WaitingRequester).await;
    assert_eq!((day(work.legal_due), state(work.legal_clock.as_ref())), ("2027-01-24".into(), ClockState::Suspended));
    // The day given passes and nothing came: a day, and no more than the day given.
    desk.clock.set(START.plus_millis(3 * DAY_MS));
    desk.hears_back(request).await;
    let work = desk.becomes(request, WorkState::InProgress).await;
    assert_eq!((day(work.legal_due), state(work.legal_clock.as_ref())), ("2027-01-25".into(), ClockState::Shifted));
    assert_ne!(state(work.announced_clock.as_ref()), ClockState::Suspended);
}

async fn a_paper_that_comes_after_the_day_given_starts_the_delay_again(desk: Desk) {
    let desk = with_silence(desk, SilenceRule::Accept, 1).await;
    let request = desk.receives("acte").await;
    desk.accepts("aline.encre", request).await;
    desk.replies(request, "aline.encre", ReplyThen::Wait).await;
    desk.becomes(request, WorkState::WaitingRequester).await;
    desk.clock.advance_millis(2 * DAY_MS);
    let work = desk.becomes(request, WorkState::InProgress).await;
    assert_eq!(state(work.legal_clock.as_ref()), ClockState::AwaitingPapers, "nothing came");
    desk.clock.advance_millis(5 * DAY_MS);
    desk.hears_back(request).await;
    let restarted = guichet_testkit::wait_for(crate::desk::DEADLINE, async || {
        let view = desk.view(request, "aline.encre").await.work?;
        (state(view.legal_clock.as_ref()) == ClockState::Restarted).then_some(view)
    })
    .await;
    assert_eq!((day(restarted.legal_due), restarted.version), ("2027-01-01".into(), work.version));
}

async fn a_delay_is_counted_day_by_day_in_french(desk: Desk) {
    let desk = desk.opened().await;
    let asked = proto::ExplainDelayRequest {
        authority: "valorme".into(),
        department: "EC".into(),
        from: "2026-12-23T10:00".into(),
        count: 2,
        unit: proto::DelayUnit::BusinessDays.into(),
    };
    let told = desk.directory().explain_delay(asked.clone()).await.expect("it is counted").into_inner();
    let sentences: Vec<&str> = told.steps.iter().map(|step| step.sentence.as_str()).collect();
    assert_eq!(
        sentences,
        [
            "mercredi 23 décembre 2026 : jour de réception, il ne compte pas",
            "jeudi 24 décembre 2026 : jour ouvré, 1er jour",
            "vendredi 25 décembre 2026 : férié (Noël), ne compte pas",
            "samedi 26 décembre 2026 : week-end, ne compte pas",
            "dimanche 27 décembre 2026 : week-end, ne compte pas",
            "lundi 28 décembre 2026 : jour ouvré, 2e jour",
        ]
    );
    assert_eq!(told.conclusion, "Échéance : lundi 28 décembre 2026 à 17 h 00, à la fermeture.");
    assert_eq!(told.asked, "Délai de 2 jours ouvrés à partir du mercredi 23 décembre 2026 à 10 h 00.");
    for wrong in [
        proto::ExplainDelayRequest { department: "XX".into(), ..asked.clone() },
        proto::ExplainDelayRequest { authority: "ailleurs".into(), ..asked.clone() },
        proto::ExplainDelayRequest { from: "demain".into(), ..asked },
    ] {
        let refused = desk.directory().explain_delay(wrong).await.expect_err("it cannot be counted");
        assert_eq!(guichet_rpc::status::Problem::from(&refused).violations.len(), 1);
    }
}

crate::on_both_back_ends! {
    a_paper_moves_the_dates_and_everybody_hears_it,
    where_silence_rejects_the_time_given_is_left_out,
    a_paper_that_comes_after_the_day_given_starts_the_delay_again,
    a_delay_is_counted_day_by_day_in_french,
}
