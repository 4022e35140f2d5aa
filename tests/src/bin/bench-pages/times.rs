//! Visits of a page, one after the other, and how long each took from the first octet asked to the last received.

use std::time::Instant;

use guichet_tests::{Agent, Guichet};

/// Visits that only warm the caches.
const WARM_UP: usize = 20;
/// Requests whose page is opened by turns.
const REQUESTS: usize = 50;

/// One page with so many requests stored.
#[derive(Clone, serde::Serialize)]
pub(crate) struct Row {
    pub(crate) topology: &'static str,
    pub(crate) page: &'static str,
    pub(crate) requests: usize,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    /// Against the same page with few requests; 1 for that one.
    pub(crate) p50_ratio: f64,
    pub(crate) p99_ratio: f64,
}

/// Returns the references of the latest requests of the town.
pub(crate) async fn references(guichet: &Guichet) -> Vec<String> {
    let found = guichet.get(&format!("/requests?authority=valorme&limit={REQUESTS}")).await;
    let items = found["items"].as_array().into_iter().flatten();
    items.filter_map(|item| item["reference"].as_str()).map(str::to_owned).collect()
}

/// Measures the three pages; `before` holds the rows to compare with.
pub(crate) async fn measure(
    guichet: &Guichet,
    topology: &'static str,
    requests: usize,
    samples: usize,
    before: &[Row],
) -> Vec<Row> {
    let (aline, leon) = (guichet.agent("aline.encre").await, guichet.agent("leon.virgule").await);
    let requests_pages: Vec<String> =
        references(guichet).await.into_iter().map(|reference| format!("/agent/demandes/{reference}")).collect();
    let pages: [(&'static str, &Agent, Vec<String>); 3] = [
        ("request", &aline, requests_pages),
        ("desk", &aline, vec!["/agent".to_owned()]),
        ("pilotage", &leon, vec!["/pilotage".to_owned()]),
    ];
    let mut rows = Vec::new();
    for (page, agent, paths) in pages {
        let mut times = Vec::new();
        for visit in 0..WARM_UP + samples {
            let took = visit_ms(agent, &paths[visit % paths.len()]).await;
            if visit >= WARM_UP {
                times.push(took);
            }
        }
        times.sort_by(f64::total_cmp);
        let (p50_ms, p99_ms) = (quantile(&times, 50), quantile(&times, 99));
        let few = before.iter().find(|row| row.page == page);
        let ratio = |now: f64, then: Option<f64>| then.map_or(1.0, |then| now / then);
        let p50_ratio = ratio(p50_ms, few.map(|row| row.p50_ms));
        let p99_ratio = ratio(p99_ms, few.map(|row| row.p99_ms));
        eprintln!("{topology}, {requests} requests, {page}: p50 {p50_ms:.1} ms, p99 {p99_ms:.1} ms");
        rows.push(Row { topology, page, requests, p50_ms, p99_ms, p50_ratio, p99_ratio });
    }
    rows
}

async fn visit_ms(agent: &Agent, path: &str) -> f64 {
    let started = Instant::now();
    let answer = agent.page(path).header("accept-encoding", "gzip").send().await.expect("the gateway answers");
    assert!(answer.status().is_success(), "{path} answered {}", answer.status());
    answer.bytes().await.expect("a body");
    started.elapsed().as_secs_f64() * 1_000.0
}

/// Returns the value below which so many of a hundred sorted ones are.
fn quantile(sorted: &[f64], percent: usize) -> f64 {
    sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)]
}
