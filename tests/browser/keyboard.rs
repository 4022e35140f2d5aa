//! An agent who uses no mouse: Tab, Enter and letters, from signing in to the answer.

use guichet_tests::Guichet;
use guichet_tests::mail::wait_for_message;
use serde_json::json;

use crate::browser::Browser;
use crate::scenarios;

scenarios! {
    an_agent_without_a_mouse_signs_in_takes_an_offer_and_answers,
    a_whole_day_at_the_desk_needs_no_mouse,
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

/// Goes to a control and presses it.
async fn presses(browser: &Browser, words: &str) {
    browser.tabs_to(words).await;
    browser.types(ENTER).await;
}

async fn a_whole_day_at_the_desk_needs_no_mouse(g: &Guichet, browser: &Browser) {
    crate::only_works(g, "aline.encre").await;
    browser.goto("/connexion").await;
    browser.tabs_to("Identifiant").await;
    browser.types("aline.encre").await;
    browser.tabs_to("Mot de passe").await;
    browser.types("demo").await;
    browser.types(ENTER).await;
    browser.sees("Propositions").await;
    presses(browser, "Je suis au guichet").await;
    browser.sees("C’est noté").await;
    browser.types("n").await;
    browser.sees("Qui est-ce").await;
    browser.tabs_to("Démarche").await;
    browser.types("Question").await;
    presses(browser, "C’est répondu sur place").await;
    browser.sees("Contact enregistré").await;
    presses(browser, "Je suis disponible").await;
    browser.sees("C’est noté").await;
    let request = json!({
        "authority": "valorme", "procedure": "question", "subject": "Un bac de tri plus grand",
        "body": "Nous sommes six depuis l’été.", "requester": {"name": "Léo Marchand", "email": LEO},
    });
    g.post("/requests", &request).await;
    browser.sees("Pourquoi moi").await;
    browser.types("p").await;
    assert_eq!(browser.focused().await, "Prendre");
    browser.types(ENTER).await;
    browser.sees("La demande est à vous").await;
    browser.types("i").await;
    browser.types("Vu avec le service des déchets.").await;
    presses(browser, "Noter").await;
    browser.sees("Note ajoutée").await;
    presses(browser, "Demander un avis").await;
    browser.tabs_to("Votre question").await;
    browser.types("Reste-t-il des bacs ?").await;
    presses(browser, "Poser la question").await;
    browser.sees("Votre question est posée").await;
    browser.tabs_to("Réponse type").await;
    browser.types("Il manque").await;
    presses(browser, "Insérer").await;
    browser.has_typed("Votre réponse", "il nous manque").await;
    browser.types(" Merci.").await;
    presses(browser, "Répondre et terminer").await;
    browser.sees("Votre réponse part").await;
    wait_for_message(g, LEO, "il nous manque").await;
    presses(browser, "Se déconnecter").await;
    browser.sees("Identifiant").await;
}
