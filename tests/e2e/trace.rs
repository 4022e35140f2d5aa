//! One trace follows a request through HTTP, gRPC, the outbox and the stream.

use guichet_db::{Db, DbOptions, args};
use guichet_tests::{Guichet, Kind, PATIENCE, Topology};
use serde_json::json;

/// A trace somebody else began.
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

#[tokio::test]
async fn a_trace_goes_from_the_form_to_the_events_of_routing_in_one_process() {
    follow(Kind::AllInOne).await;
}

#[tokio::test]
async fn a_trace_goes_from_the_form_to_the_events_of_routing_across_processes() {
    follow(Kind::Split).await;
}

async fn follow(kind: Kind) {
    // No collector listens there: what counts is what travels.
    let otlp = format!("telemetry.otlp=http://127.0.0.1:{}", guichet_testkit::free_port());
    let g = Guichet::start_with(kind, &[&otlp]).await;
    let body = json!({
        "authority": "valorme", "procedure": "voirie", "subject": "Nid-de-poule", "body": "Devant le 4.",
        "requester": {"name": "Léo Marchand", "email": "leo@citoyen.example"},
    });
    let request = g.http().post(format!("{}/api/v1/requests", g.url)).json(&body);
    let answer =
        request.header("traceparent", format!("00-{TRACE}-b7ad6b7169203331-01")).send().await.expect("answers");
    assert_eq!(answer.status().as_u16(), 201);
    for (schema, event) in [("intake", "request.received"), ("routing", "request.registered")] {
        let found = guichet_testkit::wait_for(PATIENCE, || traceparent(&g, schema, event)).await;
        assert!(found.contains(TRACE), "{event} carries {found}");
    }
}

/// Returns the trace context of an event in a service's outbox.
async fn traceparent(g: &Guichet, schema: &'static str, event: &str) -> Option<String> {
    let url = match &g.topology {
        Topology::AllInOne => format!("sqlite:{}", g.data_dir().display()),
        Topology::Split { database, .. } => database.clone(),
    };
    let db = Db::open(&DbOptions::new(url, schema)).await.expect("the database opens");
    let sql = "SELECT traceparent FROM outbox WHERE name = $1 AND traceparent IS NOT NULL";
    let row = db.fetch_optional(sql, args![event]).await.expect("reads")?;
    row.get("traceparent").expect("a text")
}
