//! Journeys in which several people have a hand: a vague mail, a passport at the counter, a specialist, an outside body, a
//! shared mailbox.

use base64::Engine;
use guichet_testkit::wait_until;
use guichet_tests::mail::{File, Outgoing, wait_for_message};
use guichet_tests::{EVERYBODY, Guichet, PATIENCE};
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::scenarios;

scenarios! {
    a_vague_mail_is_told_twice_what_it_became,
    a_passport_at_the_counter_goes_to_the_agent_who_may,
    a_specialist_answers_directly_and_the_citizen_sees_one_desk,
    what_belongs_elsewhere_is_handed_on_and_stays_visible,
    two_people_with_one_mailbox_keep_two_files,
}

const FATHER: &str = "karim.tilleul@citoyen.example";
const POTAGER: &str = "potager@citoyen.example";

/// Sends everybody away but these.
async fn only_work(g: &Guichet, logins: &[&str]) {
    for login in EVERYBODY {
        g.agent(login).await.is(if logins.contains(&login) { "available" } else { "away" }).await;
    }
}

async fn a_vague_mail_is_told_twice_what_it_became(g: &Guichet, browser: &Browser) {
    only_work(g, &["aline.encre"]).await;
    let mut mail = Outgoing::new(g, FATHER, "Bonjour", "Voici le papier que vous m’aviez demandé pour mon fils.");
    mail.attachments.push(File {
        name: "papier signé.pdf".to_owned(),
        media_type: "application/pdf".to_owned(),
        data: base64::prelude::BASE64_STANDARD.encode(b"%PDF-1.4 un papier"),
    });
    mail.send().await.expect("the desk takes it");
    let registered = wait_for_message(g, FATHER, "est enregistré sous le").await;
    browser.signs_in("aline.encre").await;
    browser.sees("À qualifier").await;
    browser.press("Prendre").await;
    browser.sees("La demande est à vous").await;
    browser.sees("papier signé.pdf").await;
    browser.sees("Choisir la démarche").await;
    browser.choose("Démarche", "Cantine et périscolaire").await;
    browser.press_exactly("Corriger").await;
    browser.sees("Démarche corrigée").await;
    let receipt = wait_for_message(g, FATHER, "est bien arrivée").await;
    for words in ["Enfance", "03 53 01 00 12", "au plus tard le"] {
        assert!(receipt.text.contains(words), "{words} is not in the receipt:\n{}", receipt.text);
    }
    assert!(!registered.references.is_empty(), "the first answer is in the father's own thread");
    assert!(
        receipt.references.iter().any(|id| registered.references.contains(id)),
        "both are in one thread: {:?} and {:?}",
        registered.references,
        receipt.references
    );
}

async fn a_passport_at_the_counter_goes_to_the_agent_who_may(g: &Guichet, browser: &Browser) {
    only_work(g, &["basile.tampon", "aline.encre"]).await;
    let aline = Browser::open(g).await;
    aline.signs_in("aline.encre").await;
    browser.signs_in("basile.tampon").await;
    browser.press("Appel ou visite").await;
    browser.ticks("Guichet").await;
    browser.fill("Nom de la personne", "Solène Potager").await;
    browser.fill("Téléphone", "06 39 98 00 14").await;
    browser.choose("Démarche", "Rendez-vous carte d'identité, passeport").await;
    browser.fill("Objet", "Passeport").await;
    browser.fill("Ce qui a été dit", "Renouvellement, départ en janvier.").await;
    browser.press("Enregistrer la demande").await;
    browser.sees("Votre numéro de suivi est").await;
    aline.sees("Pourquoi moi").await;
    aline.sees("titres").await;
    aline.press("Prendre").await;
    aline.sees("Renouvellement, départ en janvier.").await;
    browser.goto("/agent").await;
    browser.sees("Rien ne vous est proposé").await;
    aline.close().await;
}

