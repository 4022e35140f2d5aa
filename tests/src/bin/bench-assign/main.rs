//! `cargo xtask bench assign`: how many requests a second the split product takes in and assigns durably on PostgreSQL, from
//! the form to the agent's yes, and how long a request waits for its offer at half of that; with one process of routing and
//! of intake, or several.
//!
//! Agents here think no time: they accept what they are offered and answer it at once. The product, PostgreSQL, Redis
//! and these agents share one machine, so that more processes have more to do it with only where it has more processors.

mod desk;

use std::collections::BTreeMap;
use std::time::Duration;

use guichet_db::{Db, DbOptions, args};
use guichet_tests::{Guichet, Plan, Topology, machine, resident_mb};

const HELP: &str = "\
cargo xtask bench assign [--processes N,N…] [--backlog N] [--seconds N] [--json]
  --processes N,N…  processes of routing and of intake, one measure each (default 1,2,4)
  --backlog N       requests that wait before anybody works (default 1000)
  --seconds N       length of the measure at half of saturation (default 20)
  --json            one JSON object for programs
Example: cargo xtask bench assign --processes 1,4 --backlog 5000 --json";

/// Clients who fill the backlog, and who submit until nothing more goes through.
const CLIENTS: usize = 16;
/// Connections to the database of all processes of a target together, as far as each has four: PostgreSQL has a hundred.
const CONNECTIONS: u8 = 20;
/// How long a product that has just started is left alone before its memory is read.
const IDLE: Duration = Duration::from_secs(10);

struct Arguments {
    processes: Vec<u8>,
    backlog: u64,
    seconds: u64,
    json: bool,
}

#[derive(serde::Serialize)]
struct Report {
    machine: String,
    rows: Vec<Row>,
}

/// What was measured with so many processes of routing and of intake.
#[derive(serde::Serialize)]
struct Row {
    processes: u8,
    /// Memory of each process while nobody asks anything, in millions of octets.
    idle_mb: BTreeMap<String, f64>,
    /// Requests acknowledged a second while nobody works, and how long an acknowledgement took.
    intake_per_second: f64,
    intake_p50_ms: u128,
    intake_p99_ms: u128,
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
    println!("{}", report.machine);
    println!("processes  intake/s  p50 ms  p99 ms  backlog/s  form to yes/s  at half/s  offer p50 ms  p99 ms  max ms");
    for row in &report.rows {
        println!(
            "{:>9} {:>9.0} {:>7} {:>7} {:>10.0} {:>14.0} {:>10.1} {:>13} {:>7} {:>7}",
            row.processes,
            row.intake_per_second,
            row.intake_p50_ms,
            row.intake_p99_ms,
            row.backlog_per_second,
            row.saturation_per_second,
            row.half_per_second,
            row.offer_p50_ms,
            row.offer_p99_ms,
            row.offer_max_ms
        );
    }
    if let Some(row) = report.rows.first() {
        let held: Vec<String> = row.idle_mb.iter().map(|(name, mb)| format!("{name} {mb:.0}")).collect();
        println!("idle, MB: {}", held.join(", "));
    }
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut parsed = Arguments { processes: vec![1, 2, 4], backlog: 1_000, seconds: 20, json: false };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or("a number is missing");
        let mut number = || value()?.parse::<u64>().map_err(|_| "that is not a number");
        match argument.as_str() {
            "--processes" => {
                let text = value()?;
                let counts = text.split(',').map(|count| count.parse().ok().filter(|count| (1..=9).contains(count)));
                parsed.processes = counts.collect::<Option<_>>().ok_or("--processes takes numbers from 1 to 9")?;
            }
            "--backlog" => parsed.backlog = number()?,
            "--seconds" => parsed.seconds = number()?,
            "--json" => parsed.json = true,
            other => return Err(format!("`{other}` is not an option")),
        }
    }
    Ok(parsed)
}

async fn measure(arguments: &Arguments) -> Report {
    let mut rows = Vec::new();
    for &processes in &arguments.processes {
        eprintln!("with {processes} of routing and of intake:");
        rows.push(measure_with(processes, arguments).await);
    }
    Report { machine: machine(), rows }
}

async fn measure_with(processes: u8, arguments: &Arguments) -> Row {
    let connections = format!("storage.connections={}", (CONNECTIONS / processes).max(4));
    let copies = [("routing", processes), ("intake", processes)];
    let plan = Plan { settings: &[&connections], copies: &copies, ..Plan::default() };
    let guichet = Guichet::start_split(plan).await;
    tokio::time::sleep(IDLE).await;
    let ids = guichet.processes.iter().filter_map(|(name, process)| Some((name.clone(), process.id()?)));
    let idle_mb = ids.map(|(name, id)| (name, resident_mb(id))).collect();
    let Topology::Split { database, .. } = &guichet.topology else { unreachable!("started split") };
    let routing = Db::open(&DbOptions::new(database.clone(), "routing")).await.expect("the product's database opens");
    let agents = desk::Agents::sign_in(&guichet.url).await;

    eprintln!("{} requests come in while nobody is there…", arguments.backlog);
    agents.are("away").await;
    let taken = desk::submit_many(&guichet.url, CLIENTS, arguments.backlog).await;
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
    Row {
        processes,
        idle_mb,
        intake_per_second: taken.rate(),
        intake_p50_ms: taken.percentile(50).as_millis(),
        intake_p99_ms: taken.percentile(99).as_millis(),
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
