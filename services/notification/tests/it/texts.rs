//! The texts of an authority through the use cases.

use guichet_core::id::AgentId;
use guichet_core::work::Channel;
use guichet_core::{Clock, Coded};
use guichet_notification::Error;
use guichet_notification::app::{TextInput, TextName, TextVersion};
use guichet_notification::domain::notice::{Medium, Notice};
use guichet_notification::domain::text::{Language, Source, default_text};

use crate::desk::{AUTHORITY, Desk};
use crate::scenarios;

scenarios!(
    an_authoritys_text_is_used_and_can_be_taken_back,
    every_mistake_is_told_at_once_and_nothing_is_kept,
    a_preview_shows_sample_data,
    a_text_changed_on_screen_is_used_and_its_history_tells_who_and_when,
    a_text_taken_back_gives_way_to_the_embedded_one,
    a_text_saved_as_it_is_changes_nothing,
    a_stale_change_is_refused_and_nothing_is_kept,
    of_two_changes_at_once_one_is_kept,
    the_mistakes_of_a_text_changed_on_screen_are_named,
    an_import_leaves_a_version_only_for_what_it_changed,
    a_draft_is_previewed_without_being_kept,
    the_mistakes_of_a_draft_are_named,
);

const SMS: &str = "{autorite} : {numero} bien notée. {delai} {telephone}";

fn name(name: &str, medium: Medium) -> TextName {
    TextName { name: name.to_owned(), medium: Some(medium), language: "fr".to_owned() }
}

fn source(subject: &str, body: &str) -> Source {
    Source { subject: subject.to_owned(), body: body.to_owned() }
}

fn text(code: &str, medium: Medium, subject: &str, body: &str) -> TextInput {
    TextInput { which: name(code, medium), source: source(subject, body) }
}

/// The receipt by SMS, in other words than the embedded ones.
fn receipt(body: &str) -> TextInput {
    text("receipt_ack", Medium::Sms, "", body)
}

fn embedded_receipt() -> Source {
    default_text(Language::French, Notice::ReceiptAck, Medium::Sms)
}

fn aline() -> Option<AgentId> {
    Some(AgentId::of_login("aline.encre"))
}

fn pointers(error: &Error) -> Vec<&str> {
    error.violations().iter().map(|violation| violation.pointer.as_str()).collect()
}

async fn history(desk: &Desk, which: &TextName) -> Vec<TextVersion> {
    desk.app.list_template_versions(AUTHORITY, which).await.expect("storage answers")
}

async fn receipt_history(desk: &Desk) -> Vec<TextVersion> {
    history(desk, &name("receipt_ack", Medium::Sms)).await
}

async fn overridden(desk: &Desk) -> usize {
    let shown = desk.app.list_templates(AUTHORITY).await.expect("storage answers");
    shown.iter().filter(|shown| shown.overridden).count()
}

async fn an_authoritys_text_is_used_and_can_be_taken_back(desk: Desk) {
    desk.app.put_templates(AUTHORITY, &[receipt(SMS)]).await.expect("kept");
    let request = desk.has_request(Channel::Sms, "", "06 39 98 00 12");
    desk.registers(request, Some("acte")).await;
    desk.sends().await;
    let row = desk.only_delivery(request).await;
    assert!(row.text.contains("bien notée. Réponse prévue avant le"), "{}", row.text);

    let shown = desk.app.list_templates(AUTHORITY).await.expect("storage answers");
    assert_eq!(shown.iter().filter(|shown| shown.overridden).count(), 1);
    assert_eq!(shown.len(), Notice::ALL.len() * Medium::ALL.len());

    let same = TextInput { source: embedded_receipt(), ..receipt("") };
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
    let asked = name("answer", Medium::Letter);
    let composed = desk.app.preview_template(AUTHORITY, &asked, None).await.expect("a known authority");
    assert!(composed.html.contains("Odette Lavande") && composed.text.contains("V7KM-4T9R"));
    let unknown = desk.app.preview_template("ailleurs", &asked, None).await;
    assert!(matches!(unknown, Err(Error::AuthorityNotFound)), "{unknown:?}");
}

