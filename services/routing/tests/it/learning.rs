//! Somebody learns a skill with a tutor: offered easy cases, counted, proposed to hold it.

use guichet_core::work::{Tier, WorkState};
use guichet_events::{Agent, Directory, Learning, SkillLevel};
use guichet_proto::routing::v1 as proto;
use guichet_testkit::wait_for;

use crate::desk::{DEADLINE, Desk, agent_id};
use crate::town::{orvance, valorme};

const DAY_MS: i64 = 86_400_000;

/// Firmin learns civil status with Aline.
fn valorme_learning() -> Directory {
    let mut directory = valorme();
    let mut firmin = Agent::new("firmin.brouillon", "Firmin Brouillon", Tier::L1, 6);
    firmin.skills = vec![SkillLevel::new("ECI", 1)];
    firmin.learning = vec![Learning { skill: SkillLevel::new("ECI", 2), tutor: "aline.encre".into() }];
    directory.agents.insert("firmin.brouillon".to_owned(), firmin);
    directory
}

/// Aline is at the counter, and nobody else has what an act asks.
async fn opened(desk: &Desk) {
    desk.publish(&[valorme_learning(), orvance()], true).await;
    desk.is("aline.encre", proto::PresenceState::Counter).await;
    desk.is("gaelle.registre", proto::PresenceState::Away).await;
}

async fn learning(desk: &Desk, login: &str) -> Vec<proto::LearningProgress> {
    let asked = proto::ListLearningRequest { agent_id: agent_id(login) };
    desk.queue().list_learning(asked).await.expect("it is told").into_inner().learning
}

async fn waits_because(desk: &Desk, request: guichet_core::id::ServiceRequestId, why: &str) {
    wait_for(DEADLINE, async || {
        let explain = proto::ExplainRequest { request_id: request.to_string() };
        let lines = desk.decisions().explain(explain).await.ok()?.into_inner().lines.join("\n");
        lines.contains(why).then_some(())
    })
    .await;
}

async fn who_learns_is_offered_three_cases_a_day_and_told_with_whom(desk: Desk) {
    opened(&desk).await;
    for round in 0..3 {
        let request = desk.receives("acte").await;
        let offer = desk.offer_to("firmin.brouillon", request).await;
        assert!(offer.why.contains("en apprentissage (État civil niveau 2), tuteur : Aline Encre"), "{}", offer.why);
        desk.accepts("firmin.brouillon", request).await;
        // What was given counts for an engine loaded since.
        if round == 1 {
            desk.publish(&[valorme_learning(), orvance()], false).await;
        }
    }
    let fourth = desk.receives("acte").await;
    waits_because(&desk, fourth, "a eu ses cas d'apprentissage du jour").await;
    let seen = learning(&desk, "aline.encre").await;
    assert_eq!((seen.len(), seen[0].request_ids.len(), seen[0].answered), (1, 3, 0), "the tutor sees them");
    assert!(learning(&desk, "basile.tampon").await.is_empty(), "nobody else's business");
    desk.clock.advance_millis(DAY_MS);
    desk.is("firmin.brouillon", proto::PresenceState::Break).await;
    desk.is("firmin.brouillon", proto::PresenceState::Available).await;
    desk.offer_to("firmin.brouillon", fourth).await;
}

async fn cases_answered_are_counted_and_those_handed_on_are_not(desk: Desk) {
    opened(&desk).await;
    let request = desk.receives("acte").await;
    let work = desk.accepts("firmin.brouillon", request).await;
    let resolve = proto::ResolveRequest { command: Desk::command(&work, "firmin.brouillon"), outcome: 1 };
    desk.work().resolve(resolve).await.expect("he answers");
    desk.becomes(request, WorkState::Resolved).await;
    let request = desk.receives("acte").await;
    let work = desk.accepts("firmin.brouillon", request).await;
    let escalate =
        proto::EscalateRequest { command: Desk::command(&work, "firmin.brouillon"), department: String::new() };
    desk.work().escalate(escalate).await.expect("he asks level 2");
    let known = learning(&desk, "leon.virgule").await;
    let [progress] = known.as_slice() else { panic!("the supervisor sees him: {known:?}") };
    assert_eq!((progress.answered, progress.needed, progress.request_ids.len()), (1, 10, 0));
    assert_eq!(learning(&desk, "firmin.brouillon").await, known, "and he sees the same of himself");
    // Who holds the skill learns it no more.
    let mut granted = valorme_learning();
    granted.agents.get_mut("firmin.brouillon").expect("Firmin").skills = vec![SkillLevel::new("ECI", 2)];
    desk.publish(&[granted], false).await;
    assert!(learning(&desk, "leon.virgule").await.is_empty());
}

crate::on_both_back_ends! {
    who_learns_is_offered_three_cases_a_day_and_told_with_whom,
    cases_answered_are_counted_and_those_handed_on_are_not,
}
