//! Lists, the projection of the work, and counts.

use guichet_core::id::{AgentId, AuthorityId, ServiceRequestId};
use guichet_core::work::WorkState;
use guichet_core::{Clock as _, SystemClock};
use guichet_events::routing::{RequestAssigned, RequestForwarded, RequestQueued, WorkChange};
use guichet_proto::common::v1 as common;
use guichet_proto::intake::v1 as proto;

use crate::desk::{Desk, work};
use crate::forms::{arbitrary_form, submit};
use crate::scenarios;

async fn listed(desk: &Desk, asked: proto::ListRequestsRequest) -> Vec<String> {
    let answer = desk.client.clone().list_requests(asked).await.expect("the list answers").into_inner();
    answer.requests.into_iter().map(|summary| summary.subject).collect()
}

fn about(subject: &str) -> proto::SubmitRequestRequest {
    proto::SubmitRequestRequest { subject: subject.to_owned(), ..arbitrary_form() }
}

async fn pages_follow_each_other_without_gap_or_repeat(desk: Desk) {
    for number in 0..7 {
        submit(&desk, about(&format!("n{number}"))).await.expect("taken");
    }
    let mut subjects = Vec::new();
    let mut cursor = String::new();
    loop {
        let asked = proto::ListRequestsRequest { page: Some(common::Page { limit: 3, cursor }), ..Default::default() };
        let page = desk.client.clone().list_requests(asked).await.expect("a page").into_inner();
        subjects.extend(page.requests.into_iter().map(|summary| summary.subject));
        if page.next_cursor.is_empty() {
            break;
        }
        cursor = page.next_cursor;
    }
    subjects.sort();
    assert_eq!(subjects, ["n0", "n1", "n2", "n3", "n4", "n5", "n6"]);
}

async fn words_are_found_without_accents_in_subject_text_name_and_number(desk: Desk) {
    let answer = submit(&desk, about("Éclairage public")).await.expect("taken");
    submit(&desk, about("Poubelle")).await.expect("taken");
    for q in ["eclairage", "ÉCLAIR école", &answer.reference, &answer.reference.replace('-', "")] {
        let asked = proto::ListRequestsRequest { q: q.to_owned(), ..Default::default() };
        assert_eq!(listed(&desk, asked).await, ["Éclairage public"], "{q}");
    }
    let asked = proto::ListRequestsRequest { q: "diop".to_owned(), ..Default::default() };
    assert_eq!(listed(&desk, asked).await.len(), 2);
    let asked = proto::ListRequestsRequest { q: "introuvable".to_owned(), ..Default::default() };
    assert!(listed(&desk, asked).await.is_empty());
}

async fn the_work_shows_in_lists_and_an_older_event_changes_nothing(desk: Desk) {
    let answer = submit(&desk, about("Trou")).await.expect("taken");
    submit(&desk, about("Autre")).await.expect("taken");
    let id: ServiceRequestId = answer.id.parse().expect("an id");
    let authority = AuthorityId::of_code("valorme");
    let aline = AgentId::of_login("aline.encre");
    let due = SystemClock.now().plus_seconds(86_400);
    let assigned = WorkChange { assignee_id: Some(aline), due_at: Some(due), ..work(WorkState::Assigned, 3) };
    desk.routing_tells(authority, Some(id), &RequestAssigned { work: assigned }).await;
    desk.routing_tells(authority, Some(id), &RequestQueued { work: work(WorkState::Queued, 2) }).await;
    desk.shows_state(&answer.id, common::WorkState::Assigned).await;
    let by_agent = proto::ListRequestsRequest { assignee_id: aline.to_string(), ..Default::default() };
    assert_eq!(listed(&desk, by_agent).await, ["Trou"]);
    let by_state = proto::ListRequestsRequest {
        state: common::WorkState::Assigned.into(),
        department: "GU".to_owned(),
        ..Default::default()
    };
    assert_eq!(listed(&desk, by_state).await, ["Trou"]);
    let forwarded = RequestForwarded {
        work: work(WorkState::Forwarded, 4),
        organisation: "Département de l'Orvance".to_owned(),
        phone: "03 53 01 90 00".to_owned(),
    };
    desk.routing_tells(authority, Some(id), &forwarded).await;
    desk.shows_state(&answer.id, common::WorkState::Forwarded).await;
    let shown = desk.client.clone().track(proto::TrackRequest { reference: answer.reference }).await.expect("known");
    assert_eq!(shown.into_inner().forwarded_to, "Département de l'Orvance");
}

async fn an_agent_classifies_and_counts_follow(desk: Desk) {
    let answer = submit(&desk, about("Accueil")).await.expect("taken");
    let classify = |procedure: &str| proto::ClassifyRequestRequest {
        request_id: answer.id.clone(),
        procedure: procedure.to_owned(),
        agent_id: AgentId::of_login("aline.encre").to_string(),
        nature: 0,
    };
    assert!(desk.client.clone().classify_request(classify("inconnue")).await.is_err());
    desk.client.clone().classify_request(classify("reclamation")).await.expect("classified");
    let request = desk.request(&answer.id).await;
    let summary = request.summary.expect("a summary");
    assert_eq!((summary.procedure.as_str(), summary.nature()), ("reclamation", common::Nature::Complaint));
    assert_eq!(request.classified_by, "agent");
    assert_eq!(desk.told().await, ["request.received", "request.classified"]);
    let stats = desk.client.clone().get_stats(proto::GetStatsRequest {}).await.expect("counts").into_inner();
    assert_eq!((stats.requests_total, stats.requests_open, stats.outbox_lag), (1, 1, 2), "no relay runs here");
}

async fn a_batch_comes_back_in_the_order_asked(desk: Desk) {
    let mut ids = Vec::new();
    for subject in ["un", "deux", "trois"] {
        ids.push(submit(&desk, about(subject)).await.expect("taken").id);
    }
    ids.swap(0, 2);
    ids.insert(1, "req_inconnu".to_owned());
    let answer = desk.client.clone().batch_get_requests(proto::BatchGetRequestsRequest { ids }).await.expect("a batch");
    let subjects: Vec<String> = answer.into_inner().requests.into_iter().map(|summary| summary.subject).collect();
    assert_eq!(subjects, ["trois", "deux", "un"]);
}

scenarios! {
    pages_follow_each_other_without_gap_or_repeat,
    words_are_found_without_accents_in_subject_text_name_and_number,
    the_work_shows_in_lists_and_an_older_event_changes_nothing,
    an_agent_classifies_and_counts_follow,
    a_batch_comes_back_in_the_order_asked,
}