async fn a_text_changed_on_screen_is_used_and_its_history_tells_who_and_when(desk: Desk) {
    assert_eq!(receipt_history(&desk).await, []);
    let version = desk.app.put_template(AUTHORITY, &receipt(SMS), aline(), 0).await.expect("kept");
    assert_eq!(version, 1);
    let request = desk.has_request(Channel::Sms, "", "06 39 98 00 12");
    desk.registers(request, Some("acte")).await;
    desk.sends().await;
    assert!(desk.only_delivery(request).await.text.contains("bien notée"));

    let (first_at, again) = (desk.clock.now(), SMS.replace("notée", "reçue"));
    desk.clock.advance_millis(60_000);
    let version = desk.app.put_template(AUTHORITY, &receipt(&again), None, 1).await.expect("kept");
    assert_eq!(version, 2);
    let first = TextVersion { version: 1, at: first_at, agent_id: aline(), source: source("", SMS), overridden: true };
    let newest =
        TextVersion { version: 2, at: desk.clock.now(), agent_id: None, source: source("", &again), overridden: true };
    assert_eq!(receipt_history(&desk).await, [newest, first]);
    assert_eq!(history(&desk, &name("receipt_ack", Medium::Email)).await, []);
}

async fn a_text_taken_back_gives_way_to_the_embedded_one(desk: Desk) {
    desk.app.put_template(AUTHORITY, &receipt(SMS), aline(), 0).await.expect("kept");
    let embedded = TextInput { source: embedded_receipt(), ..receipt("") };
    let version = desk.app.put_template(AUTHORITY, &embedded, aline(), 1).await.expect("taken back");
    assert_eq!((version, overridden(&desk).await), (2, 0));
    let newest = receipt_history(&desk).await.remove(0);
    assert_eq!((newest.source, newest.overridden), (embedded_receipt(), false));
}

async fn a_text_saved_as_it_is_changes_nothing(desk: Desk) {
    let body = format!("{SMS}\n[Suivi : {{suivi}}]");
    desk.app.put_template(AUTHORITY, &receipt(&body), aline(), 0).await.expect("kept");
    let from_a_browser = receipt(&format!(" {}\r\n", body.replace('\n', "\r\n")));
    for seen_version in [1, 0] {
        let version = desk.app.put_template(AUTHORITY, &from_a_browser, None, seen_version).await.expect("the same");
        assert_eq!(version, 1);
    }
    let embedded_wait = default_text(Language::French, Notice::Wait, Medium::Email);
    let embedded = text("wait", Medium::Email, &embedded_wait.subject, &embedded_wait.body);
    assert_eq!(desk.app.put_template(AUTHORITY, &embedded, None, 0).await.expect("the same"), 0);
    assert_eq!((receipt_history(&desk).await.len(), overridden(&desk).await), (1, 1));
}

async fn a_stale_change_is_refused_and_nothing_is_kept(desk: Desk) {
    desk.app.put_template(AUTHORITY, &receipt(SMS), aline(), 0).await.expect("kept");
    let other = receipt(&SMS.replace("notée", "reçue"));
    for seen_version in [0, 2] {
        let error = desk.app.put_template(AUTHORITY, &other, None, seen_version).await.expect_err("it is at 1");
        assert_eq!(error.code(), "GU-NTF-009");
    }
    let [only] = <[TextVersion; 1]>::try_from(receipt_history(&desk).await).expect("one version");
    let shown = desk.app.list_templates(AUTHORITY).await.expect("storage answers");
    let used = shown.into_iter().find(|shown| shown.overridden).expect("the first one");
    assert_eq!((&only.source, &used.source), (&source("", SMS), &source("", SMS)));
}

