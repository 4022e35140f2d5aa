//! `cargo xtask bench engine`: decisions a second of the routing engine on one core, and how the time of one decision
//! grows with the queue. Pure: no database, no network.
//!
//! One turn of the measure is what a desk does: an agent is done, is offered the next request, accepts it, and another
//! request arrives. The two that decide (done, arrived) each leave a whole record; only the engine's own time counts.

mod town;

use std::time::{Duration, Instant};

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, ServiceRequestId};
use guichet_core::work::PresenceState;
use guichet_routing::domain::engine::{Decision, Engine, Input, Policy, Snapshot};

use town::Requests;

const HELP: &str = "\
cargo xtask bench engine [--waiting N] [--agents N] [--turns N] [--json]
  --waiting N  requests that wait in the largest measure (default 1000000)
  --agents N   agents, all at work, each holding one request (default 10000)
  --turns N    turns measured at each size (default 200000)
  --json       one JSON object for programs
Example: cargo xtask bench engine --json";

/// Sizes of the growth table, as shares of the largest.
const SHARES: [usize; 3] = [100, 10, 1];
/// The agents have had their share of the backlog, and colleagues have come.
const MORNING_MS: i64 = 3_600_000;

struct Arguments {
    waiting: usize,
    agents: usize,
    turns: usize,
    json: bool,
}

/// What was measured with so many requests waiting.
#[derive(serde::Serialize)]
struct Row {
    waiting: usize,
    decisions_per_second: f64,
    p50_us: f64,
    p99_us: f64,
    p999_us: f64,
    /// Loading the queue, a request.
    load_us: f64,
    resident_mb: f64,
}

#[derive(serde::Serialize)]
struct Report {
    machine: String,
    agents: usize,
    profiles: usize,
    buckets: usize,
    /// Of the largest queue.
    decisions_per_second: f64,
    p99_us: f64,
    resident_mb: f64,
    rows: Vec<Row>,
}

fn main() {
    let arguments = match parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(message) => {
            eprintln!("{message}\n{HELP}");
            std::process::exit(2);
        }
    };
    let rows: Vec<Row> = SHARES.iter().map(|share| measure(arguments.waiting / share, &arguments)).collect();
    let Some(last) = rows.last() else { return };
    let report = Report {
        machine: guichet_tests::machine(),
        agents: arguments.agents,
        profiles: town::PROFILES,
        buckets: town::BUCKETS,
        decisions_per_second: last.decisions_per_second,
        p99_us: last.p99_us,
        resident_mb: last.resident_mb,
        rows,
    };
    if arguments.json {
        println!("{}", serde_json::to_string(&report).expect("plain data"));
        return;
    }
    println!("machine: {} (one core used)", report.machine);
    println!("{} agents in {} profiles, {} buckets", report.agents, report.profiles, report.buckets);
    println!("  waiting  decisions/s   p50 us   p99 us  p99.9 us   load us   resident MB");
    for row in &report.rows {
        println!(
            "{:>9} {:>12.0} {:>8.2} {:>8.2} {:>9.2} {:>9.2} {:>13.0}",
            row.waiting, row.decisions_per_second, row.p50_us, row.p99_us, row.p999_us, row.load_us, row.resident_mb
        );
    }
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut parsed = Arguments { waiting: 1_000_000, agents: 10_000, turns: 200_000, json: false };
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().and_then(|value| value.parse::<usize>().ok()).ok_or("a number is missing");
        match argument.as_str() {
            "--waiting" => parsed.waiting = number()?,
            "--agents" => parsed.agents = number()?,
            "--turns" => parsed.turns = number()?,
            "--json" => parsed.json = true,
            other => return Err(format!("`{other}` is not an option")),
        }
    }
    if parsed.waiting / SHARES[0] < parsed.agents {
        return Err(format!("let at least {} requests wait for an agent each", SHARES[0]));
    }
    if parsed.agents < town::PROFILES || parsed.turns == 0 {
        return Err(format!("give at least {} agents, and at least one turn", town::PROFILES));
    }
    Ok(parsed)
}

/// A request on an agent's desk.
struct Held {
    request_id: ServiceRequestId,
    version: i64,
    agent_id: AgentId,
}

fn measure(waiting: usize, arguments: &Arguments) -> Row {
    let mut requests = Requests::new(20_261_126);
    let mut now = Timestamp::from_millis(1_795_000_000_000);
    let start = Instant::now();
    let snapshot = Snapshot { waiting: (0..waiting).map(|_| requests.next(now)).collect(), ..Snapshot::default() };
    let generated = start.elapsed();
    let start = Instant::now();
    let mut engine = Engine::new(Policy::default(), town::roster(arguments.agents), snapshot);
    let load_us = start.elapsed().as_secs_f64() * 1e6 / waiting as f64;
    eprintln!(
        "{waiting} requests made in {:.1} s, loaded in {:.1} s",
        generated.as_secs_f64(),
        load_us * waiting as f64 / 1e6
    );
    let mut desk = Vec::new();
    for agent_id in town::agents(arguments.agents) {
        let available = Input::PresenceChanged { agent_id, state: PresenceState::Available, serial: 1 };
        desk.extend(held(&engine.apply(now, available)));
    }
    now = now.plus_millis(MORNING_MS);
    engine.apply(now, Input::Tick);
    let mut times = Vec::with_capacity(2 * arguments.turns);
    for turn in 0..arguments.turns {
        now = now.plus_millis(1);
        let place = requests.below(desk.len());
        let done = desk.swap_remove(place);
        let freed = Input::Freed { request_id: done.request_id, version: done.version + 2 };
        let offered = timed(&mut times, || engine.apply(now, freed));
        for offer in held(&offered) {
            let (request_id, version, agent_id) = (offer.request_id, offer.version + 1, offer.agent_id);
            engine.apply(now, Input::Held { request_id, version, agent_id, weight: 1 });
            desk.push(offer);
        }
        let arrived = Input::Arrived(requests.next(now));
        desk.extend(held(&timed(&mut times, || engine.apply(now, arrived))));
        assert!(!desk.is_empty(), "turn {turn} left nobody at work");
    }
    assert_eq!(engine.audit().len(), 0, "a free agent stands beside work they could do");
    let total: Duration = times.iter().sum();
    let decisions_per_second = times.len() as f64 / total.as_secs_f64();
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e6;
    let (p50_us, p99_us, p999_us) = (at(0.5), at(0.99), at(0.999));
    Row {
        waiting: engine.waiting(),
        decisions_per_second,
        p50_us,
        p99_us,
        p999_us,
        load_us,
        resident_mb: guichet_tests::resident_mb(std::process::id()),
    }
}

fn timed<T>(times: &mut Vec<Duration>, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let done = work();
    times.push(start.elapsed());
    done
}

fn held(decisions: &[Decision]) -> Vec<Held> {
    let offers = decisions.iter().filter_map(|decision| match *decision {
        Decision::Offer { request_id, version, agent_id, .. } => {
            Some(Held { request_id, version: version + 1, agent_id })
        }
        _ => None,
    });
    offers.collect()
}
