//! What forms become.

use std::time::{Duration, Instant};

use guichet_events::intake::RequestReceived;
use guichet_proto::common::v1 as common;
use guichet_proto::intake::v1 as proto;
use guichet_rpc::status::Problem;
use tokio::task::JoinSet;
use tonic::Status;

use crate::desk::Desk;
use crate::scenarios;

pub(crate) fn arbitrary_form() -> proto::SubmitRequestRequest {
    proto::SubmitRequestRequest {
        authority: "valorme".to_owned(),
        channel: common::Channel::Web.into(),
        subject: "Câble électrique au sol".to_owned(),
        body: "Devant l'école, c'est dangereux.".to_owned(),
        requester: Some(proto::Requester {
            name: "Awa Diop".to_owned(),
            email: "awa@example.fr".to_owned(),
            phone: "06 39 98 00 12".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    }
}

pub(crate) async fn submit(
    desk: &Desk,
    form: proto::SubmitRequestRequest,
) -> Result<proto::SubmitRequestResponse, Status> {
    Ok(desk.client.clone().submit_request(form).await?.into_inner())
}

async fn a_form_becomes_a_request_with_what_it_says(desk: Desk) {
    let form = proto::SubmitRequestRequest { procedure: "voirie".to_owned(), ..arbitrary_form() };
    let answer = submit(&desk, form).await.expect("taken");
    assert_eq!((answer.state(), answer.duplicate), (common::WorkState::Received, false));
    let request = desk.request(&answer.id).await;
    assert_eq!((request.classified_by.as_str(), request.confidence), ("form", 1.0));
    assert_eq!(request.requester.expect("a requester").phone, "+33639980012");
    let event: RequestReceived = desk.last_told().await;
    assert_eq!((event.procedure.as_deref(), event.confidence_permille, event.danger), (Some("voirie"), 1_000, true));
    assert_eq!(event.received_at.as_millis(), answer.received_at);
}

async fn what_nobody_classifies_goes_to_triage_in_time(desk: Desk) {
    desk.knowledge.proposes("voirie", 0.3);
    let unsure = submit(&desk, arbitrary_form()).await.expect("taken");
    let request = desk.request(&unsure.id).await;
    assert_eq!(request.summary.expect("a summary").procedure, "");
    assert_eq!(request.reasons, ["mot « lampadaire »"], "the agent sees why");
    desk.knowledge.hangs();
    let start = Instant::now();
    submit(&desk, arbitrary_form()).await.expect("taken all the same");
    assert!(start.elapsed() < Duration::from_secs(3));
    assert_eq!(desk.last_told::<RequestReceived>().await.procedure, None);
}

async fn wrong_fields_are_named_in_french_and_nothing_is_kept(desk: Desk) {
    let form = proto::SubmitRequestRequest { subject: String::new(), requester: None, ..arbitrary_form() };
    let problem = Problem::from(&submit(&desk, form).await.expect_err("refused"));
    let pointers: Vec<&str> = problem.violations.iter().map(|violation| violation.pointer.as_str()).collect();
    assert_eq!((problem.code.as_str(), pointers), ("GU-INT-001", vec!["/subject", "/requester/name", "/requester"]));
    assert!(problem.violations[2].detail.contains("au moins une façon de répondre"));
    let form = proto::SubmitRequestRequest { authority: "ailleurs".to_owned(), ..arbitrary_form() };
    assert_eq!(Problem::from(&submit(&desk, form).await.expect_err("refused")).code, "GU-INT-007");
    assert!(desk.told().await.is_empty());
}

async fn the_same_key_gives_the_same_answer_and_another_content_is_refused(desk: Desk) {
    let form = proto::SubmitRequestRequest { dedupe_key: "cle-1".to_owned(), ..arbitrary_form() };
    let mut tries = JoinSet::new();
    for _ in 0..8 {
        let (mut client, form) = (desk.client.clone(), form.clone());
        tries.spawn(async move { client.submit_request(form).await.expect("taken").into_inner() });
    }
    let answers = tries.join_all().await;
    assert_eq!(answers.iter().filter(|answer| !answer.duplicate).count(), 1);
    assert!(
        answers
            .iter()
            .all(|answer| answer.reference == answers[0].reference && answer.received_at == answers[0].received_at)
    );
    let other = proto::SubmitRequestRequest { body: "Autre chose".to_owned(), ..form };
    assert_eq!(Problem::from(&submit(&desk, other).await.expect_err("refused")).code, "GU-INT-002");
    assert_eq!(desk.told().await, ["request.received"]);
}

async fn an_uploaded_file_joins_the_submission_that_names_it(desk: Desk) {
    let pieces = [
        proto::UploadAttachmentRequest {
            authority: "valorme".to_owned(),
            file_name: "../photo.jpg".to_owned(),
            media_type: "image/jpeg".to_owned(),
            chunk: b"un".to_vec(),
        },
        proto::UploadAttachmentRequest { chunk: b"deux".to_vec(), ..Default::default() },
    ];
    let uploaded = desk.client.clone().upload_attachment(tokio_stream::iter(pieces)).await.expect("kept").into_inner();
    let file = uploaded.attachment.expect("a file");
    assert_eq!((file.file_name.as_str(), file.size), ("photo.jpg", 6));
    let form = proto::SubmitRequestRequest { attachments: vec![file.clone()], ..arbitrary_form() };
    let answer = submit(&desk, form).await.expect("taken");
    assert_eq!(desk.request(&answer.id).await.interactions[0].attachments[0].sha256, file.sha256);
    let unknown = proto::AttachmentRef { sha256: "0".repeat(64), ..file };
    let form = proto::SubmitRequestRequest { attachments: vec![unknown], ..arbitrary_form() };
    let problem = Problem::from(&submit(&desk, form).await.expect_err("refused"));
    assert_eq!(problem.violations[0].pointer, "/attachments/0");
}

async fn a_bare_number_shows_the_state_and_an_unknown_one_says_the_same_to_all(desk: Desk) {
    let answer = submit(&desk, arbitrary_form()).await.expect("taken");
    let typed = answer.reference.to_lowercase().replace('-', " ");
    let shown = desk.client.clone().track(proto::TrackRequest { reference: typed }).await.expect("known").into_inner();
    assert_eq!((shown.reference, shown.state), (answer.reference, common::WorkState::Received.into()));
    for reference in ["V7KM-4T9R", "n'importe quoi", ""] {
        let refused = desk.client.clone().track(proto::TrackRequest { reference: reference.to_owned() }).await;
        assert_eq!(Problem::from(&refused.expect_err("unknown")).code, "GU-INT-003", "{reference}");
    }
}

async fn a_key_is_forgotten_after_seven_days_and_a_file_nobody_named_after_one(desk: Desk) {
    let form = proto::SubmitRequestRequest { dedupe_key: "cle-2".to_owned(), ..arbitrary_form() };
    let first = submit(&desk, form.clone()).await.expect("taken");
    let upload = |chunk: &[u8]| proto::UploadAttachmentRequest {
        authority: "valorme".to_owned(),
        chunk: chunk.to_vec(),
        ..Default::default()
    };
    let pieces = tokio_stream::iter([upload(b"needed")]);
    let needed =
        desk.client.clone().upload_attachment(pieces).await.expect("kept").into_inner().attachment.expect("a file");
    desk.client.clone().upload_attachment(tokio_stream::iter([upload(b"orphan")])).await.expect("kept");
    let named = proto::SubmitRequestRequest { attachments: vec![needed], ..arbitrary_form() };
    let keeper = submit(&desk, named).await.expect("taken");
    desk.days_pass(6);
    assert!(submit(&desk, form.clone()).await.expect("taken").duplicate);
    desk.days_pass(2);
    desk.starts_another_process().await;
    guichet_testkit::wait_until(crate::desk::DEADLINE, async || desk.kept_blobs().await == [b"needed"]).await;
    let again = submit(&desk, form).await.expect("taken");
    assert!(!again.duplicate && again.reference != first.reference);
    assert_eq!(desk.request(&keeper.id).await.interactions[0].attachments.len(), 1);
}

#[tokio::test]
async fn a_directory_that_another_process_has_just_heard_of_is_known() {
    let desk = Desk::without_directory_on_sqlite().await;
    let mut other = desk.starts_another_process().await;
    let none_yet = other.submit_request(arbitrary_form()).await.expect_err("nobody has heard of the town");
    assert_eq!(none_yet.code(), tonic::Code::Unavailable);
    desk.publishes_directory().await;
    other.submit_request(arbitrary_form()).await.expect("taken");
}

scenarios! {
    a_key_is_forgotten_after_seven_days_and_a_file_nobody_named_after_one,
    a_form_becomes_a_request_with_what_it_says,
    what_nobody_classifies_goes_to_triage_in_time,
    wrong_fields_are_named_in_french_and_nothing_is_kept,
    the_same_key_gives_the_same_answer_and_another_content_is_refused,
    an_uploaded_file_joins_the_submission_that_names_it,
    a_bare_number_shows_the_state_and_an_unknown_one_says_the_same_to_all,
}
