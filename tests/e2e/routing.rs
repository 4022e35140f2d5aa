//! The right agent, and nobody else.

use guichet_tests::Guichet;
use serde_json::{Value, json};

use crate::{EVERYBODY, scenarios, text, wait_for_state};

scenarios! {
    a_case_goes_to_the_specialist_and_never_to_an_agent_without_the_skill,
    ccas_files_stay_with_the_ccas,
    a_counter_passport_is_offered_to_an_agent_with_the_clearance,
    a_declined_offer_goes_to_another_agent,
    a_stale_command_is_refused_and_changes_nothing,
    a_request_says_to_whom_else_it_will_be_proposed_and_when,
}

/// Returns a request of a citizen for a procedure.
pub(crate) fn request(authority: &str, procedure: &str) -> Value {
    json!({
        "authority": authority,
        "procedure": procedure,
        "subject": format!("Demande {procedure}"),
        "body": "Merci de me dire ce qu'il faut faire.",
        "requester": {"name": "Solène Potager", "email": "potager@citoyen.example"},
    })
}

/// Waits until somebody is offered a request; returns who, and the offer.
pub(crate) async fn offered(g: &Guichet, id: &str) -> (guichet_tests::Agent, Value) {
    let mut agents = Vec::new();
    for login in EVERYBODY {
        agents.push(g.agent(login).await);
    }
    let (place, offer) = guichet_testkit::wait_for(guichet_tests::PATIENCE, || async {
        for (place, agent) in agents.iter().enumerate() {
            if let Some(offer) = agent.offers().await.into_iter().find(|offer| offer["request"] == id) {
                return Some((place, offer));
            }
        }
        None
    })
    .await;
    (agents.swap_remove(place), offer)
}

async fn a_case_goes_to_the_specialist_and_never_to_an_agent_without_the_skill(g: Guichet) {
    let created = g.post("/requests", &request("valorme", "pcmi")).await;
    let id = text(&created, "id");
    let (agent, offer) = offered(&g, id).await;
    assert_eq!(agent.login, "iris.cadastre", "only Iris has urbanisme at level 4");
    let aline = g.agent("aline.encre").await;
    let (status, problem) = aline.try_post(&format!("/requests/{id}/take"), &json!({"version": 2})).await;
    assert!((400..500).contains(&status), "taking by hand checks skills too: {status} {problem}");
    agent.is("away").await;
    agent.try_post(&format!("/offers/{}/decline", text(&offer, "id")), &json!({})).await;
    wait_for_state(&g, id, "queued").await;
    for login in EVERYBODY.into_iter().filter(|login| *login != "iris.cadastre") {
        let offers = g.agent(login).await.offers().await;
        assert!(offers.iter().all(|offer| offer["request"] != id), "{login} was offered a case beyond their skills");
    }
}

async fn ccas_files_stay_with_the_ccas(g: Guichet) {
    let created = g.post("/requests", &request("ccas", "aide")).await;
    let id = text(&created, "id");
    let (agent, _) = offered(&g, id).await;
    assert_eq!(agent.login, "katell.buvard");
    for login in EVERYBODY.into_iter().filter(|login| *login != "katell.buvard") {
        let (status, body) = g.agent(login).await.try_get(&format!("/requests/{id}")).await;
        let shown = body.to_string();
        assert!(!shown.contains("Potager") && !shown.contains("Merci de me dire"), "{login} reads {status} {shown}");
    }
}

async fn a_counter_passport_is_offered_to_an_agent_with_the_clearance(g: Guichet) {
    let basile = g.agent("basile.tampon").await;
    let visit = json!({
        "authority": "valorme", "channel": "counter", "subject": "Passeport", "body": "Renouvellement.",
        "requester": {"name": "Rémi Potager", "phone": "06 39 98 00 14"}, "procedure": "titre_rdv",
        "started_at": "2026-11-23T09:00:00Z",
    });
    let created = basile.post("/calls", &visit).await;
    let (agent, offer) = offered(&g, text(&created, "id")).await;
    assert!(["aline.encre", "edwige.calepin"].contains(&agent.login.as_str()), "{} has no TES", agent.login);
    assert!(!text(&offer, "why").is_empty());
}

async fn a_declined_offer_goes_to_another_agent(g: Guichet) {
    let created = g.post("/requests", &request("valorme", "acte")).await;
    let id = text(&created, "id");
    let (first, offer) = offered(&g, id).await;
    first.post(&format!("/offers/{}/decline", text(&offer, "id")), &json!({})).await;
    let (second, _) = offered(&g, id).await;
    assert_ne!(first.login, second.login);
}

async fn a_stale_command_is_refused_and_changes_nothing(g: Guichet) {
    let created = g.post("/requests", &request("valorme", "acte")).await;
    let id = text(&created, "id");
    let (agent, offer) = offered(&g, id).await;
    agent.accept(&offer).await;
    agent.command(id, "start", json!({})).await;
    let before = agent.request_of(id).await;
    let (status, problem) =
        agent.try_post(&format!("/requests/{id}/resolve"), &json!({"version": 1, "outcome": "done"})).await;
    assert_eq!(status, 409, "{problem}");
    assert_eq!(agent.request_of(id).await["work"]["version"], before["work"]["version"]);
}

async fn a_request_says_to_whom_else_it_will_be_proposed_and_when(g: Guichet) {
    let created = g.post("/requests", &request("valorme", "ecole")).await;
    let id = text(&created, "id");
    let (agent, _) = offered(&g, id).await;
    let told = g.command(&["explain", text(&created, "reference")]).await;
    let preview = "si personne ne l'a prise, sera aussi proposée à Firmin Brouillon.";
    assert!(told.contains(preview), "{told}");
    let page = agent.page(&format!("/agent/demandes/{id}")).send().await.expect("the page is there");
    let page = page.text().await.expect("a page");
    assert!(page.contains("sera aussi proposée à Firmin Brouillon"), "{page}");
}
