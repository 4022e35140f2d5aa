//! What an agent sees while a part of the product is away: a word, the draft, and everything again afterwards.

use guichet_testkit::wait_until;
use guichet_tests::{Guichet, Kind, PATIENCE};
use serde_json::{Value, json};

use crate::browser::Browser;

/// Requests stored before the cut.
const REQUESTS: usize = 6;

#[tokio::test]
async fn a_process_that_dies_costs_neither_a_request_nor_a_word_all_in_one() {
    survives(Kind::AllInOne, &["all"]).await;
}

#[tokio::test]
async fn a_process_that_dies_costs_neither_a_request_nor_a_word_split() {
    survives(Kind::Split, &["routing", "intake", "gateway"]).await;
}

async fn survives(kind: Kind, targets: &[&str]) {
    let mut guichet = Guichet::start(kind).await;
    let browser = Browser::open(&guichet).await;
    crate::only_works(&guichet, "aline.encre").await;
    let mut ids = Vec::new();
    for number in 1..=REQUESTS {
        let request = json!({
            "authority": "valorme", "procedure": "question", "subject": format!("Question {number}"),
            "body": "À quelle heure ouvrez-vous ?", "requester": {"name": "Léo Marchand", "phone": "06 39 98 00 14"},
        });
        ids.push(guichet.post("/requests", &request).await["id"].as_str().expect("an id").to_owned());
    }
    let aline = guichet.agent("aline.encre").await;
    let offer = aline.offer_of(&ids[0]).await;
    aline.accept(&offer).await;
    aline.command(&ids[0], "start", json!({})).await;
    browser.signs_in("aline.encre").await;
    browser.finds(&format!("/agent/demandes/{}", ids[0]), "Répondre et terminer").await;
    browser.fill("Votre réponse", "Nous ouvrons à 8 h 30.").await;
    for target in targets {
        guichet.process(target).kill();
        browser.sees("Reconnexion… votre brouillon est conservé").await;
        if let Some(redis) = guichet.redis() {
            redis.flushall().await;
        }
        guichet.process(target).launch();
        guichet.wait_until_ready().await;
        wait_until(PATIENCE, async || !browser.text().await.contains("Reconnexion…")).await;
        assert_eq!(browser.value_of("Votre réponse").await, "Nous ouvrons à 8 h 30.", "{target}");
    }
    let stored: Vec<Value> = guichet.get("/requests").await["items"].as_array().cloned().unwrap_or_default();
    assert_eq!(stored.len(), REQUESTS, "as many as before");
    browser.press("Répondre et terminer").await;
    browser.sees("Votre réponse part").await;
    browser.close().await;
}
