//! A request from its arrival to its end.

use guichet_core::work::{Channel, ReplyThen, WorkState};
use guichet_events::intake::{RequestClassified, RequestReceived};
use guichet_events::routing::{
    OfferEnded, OfferMade, RequestClosed, RequestRegistered, RequestReopened, RequestWaiting,
};
use guichet_proto::common::v1::Outcome;
use guichet_proto::routing::v1 as proto;
use guichet_testkit::wait_until;

use crate::desk::{DEADLINE, Desk, arbitrary_request};

async fn a_request_is_offered_to_the_one_with_the_skill_accepted_and_resolved(desk: Desk) {
    let desk = desk.opened().await;
    let request = desk.receives("acte").await;
    let offer = desk.offer_to("aline.encre", request).await;
    assert_eq!(
        offer.why,
        "Vous avez État civil niveau 3 ; une personne aussi : Gaëlle Registre est d'un service spécialisé, que l'on garde pour les cas difficiles."
    );
    let work = desk.accepts("aline.encre", request).await;
    let start = proto::StartRequest { command: Desk::command(&work, "aline.encre") };
    let work = desk.work().start(start).await.expect("Aline begins").into_inner().work.expect("work");
    let resolve =
        proto::ResolveRequest { command: Desk::command(&work, "aline.encre"), outcome: Outcome::Granted.into() };
    let work = desk.work().resolve(resolve).await.expect("Aline answers").into_inner().work.expect("work");
    assert_eq!(work.version, 5);
    let registered: RequestRegistered = desk.tells(request).await;
    assert_eq!(registered.procedure.as_deref(), Some("acte"));
    // Three business days after Tuesday 24 November 2026, 17:00 in Paris.
    assert_eq!(registered.announced_due.expect("a date is announced").to_string(), "2026-11-27T16:00:00Z");
    wait_until(DEADLINE, async || desk.told(request).await.len() >= 7).await;
    let names: Vec<String> = desk.told(request).await.into_iter().map(|event| event.name).collect();
    assert_eq!(
        names,
        [
            "request.registered",
            "request.queued",
            "request.offered",
            "offer.made",
            "request.assigned",
            "request.started",
            "request.resolved"
        ]
    );
}

async fn the_same_event_twice_makes_one_request(desk: Desk) {
    let desk = desk.opened().await;
    let event = RequestReceived { procedure: Some("acte".into()), ..arbitrary_request(crate::desk::START) };
    let request = desk.receives_with(event.clone()).await;
    desk.intake_says(request, &event).await;
    let other = desk.receives("acte").await;
    desk.offer_to("aline.encre", other).await;
    let registered = desk.told(request).await.into_iter().filter(|event| event.is::<RequestRegistered>()).count();
    assert_eq!(registered, 1);
}

async fn a_declined_offer_goes_to_a_colleague_and_the_story_says_so(desk: Desk) {
    let desk = desk.opened().await;
    let request = desk.receives("question").await;
    let first = desk.tells::<OfferMade>(request).await.agent_id;
    let (one, other) = ("aline.encre", "basile.tampon");
    let (one, other) = if first.to_string() == crate::desk::agent_id(one) { (one, other) } else { (other, one) };
    desk.declines(one, request).await;
    desk.accepts(other, request).await;
    let ended: OfferEnded = desk.tells(request).await;
    assert!(ended.declined && ended.agent_id == first);
    let explain = proto::ExplainRequest { request_id: request.to_string() };
    let lines = desk.decisions().explain(explain).await.expect("it is told").into_inner().lines.join("\n");
    let passed = if one == "aline.encre" { "Aline Encre a passé son tour" } else { "Basile Tampon a passé son tour" };
    assert!(lines.contains(passed) && lines.contains("Reçue le 24 novembre 2026 à 10 h 00"), "{lines}");
    assert!(lines.contains("vient de passer cette demande"), "{lines}");
    let place = |text: &str| lines.find(text).unwrap_or_else(|| panic!("{text} in {lines}"));
    assert!(place("proposée à") < place(passed) && place(passed) < place("a accepté la proposition"), "{lines}");
}

async fn an_offer_nobody_answers_expires_and_the_request_keeps_its_arrival(desk: Desk) {
    let desk = desk.opened().await;
    let phone = RequestReceived {
        channel: Channel::Phone,
        procedure: Some("voirie".into()),
        ..arbitrary_request(crate::desk::START)
    };
    let request = desk.receives_with(phone).await;
    let first: OfferMade = desk.tells(request).await;
    assert_eq!(first.expires_at, crate::desk::START.plus_seconds(20));
    desk.clock.advance_millis(21_000);
    let ended: OfferEnded = desk.tells(request).await;
    assert!(!ended.declined);
    wait_until(DEADLINE, async || desk.tells::<OfferMade>(request).await.agent_id != first.agent_id).await;
    let work = desk.becomes(request, WorkState::Offered).await;
    assert_eq!(work.received_at, crate::desk::START.as_millis());
}

async fn an_agent_who_leaves_gives_back_what_they_were_offered(desk: Desk) {
    let desk = desk.opened().await;
    let request = desk.receives("question").await;
    let first = desk.tells::<OfferMade>(request).await.agent_id.to_string();
    let (one, other) = ("aline.encre", "basile.tampon");
    let (one, other) = if first == crate::desk::agent_id(one) { (one, other) } else { (other, one) };
    desk.is(one, proto::PresenceState::Away).await;
    desk.offer_to(other, request).await;
    assert!(desk.offers_of(one).await.is_empty());
}

