//! A day of traffic, decided again by `guichet replay` (the same decisions, whichever way the product runs) and played again
//! by `guichet simulate --day`.

use guichet_tests::{Guichet, Kind, PATIENCE};
use serde_json::{Value, json};

use crate::text;

/// Decisions a short day leaves at least.
const DECISIONS_MIN: u64 = 20;

/// Ten minutes of a desk in a few seconds: mails, forms, calls and visits, robots that accept and hand over.
async fn traffic(g: &Guichet, seed: &str) {
    let (url, smtp) = (g.url.clone(), format!("127.0.0.1:{}", g.smtp_port));
    let arguments = ["demo", "traffic", "--rate", "120", "--minutes", "0.15", "--robots", "--seed", seed, "--json"]
        .map(str::to_owned);
    let run = move || {
        std::process::Command::new(guichet_tests::binary())
            .args(arguments)
            .args(["--server", &url, "--smtp", &smtp])
            .output()
            .expect("the command starts")
    };
    let output = tokio::task::spawn_blocking(run).await.expect("the command ends");
    assert!(output.status.success(), "{}\n{}", String::from_utf8_lossy(&output.stderr), g.logs());
}

/// A visit that nobody answers in time, and an offer somebody passes.
async fn an_expiry_and_a_refusal(g: &Guichet) {
    let aline = g.agent("aline.encre").await;
    let visit = json!({
        "authority": "valorme", "channel": "counter", "subject": "Passeport", "body": "Renouvellement.",
        "requester": {"name": "Rémi Potager", "phone": "06 39 98 00 14"}, "procedure": "question",
        "started_at": "2026-11-23T09:00:00Z",
    });
    let id = text(&aline.post("/calls", &visit).await, "id").to_owned();
    let decisions = async || g.get(&format!("/requests/{id}/decisions")).await["items"].as_array().map_or(0, Vec::len);
    guichet_testkit::wait_until(PATIENCE, async || decisions().await > 1).await;
    for login in crate::EVERYBODY {
        let agent = g.agent(login).await;
        if let Some(offer) = agent.offers().await.first() {
            agent.try_post(&format!("/offers/{}/decline", text(offer, "id")), &json!({})).await;
            return;
        }
    }
}

async fn a_day_of_traffic_is_decided_again_bit_for_bit(mut g: Guichet) {
    an_expiry_and_a_refusal(&g).await;
    traffic(&g, "7").await;
    // The directory is published anew: the engine is loaded with it.
    let folder = guichet_testkit::temp_dir();
    let copy = folder.path().join("copie").display().to_string();
    g.command(&["directory", "export", &copy]).await;
    g.command(&["directory", "import", &copy]).await;
    let routing = g.process("routing");
    assert!(routing.terminate().await.success());
    routing.launch();
    g.wait_until_ready().await;
    traffic(&g, "8").await;
    let told: Value =
        serde_json::from_str(&g.command(&["replay", "--day", "today", "--json"]).await).expect("one JSON object");
    assert_eq!((told["mismatches"].as_u64(), told["uncovered"].as_u64()), (Some(0), Some(0)), "{told}");
    assert!(told["decisions"].as_u64().is_some_and(|compared| compared >= DECISIONS_MIN), "{told}");
    assert!(told["loads"].as_u64().is_some_and(|loads| loads >= 3), "start, directory, restart: {told}");
    let said = g.command(&["replay", "--day", text(&told, "day")]).await;
    assert!(said.contains("decisions made again") && said.contains(" 0 differ"), "{said}");
    the_day_is_played_again(&g).await;
}

/// With the people it had, and with one of them away.
async fn the_day_is_played_again(g: &Guichet) {
    let figures: Value =
        serde_json::from_str(&g.command(&["simulate", "--day", "today", "--json"]).await).expect("one JSON object");
    assert!(figures["day"]["contacts"].as_u64().is_some_and(|contacts| contacts >= 10), "{figures}");
    assert_eq!(figures["other"], Value::Null, "nothing was changed");
    let said = g.command(&["simulate", "--day", "today", "--less", "aline.encre", "--advise"]).await;
    assert!(
        said.starts_with("Journée enregistrée du ") && said.contains("Essai : Aline Encre n'est pas là."),
        "{said}"
    );
    let valorme = g.command(&["simulate", "--day", "today", "--authority", "valorme", "--policy", "fifo"]).await;
    assert!(valorme.starts_with("Journée enregistrée du "), "{valorme}");
    let refused = g.failing_command(&["simulate", "--day", "2026-01-01"]).await;
    assert!(refused.contains("Rien n'est enregistré pour ce jour. Journées enregistrées : "), "{refused}");
}

/// Who is at the counter is not left waiting: two seconds to say yes, here.
const SETTINGS: [&str; 1] = ["routing.offer_live_seconds=2"];

mod all_in_one {
    #[tokio::test]
    async fn a_day_of_traffic_is_decided_again_bit_for_bit() {
        let g = super::Guichet::start_with(super::Kind::AllInOne, &super::SETTINGS).await;
        Box::pin(super::a_day_of_traffic_is_decided_again_bit_for_bit(g)).await;
    }
}

mod split {
    #[tokio::test]
    async fn a_day_of_traffic_is_decided_again_bit_for_bit() {
        let g = super::Guichet::start_with(super::Kind::Split, &super::SETTINGS).await;
        Box::pin(super::a_day_of_traffic_is_decided_again_bit_for_bit(g)).await;
    }
}
