//! What calls and visits become.

use guichet_core::id::AgentId;
use guichet_core::work::{Channel, Nature, Outcome};
use guichet_events::intake::{ContactRecorded, InteractionReceived, RequestReceived};
use guichet_proto::common::v1 as common;
use guichet_proto::intake::v1 as proto;
use guichet_rpc::status::Problem;

use crate::desk::Desk;
use crate::scenarios;

fn arbitrary_call() -> proto::RecordCallRequest {
    proto::RecordCallRequest {
        authority: "valorme".to_owned(),
        channel: common::Channel::Phone.into(),
        requester: Some(proto::Requester {
            name: "Odette Lavande".to_owned(),
            phone: "03 53 01 00 42".to_owned(),
            ..Default::default()
        }),
        agent_id: AgentId::of_login("aline.encre").to_string(),
        subject: "Bac cassé".to_owned(),
        body: "Le couvercle est cassé.".to_owned(),
        ..Default::default()
    }
}

async fn record(desk: &Desk, call: proto::RecordCallRequest) -> proto::RecordCallResponse {
    desk.client.clone().record_call(call).await.expect("recorded").into_inner()
}

async fn a_call_becomes_a_request_once(desk: Desk) {
    let call = proto::RecordCallRequest { call_id: "pabx-1".to_owned(), ..arbitrary_call() };
    let first = record(&desk, call.clone()).await;
    let again = record(&desk, call).await;
    assert_eq!((first.duplicate, again.duplicate, &again.reference), (false, true, &first.reference));
    let request = desk.only_request().await;
    assert_eq!(request.requester.expect("a requester").phone, "+33353010042");
    assert_eq!(request.interactions[0].kind(), proto::InteractionKind::Call);
    let event: RequestReceived = desk.last_told().await;
    assert_eq!(event.channel, Channel::Phone);
}

async fn what_is_answered_on_the_spot_is_counted_and_opens_nothing(desk: Desk) {
    let call = proto::RecordCallRequest {
        channel: common::Channel::Counter.into(),
        requester: None,
        subject: String::new(),
        body: String::new(),
        procedure: "voirie".to_owned(),
        answered: true,
        ..arbitrary_call()
    };
    let recorded = record(&desk, call).await;
    assert_eq!((recorded.request_id.as_str(), recorded.reference.as_str()), ("", ""));
    let event: ContactRecorded = desk.last_told().await;
    assert_eq!(
        (event.channel, event.nature, event.outcome),
        (Channel::Counter, Nature::Information, Outcome::Informed)
    );
    assert_eq!(desk.told().await, ["contact.recorded"]);
    assert!(desk.requests().await.is_empty());
}

async fn a_call_about_a_request_joins_it_and_an_answered_one_does_not_wake_it(desk: Desk) {
    let opened = record(&desk, arbitrary_call()).await;
    let about = proto::RecordCallRequest {
        request_id: opened.request_id.clone(),
        requester: None,
        subject: "Relance".to_owned(),
        ..arbitrary_call()
    };
    let joined = record(&desk, about.clone()).await;
    assert_eq!(joined.request_id, opened.request_id);
    let event: InteractionReceived = desk.last_told().await;
    assert_eq!(event.interaction_id.to_string(), joined.interaction_id);
    record(&desk, proto::RecordCallRequest { answered: true, ..about }).await;
    assert_eq!(desk.told().await, ["request.received", "interaction.received", "contact.recorded"]);
    let request = desk.request(&opened.request_id).await;
    assert_eq!(request.interactions.len(), 3);
    assert_eq!(request.interactions[1].author_name, "Odette Lavande");
}

async fn somebody_nobody_can_answer_is_named(desk: Desk) {
    let call = proto::RecordCallRequest { requester: None, ..arbitrary_call() };
    let refused = desk.client.clone().record_call(call).await.expect_err("refused");
    assert_eq!(Problem::from(&refused).violations[0].pointer, "/requester");
    let call = proto::RecordCallRequest { channel: common::Channel::Web.into(), ..arbitrary_call() };
    let refused = desk.client.clone().record_call(call).await.expect_err("refused");
    assert_eq!(Problem::from(&refused).violations[0].pointer, "/channel");
}

scenarios! {
    a_call_becomes_a_request_once,
    what_is_answered_on_the_spot_is_counted_and_opens_nothing,
    a_call_about_a_request_joins_it_and_an_answered_one_does_not_wake_it,
    somebody_nobody_can_answer_is_named,
}
