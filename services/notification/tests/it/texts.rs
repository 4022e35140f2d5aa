//! The texts of an authority through the use cases.

use guichet_core::Coded;
use guichet_core::work::Channel;
use guichet_notification::Error;
use guichet_notification::app::TextInput;
use guichet_notification::domain::notice::{Medium, Notice};
use guichet_notification::domain::text::{Language, Source, default_text};

use crate::desk::{AUTHORITY, Desk};
use crate::scenarios;

scenarios!(
    an_authoritys_text_is_used_and_can_be_taken_back,
    every_mistake_is_told_at_once_and_nothing_is_kept,
    a_preview_shows_sample_data,
);

fn text(name: &str, medium: Medium, subject: &str, body: &str) -> TextInput {
    let source = Source { subject: subject.to_owned(), body: body.to_owned() };
    TextInput { name: name.to_owned(), medium: Some(medium), language: "fr".to_owned(), source }
}

async fn an_authoritys_text_is_used_and_can_be_taken_back(desk: Desk) {
    let body = "{autorite} : {numero} bien notée. {delai} {telephone}";
    desk.app.put_templates(AUTHORITY, &[text("receipt_ack", Medium::Sms, "", body)]).await.expect("kept");
    let request = desk.has_request(Channel::Sms, "", "06 39 98 00 12");
    desk.registers(request, Some("acte")).await;
    desk.sends().await;
    let row = desk.only_delivery(request).await;
    assert!(row.text.contains("bien notée. Réponse prévue avant le"), "{}", row.text);

    let shown = desk.app.list_templates(AUTHORITY).await.expect("storage answers");
    assert_eq!(shown.iter().filter(|shown| shown.overridden).count(), 1);
    assert_eq!(shown.len(), Notice::ALL.len() * Medium::ALL.len());

    let embedded = default_text(Language::French, Notice::ReceiptAck, Medium::Sms);
    let same = TextInput { source: embedded, ..text("receipt_ack", Medium::Sms, "", "") };
    desk.app.put_templates(AUTHORITY, &[same]).await.expect("kept");
    let shown = desk.app.list_templates(AUTHORITY).await.expect("storage answers");
    assert!(shown.iter().all(|shown| !shown.overridden));
}

async fn every_mistake_is_told_at_once_and_nothing_is_kept(desk: Desk) {
    let texts = vec![
        text("delayed", Medium::Email, "Retard {numero}", "{nouvele_date} {telephone}"),
        text("recept_ack", Medium::Email, "x", "y"),
        text("answer", Medium::Sms, "", "{autorite} {numero} {reponse} {telephone}"),
        text("wait", Medium::Sms, "", "{autorite} {numero} {telephone}"),
    ];
    let error = desk.app.put_templates(AUTHORITY, &texts).await.expect_err("three are wrong");
    let told: Vec<(&str, &str)> =
        error.violations().iter().map(|violation| (violation.pointer.as_str(), violation.detail.as_str())).collect();
    assert!(
        told.contains(&(
            "/templates/0/body",
            "« {nouvele_date} » n'existe pas : voulez-vous dire « {nouvelle_date} » ?"
        ))
    );
    assert!(told.contains(&("/templates/1/name", "« recept_ack » n'existe pas : voulez-vous dire « receipt_ack » ?")));
    assert!(told.iter().any(|(pointer, detail)| *pointer == "/templates/2/body" && detail.contains("{reponse}")));
    let shown = desk.app.list_templates(AUTHORITY).await.expect("storage answers");
    assert!(shown.iter().all(|shown| !shown.overridden));
}

async fn a_preview_shows_sample_data(desk: Desk) {
    let asked = text("answer", Medium::Letter, "", "");
    let composed = desk.app.preview_template(AUTHORITY, &asked).await.expect("a known authority");
    assert!(composed.html.contains("Odette Lavande") && composed.text.contains("V7KM-4T9R"));
    let unknown = desk.app.preview_template("ailleurs", &asked).await;
    assert!(matches!(unknown, Err(Error::AuthorityNotFound)), "{unknown:?}");
}
