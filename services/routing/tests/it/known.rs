//! Who has answered a usager gets what they write next.

use guichet_core::Clock;
use guichet_core::id::{AgentId, PartyId, ServiceRequestId};
use guichet_events::intake::RequestReceived;
use guichet_proto::routing::v1 as proto;
use guichet_testkit::wait_until;

use crate::desk::{DEADLINE, Desk, arbitrary_request};

/// Ursula, under the number intake knows her by.
const URSULA: u128 = 0x0197_0000_0000_7000_8000_0000_0000_0001;

fn ursula() -> PartyId {
    uuid::Uuid::from_u128(URSULA).into()
}

/// Ursula writes to the front desk, which Aline and Basile serve alike.
async fn ursula_writes(desk: &Desk) -> ServiceRequestId {
    let question = RequestReceived {
        party_id: ursula(),
        procedure: Some("question".into()),
        ..arbitrary_request(desk.clock.now())
    };
    desk.receives_with(question).await
}

/// Basile answers a question of Ursula's, and Aline is there again: she has had nothing yet.
async fn basile_has_answered_ursula(desk: &Desk) {
    desk.is("aline.encre", proto::PresenceState::Away).await;
    let request = ursula_writes(desk).await;
    let work = desk.accepts("basile.tampon", request).await;
    let resolve = proto::ResolveRequest { command: Desk::command(&work, "basile.tampon"), outcome: 1 };
    desk.work().resolve(resolve).await.expect("Basile answers");
    desk.is("aline.encre", proto::PresenceState::Available).await;
}

async fn what_a_usager_writes_next_goes_to_who_answered_them(desk: Desk) {
    let desk = desk.opened().await;
    basile_has_answered_ursula(&desk).await;
    let stranger = desk.receives("question").await;
    desk.offer_to("aline.encre", stranger).await;
    desk.declines("aline.encre", stranger).await;
    let next = ursula_writes(&desk).await;
    desk.offer_to("basile.tampon", next).await;
}

async fn it_goes_to_anybody_while_who_answered_is_away(desk: Desk) {
    let desk = desk.opened().await;
    basile_has_answered_ursula(&desk).await;
    desk.is("basile.tampon", proto::PresenceState::Away).await;
    let next = ursula_writes(&desk).await;
    desk.offer_to("aline.encre", next).await;
}

async fn after_a_month_who_answered_is_a_colleague_like_others(desk: Desk) {
    let desk = desk.opened().await;
    basile_has_answered_ursula(&desk).await;
    desk.clock.advance_millis(31 * 86_400_000);
    let next = ursula_writes(&desk).await;
    desk.offer_to("aline.encre", next).await;
}

async fn a_complaint_about_who_answered_does_not_wait_for_them(desk: Desk) {
    let desk = desk.opened().await;
    basile_has_answered_ursula(&desk).await;
    let about_basile = RequestReceived {
        party_id: ursula(),
        procedure: Some("question".into()),
        excluded_agents: vec![AgentId::of_login("basile.tampon")],
        ..arbitrary_request(desk.clock.now())
    };
    let request = desk.receives_with(about_basile).await;
    wait_until(DEADLINE, async || {
        desk.offers_of("aline.encre").await.iter().any(|o| o.request_id == request.to_string())
    })
    .await;
}

crate::on_both_back_ends! {
    what_a_usager_writes_next_goes_to_who_answered_them,
    it_goes_to_anybody_while_who_answered_is_away,
    after_a_month_who_answered_is_a_colleague_like_others,
    a_complaint_about_who_answered_does_not_wait_for_them,
}
