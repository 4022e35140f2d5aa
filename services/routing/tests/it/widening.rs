//! A search that widens while nobody takes the request.

use guichet_core::work::WorkState;
use guichet_events::{Directory, Widening};
use guichet_proto::routing::v1 as proto;
use guichet_testkit::wait_for;

use crate::desk::{DEADLINE, Desk, agent_id};
use crate::town::{orvance, valorme};

const TWO_HOURS_MS: i64 = 2 * 3_600_000;

/// After two hours of opening, a copy of a record no longer asks to know civil status.
fn valorme_widening() -> Directory {
    let mut directory = valorme();
    let acte = directory.procedures.get_mut("acte").expect("a procedure of the town");
    acte.skills.push(guichet_events::SkillLevel::new("ACC", 4));
    acte.widen = vec![Widening { after_minutes: 120, skills: Vec::new(), drop: vec!["ECI".into()] }];
    directory
}

/// Aline, who alone has what it takes at first, is away; of those who may later, Basile alone works at the desk.
async fn opened(desk: &Desk) {
    desk.publish(&[valorme_widening(), orvance()], true).await;
    desk.is("aline.encre", proto::PresenceState::Away).await;
}

async fn told(desk: &Desk, request: guichet_core::id::ServiceRequestId) -> String {
    let explain = proto::ExplainRequest { request_id: request.to_string() };
    desk.decisions().explain(explain).await.expect("it is told").into_inner().lines.join("\n")
}

async fn what_nobody_takes_is_offered_more_widely_at_the_time_that_was_told(desk: Desk) {
    opened(&desk).await;
    let request = desk.receives("acte").await;
    desk.becomes(request, WorkState::Queued).await;
    let preview = "À 12 h 00, si personne ne l'a prise, sera aussi proposée à Basile Tampon et Léon Virgule.";
    let lines = told(&desk, request).await;
    assert!(lines.contains(preview), "{lines}");
    let before = desk.view(request, "basile.tampon").await;
    let take = proto::TakeRequest { command: Desk::command(&before.work.expect("he sees it"), "basile.tampon") };
    assert!(desk.work().take(take).await.is_err(), "he has not what it takes yet");
    // A matcher that starts again goes on with the same steps.
    desk.publish(&[valorme_widening(), orvance()], false).await;
    desk.clock.advance_millis(TWO_HOURS_MS);
    let offer = desk.offer_to("basile.tampon", request).await;
    assert!(offer.why.ends_with("la recherche est élargie, État civil niveau 2 n'est plus demandé."), "{}", offer.why);
    let lines = told(&desk, request).await;
    assert!(lines.contains("Recherche élargie (étape 2) : État civil niveau 2 n'est plus demandé."), "{lines}");
    assert!(!lines.contains("si personne ne l'a prise"), "nothing more is to come: {lines}");
    desk.accepts("basile.tampon", request).await;
}

async fn whoever_may_be_offered_it_by_now_may_take_it_by_hand(desk: Desk) {
    opened(&desk).await;
    for login in ["basile.tampon", "leon.virgule", "gaelle.registre"] {
        desk.is(login, proto::PresenceState::Away).await;
    }
    let request = desk.receives("acte").await;
    desk.becomes(request, WorkState::Queued).await;
    desk.clock.advance_millis(TWO_HOURS_MS);
    let listed = wait_for(DEADLINE, async || {
        let asked = proto::ListRequest { agent_id: agent_id("basile.tampon"), ..proto::ListRequest::default() };
        let entries = desk.queue().list(asked).await.ok()?.into_inner().entries;
        entries.into_iter().find(|entry| entry.request_id == request.to_string())
    })
    .await;
    assert!(listed.takeable, "{}", listed.missing);
    let work = desk.view(request, "basile.tampon").await.work.expect("he sees it");
    let take = proto::TakeRequest { command: Desk::command(&work, "basile.tampon") };
    let work = desk.work().take(take).await.expect("he has what it takes").into_inner().work.expect("work");
    // A transfer files anew: the other procedure asks the same from beginning to end.
    let transfer = proto::TransferRequest {
        command: Desk::command(&work, "basile.tampon"),
        procedure: "voirie".into(),
        department: String::new(),
    };
    desk.work().transfer(transfer).await.expect("it is transferred");
    let lines = told(&desk, request).await;
    assert!(!lines.contains("si personne ne l'a prise"), "{lines}");
}

crate::on_both_back_ends! {
    what_nobody_takes_is_offered_more_widely_at_the_time_that_was_told,
    whoever_may_be_offered_it_by_now_may_take_it_by_hand,
}