async fn a_specialist_answers_directly_and_the_citizen_sees_one_desk(g: &Guichet, browser: &Browser) {
    only_work(g, &["aline.encre"]).await;
    let request = json!({
        "authority": "valorme", "procedure": "question", "subject": "Reconnaître mon enfant",
        "body": "Je voudrais reconnaître mon enfant avant la naissance.",
        "requester": {"name": "Karim Tilleul", "email": FATHER},
    });
    let reference = g.post("/requests", &request).await["reference"].as_str().expect("a number").to_owned();
    browser.signs_in("aline.encre").await;
    browser.press("Prendre").await;
    browser.sees("La demande est à vous").await;
    only_work(g, &["aline.encre", "gaelle.registre"]).await;
    browser.press("Confier au service").await;
    browser.choose("Service", "État civil, élections, cimetières").await;
    browser.press_exactly("Confier").await;
    browser.sees("C’est fait").await;
    let specialist = Browser::open(g).await;
    specialist.signs_in("gaelle.registre").await;
    specialist.sees("Reconnaître mon enfant").await;
    specialist.press("Prendre").await;
    let citizen = Browser::open(g).await;
    citizen.finds(&format!("/suivi?numero={reference}"), "En cours de traitement").await;
    let seen = citizen.text().await;
    assert!(seen.contains("État civil") && !seen.contains("Registre"), "{seen}");
    specialist.fill("Votre réponse", "Venez à deux, avec vos pièces d’identité.").await;
    specialist.press("Répondre et terminer").await;
    specialist.sees("Votre réponse part").await;
    wait_for_message(g, FATHER, "Venez à deux").await;
    // Level 1 sees the answer arrive on the open page.
    browser.sees("Venez à deux, avec vos pièces d’identité.").await;
    citizen.finds(&format!("/suivi?numero={reference}"), "Réponse envoyée").await;
    citizen.close().await;
    specialist.close().await;
}

async fn what_belongs_elsewhere_is_handed_on_and_stays_visible(g: &Guichet, browser: &Browser) {
    only_work(g, &["aline.encre"]).await;
    let request = json!({
        "authority": "valorme", "procedure": "hors_competence", "subject": "Allocation personnalisée d’autonomie",
        "body": "Ma mère a besoin d’aide à la maison.", "requester": {"name": "Karim Tilleul", "email": FATHER},
    });
    let reference = g.post("/requests", &request).await["reference"].as_str().expect("a number").to_owned();
    browser.signs_in("aline.encre").await;
    browser.press("Prendre").await;
    browser.sees("La demande est à vous").await;
    browser.press("Transmettre hors collectivité").await;
    browser.fill("Organisme compétent", "le Département d’Orvance").await;
    browser.fill("Son téléphone", "03 53 01 90 00").await;
    browser.press_exactly("Transmettre").await;
    browser.sees("C’est fait").await;
    let told = wait_for_message(g, FATHER, "rien à refaire").await;
    for words in ["le Département d’Orvance", "03 53 01 90 00"] {
        assert!(told.text.contains(words), "{words} is not in the message:\n{}", told.text);
    }
    browser.finds(&format!("/suivi?numero={reference}"), "Transmise au Département d’Orvance").await;
    browser.finds(&format!("/agent/demandes/{reference}"), "transmise hors collectivité").await;
}

async fn two_people_with_one_mailbox_keep_two_files(g: &Guichet, browser: &Browser) {
    only_work(g, &["aline.encre"]).await;
    let remi = Outgoing::new(g, &format!("Rémi Potager <{POTAGER}>"), "Une question", "À quelle heure ouvrez-vous ?");
    remi.send().await.expect("the desk takes it");
    wait_for_message(g, POTAGER, "enregistré").await;
    let solene =
        Outgoing::new(g, &format!("Solène Potager <{POTAGER}>"), "Une autre question", "Ouvrez-vous le samedi ?");
    solene.send().await.expect("the desk takes it");
    wait_until(PATIENCE, async || requests(g).await.len() == 2).await;
    let requests = requests(g).await;
    let of = |subject: &str| {
        let found = requests.iter().find(|request| request["subject"] == subject);
        found.and_then(|request| request["reference"].as_str()).expect("a number").to_owned()
    };
    browser.signs_in("aline.encre").await;
    browser.finds(&format!("/agent/demandes/{}", of("Une autre question")), "À confirmer").await;
    browser.fill("La personne qui écrit", "Solène Potager").await;
    browser.press("Confirmer").await;
    browser.sees("C’est noté").await;
    let file = browser.text().await;
    assert!(file.contains("Solène Potager") && !file.contains(&of("Une question")), "two files stay two:\n{file}");
    browser.goto("/agent/appel").await;
    browser.fill("Chercher un usager", "Potager").await;
    browser.sees("Solène Potager").await;
    browser.sees("Rémi Potager").await;
}

async fn requests(g: &Guichet) -> Vec<Value> {
    g.get("/requests").await["items"].as_array().cloned().unwrap_or_default()
}
