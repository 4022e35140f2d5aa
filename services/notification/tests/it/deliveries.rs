//! What usagers receive, from the fact heard to the file written.

use std::sync::atomic::Ordering;

use guichet_core::work::{Channel, ReplyThen, WorkState};
use guichet_events::routing::{RequestDelayed, RequestDismissed, RequestForwarded, RequestWaiting, RequestWithdrawn};
use guichet_notification::domain::notice::{Medium, Notice};
use guichet_notification::domain::state::DeliveryState;
use mail_parser::{MessageParser, MimeHeaders};

use crate::desk::{Desk, arbitrary_work};
use crate::scenarios;

const AWA: &str = "awa@example.fr";
const MOBILE: &str = "06 39 98 00 12";
const LANDLINE: &str = "03 53 01 00 99";

scenarios!(
    a_request_in_triage_is_registered_then_received_in_the_same_thread,
    a_fact_heard_again_is_told_once,
    a_late_triage_fact_does_not_follow_the_receipt,
    an_answer_carries_its_files_and_goes_to_the_usager,
    a_mobile_without_email_gets_one_sms_of_one_part,
    a_landline_gets_a_letter_and_never_an_sms,
    nobody_to_write_to_is_a_visible_failure,
    a_preference_is_followed,
    intake_away_delays_the_notice_and_loses_nothing,
    what_a_reply_said_is_not_said_again,
    what_was_settled_by_voice_is_told,
    every_change_that_concerns_the_usager_is_told,
    a_bounce_makes_the_delivery_fail_and_a_delay_does_not,
    the_desk_never_writes_to_itself,
    pages_of_deliveries_miss_nothing,
);

async fn a_request_in_triage_is_registered_then_received_in_the_same_thread(desk: Desk) {
    let request = desk.has_request(Channel::Email, AWA, "");
    desk.registers(request, None).await;
    desk.sends().await;
    desk.registers(request, Some("acte")).await;
    desk.sends().await;

    let told: Vec<_> = desk.deliveries(request).await.iter().map(|row| (row.notice, row.state)).collect();
    let accepted = DeliveryState::Accepted;
    assert_eq!(told.len(), 2);
    assert!(told.contains(&(Notice::RegistrationAck, accepted)) && told.contains(&(Notice::ReceiptAck, accepted)));
    let mails = desk.files("mail");
    assert_eq!(mails.len(), 2);
    for raw in &mails {
        let mail = MessageParser::default().parse(raw).expect("a mail");
        assert_eq!(mail.to().and_then(|to| to.first()).and_then(|to| to.address()), Some(AWA));
        let from = mail.from().and_then(|from| from.first()).expect("From");
        assert_eq!((from.name(), from.address()), (Some("Ville de Valorme"), Some("guichet@valorme.example")));
        let reply_to = mail.reply_to().and_then(|reply_to| reply_to.first()).and_then(|reply_to| reply_to.address());
        assert_eq!(reply_to, Some("guichet+k7m2@valorme.example"));
        assert_eq!(mail.references().as_text(), Some("first@example.fr"));
        assert_eq!(mail.in_reply_to().as_text(), Some("first@example.fr"));
        let automatic = mail.header("Auto-Submitted").and_then(|value| value.as_text());
        assert_eq!(automatic, Some("auto-replied"));
        let reference = desk.request(request).reference;
        assert!(mail.subject().is_some_and(|subject| subject.contains(&reference)));
        assert!(mail.body_text(0).is_some_and(|text| text.contains("Bonjour Awa Diop")));
        assert!(mail.body_html(0).is_some_and(|html| html.contains("<main") && html.contains("lang=\"fr\"")));
    }
}

async fn a_fact_heard_again_is_told_once(desk: Desk) {
    let request = desk.has_request(Channel::Email, AWA, "");
    for _ in 0..3 {
        desk.registers(request, Some("acte")).await;
        desk.sends().await;
    }
    assert_eq!(desk.only_delivery(request).await.attempts, 1);
    assert_eq!(desk.files("mail").len(), 1);
}

async fn a_late_triage_fact_does_not_follow_the_receipt(desk: Desk) {
    let request = desk.has_request(Channel::Email, AWA, "");
    desk.registers(request, Some("acte")).await;
    desk.registers(request, None).await;
    desk.sends().await;
    assert_eq!(desk.only_delivery(request).await.notice, Notice::ReceiptAck);
}

