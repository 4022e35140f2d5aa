//! `cargo xtask bench optimum`: how far above a lower bound of the optimum the engine and three usual ways of dispatching
//! are, on 200 small desks. `tests/bench/optimum.py` made the desks and solved the bounds, once.
//!
//! The bound knows the future and may cut contacts in parts, so that part of each distance is nobody's to win.

use guichet_routing::domain::engine::Policy;
use guichet_routing::domain::simulate::instance::Instance;
use guichet_routing::domain::simulate::{Baseline, Dispatcher, Eligibility, RealEngine, Rule, run};

const HELP: &str = "\
cargo xtask bench optimum [--json]
  --json  one JSON object for programs
Example: cargo xtask bench optimum";
const DESKS: &str = include_str!("../../../bench/optimum.json");

/// Distances above the bound, in percent of it.
#[derive(serde::Serialize)]
struct Row {
    way: &'static str,
    /// Of the cost of all desks together.
    overall: f64,
    median: f64,
    p90: f64,
    /// Desks on which no other way costs less.
    best_on: usize,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let json = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => false,
        ["--json"] => true,
        _ => {
            eprintln!("{HELP}");
            std::process::exit(2);
        }
    };
    let desks: Vec<Instance> = serde_json::from_str(DESKS).expect("the desks are in order");
    let rows = measure(&desks);
    if json {
        println!("{}", serde_json::to_string(&rows).expect("plain data"));
        return;
    }
    println!("{} desks, % above the bound", desks.len());
    println!("{:<16} {:>8} {:>8} {:>8} {:>8}", "", "overall", "median", "p90", "best on");
    for Row { way, overall, median, p90, best_on } in &rows {
        println!("{way:<16} {overall:>8.1} {median:>8.1} {p90:>8.1} {best_on:>8}");
    }
}

fn measure(desks: &[Instance]) -> Vec<Row> {
    let ways: Vec<Option<Rule>> = std::iter::once(None).chain(Rule::ALL.map(Some)).collect();
    let costs: Vec<Vec<f64>> = desks.iter().map(|desk| ways.iter().map(|way| cost(desk, *way)).collect()).collect();
    let bounds: f64 = desks.iter().map(|desk| desk.bound).sum();
    let row = |(place, way): (usize, &Option<Rule>)| {
        let mut above: Vec<f64> =
            desks.iter().zip(&costs).map(|(desk, costs)| (costs[place] / desk.bound - 1.0) * 100.0).collect();
        above.sort_by(f64::total_cmp);
        let least = |costs: &&Vec<f64>| costs.iter().all(|other| costs[place] <= *other + 1e-12);
        Row {
            way: way.map_or("engine", Rule::name),
            overall: (costs.iter().map(|costs| costs[place]).sum::<f64>() / bounds - 1.0) * 100.0,
            median: above[above.len() / 2],
            p90: above[above.len() * 9 / 10],
            best_on: costs.iter().filter(least).count(),
        }
    };
    ways.iter().enumerate().map(row).collect()
}

fn cost(desk: &Instance, way: Option<Rule>) -> f64 {
    let scenario = desk.scenario();
    let eligibility = Eligibility::of(&scenario);
    let mut dispatcher: Box<dyn Dispatcher> = match way {
        None => Box::new(RealEngine::new(&scenario, Policy::default())),
        Some(rule) => Box::new(Baseline::new(&scenario, &eligibility, rule, Policy::default())),
    };
    desk.cost(&run(&scenario, &eligibility, dispatcher.as_mut()))
}
