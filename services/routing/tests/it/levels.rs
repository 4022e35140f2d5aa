//! Level 1 and level 2, pooled agents, confidential files, complaints.

use guichet_core::id::AgentId;
use guichet_core::work::{Nature, ReplyThen, WorkState};
use guichet_events::intake::RequestReceived;
use guichet_proto::routing::v1 as proto;
use guichet_rpc::status::Problem;
use guichet_testkit::wait_until;

use crate::desk::{DEADLINE, Desk, START, agent_id, arbitrary_request};

async fn level_two_takes_an_escalated_request_and_gives_it_back_to_level_one(desk: Desk) {
    let desk = desk.opened().await;
    let request = desk.receives("acte").await;
    let work = desk.accepts("aline.encre", request).await;
    let escalate = proto::EscalateRequest { command: Desk::command(&work, "aline.encre"), department: String::new() };
    desk.work().escalate(escalate).await.expect("Aline asks level 2");
    let work = desk.accepts("gaelle.registre", request).await;
    assert_eq!(
        (work.assignee_id.clone(), work.level2_assignee_id.clone()),
        (agent_id("aline.encre"), agent_id("gaelle.registre"))
    );
    let seen = desk.view(request, "aline.encre").await;
    assert_eq!(seen.access(), proto::Access::Full, "level 1 always sees it");
    assert!(
        !seen.allowed.contains(&"resolve".to_owned()) && seen.allowed.contains(&"withdraw".to_owned()),
        "{:?}",
        seen.allowed
    );
    let back = proto::ReturnRequest { command: Desk::command(&work, "gaelle.registre") };
    let work = desk.work().r#return(back).await.expect("Gaëlle gives it back").into_inner().work.expect("work");
    assert_eq!((work.assignee_id, work.level2_assignee_id), (agent_id("aline.encre"), String::new()));
    desk.replies(request, "aline.encre", ReplyThen::Resolve).await;
    desk.becomes(request, WorkState::Resolved).await;
}

async fn level_two_answers_directly_when_the_procedure_lets_it(desk: Desk) {
    let desk = desk.opened().await;
    let request = desk.receives("acte").await;
    let work = desk.accepts("aline.encre", request).await;
    let escalate = proto::EscalateRequest { command: Desk::command(&work, "aline.encre"), department: String::new() };
    desk.work().escalate(escalate).await.expect("Aline asks level 2");
    let work = desk.accepts("gaelle.registre", request).await;
    let resolve = proto::ResolveRequest { command: Desk::command(&work, "gaelle.registre"), outcome: 1 };
    desk.work().resolve(resolve).await.expect("Gaëlle answers directly");
}

async fn an_answer_that_returns_to_level_one_waits_at_the_desk(desk: Desk) {
    let desk = desk.opened().await;
    let request = desk.receives("facture").await;
    let work = desk.accepts("gaelle.registre", request).await;
    let resolve = proto::ResolveRequest { command: Desk::command(&work, "gaelle.registre"), outcome: 1 };
    let refused = desk.work().resolve(resolve).await.expect_err("the answer goes through level 1");
    assert_eq!(Problem::from(&refused).code, "GU-RTG-012");
    let back = proto::ReturnRequest { command: Desk::command(&work, "gaelle.registre") };
    desk.work().r#return(back).await.expect("Gaëlle gives it back");
    wait_until(DEADLINE, async || {
        let offered = [desk.offers_of("aline.encre").await, desk.offers_of("basile.tampon").await].concat();
        offered.iter().any(|offer| offer.request_id == request.to_string())
    })
    .await;
}

