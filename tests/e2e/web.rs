//! A citizen fills in the portal's form.

use guichet_tests::Guichet;
use guichet_tests::mail::{mailbox, wait_for_message};
use serde_json::{Value, json};

use crate::{scenarios, text, wait_for_state};

scenarios! {
    a_form_becomes_one_request_with_its_receipt_and_answer,
    the_same_key_gives_the_same_answer_and_another_content_is_refused,
    a_bare_reference_shows_state_dates_and_department_and_nothing_else,
    a_missing_paper_pauses_the_work_until_the_citizen_replies,
    a_citizen_withdraws_the_request_by_the_link_of_the_receipt,
}

const LEO: &str = "leo.marchand@citoyen.example";

fn arbitrary_request() -> Value {
    json!({
        "authority": "valorme",
        "procedure": "voirie",
        "subject": "Nid-de-poule rue des Ormes",
        "body": "Devant le 4, un trou de 30 cm depuis lundi.",
        "requester": {"name": "Léo Marchand", "email": LEO},
    })
}

async fn a_form_becomes_one_request_with_its_receipt_and_answer(g: Guichet) {
    let created = g.post("/requests", &arbitrary_request()).await;
    let id = text(&created, "id");
    wait_for_message(&g, LEO, "bien arrivée").await;
    let basile = g.agent("basile.tampon").await;
    let capucine = g.agent("capucine.trombone").await;
    let joseph = g.agent("joseph.pave").await;
    let agents = [basile, capucine, joseph];
    let (agent, offer) = guichet_testkit::wait_for(guichet_tests::PATIENCE, || async {
        for agent in &agents {
            if let Some(offer) = agent.offers().await.into_iter().find(|offer| offer["request"] == id) {
                return Some((agent, offer));
            }
        }
        None
    })
    .await;
    assert!(text(&offer, "why").contains("oirie"), "the offer says why: {offer}");
    agent.accept(&offer).await;
    agent.command(id, "start", json!({})).await;
    agent.reply(id, "L'équipe passe demain matin.", "resolve").await;
    wait_for_message(&g, LEO, "L'équipe passe demain matin").await;
    wait_for_state(&g, id, "resolved").await;
    assert_eq!(mailbox(&g, LEO).len(), 2, "a receipt and an answer, nothing more");
}

async fn the_same_key_gives_the_same_answer_and_another_content_is_refused(g: Guichet) {
    let send = async |body: Value| {
        let url = format!("{}/api/v1/requests", g.url);
        let answer =
            g.http().post(url).header("idempotency-key", "form-7f3a").json(&body).send().await.expect("answers");
        (answer.status().as_u16(), answer.json::<Value>().await.expect("JSON"))
    };
    let (first, one) = send(arbitrary_request()).await;
    let (second, two) = send(arbitrary_request()).await;
    assert_eq!((first, second, &one["id"]), (201, 201, &two["id"]));
    let mut other = arbitrary_request();
    other["body"] = "Autre chose.".into();
    let (status, problem) = send(other).await;
    assert_eq!(status, 422, "{problem}");
}

async fn a_bare_reference_shows_state_dates_and_department_and_nothing_else(g: Guichet) {
    let created = g.post("/requests", &arbitrary_request()).await;
    let reference = text(&created, "reference");
    let tracked = guichet_testkit::wait_for(guichet_tests::PATIENCE, || async {
        let url = format!("{}/api/v1/track/{}", g.url, reference.to_lowercase());
        let answer: Value = g.http().get(url).send().await.expect("answers").json().await.expect("JSON");
        answer["department"].is_object().then_some(answer)
    })
    .await;
    assert!(tracked["announced_due"].is_string() && tracked["received_at"].is_string(), "{tracked}");
    let shown = tracked.to_string();
    for secret in ["Marchand", "leo", "Nid-de-poule", "30 cm", text(&created, "id")] {
        assert!(!shown.contains(secret), "{secret} is shown by {shown}");
    }
}

async fn a_missing_paper_pauses_the_work_until_the_citizen_replies(g: Guichet) {
    let created = g.post("/requests", &arbitrary_request()).await;
    let id = text(&created, "id").to_owned();
    let basile = g.agent("basile.tampon").await;
    guichet_testkit::wait_for(guichet_tests::PATIENCE, || async {
        let request = basile.request_of(&id).await;
        request["work"].is_object().then_some(())
    })
    .await;
    let offered = basile.offers().await.into_iter().find(|offer| offer["request"] == id.as_str());
    match offered {
        Some(offer) => basile.accept(&offer).await,
        None => {
            // Somebody else was offered it: that agent leaves, and Basile takes it by hand.
            for login in ["capucine.trombone", "joseph.pave"] {
                let agent = g.agent(login).await;
                for offer in agent.offers().await {
                    let path = format!("/offers/{}/decline", text(&offer, "id"));
                    agent.try_post(&path, &json!({})).await;
                }
                agent.is("away").await;
            }
            let offer = basile.offer_of(&id).await;
            basile.accept(&offer).await;
        }
    }
    basile.command(&id, "start", json!({})).await;
    basile.reply(&id, "Pouvez-vous nous envoyer une photo du trou ?", "wait").await;
    let asked = wait_for_message(&g, LEO, "une photo du trou").await;
    wait_for_state(&g, &id, "waiting_requester").await;
    let mut reply = guichet_tests::mail::Outgoing::new(&g, LEO, "Re: photo", "La voici.");
    reply.to.clone_from(&asked.reply_to);
    reply.send().await.expect("the desk takes it");
    wait_for_state(&g, &id, "in_progress").await;
}

async fn a_citizen_withdraws_the_request_by_the_link_of_the_receipt(g: Guichet) {
    let created = g.post("/requests", &arbitrary_request()).await;
    let id = text(&created, "id");
    let receipt = wait_for_message(&g, LEO, "bien arrivée").await;
    let link = receipt.text.split_once("lien=").expect("the receipt has a link").1;
    let link = link.split_whitespace().next().expect("a token");
    wait_for_state(&g, id, "offered").await;
    let url = format!("{}/suivi/retrait?lien={link}", g.url);
    let page = g.http().post(&url).header("origin", &g.url).send().await.expect("answers");
    assert!(page.status().is_success(), "the thread is shown again: {}", page.status());
    wait_for_state(&g, id, "withdrawn").await;
    let again = g.http().post(&url).header("origin", &g.url).send().await.expect("answers");
    assert_eq!(again.status(), 409, "it is over");
}
