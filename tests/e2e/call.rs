//! A citizen calls or comes: an agent types.

use guichet_tests::Guichet;
use guichet_tests::mail::{mailbox, text_messages};
use serde_json::{Value, json};

use crate::{EVERYBODY, scenarios, text, wait_for_state};

scenarios! {
    a_call_from_a_mobile_is_acknowledged_and_answered_by_sms,
    a_call_from_a_landline_gets_a_letter_and_never_an_sms,
    a_question_answered_on_the_spot_is_counted_and_opens_nothing,
    a_telephone_system_tells_who_is_in_a_call,
}

fn arbitrary_call(phone: &str) -> Value {
    json!({
        "authority": "valorme",
        "channel": "phone",
        "requester": {"name": "Odette Lavande", "phone": phone, "postal_address": "3 rue du Lavoir, 00400 Valorme"},
        "started_at": "2026-11-23T09:00:00Z",
        "subject": "Bac cassé",
        "body": "Le couvercle de son bac de tri est cassé.",
        "procedure": "question",
    })
}

/// Takes a request by hand and answers it.
async fn take_and_answer(g: &Guichet, id: &str) {
    let aline = g.agent("aline.encre").await;
    for login in EVERYBODY.into_iter().filter(|login| *login != "aline.encre") {
        let agent = g.agent(login).await;
        agent.is("away").await;
        for offer in agent.offers().await {
            agent.try_post(&format!("/offers/{}/decline", text(&offer, "id")), &json!({})).await;
        }
    }
    let offer = aline.offer_of(id).await;
    aline.accept(&offer).await;
    aline.command(id, "start", json!({})).await;
    aline.reply(id, "Un bac neuf sera livré vendredi.", "resolve").await;
    wait_for_state(g, id, "resolved").await;
}

async fn a_call_from_a_mobile_is_acknowledged_and_answered_by_sms(g: Guichet) {
    let aline = g.agent("aline.encre").await;
    let created = aline.post("/calls", &arbitrary_call("06 39 98 00 12")).await;
    let (id, reference) = (text(&created, "id").to_owned(), text(&created, "reference").to_owned());
    let texts = async |count: usize| {
        guichet_testkit::wait_for(guichet_tests::PATIENCE, || async {
            let messages = text_messages(&g);
            (messages.len() >= count).then_some(messages)
        })
        .await
    };
    let receipt = texts(1).await.remove(0).to_string();
    assert!(receipt.contains(&reference) && receipt.contains("+33639980012"), "{receipt}");
    assert!(!receipt.contains("Lavande") && !receipt.contains("couvercle"), "nothing personal in an SMS: {receipt}");
    take_and_answer(&g, &id).await;
    let all = texts(2).await;
    assert!(all.iter().any(|sms| sms.to_string().contains("une réponse")), "{all:?}");
    assert!(
        !all.iter().any(|sms| sms.to_string().contains("bac neuf")),
        "the answer itself waits behind the link: {all:?}"
    );
}

async fn a_call_from_a_landline_gets_a_letter_and_never_an_sms(g: Guichet) {
    let aline = g.agent("aline.encre").await;
    let created = aline.post("/calls", &arbitrary_call("03 53 01 77 77")).await;
    let id = text(&created, "id").to_owned();
    let letter = async |template: &str| {
        guichet_testkit::wait_for(guichet_tests::PATIENCE, || async {
            let deliveries = aline.get(&format!("/requests/{id}/deliveries")).await;
            let items = deliveries["items"].as_array().cloned().unwrap_or_default();
            items.into_iter().find(|delivery| delivery["template"] == template && delivery["state"] == "to_print")
        })
        .await
    };
    let receipt = letter("receipt_ack").await;
    assert_eq!(text(&receipt, "medium"), "letter");
    take_and_answer(&g, &id).await;
    let answer = letter("answer").await;
    let whole = aline.get(&format!("/deliveries/{}", text(&answer, "id"))).await.to_string();
    assert!(whole.contains("bac neuf") && whole.contains("3 rue du Lavoir"), "{whole}");
    assert!(text_messages(&g).is_empty(), "never an SMS to a landline");
}

async fn a_question_answered_on_the_spot_is_counted_and_opens_nothing(g: Guichet) {
    let aline = g.agent("aline.encre").await;
    let mut call = arbitrary_call("06 39 98 00 13");
    call["answered"] = json!({"outcome": "informed"});
    aline.post("/calls", &call).await;
    assert_eq!(g.get("/requests").await["items"].as_array().map(Vec::len), Some(0));
    assert!(mailbox(&g, "").is_empty() && text_messages(&g).is_empty());
}

async fn a_telephone_system_tells_who_is_in_a_call(g: Guichet) {
    let key = g.command(&["key", "--authority", "valorme", "autocommutateur"]).await;
    let tell = async |event: &str, key: &str| {
        let body = json!({"call_id": "1764093600.42", "event": event, "agent": "aline.encre"});
        let url = format!("{}/api/v1/calls/events", g.url);
        let answer = g.http().post(url).bearer_auth(key.trim()).json(&body).send().await.expect("answers");
        (answer.status().as_u16(), answer.json::<Value>().await.expect("JSON"))
    };
    assert_eq!(tell("answered", &key).await, (200, json!({"presence": "phone"})));
    let aline = g.agent("aline.encre").await;
    assert_eq!(aline.get("/session").await["presence"], "phone", "her desk says so");
    assert_eq!(tell("ended", &key).await, (200, json!({"presence": "available"})));
    assert_eq!(tell("parked", &key).await.0, 422, "an event nobody knows is told");
    assert_eq!(tell("answered", "another-key").await.0, 401);
}
