//! One trace follows what a usager asked from the mail to the SMS, and tells nobody who they are.

use std::collections::{BTreeMap, BTreeSet};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use guichet_testkit::{wait_for, wait_until};
use guichet_tests::mail::{File, Outgoing, text_messages};
use guichet_tests::{Collector, Exported, Guichet, Kind, PATIENCE};
use serde_json::json;

use crate::{only_request, text};

/// Words of a usager that no log, figure or trace may ever hold.
const CANARIES: [&str; 9] = [
    "Lavandin",
    "odette.lavandin",
    "citoyen-canari",
    "639980077",
    "rue du Lavoir",
    "couvercle violet",
    "poubelle turquoise",
    "facture-canari",
    "bac indigo",
];

#[tokio::test]
async fn a_trace_goes_from_the_mail_to_the_sms_in_one_process() {
    from_mail_to_sms(Kind::AllInOne).await;
}

#[tokio::test]
async fn a_trace_goes_from_the_mail_to_the_sms_across_processes() {
    from_mail_to_sms(Kind::Split).await;
}

async fn from_mail_to_sms(kind: Kind) {
    let collector = Collector::start().await;
    let otlp = format!("telemetry.otlp={}", collector.url);
    // What is logged when an operator looks closely is looked at too.
    let log = "telemetry.log=info,guichet_intake=trace,guichet_routing=trace,guichet_notification=trace,\
        guichet_gateway=trace,guichet_rpc=trace,guichet_bus=trace,guichet_db=trace,lettre=trace";
    let g = Guichet::start_with(kind, &[&otlp, log]).await;
    let aline = g.agent("aline.encre").await;
    let call = json!({
        "authority": "valorme",
        "channel": "phone",
        "requester": {
            "name": "Odette Lavandin",
            "phone": "06 39 98 00 77",
            "email": "odette.lavandin@citoyen-canari.example",
            "postal_address": "3 rue du Lavoir, 00400 Valorme",
        },
        "started_at": "2026-11-23T09:00:00Z",
        "subject": "Un couvercle violet",
        "body": "Sa poubelle turquoise est cassée.",
        "procedure": "question",
    });
    let called = aline.post("/calls", &call).await;
    let first = text(&called, "id").to_owned();
    wait_until(PATIENCE, async || !text_messages(&g).is_empty()).await;
    aline.put(&format!("/requests/{first}/preference"), &json!({"medium": "sms"})).await;
    let mut mail = Outgoing::new(
        &g,
        "Odette Lavandin <odette.lavandin@citoyen-canari.example>",
        "Encore la poubelle turquoise",
        "Son couvercle violet est cassé lui aussi.",
    );
    mail.attachments.push(File {
        name: "facture-canari.txt".to_owned(),
        media_type: "text/plain".to_owned(),
        data: BASE64_STANDARD.encode("bac indigo"),
    });
    mail.send().await.expect("the desk takes it");
    let request = only_request(&g, "Encore la poubelle").await;
    let reference = text(&request, "reference");
    wait_until(PATIENCE, async || text_messages(&g).iter().any(|sms| sms.to_string().contains(reference))).await;

    let path = wait_for(PATIENCE, || async { path_to(&collector.spans(), "receive mail", "send notice") }).await;
    let names: Vec<&str> = path.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(
        names,
        ["receive mail", "process request.received", "process request.registered", "send notice"],
        "from the mail to the SMS: {path:#?}"
    );
    let last = path.last().expect("four spans");
    assert!(last.text.contains("sms"), "it left by SMS: {last:?}");
    let services: BTreeSet<&str> = path.iter().map(|span| span.service.as_str()).collect();
    let expected = match kind {
        Kind::AllInOne => BTreeSet::from(["guichet"]),
        Kind::Split => BTreeSet::from(["guichet-intake", "guichet-routing", "guichet-notification"]),
    };
    assert_eq!(services, expected);

    let spans: String = collector.spans().iter().map(|span| span.text.as_str()).collect();
    for (place, told) in [("a trace", spans), ("a log", g.whole_logs()), ("a figure", g.metrics().await)] {
        assert!(!told.is_empty(), "{place} tells something");
        for canary in CANARIES {
            let found = told.lines().find(|line| line.to_lowercase().contains(&canary.to_lowercase()));
            assert_eq!(found, None, "« {canary} » stands in {place}");
        }
    }
}

#[tokio::test]
async fn a_bucket_of_durations_names_a_trace_that_was_exported() {
    let collector = Collector::start().await;
    let g = Guichet::start_with(Kind::AllInOne, &[&format!("telemetry.otlp={}", collector.url)]).await;
    g.get("/requests").await;
    let ask =
        || g.http().get(format!("{}/metrics", g.url)).header("accept", "application/openmetrics-text; version=1.0.0");
    let answer = ask().send().await.expect("figures are told");
    assert_eq!(answer.headers()["content-type"], "application/openmetrics-text; version=1.0.0; charset=utf-8");
    let told = answer.text().await.expect("text");
    assert!(told.ends_with("# EOF\n"), "{told}");
    for metric in ["guichet_gateway_request_duration_seconds_bucket{", "rpc_server_call_duration_seconds_bucket{"] {
        let of_metric = told.lines().filter(|line| line.starts_with(metric));
        let named = of_metric.filter_map(|line| line.split_once("# {trace_id=\"")?.1.split_once('"'));
        let traces: BTreeSet<&str> = named.map(|(trace, _)| trace).collect();
        assert!(!traces.is_empty(), "{metric} names no trace: {told}");
        let exported = async || collector.spans().iter().any(|span| traces.contains(span.trace.as_str()));
        wait_until(PATIENCE, exported).await;
    }
}

/// Returns the spans from the one named `head` down to one named `end`, each the parent of the next.
fn path_to(spans: &[Exported], head: &str, end: &str) -> Option<Vec<Exported>> {
    let by_id: BTreeMap<&str, &Exported> = spans.iter().map(|span| (span.id.as_str(), span)).collect();
    let up = |span: &Exported| by_id.get(span.parent.as_str()).filter(|parent| parent.trace == span.trace).copied();
    spans.iter().filter(|span| span.name == end).find_map(|last| {
        let mut path: Vec<Exported> = std::iter::successors(Some(last), |span| up(span)).cloned().collect();
        path.reverse();
        (path.first()?.name == head).then_some(path)
    })
}