async fn of_two_changes_at_once_one_is_kept(desk: Desk) {
    let (mine, yours) = (receipt(SMS), receipt(&SMS.replace("notée", "reçue")));
    let (mine, yours) = tokio::join!(
        desk.app.put_template(AUTHORITY, &mine, aline(), 0),
        desk.app.put_template(AUTHORITY, &yours, None, 0),
    );
    let (kept, refused) = if mine.is_ok() { (mine, yours) } else { (yours, mine) };
    assert_eq!(kept.expect("one of them"), 1);
    assert!(matches!(refused, Err(Error::Stale)), "{refused:?}");
    assert_eq!(receipt_history(&desk).await.len(), 1);
}

async fn the_mistakes_of_a_text_changed_on_screen_are_named(desk: Desk) {
    let wrong = text("answer", Medium::Email, "{objets}", "Bonjour");
    let error = desk.app.put_template(AUTHORITY, &wrong, aline(), 0).await.expect_err("two places are wrong");
    assert!(pointers(&error).contains(&"/template/subject") && pointers(&error).contains(&"/template/body"));
    let nameless = TextInput {
        which: TextName { name: "awnser".to_owned(), medium: None, language: "xx".to_owned() },
        source: source("", ""),
    };
    let error = desk.app.put_template(AUTHORITY, &nameless, aline(), 0).await.expect_err("no such text");
    assert_eq!(pointers(&error), ["/template/name", "/template/medium", "/template/language"]);
    let error = desk.app.list_template_versions(AUTHORITY, &nameless.which).await.expect_err("no such text");
    assert_eq!(pointers(&error), ["/name", "/medium", "/language"]);
    assert_eq!(overridden(&desk).await, 0);
}

async fn an_import_leaves_a_version_only_for_what_it_changed(desk: Desk) {
    let wait = text("wait", Medium::Sms, "", "{autorite} : {numero} vous attend. {telephone}");
    let delayed = text("delayed", Medium::Sms, "", "{autorite} : {numero} tardera. {telephone}");
    desk.app.put_template(AUTHORITY, &receipt(SMS), aline(), 0).await.expect("kept");
    desk.app.put_templates(AUTHORITY, &[receipt(SMS), wait.clone()]).await.expect("kept");
    desk.app.put_templates(AUTHORITY, &[receipt(SMS), delayed.clone()]).await.expect("kept");
    let mut told = Vec::new();
    for which in [&receipt("").which, &wait.which, &delayed.which, &name("wait", Medium::Email)] {
        let versions = history(&desk, which).await;
        told.push(versions.iter().map(|version| (version.version, version.overridden)).collect::<Vec<_>>());
    }
    assert_eq!(told, [vec![(1, true)], vec![(2, false), (1, true)], vec![(1, true)], vec![]]);
    assert_eq!(receipt_history(&desk).await[0].agent_id, aline());
    assert_eq!(history(&desk, &wait.which).await[0].agent_id, None);
    assert_eq!(overridden(&desk).await, 2);
}

async fn a_draft_is_previewed_without_being_kept(desk: Desk) {
    desk.app.put_template(AUTHORITY, &receipt(SMS), aline(), 0).await.expect("kept");
    let (which, draft) = (receipt("").which, source("", &SMS.replace("bien notée", "entre nos mains")));
    let composed = desk.app.preview_template(AUTHORITY, &which, Some(&draft)).await.expect("a good draft");
    assert!(composed.text.contains("V7KM-4T9R entre nos mains"), "{}", composed.text);
    let composed = desk.app.preview_template(AUTHORITY, &which, None).await.expect("the text in use");
    assert!(composed.text.contains("V7KM-4T9R bien notée"), "{}", composed.text);
    assert_eq!(receipt_history(&desk).await.len(), 1);
}

async fn the_mistakes_of_a_draft_are_named(desk: Desk) {
    let which = name("delayed", Medium::Email);
    let draft = source("", "{numero} {telephone}");
    let error = desk.app.preview_template(AUTHORITY, &which, Some(&draft)).await.expect_err("two places are wrong");
    assert!(matches!(error, Error::Invalid(_)), "{error:?}");
    assert_eq!(pointers(&error), ["/draft/subject", "/draft/body"]);
}
