//! What level 2 or an outside body leaves unanswered: a reminder, then the request comes back by itself.

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, ServiceRequestId};
use guichet_core::work::{ReplyThen, WorkState};
use guichet_events::Directory;
use guichet_events::routing::{RequestReminded, RequestReturned};
use guichet_proto::routing::v1 as proto;
use guichet_testkit::{wait_for, wait_until};

use crate::desk::{DEADLINE, Desk, START, agent_id};
use crate::town::{orvance, valorme};

const DAY_SECONDS: i64 = 86_400;

/// Two business days before the reminder, four before the return.
fn hurried() -> Directory {
    let mut directory = valorme();
    let acte = directory.procedures.get_mut("acte").expect("the town has it");
    (acte.reminder_days, acte.automatic_return_days) = (Some(2), Some(4));
    directory
}

async fn opened(desk: Desk) -> Desk {
    desk.publish(&[hurried(), orvance()], true).await;
    desk
}

/// Aline asks level 2, and Gaëlle takes it.
async fn confided_to_gaelle(desk: &Desk) -> ServiceRequestId {
    let request = desk.receives("acte").await;
    let work = desk.accepts("aline.encre", request).await;
    let escalate = proto::EscalateRequest { command: Desk::command(&work, "aline.encre"), department: String::new() };
    desk.work().escalate(escalate).await.expect("Aline asks level 2");
    desk.accepts("gaelle.registre", request).await;
    request
}

async fn forwarded_by_aline(desk: &Desk) -> ServiceRequestId {
    let request = desk.receives("acte").await;
    let work = desk.accepts("aline.encre", request).await;
    let command = Desk::command(&work, "aline.encre");
    let start = desk.work().start(proto::StartRequest { command }).await.expect("she starts").into_inner();
    let command = Desk::command(&start.work.expect("work comes back"), "aline.encre");
    let organisation = "le Département".to_owned();
    let forward = proto::ForwardRequest { command, organisation, ..proto::ForwardRequest::default() };
    desk.work().forward(forward).await.expect("she sends it out");
    request
}

fn passes(desk: &Desk, days: i64) -> Timestamp {
    desk.clock.advance_millis(days * DAY_SECONDS * 1_000);
    desk.deps.bus.wake("matcher:routing");
    START.plus_seconds(days * DAY_SECONDS)
}

async fn seen(desk: &Desk, request: ServiceRequestId) -> proto::WorkItem {
    desk.view(request, "aline.encre").await.work.expect("the work is there")
}

async fn story(desk: &Desk, request: ServiceRequestId) -> String {
    let asked = proto::ExplainRequest { request_id: request.to_string() };
    desk.decisions().explain(asked).await.expect("the story is told").into_inner().lines.join("\n")
}

async fn level_two_is_reminded_once_then_the_request_comes_back_to_its_holder(desk: Desk) {
    let desk = opened(desk).await;
    let request = confided_to_gaelle(&desk).await;
    assert_eq!(seen(&desk, request).await.reminded_at, 0);
    let friday = passes(&desk, 3);
    let told: RequestReminded = desk.tells(request).await;
    assert_eq!(told.work.assignee_id, Some(AgentId::of_login("gaelle.registre")), "whoever has it is reminded");
    let work = seen(&desk, request).await;
    assert_eq!(work.reminded_at, friday.as_millis());
    assert!(work.return_at > friday.as_millis());
    passes(&desk, 4);
    desk.tells::<RequestReturned>(request).await;
    let work = desk.becomes(request, WorkState::InProgress).await;
    assert_eq!((work.assignee_id, work.level2_assignee_id), (agent_id("aline.encre"), String::new()));
    assert_eq!((work.reminded_at, work.return_at), (0, 0), "it is no longer confided");
    let reminders = desk.told(request).await.iter().filter(|event| event.is::<RequestReminded>()).count();
    assert_eq!(reminders, 1);
    let story = story(&desk, request).await;
    assert!(story.contains("relancée : le niveau 2 n'a pas encore répondu"), "{story}");
    assert!(story.contains("le niveau 2 n'a pas répondu à temps : la demande revient au niveau 1"), "{story}");
    desk.replies(request, "aline.encre", ReplyThen::Resolve).await;
    desk.becomes(request, WorkState::Resolved).await;
}

async fn an_outside_body_is_followed_up_by_the_desk(desk: Desk) {
    let desk = opened(desk).await;
    let request = forwarded_by_aline(&desk).await;
    passes(&desk, 3);
    desk.tells::<RequestReminded>(request).await;
    passes(&desk, 4);
    let work = desk.becomes(request, WorkState::InProgress).await;
    assert_eq!(work.assignee_id, agent_id("aline.encre"));
    let story = story(&desk, request).await;
    assert!(story.contains("le Département n'a pas répondu à temps"), "{story}");
}

async fn without_its_holder_the_request_goes_to_the_level_one_queue(desk: Desk) {
    let desk = opened(desk).await;
    let request = confided_to_gaelle(&desk).await;
    desk.is("aline.encre", proto::PresenceState::Away).await;
    passes(&desk, 10);
    desk.offer_to("basile.tampon", request).await;
}

async fn what_level_two_answers_is_neither_reminded_nor_taken_back(desk: Desk) {
    let desk = opened(desk).await;
    let request = confided_to_gaelle(&desk).await;
    desk.replies(request, "gaelle.registre", ReplyThen::Resolve).await;
    desk.becomes(request, WorkState::Resolved).await;
    let other = confided_to_gaelle(&desk).await;
    passes(&desk, 10);
    desk.tells::<RequestReturned>(other).await;
    let told = desk.told(request).await;
    assert!(told.iter().all(|event| !event.is::<RequestReminded>() && !event.is::<RequestReturned>()));
}

async fn a_question_to_the_usager_stops_the_clock(desk: Desk) {
    let desk = opened(desk).await;
    let request = confided_to_gaelle(&desk).await;
    let work = seen(&desk, request).await;
    let pause = proto::PauseRequest { command: Desk::command(&work, "gaelle.registre"), until: 0 };
    desk.work().pause(pause).await.expect("she asks for a paper");
    passes(&desk, 20);
    desk.hears_back(request).await;
    let work = wait_for(DEADLINE, async || {
        let work = seen(&desk, request).await;
        (work.return_at != 0).then_some(work)
    })
    .await;
    assert_eq!(work.level2_assignee_id, agent_id("gaelle.registre"), "she still has it");
    assert!(work.return_at > START.plus_seconds(21 * DAY_SECONDS).as_millis(), "four business days from the answer on");
    passes(&desk, 3);
    wait_until(DEADLINE, async || seen(&desk, request).await.reminded_at != 0).await;
}

crate::on_both_back_ends! {
    level_two_is_reminded_once_then_the_request_comes_back_to_its_holder,
    an_outside_body_is_followed_up_by_the_desk,
    without_its_holder_the_request_goes_to_the_level_one_queue,
    what_level_two_answers_is_neither_reminded_nor_taken_back,
    a_question_to_the_usager_stops_the_clock,
}
