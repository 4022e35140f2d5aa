//! An agent who uses no mouse: Tab, Enter and letters, from signing in to the answer.

use guichet_tests::Guichet;
use guichet_tests::mail::wait_for_message;
use serde_json::json;

use crate::browser::Browser;
use crate::scenarios;

scenarios! {
    an_agent_without_a_mouse_signs_in_takes_an_offer_and_answers,
}

/// The code that the driver's standard gives to the key.
pub(crate) const TAB: &str = "\u{E004}";
const ENTER: &str = "\u{E007}";
const LEO: &str = "leo.marchand@citoyen.example";

async fn an_agent_without_a_mouse_signs_in_takes_an_offer_and_answers(g: &Guichet, browser: &Browser) {
    crate::only_works(g, "aline.encre").await;
    let request = json!({
        "authority": "valorme", "procedure": "question", "subject": "Un bac de tri plus grand",
        "body": "Nous sommes six depuis l’été.", "requester": {"name": "Léo Marchand", "email": LEO},
    });
    g.post("/requests", &request).await;
    browser.goto("/connexion").await;
    browser.types(TAB).await;
    assert_eq!(browser.focused().await, "Aller au contenu", "the way past the menu comes first");
    browser.types(ENTER).await;
    browser.tabs_to("Identifiant").await;
    browser.types("aline.encre").await;
    browser.tabs_to("Mot de passe").await;
    browser.types("demo").await;
    browser.types(ENTER).await;
    browser.sees("Propositions").await;
    browser.finds("/agent", "Pourquoi moi").await;
    browser.tabs_to("Prendre").await;
    browser.types(ENTER).await;
    browser.sees("La demande est à vous").await;
    browser.sees("Répondre à l’usager").await;
    browser.tabs_to("Votre réponse").await;
    browser.types("Un bac de 240 litres arrive lundi.").await;
    browser.tabs_to("Répondre et terminer").await;
    browser.types(ENTER).await;
    browser.sees("Votre réponse part").await;
    wait_for_message(g, LEO, "240 litres").await;
}
