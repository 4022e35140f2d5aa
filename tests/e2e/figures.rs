//! What the operator reads of a product that works.

use guichet_testkit::wait_until;
use guichet_tests::{Guichet, Kind, PATIENCE};
use serde_json::json;

/// More requests than the agents of a department can hold at a time.
const MORE_THAN_CAN_BE_HELD: usize = 60;

#[tokio::test]
async fn the_figures_say_who_tells_how_many_wait_and_how_calls_end() {
    let g = Guichet::start(Kind::AllInOne).await;
    for number in 0..MORE_THAN_CAN_BE_HELD {
        let body = json!({
            "authority": "valorme", "procedure": "acte", "subject": format!("Acte {number}"), "body": "Une demande.",
            "requester": {"name": "Awa", "email": format!("awa{number}@citoyen.example")},
        });
        g.post("/requests", &body).await;
    }
    let metrics = async || {
        let answer = g.http().get(format!("{}/metrics", g.url)).send().await.expect("figures are told");
        answer.text().await.expect("as text")
    };
    let waiting = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name) && line.contains(r#"authority="valorme""#));
        line.and_then(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).unwrap_or(0)
    };
    wait_until(PATIENCE, async || waiting(&metrics().await, "guichet_routing_queue_entries{") > 0).await;
    let text = metrics().await;
    let target = text.lines().find(|line| line.starts_with("target_info{")).expect("who tells");
    assert!(target.contains(r#"service_name="guichet""#) && target.contains("service_version="), "{target}");
    for told in [
        r#"rpc_method="guichet.intake.v1.Intake/SubmitRequest""#,
        r#"guichet_bus_outbox_events{"#,
        r#"guichet_bus_lease_changes_total{"#,
        r#"guichet_routing_queue_oldest_seconds{"#,
    ] {
        assert!(text.contains(told), "{told} is missing in\n{text}");
    }
    for person in ["awa", "Awa", "citoyen.example"] {
        assert!(!text.contains(person), "figures name nobody");
    }
}