async fn the_work_waits_for_the_usager_resumes_ends_and_reopens_with_their_messages(desk: Desk) {
    let desk = desk.opened().await;
    let request = desk.receives("acte").await;
    desk.accepts("aline.encre", request).await;
    desk.replies(request, "aline.encre", ReplyThen::Wait).await;
    desk.becomes(request, WorkState::WaitingRequester).await;
    let waiting: RequestWaiting = desk.tells(request).await;
    assert!(waiting.until.is_some());
    desk.hears_back(request).await;
    let work = desk.becomes(request, WorkState::InProgress).await;
    assert_eq!(work.assignee_id, crate::desk::agent_id("aline.encre"));
    desk.replies(request, "aline.encre", ReplyThen::Resolve).await;
    desk.becomes(request, WorkState::Resolved).await;
    desk.clock.advance_millis(15 * 86_400_000);
    desk.becomes(request, WorkState::Closed).await;
    desk.tells::<RequestClosed>(request).await;
    desk.hears_back(request).await;
    desk.tells::<RequestReopened>(request).await;
    desk.offer_to("aline.encre", request).await;
}

async fn a_reopened_request_waits_for_whoever_answered_it_while_they_are_at_work(desk: Desk) {
    let desk = desk.opened().await;
    desk.is("leon.virgule", proto::PresenceState::Away).await;
    let request = desk.receives("question").await;
    let first = desk.tells::<OfferMade>(request).await.agent_id.to_string();
    let (one, other) = ("aline.encre", "basile.tampon");
    let (one, other) = if first == crate::desk::agent_id(one) { (one, other) } else { (other, one) };
    desk.accepts(one, request).await;
    desk.replies(request, one, ReplyThen::Resolve).await;
    desk.becomes(request, WorkState::Resolved).await;
    desk.is(one, proto::PresenceState::Counter).await;
    desk.hears_back(request).await;
    desk.becomes(request, WorkState::Queued).await;
    wait_until(DEADLINE, async || {
        let list = proto::ListDecisionsRequest { request_id: request.to_string() };
        let decisions = desk.decisions().list(list).await.expect("decisions").into_inner().decisions;
        decisions.last().is_some_and(|last| last.sentence.contains("connaît ce dossier : la demande l'attend"))
    })
    .await;
    assert!(desk.offers_of(other).await.is_empty(), "a colleague is free, and it waits all the same");
    desk.is(one, proto::PresenceState::Away).await;
    desk.offer_to(other, request).await;
}

async fn a_wait_that_is_over_gives_the_work_back(desk: Desk) {
    let desk = desk.opened().await;
    let request = desk.receives("acte").await;
    desk.accepts("aline.encre", request).await;
    desk.replies(request, "aline.encre", ReplyThen::Wait).await;
    desk.becomes(request, WorkState::WaitingRequester).await;
    desk.clock.advance_millis(2 * 86_400_000);
    desk.becomes(request, WorkState::InProgress).await;
}

async fn what_was_not_classified_goes_to_the_desk_and_then_to_whoever_may_treat_it(desk: Desk) {
    let desk = desk.opened().await;
    desk.is("basile.tampon", proto::PresenceState::Away).await;
    desk.is("leon.virgule", proto::PresenceState::Away).await;
    let request = desk.receives_with(arbitrary_request(crate::desk::START)).await;
    let registered: RequestRegistered = desk.tells(request).await;
    assert_eq!((registered.procedure, registered.announced_due), (None, None));
    desk.accepts("aline.encre", request).await;
    let classified = RequestClassified {
        procedure: "mariage".into(),
        nature: guichet_core::work::Nature::Request,
        agent_id: guichet_core::id::AgentId::of_login("aline.encre"),
    };
    desk.intake_says(request, &classified).await;
    desk.accepts("gaelle.registre", request).await;
    let registered: RequestRegistered = desk.tells(request).await;
    assert_eq!(registered.procedure.as_deref(), Some("mariage"));
    let view = desk.view(request, "aline.encre").await;
    assert_eq!(view.access(), proto::Access::Existence, "a confidential file is for the cleared");
}

async fn nobody_who_could_do_it_is_told_as_such(desk: Desk) {
    let mut town = crate::town::valorme();
    town.agents.retain(|login, _| login != "gaelle.registre");
    desk.publish(&[town], true).await;
    let request = desk.receives("mariage").await;
    let stats = proto::GetStatsRequest::default();
    wait_until(DEADLINE, async || {
        desk.queue().get_stats(stats.clone()).await.expect("stats").into_inner().unroutable == 1
    })
    .await;
    let list = proto::ListDecisionsRequest { request_id: request.to_string() };
    let decisions = desk.decisions().list(list).await.expect("decisions").into_inner().decisions;
    assert_eq!(decisions[0].sentence, "Personne dans l'annuaire n'a ce qu'il faut pour cette demande.");
    // The registrar is back: the desk loads the directory again and offers at once.
    desk.publish(&[crate::town::valorme()], true).await;
    desk.offer_to("gaelle.registre", request).await;
}

crate::on_both_back_ends! {
    a_request_is_offered_to_the_one_with_the_skill_accepted_and_resolved,
    the_same_event_twice_makes_one_request,
    a_declined_offer_goes_to_a_colleague_and_the_story_says_so,
    an_offer_nobody_answers_expires_and_the_request_keeps_its_arrival,
    an_agent_who_leaves_gives_back_what_they_were_offered,
    the_work_waits_for_the_usager_resumes_ends_and_reopens_with_their_messages,
    a_reopened_request_waits_for_whoever_answered_it_while_they_are_at_work,
    a_wait_that_is_over_gives_the_work_back,
    what_was_not_classified_goes_to_the_desk_and_then_to_whoever_may_treat_it,
    nobody_who_could_do_it_is_told_as_such,
}
