//! What a supervisor sees coming: a complaint about one of the team, a skill that leaves with the only person who has it.

use guichet_core::french::Dates;
use guichet_core::{Clock, SystemClock};
use guichet_testkit::wait_until;
use guichet_tests::mail::wait_for_message;
use guichet_tests::{EVERYBODY, Guichet, PATIENCE};
use serde_json::json;

use crate::browser::Browser;
use crate::scenarios;

scenarios! {
    a_complaint_is_kept_from_whom_it_is_about_and_counted_apart,
    when_the_only_one_who_knows_leaves_supervision_says_whom_to_teach,
    a_change_that_cannot_be_played_is_told_at_its_field,
}

const DAY_MS: i64 = 86_400_000;
const ETIENNE: &str = "etienne.cerfeuil@citoyen.example";
/// Working days promised to who complains; public holidays come on top.
const PROMISED: std::ops::RangeInclusive<usize> = 15..=18;

/// Sends everybody away but these.
async fn only_work(g: &Guichet, logins: &[&str]) {
    for login in EVERYBODY {
        g.agent(login).await.is(if logins.contains(&login) { "available" } else { "away" }).await;
    }
}

/// Returns how many days from Monday to Friday lie between today and an instant, its day included.
fn working_days_until(due: &str) -> usize {
    let dates = Dates::of_zone("Europe/Paris");
    let days = (1_i64..60).map(|day| dates.local(SystemClock.now().plus_millis(day * DAY_MS)).date());
    let due = due.get(..10).expect("a day");
    days.take_while(|day| *day.to_string() <= *due).filter(|day| day.weekday().to_monday_zero_offset() < 5).count()
}

async fn a_complaint_is_kept_from_whom_it_is_about_and_counted_apart(g: &Guichet, browser: &Browser) {
    only_work(g, &["leon.virgule", "gaelle.registre"]).await;
    browser.goto("/demande/reclamation?pour=valorme").await;
    browser.sees("15 jours ouvrés").await;
    browser.fill("Objet", "Mal reçu au téléphone").await;
    browser.fill("Votre demande", "Léon Virgule m’a raccroché au nez. Je demande une explication.").await;
    browser.fill("Prénom et nom", "Étienne Cerfeuil").await;
    browser.fill("Courriel", ETIENNE).await;
    browser.press("Envoyer ma demande").await;
    browser.sees("Votre demande est bien arrivée").await;
    let reference = browser.text_of(".reference").await;
    let receipt = wait_for_message(g, ETIENNE, "au plus tard le").await;
    assert!(receipt.text.contains("Qualité"), "the receipt names the service:\n{}", receipt.text);
    let tracked = g.get(&format!("/track/{reference}")).await;
    let due = tracked["announced_due"].as_str().expect("a complaint has a date");
    assert!(PROMISED.contains(&working_days_until(due)), "{due} is not fifteen working days away");

    let gaelle = Browser::open(g).await;
    gaelle.signs_in("gaelle.registre").await;
    gaelle.sees("Mal reçu au téléphone").await;
    browser.signs_in("leon.virgule").await;
    browser.sees("Rien ne vous est proposé").await;
    browser.goto(&format!("/agent/demandes/{reference}")).await;
    browser.sees("Introuvable").await;
    browser.goto("/pilotage").await;
    let by_nature = browser.text_of("#zone-nature").await;
    assert!(by_nature.contains("réclamation") && by_nature.contains('1'), "complaints stand apart:\n{by_nature}");
    gaelle.close().await;
}

async fn when_the_only_one_who_knows_leaves_supervision_says_whom_to_teach(g: &Guichet, browser: &Browser) {
    g.agent("gaelle.registre").await.is("away").await;
    let concession = json!({
        "authority": "valorme", "procedure": "concession", "subject": "Concession pour mon père",
        "body": "Nous voudrions une concession de trente ans au cimetière des Ormelles.",
        "requester": {"name": "Maëlle Glaïeul", "email": "maelle.glaieul@citoyen.example"},
    });
    g.post("/requests", &concession).await;
    browser.signs_in("leon.virgule").await;
    browser.finds("/pilotage", "Aucun agent disponible pour\u{a0}: funéraire niveau 3").await;
    browser.press("Qui former").await;
    browser.sees("Gaëlle Registre n'est pas là").await;
    browser.sees("« Concession funéraire »".replace("« ", "«\u{a0}").replace(" »", "\u{a0}»").as_str()).await;
    browser.sees("personne ne peut s'en charger").await;
    let advice = browser.text_of("#conseil + ol li").await;
    assert!(advice.contains("au niveau 3 en funéraire ramène l'attente pour"), "{advice}");
    assert!(browser.text_of(".chart figcaption").await.contains("Neuf demandes sur dix"));
    assert_eq!(browser.value_of("Agent").await, "gaelle.registre", "the form keeps what was asked");

    // The colleague named is tried: the day as it is, with one person more who knows.
    let learner = advice.trim_start_matches("Former ").split(" au niveau").next().expect("a name").to_owned();
    browser.ticks("Former un agent").await;
    browser.choose("Agent", &learner).await;
    browser.press("Jouer la journée").await;
    browser.sees(&format!("former {learner} au niveau 3 en funéraire")).await;
    let points = browser.text_of("section[aria-labelledby=fragile]").await;
    assert!(!points.contains("Concession funéraire"), "two people know it then:\n{points}");

    g.agent("gaelle.registre").await.is("available").await;
    wait_until(PATIENCE, async || {
        browser.goto("/pilotage").await;
        !browser.text().await.contains("Aucun agent disponible")
    })
    .await;
}

async fn a_change_that_cannot_be_played_is_told_at_its_field(_: &Guichet, browser: &Browser) {
    browser.signs_in("leon.virgule").await;
    browser.press("Pilotage").await;
    browser.press("Simulation").await;
    browser.sees("Choisissez un essai").await;
    browser.ticks("Former un agent").await;
    browser.fill("Demandes de la journée", "5000").await;
    browser.press("Jouer la journée").await;
    browser.sees("à corriger").await;
    browser.sees("Ce champ est obligatoire").await;
    browser.ticks("Rien").await;
    browser.press("Jouer la journée").await;
    browser.sees("Choisissez au plus 1 800 demandes").await;
    assert_eq!(browser.value_of("Demandes de la journée").await, "5000", "what was typed is still there");
    browser.fill("Demandes de la journée", "100").await;
    browser.press("Jouer la journée").await;
    browser.sees("100 demandes").await;
    browser.sees("repose sur une seule personne").await;
}
