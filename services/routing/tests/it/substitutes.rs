//! Somebody is away, and a colleague stands in for them.

use guichet_core::work::WorkState;
use guichet_events::{Absence, Directory, SkillLevel};
use guichet_proto::routing::v1 as proto;

use crate::desk::{Desk, agent_id};
use crate::town::{orvance, valorme};

/// Aline and Gaëlle are away today; Basile and Léon, who have learnt civil status, stand in for them.
fn valorme_replaced() -> Directory {
    let mut directory = valorme();
    for (absent, substitute) in [("aline.encre", "basile.tampon"), ("gaelle.registre", "leon.virgule")] {
        let agent =
            |directory: &mut Directory, login: &str| directory.agents.remove(login).expect("an agent of the town");
        let mut away = agent(&mut directory, absent);
        away.absences =
            vec![Absence { substitute: Some(substitute.into()), ..Absence::new("2026-11-24", "2026-11-24") }];
        let mut there = agent(&mut directory, substitute);
        there.skills.push(SkillLevel::new("ECI", 2));
        directory.agents.extend([(absent.to_owned(), away), (substitute.to_owned(), there)]);
    }
    directory
}

async fn replaced(desk: &Desk) {
    desk.publish(&[valorme_replaced(), orvance()], false).await;
}

async fn may_take(desk: &Desk, request: guichet_core::id::ServiceRequestId, login: &str) -> bool {
    desk.view(request, login).await.allowed.contains(&"take".to_owned())
}

async fn take(desk: &Desk, request: guichet_core::id::ServiceRequestId, login: &str) -> proto::WorkItem {
    let work = desk.view(request, login).await.work.expect("they see it");
    let take = proto::TakeRequest { command: Desk::command(&work, login) };
    desk.work().take(take).await.expect("they stand in").into_inner().work.expect("work")
}

async fn what_the_absent_holds_is_taken_over_by_who_stands_in(desk: Desk) {
    let desk = desk.opened().await;
    let request = desk.receives("acte").await;
    let work = desk.accepts("aline.encre", request).await;
    let start = proto::StartRequest { command: Desk::command(&work, "aline.encre") };
    desk.work().start(start).await.expect("Aline begins");
    assert!(!may_take(&desk, request, "basile.tampon").await, "she is there");
    replaced(&desk).await;
    assert!(!may_take(&desk, request, "leon.virgule").await, "he stands in for somebody else");
    assert!(may_take(&desk, request, "basile.tampon").await);
    let taken = take(&desk, request, "basile.tampon").await;
    assert_eq!((taken.assignee_id, taken.state), (agent_id("basile.tampon"), work_state(WorkState::InProgress)));
    let explain = proto::ExplainRequest { request_id: request.to_string() };
    let lines = desk.decisions().explain(explain).await.expect("it is told").into_inner().lines.join("\n");
    assert!(lines.contains("Basile Tampon a pris la suite, en remplacement"), "{lines}");
    let resolve = proto::ResolveRequest { command: desk_command(&desk, request, "basile.tampon").await, outcome: 1 };
    desk.work().resolve(resolve).await.expect("he has it now");
}

async fn what_level_two_holds_is_taken_over_at_level_two(desk: Desk) {
    let desk = desk.opened().await;
    let request = desk.receives("acte").await;
    let work = desk.accepts("aline.encre", request).await;
    let escalate = proto::EscalateRequest { command: Desk::command(&work, "aline.encre"), department: String::new() };
    desk.work().escalate(escalate).await.expect("it is confided");
    desk.accepts("gaelle.registre", request).await;
    replaced(&desk).await;
    let taken = take(&desk, request, "leon.virgule").await;
    assert_eq!(
        (taken.assignee_id, taken.level2_assignee_id),
        (agent_id("aline.encre"), agent_id("leon.virgule")),
        "level 1 stays known"
    );
}

async fn what_is_open_again_waits_for_who_stands_in(desk: Desk) {
    let desk = desk.opened().await;
    let request = desk.receives("acte").await;
    let work = desk.accepts("aline.encre", request).await;
    let resolve = proto::ResolveRequest { command: Desk::command(&work, "aline.encre"), outcome: 1 };
    desk.work().resolve(resolve).await.expect("Aline answers");
    desk.becomes(request, WorkState::Resolved).await;
    replaced(&desk).await;
    desk.hears_back(request).await;
    let offer = desk.offer_to("basile.tampon", request).await;
    assert!(offer.why.ends_with("et vous remplacez Aline Encre, qui connaît ce dossier."), "{}", offer.why);
}

fn work_state(state: WorkState) -> i32 {
    use guichet_rpc::convert::ToProto;
    state.to_proto()
}

async fn desk_command(
    desk: &Desk,
    request: guichet_core::id::ServiceRequestId,
    login: &str,
) -> Option<proto::WorkCommand> {
    Desk::command(&desk.view(request, login).await.work.expect("they see it"), login)
}

crate::on_both_back_ends! {
    what_the_absent_holds_is_taken_over_by_who_stands_in,
    what_level_two_holds_is_taken_over_at_level_two,
    what_is_open_again_waits_for_who_stands_in,
}