async fn a_return_to_an_absent_holder_goes_to_the_level_one_queue(desk: Desk) {
    let desk = desk.opened().await;
    let request = desk.receives("acte").await;
    let work = desk.accepts("aline.encre", request).await;
    let escalate = proto::EscalateRequest { command: Desk::command(&work, "aline.encre"), department: String::new() };
    desk.work().escalate(escalate).await.expect("Aline asks level 2");
    let work = desk.accepts("gaelle.registre", request).await;
    desk.is("aline.encre", proto::PresenceState::Away).await;
    let back = proto::ReturnRequest { command: Desk::command(&work, "gaelle.registre") };
    desk.work().r#return(back).await.expect("Gaëlle gives it back");
    desk.offer_to("basile.tampon", request).await;
}

async fn agents_of_another_authority_are_offered_only_what_the_agreement_opens(desk: Desk) {
    let desk = desk.opened().await;
    for login in ["basile.tampon", "leon.virgule"] {
        desk.is(login, proto::PresenceState::Away).await;
    }
    let streets = desk.receives("voirie").await;
    let offer = desk.offer_to("capucine.trombone", streets).await;
    assert!(offer.why.contains("Basile Tampon n'est pas à son poste"), "{}", offer.why);
    assert_eq!(desk.view(streets, "dario.classeur").await.access(), proto::Access::None, "not pooled, though skilled");
    let registry = desk.receives("acte").await;
    desk.offer_to("aline.encre", registry).await;
    assert_eq!(desk.view(registry, "capucine.trombone").await.access(), proto::Access::Existence);
}

async fn a_confidential_file_is_neither_read_nor_taken_without_the_clearance(desk: Desk) {
    let desk = desk.opened().await;
    desk.is("gaelle.registre", proto::PresenceState::Counter).await;
    let request = desk.receives("mariage").await;
    let work = desk.becomes(request, WorkState::Queued).await;
    let seen = desk.view(request, "aline.encre").await;
    assert_eq!(seen.access(), proto::Access::Existence);
    assert!(seen.allowed.is_empty() && seen.work.expect("it exists").procedure.is_empty());
    let take = proto::TakeRequest { command: Desk::command(&work, "aline.encre") };
    let refused = Problem::from(&desk.work().take(take).await.expect_err("no clearance"));
    assert_eq!((refused.code.as_str(), refused.message.starts_with("Dossier réservé")), ("GU-RTG-010", true));
    let list = proto::ListRequest { agent_id: agent_id("aline.encre"), ..proto::ListRequest::default() };
    let entries = desk.queue().list(list).await.expect("the queue").into_inner().entries;
    assert!(
        entries
            .iter()
            .any(|entry| entry.request_id == request.to_string() && !entry.takeable && entry.procedure.is_empty())
    );
    desk.is("gaelle.registre", proto::PresenceState::Available).await;
    desk.offer_to("gaelle.registre", request).await;
}

async fn a_complaint_never_reaches_the_agent_it_is_about(desk: Desk) {
    let desk = desk.opened().await;
    let complaint = RequestReceived {
        nature: Nature::Complaint,
        procedure: Some("reclamation".into()),
        excluded_agents: vec![AgentId::of_login("leon.virgule")],
        ..arbitrary_request(START)
    };
    let request = desk.receives_with(complaint).await;
    let offer = desk.offer_to("gaelle.registre", request).await;
    assert!(!offer.why.contains("Léon"), "{}", offer.why);
    assert_eq!(desk.view(request, "leon.virgule").await.access(), proto::Access::None);
    let list = proto::ListRequest { agent_id: agent_id("leon.virgule"), ..proto::ListRequest::default() };
    assert!(desk.queue().list(list).await.expect("the queue").into_inner().entries.is_empty());
}

crate::on_both_back_ends! {
    level_two_takes_an_escalated_request_and_gives_it_back_to_level_one,
    level_two_answers_directly_when_the_procedure_lets_it,
    an_answer_that_returns_to_level_one_waits_at_the_desk,
    a_return_to_an_absent_holder_goes_to_the_level_one_queue,
    agents_of_another_authority_are_offered_only_what_the_agreement_opens,
    a_confidential_file_is_neither_read_nor_taken_without_the_clearance,
    a_complaint_never_reaches_the_agent_it_is_about,
}
