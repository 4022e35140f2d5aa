//! `cargo xtask bench pages`: how long the gateway takes for the pages an agent opens all day, with few and with many
//! requests stored, in both topologies; how soon an e-mail shows on an open desk; and what a first visit of each page
//! transfers.
//!
//! Absolute figures belong to the machine they name; the ratio between many and few travels.

mod arrival;
mod times;

use std::time::Duration;

use guichet_demo::Doors;
use guichet_tests::weight::{self, Weight};
use guichet_tests::{Guichet, Kind};

use arrival::Arrival;
use times::Row;

const HELP: &str = "\
cargo xtask bench pages [--requests N] [--samples N] [--json]
  --requests N  requests stored for the second measure (default 10000)
  --samples N   visits of each page and measure (default 300)
  --json        one JSON object for programs
Example: cargo xtask bench pages --requests 10000 --json";

/// Requests stored for the first measure.
const FEW: usize = 100;
/// How long the services may take to hear of everything stored.
const SETTLE: Duration = Duration::from_secs(900);

struct Arguments {
    requests: usize,
    samples: usize,
    json: bool,
}

/// What was measured.
#[derive(serde::Serialize)]
struct Report {
    machine: String,
    rows: Vec<Row>,
    weights: Vec<Weight>,
    arrivals: Vec<Arrival>,
}

fn main() {
    let arguments = match parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(message) => {
            eprintln!("{message}\n{HELP}");
            std::process::exit(2);
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let report = runtime.block_on(measure(&arguments));
    if arguments.json {
        println!("{}", serde_json::to_string(&report).expect("plain data"));
        return;
    }
    println!("machine: {}", report.machine);
    println!("topology     page       requests   p50 ms   p99 ms   against {FEW}: p50    p99");
    for row in &report.rows {
        println!(
            "{:<12} {:<10} {:>8} {:>8.1} {:>8.1} {:>16.2} {:>6.2}",
            row.topology, row.page, row.requests, row.p50_ms, row.p99_ms, row.p50_ratio, row.p99_ratio
        );
    }
    println!();
    for arrival in &report.arrivals {
        println!("{arrival}");
    }
    println!("\nfirst visit, gzipped: page, files it asks for, both");
    for weight in &report.weights {
        let page = weight.page.split('?').next().unwrap_or_default();
        println!("{page:<32} {:>7} {:>7} {:>7}", weight.html_bytes, weight.asset_bytes, weight.total_bytes);
    }
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut parsed = Arguments { requests: 10_000, samples: 300, json: false };
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().and_then(|value| value.parse::<usize>().ok()).ok_or("a number is missing");
        match argument.as_str() {
            "--requests" => parsed.requests = number()?,
            "--samples" => parsed.samples = number()?,
            "--json" => parsed.json = true,
            other => return Err(format!("`{other}` is not an option")),
        }
    }
    if parsed.requests <= FEW || parsed.samples == 0 {
        return Err(format!("give more than {FEW} requests, and at least one sample"));
    }
    Ok(parsed)
}

async fn measure(arguments: &Arguments) -> Report {
    let mut report =
        Report { machine: guichet_tests::machine(), rows: Vec::new(), weights: Vec::new(), arrivals: Vec::new() };
    for (kind, topology) in [(Kind::AllInOne, "one process"), (Kind::Split, "split")] {
        let guichet = Guichet::start(kind).await;
        let doors = Doors::open(&guichet.url, &format!("127.0.0.1:{}", guichet.smtp_port)).await;
        let doors = doors.expect("the product has started its demo");
        report.arrivals.push(arrival::measure(&guichet, topology).await);
        fill(&guichet, &doors, FEW, 1).await;
        let few = times::measure(&guichet, topology, FEW, arguments.samples, &[]).await;
        fill(&guichet, &doors, arguments.requests - FEW, 2).await;
        let many = times::measure(&guichet, topology, arguments.requests, arguments.samples, &few).await;
        report.rows.extend(few.into_iter().chain(many));
        if kind == Kind::AllInOne {
            let reference = times::references(&guichet).await.swap_remove(0);
            report.weights = weight::of_all_pages(&guichet, &guichet.agent("leon.virgule").await, &reference).await;
        }
    }
    report
}

/// Stores requests and waits until every service has heard of them.
async fn fill(guichet: &Guichet, doors: &Doors, count: usize, seed: u64) {
    let filled = guichet_demo::fill(doors, count, seed, |_| ()).await.expect("the doors are open");
    eprintln!("{count} requests stored in {:.1} s", filled.seconds);
    guichet_testkit::wait_until(SETTLE, || async {
        let status = guichet.get("/status").await;
        let lag = status.pointer("/outbox/lag").and_then(serde_json::Value::as_u64);
        let waits = status.pointer("/deliveries/queued").and_then(serde_json::Value::as_u64);
        (lag, waits) == (Some(0), Some(0))
    })
    .await;
}
