//! Journeys of citizens and agents, told by what is on the screen.

use guichet_tests::Guichet;
use guichet_tests::mail::{mailbox, text_messages, wait_for_message};
use serde_json::Value;

use crate::accessibility::link;
use crate::browser::{Browser, SETTINGS};
use crate::scenarios;

scenarios! {
    a_caller_with_a_landline_hears_a_number_and_gets_a_letter,
    a_question_on_the_phone_is_answered_on_the_spot,
    a_caller_hears_where_the_permit_is_and_nothing_is_opened,
    a_citizen_fills_in_the_form_and_reads_the_answer,
    a_drawing_is_missing_and_the_delay_starts_again_with_it,
    where_silence_rejects_a_missing_paper_suspends_the_delay,
}

const LEO: &str = "leo.marchand@citoyen.example";

async fn a_caller_with_a_landline_hears_a_number_and_gets_a_letter(g: &Guichet, browser: &Browser) {
    browser.signs_in("aline.encre").await;
    browser.press("Appel ou visite").await;
    browser.fill("Nom de la personne", "Odette Lavande").await;
    browser.fill("Téléphone", "03 53 01 77 77").await;
    browser.fill("Adresse postale", "3 rue du Lavoir, 00400 Valorme").await;
    browser.choose("Démarche", "Question, autre demande").await;
    browser.fill("Objet", "Bac cassé").await;
    browser.fill("Ce qui a été dit", "Le couvercle de son bac de tri est cassé.").await;
    browser.press("Enregistrer la demande").await;
    browser.sees("Votre numéro de suivi est").await;
    let reference = browser.text_of(".reference").await;
    let letters: Vec<String> = reference.chars().filter(|letter| letter.is_alphanumeric()).map(String::from).collect();
    browser.sees(&letters.join(", ")).await;
    browser.sees(" comme ").await;
    let waiting = format!("– {reference}");
    browser.finds("/agent", &waiting).await;
    browser.sees("Courriers à imprimer").await;
    browser.press(&waiting).await;
    browser.sees("seule la lettre sortira").await;
    browser.show_as_printed().await;
    let printed = browser.text().await;
    for words in ["Odette Lavande", "3 rue du Lavoir", reference.as_str()] {
        assert!(printed.contains(words), "{words} is not in the letter:\n{printed}");
    }
    for words in ["Mon bureau", "seule la lettre"] {
        assert!(!printed.contains(words), "{words} comes out of the printer:\n{printed}");
    }
    assert!(text_messages(g).is_empty(), "never an SMS to a landline");
}

async fn a_question_on_the_phone_is_answered_on_the_spot(g: &Guichet, browser: &Browser) {
    browser.signs_in("aline.encre").await;
    browser.press("Appel ou visite").await;
    browser.choose("Démarche", "Question, autre demande").await;
    browser.press("C’est répondu sur place").await;
    browser.sees("Contact enregistré").await;
    browser.sees("Personne n’attend").await;
    assert_eq!(g.get("/requests").await["items"].as_array().map(Vec::len), Some(0));
    assert!(mailbox(g, "").is_empty() && text_messages(g).is_empty(), "nobody is written to");
}

async fn a_caller_hears_where_the_permit_is_and_nothing_is_opened(g: &Guichet, browser: &Browser) {
    let permit = serde_json::json!({
        "authority": "valorme", "procedure": "pcmi", "subject": "Maison rue des Ormes", "body": "Le dossier est joint.",
        "requester": {"name": "Bernard Râteau", "phone": "06 39 98 00 21", "email": "bernard@citoyen.example"},
    });
    let reference = g.post("/requests", &permit).await["reference"].as_str().expect("a number").to_owned();
    browser.signs_in("aline.encre").await;
    browser.finds(&format!("/agent/demandes/{reference}"), "Urbanisme").await;
    browser.press("Appel ou visite").await;
    browser.fill("Chercher un usager", "06 39 98 00 21").await;
    browser.press("Chercher").await;
    browser.press("Bernard Râteau").await;
    browser.sees("Ses demandes").await;
    browser.sees(&reference).await;
    browser.sees("réponse prévue avant le").await;
    browser.choose("Démarche", "Où en est mon dossier d'urbanisme ?").await;
    browser.press("C’est répondu sur place").await;
    browser.sees("Contact enregistré").await;
    assert_eq!(g.get("/requests").await["items"].as_array().map(Vec::len), Some(1), "the call opened nothing");
}

async fn a_citizen_fills_in_the_form_and_reads_the_answer(g: &Guichet, browser: &Browser) {
    crate::only_works(g, "aline.encre").await;
    browser.goto("/").await;
    browser.press("Question, autre demande").await;
    browser.fill("Objet", "Un bac de tri plus grand").await;
    browser.fill("Votre demande", "Nous sommes six depuis l’été.").await;
    browser.fill("Prénom et nom", "Léo Marchand").await;
    browser.press("Envoyer ma demande").await;
    browser.sees("Indiquez au moins une façon de vous répondre").await;
    browser.fill("Courriel", LEO).await;
    browser.press("Envoyer ma demande").await;
    browser.sees("Votre demande est bien arrivée").await;
    let reference = browser.text_of(".reference").await;
    browser.press("Suivre ma demande").await;
    browser.sees(&reference).await;
    let aline = g.agent("aline.encre").await;
    let request = only_request(g).await;
    let id = request["id"].as_str().expect("a request has an id");
    let offer = aline.offer_of(id).await;
    aline.accept(&offer).await;
    aline.command(id, "start", serde_json::json!({})).await;
    aline.reply(id, "Un bac de 240 litres arrive lundi.", "resolve").await;
    let answer = wait_for_message(g, LEO, "240 litres").await;
    browser.finds(&format!("/suivi?lien={}", link(&answer.text)), "Un bac de 240 litres arrive lundi.").await;
    browser.sees("Nous sommes six depuis l’été.").await;
}

