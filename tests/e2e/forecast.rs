//! A usager who follows a request is told when it should be taken up, once the desk knows.

use guichet_testkit::wait_for;
use guichet_tests::{Guichet, PATIENCE};
use serde_json::{Value, json};

use crate::{EVERYBODY, scenarios, text};

scenarios! {
    whoever_follows_a_request_is_told_the_wait_once_twenty_are_known,
}

/// Waits the desk has to have seen.
const KNOWN: usize = 20;
/// What the page says it is.
const WORDS: &str = "À titre indicatif";

async fn asks(g: &Guichet) -> Value {
    let body = json!({
        "authority": "valorme",
        "procedure": "acte",
        "subject": "Acte de naissance",
        "body": "Il me faut une copie.",
        "requester": {"name": "Solène Potager", "email": "potager@citoyen.example"},
    });
    g.post("/requests", &body).await
}

async fn tracked(g: &Guichet, reference: &str) -> Value {
    g.get(&format!("/track/{reference}")).await
}

async fn page(g: &Guichet, reference: &str) -> String {
    let url = format!("{}/suivi?numero={reference}", g.url);
    g.http().get(url).send().await.expect("answers").text().await.expect("a page")
}

async fn whoever_follows_a_request_is_told_the_wait_once_twenty_are_known(g: Guichet) {
    for login in EVERYBODY.into_iter().filter(|login| *login != "aline.encre") {
        g.agent(login).await.is("away").await;
    }
    let aline = g.agent("aline.encre").await;
    let first = asks(&g).await;
    let offer = aline.offer_of(text(&first, "id")).await;
    let reference = text(&first, "reference");
    let said = tracked(&g, reference).await;
    assert!(said["state"] == "registered" && said["expected"].is_null(), "nothing is known yet: {said}");
    assert!(!page(&g, reference).await.contains(WORDS));
    aline.accept(&offer).await;
    aline.command(text(&first, "id"), "start", json!({})).await;
    aline.command(text(&first, "id"), "resolve", json!({"outcome": "done"})).await;
    for _ in 1..KNOWN {
        let request = asks(&g).await;
        let id = text(&request, "id");
        let offer = aline.offer_of(id).await;
        aline.accept(&offer).await;
        aline.command(id, "start", json!({})).await;
        aline.command(id, "resolve", json!({"outcome": "done"})).await;
    }
    aline.is("away").await;
    let request = asks(&g).await;
    let reference = text(&request, "reference");
    let said = wait_for(PATIENCE, || async {
        let said = tracked(&g, reference).await;
        (said["expected"].is_object() && said["announced_due"].is_string()).then_some(said)
    })
    .await;
    let (from, to) = (text(&said["expected"], "from"), text(&said["expected"], "to"));
    assert!(from <= to, "{said}");
    let shown = page(&g, reference).await;
    assert!(shown.contains(WORDS) && shown.contains("Avant le"), "the promise stands beside it: {shown}");
    let decisions = g.get(&format!("/requests/{}/decisions", text(&request, "id"))).await;
    assert!(decisions["items"].as_array().is_some_and(|all| all.iter().any(|one| one["expected"].is_object())));
}
