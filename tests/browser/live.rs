//! The desk while one looks at it: what arrives shows by itself, and nothing typed is lost.

use guichet_testkit::wait_until;
use guichet_tests::mail::Outgoing;
use guichet_tests::{Guichet, PATIENCE};
use serde_json::json;

use crate::browser::Browser;
use crate::scenarios;

scenarios! {
    a_mail_shows_on_an_open_desk,
    a_draft_survives_a_reload_and_leaves_with_the_answer,
    a_colleague_who_is_writing_is_named,
    an_opinion_is_asked_and_given,
    a_caller_is_found_while_one_types,
    the_keys_are_listed_and_can_be_turned_off,
}

const LEO: &str = "leo.marchand@citoyen.example";

/// Sends a question that is offered to Aline, and returns its id.
async fn question(g: &Guichet) -> String {
    let request = json!({
        "authority": "valorme", "procedure": "question", "subject": "Un bac de tri plus grand",
        "body": "Nous sommes six depuis l’été.", "requester": {"name": "Léo Marchand", "email": LEO},
    });
    g.post("/requests", &request).await["id"].as_str().expect("an id").to_owned()
}

/// Gives Aline a request, and opens it in her browser.
async fn held(g: &Guichet, browser: &Browser) -> String {
    crate::only_works(g, "aline.encre").await;
    let id = question(g).await;
    let aline = g.agent("aline.encre").await;
    let offer = aline.offer_of(&id).await;
    aline.accept(&offer).await;
    aline.command(&id, "start", json!({})).await;
    browser.signs_in("aline.encre").await;
    browser.finds(&format!("/agent/demandes/{id}"), "Répondre et terminer").await;
    id
}

async fn a_mail_shows_on_an_open_desk(g: &Guichet, browser: &Browser) {
    crate::only_works(g, "basile.tampon").await;
    browser.signs_in("basile.tampon").await;
    browser.sees("Rien ne vous est proposé").await;
    browser.script("window.untouched = true; document.querySelector('#presence button').focus()").await;
    let mail = Outgoing::new(g, LEO, "Une lampe éteinte", "Le lampadaire du 4 rue des Lilas est éteint.");
    mail.send().await.expect("the mail is accepted");
    browser.sees("Pourquoi moi").await;
    browser.sees("Une lampe éteinte").await;
    assert_eq!(browser.script("return window.untouched").await, json!(true), "the page was not loaded again");
    assert!(browser.focused().await.contains("disponible"), "the focus stayed where it was");
}

async fn a_draft_survives_a_reload_and_leaves_with_the_answer(g: &Guichet, browser: &Browser) {
    let id = held(g, browser).await;
    browser.fill("Votre réponse", "Un bac de 240 litres").await;
    browser.goto(&format!("/agent/demandes/{id}")).await;
    browser.sees("Votre brouillon a été repris").await;
    assert_eq!(browser.value_of("Votre réponse").await, "Un bac de 240 litres");
    browser.press("Répondre et terminer").await;
    browser.sees("Votre réponse part").await;
    browser.goto(&format!("/agent/demandes/{id}")).await;
    assert!(!browser.text().await.contains("brouillon a été repris"), "what was sent is no draft any more");
}

async fn a_colleague_who_is_writing_is_named(g: &Guichet, browser: &Browser) {
    let id = held(g, browser).await;
    let other = Browser::open(g).await;
    other.signs_in("leon.virgule").await;
    other.finds(&format!("/agent/demandes/{id}"), "Note interne").await;
    browser.fill("Votre réponse", "Un bac").await;
    other.sees("Aline Encre écrit déjà une réponse").await;
    browser.fill("Votre réponse", "Un bac de 240 litres arrive lundi.").await;
    browser.press("Répondre et terminer").await;
    browser.sees("Votre réponse part").await;
    // The answer shows on the other screen, and nobody writes any more.
    other.sees("Un bac de 240 litres arrive lundi.").await;
    wait_until(PATIENCE, async || !other.text().await.contains("écrit déjà")).await;
    other.close().await;
}

async fn an_opinion_is_asked_and_given(g: &Guichet, browser: &Browser) {
    let id = held(g, browser).await;
    let other = Browser::open(g).await;
    other.signs_in("leon.virgule").await;
    browser.press("Demander un avis").await;
    browser.choose("À qui", "Léon Virgule").await;
    browser.fill("Votre question", "Peut-on donner un bac de 360 litres ?").await;
    browser.press("Poser la question").await;
    browser.sees("Votre question est posée").await;
    browser.sees("avis demandé à Léon Virgule").await;
    other.sees("On vous demande").await;
    other.sees("Peut-on donner un bac de 360 litres").await;
    other.press("Ouvrir la demande").await;
    other.sees("Une note de cette demande vous est adressée").await;
    other.fill("Votre note", "Oui, dès sept personnes.").await;
    other.press("Noter").await;
    other.sees("Note ajoutée").await;
    browser.sees("Oui, dès sept personnes.").await;
    other.goto("/agent").await;
    assert!(!other.text().await.contains("On vous demande"), "who has answered is asked no more");
    other.close().await;
    let thread = g.get(&format!("/requests/{id}")).await.to_string();
    assert!(thread.contains("dès sept personnes"), "{thread}");
}

async fn a_caller_is_found_while_one_types(g: &Guichet, browser: &Browser) {
    question(g).await;
    browser.signs_in("aline.encre").await;
    browser.press("Appel ou visite").await;
    browser.fill("Chercher un usager", "March").await;
    browser.sees("leo.marchand@citoyen.example").await;
    assert!(!browser.address().await.contains("March"), "no name stands in an address");
    browser.press("Léo Marchand").await;
    browser.sees("Nom de la personne").await;
    assert_eq!(browser.value_of("Nom de la personne").await, "Léo Marchand");
}

async fn the_keys_are_listed_and_can_be_turned_off(_: &Guichet, browser: &Browser) {
    browser.signs_in("aline.encre").await;
    browser.types("?").await;
    browser.sees("Raccourcis du clavier").await;
    browser.press("Fermer").await;
    browser.types("n").await;
    browser.sees("Qui est-ce").await;
    browser.types("?").await;
    browser.sees("Les lettres seules").await;
    assert!(browser.focused().await.contains("Les lettres seules"), "the list opens on its one setting");
    browser.types(" ").await;
    browser.press("Fermer").await;
    browser.types("b").await;
    browser.types("?").await;
    browser.sees("Raccourcis du clavier").await;
    assert!(browser.address().await.ends_with("/agent/appel"), "a letter alone leads nowhere any more");
}
