//! Opening hours and offers.

use guichet_core::work::{Channel, WorkState};
use guichet_events::intake::RequestReceived;
use guichet_proto::routing::v1 as proto;
use guichet_routing::Config;
use guichet_testkit::wait_for;

use crate::desk::{DEADLINE, Desk, START, arbitrary_request};

/// From 10:00 on Tuesday to 19:00: the departments of the town, without a calendar of their own, close at 17:00.
const NINE_HOURS_MS: i64 = 9 * 3_600_000;
/// From 19:00 to 9:00 the next morning.
const THE_NIGHT_MS: i64 = 14 * 3_600_000;

fn keeping_hours() -> Config {
    Config { always_open: false, ..Config::default() }
}

async fn what_comes_at_night_is_offered_in_the_morning_and_a_call_at_once(desk: Desk) {
    desk.clock.advance_millis(NINE_HOURS_MS);
    let desk = desk.opened().await;
    let written = desk.receives("acte").await;
    desk.becomes(written, WorkState::Queued).await;
    let told = wait_for(DEADLINE, async || {
        let asked = proto::ListDecisionsRequest { request_id: written.to_string() };
        let decisions = desk.decisions().list(asked).await.ok()?.into_inner().decisions;
        decisions.into_iter().find(|decision| decision.kind == "waiting")
    })
    .await;
    assert_eq!(
        told.sentence,
        "Le service État civil est fermé : la demande sera proposée à sa réouverture, le 25 novembre 2026 à 9 h 00."
    );
    let now = START.plus_millis(NINE_HOURS_MS);
    let call = RequestReceived { channel: Channel::Phone, procedure: Some("acte".into()), ..arbitrary_request(now) };
    let call = desk.receives_with(call).await;
    desk.offer_to("aline.encre", call).await;
    assert!(desk.offers_of("aline.encre").await.iter().all(|offer| offer.request_id != written.to_string()));
    desk.clock.advance_millis(THE_NIGHT_MS);
    desk.offer_to("aline.encre", written).await;
}

mod sqlite {
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_comes_at_night_is_offered_in_the_morning_and_a_call_at_once() {
        let desk = crate::desk::Desk::on_sqlite_with(super::keeping_hours()).await;
        super::what_comes_at_night_is_offered_in_the_morning_and_a_call_at_once(desk).await;
    }
}

mod postgres {
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_comes_at_night_is_offered_in_the_morning_and_a_call_at_once() {
        let desk = crate::desk::Desk::on_postgres_with(super::keeping_hours()).await;
        super::what_comes_at_night_is_offered_in_the_morning_and_a_call_at_once(desk).await;
    }
}
