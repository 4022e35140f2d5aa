//! `cargo xtask bench assign`: how many assignments a second the split product makes durably on PostgreSQL, from the form
//! to the agent's yes, and how long a request waits for its offer at half of that.
//!
//! Agents here think no time: they accept what they are offered and answer it at once. The product, PostgreSQL, Redis
//! and these agents share one machine.

mod desk;

use std::time::Duration;

use guichet_db::{Db, DbOptions, args};
use guichet_tests::{Guichet, Kind, Topology};

const HELP: &str = "\
cargo xtask bench assign [--backlog N] [--seconds N] [--json]
  --backlog N   requests that wait before anybody works (default 2000)
  --seconds N   length of the measure at half of saturation (default 20)
  --json        one JSON object for programs
Example: cargo xtask bench assign --backlog 5000 --json";

/// Clients who fill the backlog, and who submit until nothing more goes through.
const CLIENTS: usize = 16;

struct Arguments {
    backlog: u64,
    seconds: u64,
    json: bool,
}

#[derive(serde::Serialize)]
struct Report {
    /// Assignments a second while a backlog is worked off: routing, its database, and answers.
    backlog_per_second: f64,
    /// Assignments a second while requests come in as fast as they are taken: the whole product.
    saturation_per_second: f64,
    /// Requests a second of the last measure.
    half_per_second: f64,
    /// From received by intake to offered by routing.
    offered: u64,
    offer_p50_ms: i64,
    offer_p99_ms: i64,
    offer_max_ms: i64,
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
    println!("backlog worked off:      {:>6.0} assignments/s", report.backlog_per_second);
    println!("form to yes, saturated:  {:>6.0} assignments/s", report.saturation_per_second);
    println!(
        "at {:.0} requests/s: arrival to offer p50 {} ms, p99 {} ms, max {} ms ({} offers)",
        report.half_per_second, report.offer_p50_ms, report.offer_p99_ms, report.offer_max_ms, report.offered
    );
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut parsed = Arguments { backlog: 2_000, seconds: 20, json: false };
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().and_then(|value| value.parse::<u64>().ok()).ok_or("a number is missing");
        match argument.as_str() {
            "--backlog" => parsed.backlog = number()?,
            "--seconds" => parsed.seconds = number()?,
            "--json" => parsed.json = true,
            other => return Err(format!("`{other}` is not an option")),
        }
    }
    Ok(parsed)
}

async fn measure(arguments: &Arguments) -> Report {
    let guichet = Guichet::start_with(Kind::Split, &["storage.connections=20"]).await;
    let Topology::Split { database, .. } = &guichet.topology else { unreachable!("started split") };
    let routing = Db::open(&DbOptions::new(database.clone(), "routing")).await.expect("the product's database opens");
    let agents = desk::Agents::sign_in(&guichet.url).await;

    eprintln!("{} requests come in while nobody is there…", arguments.backlog);
    agents.are("away").await;
    desk::submit_many(&guichet.url, CLIENTS, arguments.backlog).await;
    desk::settle(&routing, arguments.backlog).await;
    eprintln!("they are worked off…");
    let backlog_per_second = agents.work_off(&routing, arguments.backlog).await;

    eprintln!("requests come in as fast as they are taken…");
    let saturation = agents.work_while(desk::submit_for(&guichet.url, CLIENTS, arguments.seconds)).await;
    let saturation_per_second = saturation.rate();

    eprintln!("what they left is worked off…");
    agents.work_off(&routing, 0).await;

    let half_per_second = saturation_per_second / 2.0;
    eprintln!("{half_per_second:.0} requests come in a second…");
    let since = latest(&routing).await;
    let pace = Duration::from_secs_f64(1.0 / half_per_second);
    agents.work_while(desk::submit_at(&guichet.url, pace, arguments.seconds)).await;
    agents.work_off(&routing, 0).await;
    let mut waits = offer_waits(&routing, since).await;
    waits.sort_unstable();
    let quantile = |percent: usize| waits[(waits.len() * percent / 100).min(waits.len() - 1)];
    Report {
        backlog_per_second,
        saturation_per_second,
        half_per_second,
        offered: waits.len() as u64,
        offer_p50_ms: quantile(50),
        offer_p99_ms: quantile(99),
        offer_max_ms: quantile(100),
    }
}

/// Returns when the latest request of the previous measures was received, in Unix milliseconds.
async fn latest(routing: &Db) -> i64 {
    let row = routing.fetch_optional("SELECT MAX(received_at) AS at FROM works", args![]).await;
    row.expect("the database answers").expect("one row").get("at").expect("an instant")
}

/// Returns how long each request received since then waited for its first offer, in milliseconds.
async fn offer_waits(routing: &Db, since: i64) -> Vec<i64> {
    let sql = "SELECT w.received_at, MIN(o.offered_at) AS offered_at FROM works w
        JOIN offers o ON o.request_id = w.request_id WHERE w.received_at > $1 GROUP BY w.request_id, w.received_at";
    let rows = routing.fetch_all(sql, args![since]).await.expect("the database answers");
    let wait = |row: &guichet_db::Row| {
        let at = |column| row.get::<i64>(column).expect("an instant");
        at("offered_at") - at("received_at")
    };
    rows.iter().map(wait).collect()
}
