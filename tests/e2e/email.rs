//! A citizen writes by e-mail.

use base64::Engine;
use guichet_tests::mail::{File, Outgoing, mailbox, wait_for_message};
use guichet_tests::{Agent, Guichet};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{EVERYBODY, only_request, requests, scenarios, text, wait_for_state};

scenarios! {
    an_email_becomes_a_request_and_the_citizen_is_told_and_answered,
    only_the_citizens_own_reply_joins_the_thread,
    the_same_email_fifty_times_is_one_request_and_one_receipt,
    an_automatic_reply_and_a_bounce_open_no_request,
    a_vague_message_gets_a_registration_then_a_receipt_once_somebody_has_looked,
}

const AWA: &str = "awa.diop@citoyen.example";
const SUBJECT: &str = "Copie d'acte de naissance – été 2026";
const TEXT: &str = "Bonjour,\n\nJe voudrais une copie intégrale de mon acte de naissance, née à Valorme le 3 août 1990.\nVoici ma pièce d'identité.\n\nMerci, Awa Diop\n";

/// A small file that starts as a PDF does and holds every byte.
fn arbitrary_pdf() -> Vec<u8> {
    b"%PDF-1.7\n".iter().copied().chain(0..=255).cycle().take(40_000).collect()
}

fn arbitrary_email(guichet: &Guichet) -> Outgoing {
    let mut mail = Outgoing::new(guichet, &format!("Awa Diop <{AWA}>"), SUBJECT, TEXT);
    mail.html = format!("<p>{}</p>", TEXT.replace('\n', "<br>"));
    mail.attachments.push(File {
        name: "pièce d'identité.pdf".to_owned(),
        media_type: "application/pdf".to_owned(),
        data: base64::engine::general_purpose::STANDARD.encode(arbitrary_pdf()),
    });
    mail
}

/// Accepts and begins a request as the first agent it is offered to; returns that agent.
async fn taken_by_its_agent(guichet: &Guichet, id: &str) -> Agent {
    let mut agents = Vec::new();
    for login in EVERYBODY {
        agents.push(guichet.agent(login).await);
    }
    let (place, offer) = guichet_testkit::wait_for(guichet_tests::PATIENCE, || async {
        for (place, agent) in agents.iter().enumerate() {
            if let Some(offer) = agent.offers().await.into_iter().find(|offer| offer["request"] == id) {
                return Some((place, offer));
            }
        }
        None
    })
    .await;
    let agent = agents.swap_remove(place);
    agent.accept(&offer).await;
    agent.command(id, "start", json!({})).await;
    agent
}

#[tokio::test]
async fn an_email_is_answered_between_processes_that_show_certificates() {
    let g = Guichet::start_with_certificates().await;
    an_email_becomes_a_request_and_the_citizen_is_told_and_answered(g).await;
}

#[tokio::test]
async fn an_email_is_answered_behind_a_pooler_in_transaction_mode() {
    an_email_becomes_a_request_and_the_citizen_is_told_and_answered(Guichet::start_behind_a_pooler().await).await;
}

async fn an_email_becomes_a_request_and_the_citizen_is_told_and_answered(g: Guichet) {
    arbitrary_email(&g).send().await.expect("the desk takes it");
    let summary = only_request(&g, "acte de naissance").await;
    let id = text(&summary, "id").to_owned();
    assert_eq!(text(&summary, "subject"), SUBJECT);
    assert_eq!(text(&summary, "procedure"), "acte");

    let receipt = wait_for_message(&g, AWA, "bien arrivée").await;
    assert!(receipt.subject.contains(text(&summary, "reference")), "{}", receipt.subject);
    assert!(receipt.text.contains("03 53 01 00 11"), "the department's telephone: {}", receipt.text);
    assert_eq!(receipt.auto_submitted, "auto-replied");
    assert!(!receipt.references.is_empty(), "the receipt is in the citizen's own thread");

    let agent = taken_by_its_agent(&g, &id).await;
    let request = agent.request_of(&id).await;
    let message = &request["interactions"][0];
    assert!(text(message, "text").contains("copie intégrale de mon acte de naissance, née à Valorme le 3 août"));
    let attachment = &message["attachments"][0];
    assert_eq!(text(attachment, "file_name"), "pièce d'identité.pdf");
    let expected: String = Sha256::digest(arbitrary_pdf()).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(text(attachment, "sha256"), expected);

    agent.reply(&id, "Votre acte est prêt : il part aujourd'hui par la poste.", "resolve").await;
    let answer = wait_for_message(&g, AWA, "il part aujourd'hui par la poste").await;
    assert!(!answer.references.is_empty(), "the answer is in the citizen's own thread");
    wait_for_state(&g, &id, "resolved").await;

    let story = g.command(&["explain", text(&summary, "reference")]).await;
    assert!(story.contains("État civil"), "the story names the department: {story}");
}