async fn a_drawing_is_missing_and_the_delay_starts_again_with_it(g: &Guichet, browser: &Browser) {
    crate::only_works(g, "iris.cadastre").await;
    let citizen = Browser::open(g).await;
    citizen.goto("/demande/dp?pour=valorme").await;
    citizen.fill("Adresse du terrain", "3 rue du Lavoir, Valorme").await;
    citizen.choose("Quels travaux ?", "Clôture").await;
    citizen.fill("Prénom et nom", "Léo Marchand").await;
    citizen.fill("Courriel", LEO).await;
    citizen.press("Envoyer ma demande").await;
    citizen.sees("Votre demande est bien arrivée").await;
    let reference = citizen.text_of(".reference").await;
    wait_for_message(g, LEO, "est bien arrivée").await;
    browser.signs_in("iris.cadastre").await;
    browser.press("Prendre").await;
    browser.sees("La demande est à vous").await;
    browser.sees("le silence vaut accord").await;
    browser.sees("Le délai légal repart à réception de la pièce").await;
    browser.picture("dp-before", SETTINGS[0]).await;
    browser.fill("Votre réponse", "Il manque le plan de masse coté.").await;
    browser.press("Demander une pièce").await;
    // Three dates side by side, each with what holds it up.
    browser.finds(&format!("/agent/demandes/{reference}"), "Le délai repart à réception de la pièce").await;
    browser.picture("dp-waiting", SETTINGS[0]).await;
    let dates = browser.text_of("#zone-dates").await;
    for words in ["Annoncée", "Suspendue depuis le", "Légale", "CRPA L.114-5", "Interne", "Pièce attendue"] {
        assert!(dates.contains(words), "{words} is not among the dates:\n{dates}");
    }
    assert!(!dates.contains("le silence vaut"), "silence has no date while a paper is awaited:\n{dates}");
    let asked = wait_for_message(g, LEO, "plan de masse").await;
    assert!(asked.subject.contains("Il manque une pièce"), "{}", asked.subject);
    assert!(asked.text.contains("Le délai de réponse repart à réception."), "{}", asked.text);
    let thread = format!("/suivi?lien={}", link(&asked.text));
    citizen.finds(&format!("/suivi?numero={reference}"), "En attente de votre réponse – avant le").await;
    citizen.finds(&thread, "Le délai de réponse repart à réception").await;
    citizen.fill("Votre message", "Voici le plan.").await;
    citizen.press("Envoyer").await;
    browser.finds(&format!("/agent/demandes/{reference}"), "Le délai est reparti le").await;
    let dates = browser.text_of("#zone-dates").await;
    assert!(dates.contains("le silence vaut accord"), "the new date is what silence counts to:\n{dates}");
    citizen.finds(&thread, "En cours de traitement").await;
    citizen.close().await;
}

async fn where_silence_rejects_a_missing_paper_suspends_the_delay(g: &Guichet, browser: &Browser) {
    crate::only_works(g, "joseph.pave").await;
    let grant = serde_json::json!({
        "authority": "valorme", "procedure": "subvention", "subject": "Club de pétanque", "body": "Notre dossier est joint.",
        "requester": {"name": "Léo Marchand", "email": LEO},
    });
    let reference = g.post("/requests", &grant).await["reference"].as_str().expect("a number").to_owned();
    browser.signs_in("joseph.pave").await;
    browser.finds("/agent", "Club de pétanque").await;
    browser.press("Prendre").await;
    browser.sees("La demande est à vous").await;
    browser.sees("le silence vaut rejet").await;
    browser.fill("Votre réponse", "Il manque les comptes du dernier exercice.").await;
    browser.press("Demander une pièce").await;
    browser.finds(&format!("/agent/demandes/{reference}"), "Le délai est suspendu jusqu’au").await;
    let dates = browser.text_of("#zone-dates").await;
    for words in ["Suspendue depuis le", "le silence vaut rejet", "CRPA L.114-5", "Pièce attendue"] {
        assert!(dates.contains(words), "{words} is not among the dates:\n{dates}");
    }
    let asked = wait_for_message(g, LEO, "comptes du dernier exercice").await;
    assert!(asked.text.contains("Le délai de réponse est suspendu jusqu'au"), "{}", asked.text);
    let citizen = Browser::open(g).await;
    citizen.finds(&format!("/suivi?lien={}", link(&asked.text)), "Le délai de réponse est suspendu jusqu’au").await;
    citizen.sees("En attente de votre réponse – avant le").await;
    citizen.close().await;
}

async fn only_request(g: &Guichet) -> Value {
    guichet_testkit::wait_for(guichet_tests::PATIENCE, || async {
        g.get("/requests").await["items"].as_array().and_then(|items| items.first().cloned())
    })
    .await
}