async fn an_answer_carries_its_files_and_goes_to_the_usager(desk: Desk) {
    let request = desk.has_request(Channel::Web, AWA, "");
    let pdf: Vec<u8> = (0..50_000_u32).map(|byte| (byte * 31 % 251) as u8).collect();
    desk.replies(request, ReplyThen::Resolve, "Voici votre acte, signé par Éloïse.", &[("Acte été.pdf", &pdf)]).await;
    desk.sends().await;

    let raw = desk.files("mail").pop().expect("a mail");
    let mail = MessageParser::default().parse(&raw).expect("a mail");
    let file = mail.attachment(0).expect("a file");
    assert_eq!((file.attachment_name(), file.contents()), (Some("Acte été.pdf"), pdf.as_slice()));
    let text = mail.body_text(0).expect("a text");
    for expected in ["Voici votre acte, signé par Éloïse.", "Aline Encre, agente d'accueil", "demande accordée"] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
    assert_eq!(mail.header("Auto-Submitted").and_then(|value| value.as_text()), Some("auto-generated"));
    let row = desk.only_delivery(request).await;
    assert_eq!(row.message_id.as_deref(), mail.message_id());
}

async fn a_mobile_without_email_gets_one_sms_of_one_part(desk: Desk) {
    let request = desk.has_request(Channel::Phone, "", MOBILE);
    desk.registers(request, Some("acte")).await;
    desk.replies(request, ReplyThen::Resolve, "Un secret de famille", &[]).await;
    desk.sends().await;
    assert!(desk.files("mail").is_empty());
    let written = desk.files("sms");
    assert_eq!(written.len(), 2);
    for raw in written {
        let sms: serde_json::Value = serde_json::from_slice(&raw).expect("JSON");
        assert_eq!((sms["to"].as_str(), sms["parts"].as_u64()), (Some("+33639980012"), Some(1)));
        assert_eq!(sms["encoding"], "gsm-7");
        let text = sms["text"].as_str().expect("a text");
        assert!(text.starts_with("Ville de Valorme : ") && text.contains("03 53 01 00 10"), "{text}");
        assert!(!text.contains("secret") && !text.contains("Awa") && !text.contains("naissance"), "{text}");
    }
}

async fn a_landline_gets_a_letter_and_never_an_sms(desk: Desk) {
    let request = desk.has_request(Channel::Phone, "", LANDLINE);
    desk.registers(request, Some("acte")).await;
    desk.sends().await;
    let letter = desk.only_delivery(request).await;
    assert_eq!((letter.state, letter.medium), (DeliveryState::ToPrint, Some(Medium::Letter)));
    assert!(letter.text.contains("Notre référence") && letter.html.starts_with("<article"), "{letter:?}");
    assert!(desk.files("sms").is_empty() && desk.files("mail").is_empty());

    let message_id = letter.message_id.clone().expect("a key for the printer's receipt");
    let printed = desk.app.record_receipt(&message_id, DeliveryState::Accepted, "imprimé").await;
    assert!(printed.expect("storage answers"));
    assert_eq!(desk.only_delivery(request).await.state, DeliveryState::Accepted);
}

async fn nobody_to_write_to_is_a_visible_failure(desk: Desk) {
    let request = desk.has_request(Channel::Counter, "", "");
    desk.registers(request, Some("acte")).await;
    desk.sends().await;
    let row = desk.only_delivery(request).await;
    assert_eq!((row.state, row.last_error.as_deref()), (DeliveryState::Failed, Some("no_contact")));
}

async fn a_preference_is_followed(desk: Desk) {
    let request = desk.has_request(Channel::Email, AWA, LANDLINE);
    desk.app.set_preference(desk.party_of(request), Some(Medium::Letter)).await.expect("kept");
    desk.registers(request, Some("acte")).await;
    desk.sends().await;
    assert_eq!(desk.only_delivery(request).await.medium, Some(Medium::Letter));
}

async fn intake_away_delays_the_notice_and_loses_nothing(desk: Desk) {
    let request = desk.has_request(Channel::Email, AWA, "");
    desk.intake.away.store(true, Ordering::SeqCst);
    desk.registers(request, Some("acte")).await;
    for _ in 0..5 {
        desk.sends().await;
        desk.clock.advance_millis(10_000);
    }
    let waiting = desk.only_delivery(request).await;
    assert_eq!((waiting.state, waiting.attempts), (DeliveryState::Queued, 0));
    assert_eq!(waiting.last_error.as_deref(), Some("intake_unavailable"));

    desk.intake.away.store(false, Ordering::SeqCst);
    desk.sends().await;
    let sent = desk.only_delivery(request).await;
    assert_eq!((sent.state, sent.last_error), (DeliveryState::Accepted, None));
}