async fn only_the_citizens_own_reply_joins_the_thread(g: Guichet) {
    arbitrary_email(&g).send().await.expect("the desk takes it");
    let summary = only_request(&g, "acte de naissance").await;
    let id = text(&summary, "id").to_owned();
    let receipt = wait_for_message(&g, AWA, "bien arrivée").await;

    let mut reply = Outgoing::new(&g, AWA, "Re: votre message", "J'ai oublié : c'est pour un mariage.");
    reply.references = format!("<{}>", receipt.message_id);
    reply.send().await.expect("the desk takes it");
    let mut stranger = Outgoing::new(&g, "curieux@ailleurs.example", "Re: dossier", "Montrez-moi ce dossier.");
    stranger.references.clone_from(&reply.references);
    stranger.send().await.expect("the desk takes it, as something else");

    let other = only_request(&g, "Re: dossier").await;
    assert_ne!(text(&other, "id"), id, "a stranger's message is a request of its own");
    let thread = guichet_testkit::wait_for(guichet_tests::PATIENCE, || async {
        let request = g.get(&format!("/requests/{id}")).await;
        (request["interactions"].as_array().map_or(0, Vec::len) >= 2).then_some(request)
    })
    .await;
    let texts: Vec<&str> =
        thread["interactions"].as_array().expect("a thread").iter().map(|i| text(i, "text")).collect();
    assert!(texts.iter().any(|said| said.contains("pour un mariage")), "{texts:?}");
    assert!(!texts.iter().any(|said| said.contains("Montrez-moi")), "{texts:?}");
    assert!(requests(&g, "votre message").await.is_empty(), "the citizen's reply opened nothing");
}

async fn the_same_email_fifty_times_is_one_request_and_one_receipt(g: Guichet) {
    const COPIES: usize = 50;
    const AT_ONCE: usize = 8;
    let mail = arbitrary_email(&g);
    let places = tokio::sync::Semaphore::new(AT_ONCE);
    let send = async || {
        let _place = places.acquire().await.expect("never closed");
        mail.send().await.expect("each copy is taken, so that its sender stops trying");
    };
    futures::future::join_all((0..COPIES).map(|_| send())).await;
    let summary = only_request(&g, "acte de naissance").await;
    wait_for_message(&g, AWA, "bien arrivée").await;
    // One more request behind the copies: once it is acknowledged, so would a second copy be.
    let after =
        Outgoing::new(&g, "apres@citoyen.example", "Signaler un lampadaire en panne", "Rue Hoche, devant le 12.");
    after.send().await.expect("the desk takes it");
    wait_for_message(&g, "apres@citoyen.example", "").await;
    assert_eq!(requests(&g, "acte de naissance").await.len(), 1, "{summary}");
    assert_eq!(mailbox(&g, AWA).len(), 1, "one receipt");
}

async fn an_automatic_reply_and_a_bounce_open_no_request(g: Guichet) {
    const VACATION: &str = "From: absent@citoyen.example\r\nTo: guichet@valorme.example\r\nSubject: Absence\r\n\
        Date: Mon, 23 Nov 2026 09:00:00 +0100\r\nMessage-ID: <absence@citoyen.example>\r\n\
        Auto-Submitted: auto-replied\r\n\r\nJe suis en vacances.\r\n";
    const BOUNCE: &str = "From: MAILER-DAEMON@relais.example\r\nTo: guichet@valorme.example\r\nSubject: Undelivered\r\n\
        Date: Mon, 23 Nov 2026 09:00:00 +0100\r\nMessage-ID: <bounce@relais.example>\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nNot delivered.\r\n\
        --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; relais.example\r\n\r\n\
        Final-Recipient: rfc822; parti@citoyen.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n";
    for (raw, sender) in [(VACATION, "absent@citoyen.example"), (BOUNCE, "")] {
        let url = format!("{}/api/v1/mail?from={sender}&to=guichet@valorme.example", g.url);
        let request =
            g.http().post(url).bearer_auth(g.admin_token()).header("content-type", "message/rfc822").body(raw);
        let answer: serde_json::Value = request.send().await.expect("answers").json().await.expect("JSON");
        assert_eq!(answer["outcome"], "ignored", "{answer}");
    }
    assert_eq!(g.get("/requests").await["items"].as_array().map(Vec::len), Some(0));
}

async fn a_vague_message_gets_a_registration_then_a_receipt_once_somebody_has_looked(g: Guichet) {
    let mail = Outgoing::new(&g, AWA, "Bonjour", "Pouvez-vous m'appeler ? J'ai quelque chose à vous demander.");
    mail.send().await.expect("the desk takes it");
    let registration = wait_for_message(&g, AWA, "enregistré").await;
    let summary = only_request(&g, "Bonjour").await;
    let id = text(&summary, "id").to_owned();
    assert!(registration.text.contains(text(&summary, "reference")), "{}", registration.text);
    let agent = taken_by_its_agent(&g, &id).await;
    let (status, body) = agent.try_post(&format!("/requests/{id}/classify"), &json!({"procedure": "acte"})).await;
    assert!(status < 300, "{status} {body}");
    let receipt = wait_for_message(&g, AWA, "bien arrivée").await;
    assert!(receipt.text.contains("03 53 01 00 11"), "now the department is known: {}", receipt.text);
    assert_eq!(receipt.references.first(), registration.references.first(), "in the same thread");
}
