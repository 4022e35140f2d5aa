//! What mail becomes.

use guichet_core::work::Channel;
use guichet_db::args;
use guichet_events::intake::{BounceReceived, RequestReceived};
use guichet_proto::intake::v1 as proto;
use guichet_rpc::convert::FromProto as _;
use guichet_rpc::status::Problem;

use crate::desk::Desk;
use crate::scenarios;
use crate::smtp::MAIL;

const DESK: &str = "guichet@valorme.example";
const WITH_PDF: &str = "From: =?utf-8?q?Am=C3=A9lie_P=C3=AAcheur?= <amelie@example.fr>\nTo: guichet@valorme.example\n\
Subject: =?iso-8859-1?Q?D=E9claration?=\nDate: Mon, 2 Nov 2026 08:00:00 +0100\nMessage-ID: <abc@example.fr>\nMIME-Version: 1.0\n\
Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=iso-8859-1\n\
Content-Transfer-Encoding: quoted-printable\n\nVoici la pi=E8ce.\n--b\nContent-Type: application/pdf\n\
Content-Disposition: attachment; filename=\"plan.pdf\"\nContent-Transfer-Encoding: base64\n\nJVBERi0xLjQKJeLjz9MK\n--b--\n";

async fn accents_and_files_come_through_and_can_be_read_back(desk: Desk) {
    desk.knowledge.proposes("voirie", 0.9);
    let answer = desk.imports("amelie@example.fr", DESK, WITH_PDF).await.expect("taken");
    assert_eq!(answer.outcome(), proto::MailOutcome::Created);
    let request = desk.request(&answer.request_id).await;
    let summary = request.summary.expect("a summary");
    assert_eq!((summary.subject.as_str(), summary.requester_name.as_str()), ("Déclaration", "Amélie Pêcheur"));
    assert_eq!(
        (summary.procedure.as_str(), request.classified_by.as_str(), request.confidence),
        ("voirie", "classifier", 0.9)
    );
    assert_eq!(Channel::from_proto(summary.channel), Some(Channel::Email));
    assert_eq!(summary.reference, answer.reference);
    let said = &request.interactions[0];
    assert_eq!((said.text.as_str(), said.message_id.as_str()), ("Voici la pièce.", "abc@example.fr"));
    let file = &said.attachments[0];
    assert_eq!((file.file_name.as_str(), file.media_type.as_str(), file.size), ("plan.pdf", "application/pdf", 15));
    let asked = proto::DownloadAttachmentRequest { attachment_id: file.id.clone(), request_id: summary.id.clone() };
    let mut pieces = desk.client.clone().download_attachment(asked).await.expect("readable").into_inner();
    let mut content = Vec::new();
    while let Some(piece) = pieces.message().await.expect("whole") {
        content.extend(piece.chunk);
    }
    assert_eq!(content, b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n");
    let event: RequestReceived = desk.last_told().await;
    assert_eq!((event.procedure.as_deref(), event.confidence_permille), (Some("voirie"), 900));
}

async fn the_raw_message_is_kept(desk: Desk) {
    desk.imports("awa@example.fr", DESK, MAIL).await.expect("taken");
    assert_eq!(desk.kept_blobs().await, [MAIL.replace('\n', "\r\n").into_bytes()]);
}

async fn a_copy_through_another_mailbox_adds_that_mailbox(desk: Desk) {
    let first = desk.imports("awa@example.fr", DESK, MAIL).await.expect("taken");
    let second = desk.imports("awa@example.fr", "mairie+x@valorme.example", MAIL).await.expect("taken");
    assert_eq!(second.outcome(), proto::MailOutcome::Duplicate);
    assert_eq!(second.reference, first.reference);
    let rows =
        desk.db.fetch_all("SELECT address FROM mail_recipients ORDER BY address", args![]).await.expect("readable");
    let addresses: Vec<String> = rows.iter().map(|row| row.get("address").expect("text")).collect();
    assert_eq!(addresses, [DESK, "mairie@valorme.example"]);
}

async fn the_same_message_id_with_another_text_is_another_request(desk: Desk) {
    desk.imports("awa@example.fr", DESK, MAIL).await.expect("taken");
    let other = desk.imports("awa@example.fr", DESK, &MAIL.replace("12", "14")).await.expect("taken");
    assert_eq!(other.outcome(), proto::MailOutcome::Created);
    assert_eq!(desk.requests().await.len(), 2);
}

async fn machines_open_nothing_and_are_kept(desk: Desk) {
    for field in
        ["Auto-Submitted: auto-replied", "Precedence: bulk", "List-Id: <x.example>", "X-Loop: guichet@valorme.example"]
    {
        let answer = desk.imports("awa@example.fr", DESK, &format!("{field}\n{MAIL}X-{field}\n")).await.expect("taken");
        assert_eq!(answer.outcome(), proto::MailOutcome::Ignored, "{field}");
    }
    let null_sender = desk.imports("", DESK, &MAIL.replace("12", "13")).await.expect("taken");
    assert_eq!(null_sender.outcome(), proto::MailOutcome::Ignored);
    let ours = desk.imports("awa@example.fr", DESK, &MAIL.replace("awa@example.fr", DESK)).await.expect("taken");
    assert_eq!(ours.outcome(), proto::MailOutcome::Ignored);
    assert!(desk.requests().await.is_empty() && desk.told().await.is_empty());
    let kept = desk.db.fetch_all("SELECT reason FROM ignored_mails", args![]).await.expect("readable");
    assert_eq!(kept.len(), 6);
    let human = desk.imports("awa@example.fr", DESK, &format!("Auto-Submitted: no\n{MAIL}")).await.expect("taken");
    assert_eq!(human.outcome(), proto::MailOutcome::Created);
}

async fn a_report_about_our_message_becomes_a_receipt(desk: Desk) {
    let answer = desk.imports("awa@example.fr", DESK, MAIL).await.expect("taken");
    let ours = desk.request_for(&answer.request_id, "receipt_ack").await.thread.expect("headers").message_id;
    let report = format!(
        "From: MAILER-DAEMON@relay.example\nSubject: Undelivered\nContent-Type: multipart/report; boundary=b\n\n--b\n\
         Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: rfc822; awa@example.fr\n\
         Action: failed\nStatus: 5.1.1\n--b\nContent-Type: message/rfc822\n\nMessage-ID: <{ours}>\n\nx\n--b--\n"
    );
    let outcome = desk.imports("", DESK, &report).await.expect("taken");
    assert_eq!(outcome.outcome(), proto::MailOutcome::Ignored);
    let bounce: BounceReceived = desk.last_told().await;
    let expected =
        BounceReceived { original_message_id: ours.clone(), action: "failed".to_owned(), status: "5.1.1".to_owned() };
    assert_eq!(bounce, expected);
    let forged = report.replace(&ours, "forged.token@valorme.example");
    desk.imports("", DESK, &forged).await.expect("taken");
    assert_eq!(desk.told().await, ["request.received", "bounce.received"], "a forged report tells nothing");
}

async fn mail_for_nobody_here_or_that_cannot_be_read_is_refused(desk: Desk) {
    for (to, raw, code) in [
        ("someone@elsewhere.example", MAIL, "GU-INT-009"),
        (DESK, "sans en-tete", "GU-INT-010"),
        (DESK, "Subject: sans auteur\n\nx", "GU-INT-010"),
    ] {
        let refused = desk.imports("not-an-address", to, raw).await.expect_err("refused");
        assert_eq!(Problem::from(&refused).code, code, "{raw}");
    }
    let big = format!("{MAIL}{}", "x\n".repeat(crate::desk::MAIL_OCTETS_MAX));
    let refused = desk.imports("awa@example.fr", DESK, &big).await.expect_err("refused");
    assert_eq!(Problem::from(&refused).code, "GU-INT-011");
    assert!(desk.told().await.is_empty());
}

async fn only_the_trusted_server_authenticates_an_author(desk: Desk) {
    let trusted = format!("Authentication-Results: mx.valorme.example; dmarc=pass header.from=example.fr\n{MAIL}");
    let answer = desk.imports("awa@example.fr", DESK, &trusted).await.expect("taken");
    assert!(desk.request(&answer.request_id).await.identity_verified);
    let forged = format!("Authentication-Results: mx.evil.example; dmarc=pass\n{}", MAIL.replace("12", "16"));
    let answer = desk.imports("awa@example.fr", DESK, &forged).await.expect("taken");
    assert!(!desk.request(&answer.request_id).await.identity_verified);
}

scenarios! {
    accents_and_files_come_through_and_can_be_read_back,
    the_raw_message_is_kept,
    a_copy_through_another_mailbox_adds_that_mailbox,
    the_same_message_id_with_another_text_is_another_request,
    machines_open_nothing_and_are_kept,
    a_report_about_our_message_becomes_a_receipt,
    mail_for_nobody_here_or_that_cannot_be_read_is_refused,
    only_the_trusted_server_authenticates_an_author,
}