async fn what_a_reply_said_is_not_said_again(desk: Desk) {
    let request = desk.has_request(Channel::Email, AWA, "");
    desk.replies(request, ReplyThen::Wait, "Il nous faut un justificatif.", &[]).await;
    let work = arbitrary_work(WorkState::WaitingRequester);
    desk.hears_routing(Some(request), &RequestWaiting { work, until: None, silence: None }).await;
    desk.sends().await;
    assert_eq!(desk.only_delivery(request).await.notice, Notice::MissingPapers);

    let answered = desk.has_request(Channel::Email, AWA, "");
    desk.replies(answered, ReplyThen::Resolve, "C'est fait.", &[]).await;
    desk.resolves(answered).await;
    desk.sends().await;
    assert_eq!(desk.only_delivery(answered).await.notice, Notice::Answer);
}

async fn what_was_settled_by_voice_is_told(desk: Desk) {
    let request = desk.has_request(Channel::Email, AWA, "");
    desk.resolves(request).await;
    desk.sends().await;
    let row = desk.only_delivery(request).await;
    assert_eq!(row.notice, Notice::Closed);
    assert!(row.text.contains("renseignement donné"), "{}", row.text);
}

async fn every_change_that_concerns_the_usager_is_told(desk: Desk) {
    let request = desk.has_request(Channel::Email, AWA, "");
    let at = |version: i64| {
        let mut work = arbitrary_work(WorkState::InProgress);
        work.version = version;
        work.due_at = Some(desk.request(request).received_at.plus_seconds(30 * 86_400));
        work
    };
    let organisation = "Département d'Orvance".to_owned();
    let phone = "03 53 01 00 90".to_owned();
    desk.hears_routing(Some(request), &RequestDelayed { work: at(1) }).await;
    desk.hears_routing(Some(request), &RequestWaiting { work: at(2), until: None, silence: None }).await;
    desk.hears_routing(Some(request), &RequestForwarded { work: at(3), organisation, phone }).await;
    desk.hears_routing(Some(request), &RequestDismissed { work: at(4), reason: "doublon".to_owned() }).await;
    desk.hears_routing(Some(request), &RequestWithdrawn { work: at(5) }).await;
    desk.sends().await;
    let rows = desk.deliveries(request).await;
    assert!(rows.iter().all(|row| row.state == DeliveryState::Accepted), "{rows:?}");
    let mut notices: Vec<Notice> = rows.iter().map(|row| row.notice).collect();
    notices.sort();
    assert_eq!(notices, [Notice::SentElsewhere, Notice::Delayed, Notice::Closed, Notice::Closed, Notice::Wait]);
}

async fn a_bounce_makes_the_delivery_fail_and_a_delay_does_not(desk: Desk) {
    let request = desk.has_request(Channel::Email, AWA, "");
    desk.registers(request, Some("acte")).await;
    desk.sends().await;
    let message_id = desk.only_delivery(request).await.message_id.expect("sent");
    desk.bounces(&message_id, "delayed").await;
    assert_eq!(desk.only_delivery(request).await.state, DeliveryState::Accepted);
    desk.bounces(&message_id, "failed").await;
    let failed = desk.only_delivery(request).await;
    assert_eq!((failed.state, failed.last_error.as_deref()), (DeliveryState::Failed, Some("5.1.1 failed")));
    desk.bounces("unknown@elsewhere.example", "failed").await;

    desk.app.retry_delivery(failed.id).await.expect("a failed delivery may be tried again");
    desk.sends().await;
    let again = desk.only_delivery(request).await;
    assert_eq!((again.state, again.message_id), (DeliveryState::Accepted, Some(message_id)));
    desk.app.retry_delivery(failed.id).await.expect_err("an accepted one may not");
    assert_eq!(desk.files("mail").len(), 1);
}

async fn the_desk_never_writes_to_itself(desk: Desk) {
    let request = desk.has_request(Channel::Email, "mairie@valorme.example", "");
    desk.registers(request, Some("acte")).await;
    desk.sends().await;
    assert_eq!(desk.only_delivery(request).await.last_error.as_deref(), Some("own_address"));
    assert!(desk.files("mail").is_empty());
}

async fn pages_of_deliveries_miss_nothing(desk: Desk) {
    for _ in 0..7 {
        let request = desk.has_request(Channel::Email, AWA, "");
        desk.registers(request, Some("acte")).await;
    }
    let mut seen = std::collections::BTreeSet::new();
    let mut asked = guichet_notification::app::ListDeliveries { limit: 3, ..Default::default() };
    loop {
        let page = desk.app.list_deliveries(&asked).await.expect("storage answers");
        seen.extend(page.deliveries.iter().map(|row| row.id));
        asked.cursor = page.next_cursor;
        if asked.cursor.is_empty() {
            break;
        }
    }
    assert_eq!(seen.len(), 7);
    assert_eq!(desk.app.stats().await.expect("storage answers").counts.queued, 7);
}
