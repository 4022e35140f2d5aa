//! `cargo xtask bench optimum`: how far above a lower bound of the optimum the engine, three usual ways of dispatching and
//! three imitations of products are, on 200 small desks. `tests/bench/optimum.py` made the desks and solved the bounds, once.
//!
//! The bound knows the future and may cut contacts in parts, so that part of each distance is nobody's to win.

use guichet_routing::domain::engine::Policy;
use guichet_routing::domain::simulate::instance::Instance;
use guichet_routing::domain::simulate::{Eligibility, Rule, run, way as dispatcher};

const HELP: &str = "\
cargo xtask bench optimum [--json]
  --json  one JSON object for programs
Example: cargo xtask bench optimum";
/// How much more than the best imitation the engine may cost.
const MARGIN: f64 = 0.02;
const DESKS: &str = include_str!("../../../bench/optimum.json");

/// Everything that was measured.
#[derive(serde::Serialize)]
struct Measured {
    ways: Vec<Row>,
    /// Cost of all desks under the engine over that under the imitation that costs least, less one, in percent.
    engine_over_best_imitation: f64,
    /// Desks on which the engine costs over 2 % more than the imitation that costs least there.
    desks_over_margin: usize,
}

/// Distances above the bound, in percent of it.
#[derive(serde::Serialize)]
struct Row {
    way: &'static str,
    /// Of the cost of all desks together.
    overall: f64,
    /// The same, of desks with a load of 0.9 at most.
    overall_to_nine_tenths: f64,
    median: f64,
    p90: f64,
    /// Desks on which no other way costs less.
    best_on: usize,
}

/// A desk and its load: work over what the agents can do.
#[derive(serde::Deserialize)]
struct Desk {
    load: f64,
    #[serde(flatten)]
    instance: Instance,
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
    let desks: Vec<Desk> = serde_json::from_str(DESKS).expect("the desks are in order");
    let measured = measure(&desks);
    if json {
        println!("{}", serde_json::to_string(&measured).expect("plain data"));
        return;
    }
    println!("{} desks, % above the bound", desks.len());
    println!("{:<16} {:>8} {:>10} {:>8} {:>8} {:>8}", "", "overall", "load<=0.9", "median", "p90", "best on");
    for Row { way, overall, overall_to_nine_tenths, median, p90, best_on } in &measured.ways {
        println!("{way:<16} {overall:>8.1} {overall_to_nine_tenths:>10.1} {median:>8.1} {p90:>8.1} {best_on:>8}");
    }
    println!(
        "engine over the best imitation: {:+.1} %; over it by more than 2 % on {} desks",
        measured.engine_over_best_imitation, measured.desks_over_margin
    );
}

fn measure(desks: &[Desk]) -> Measured {
    let ways: Vec<Option<Rule>> = std::iter::once(None).chain(Rule::ALL.map(Some)).collect();
    let costs: Vec<Vec<f64>> = desks.iter().map(|desk| costs(&desk.instance, &ways)).collect();
    let row = |(place, way): (usize, &Option<Rule>)| {
        let mut above: Vec<f64> =
            desks.iter().zip(&costs).map(|(desk, costs)| percent_above(costs[place], desk.instance.bound)).collect();
        above.sort_by(f64::total_cmp);
        let overall = |desk_counts: &dyn Fn(&Desk) -> bool| {
            let counted = || desks.iter().zip(&costs).filter(|(desk, _)| desk_counts(desk));
            let bound = counted().map(|(desk, _)| desk.instance.bound).sum();
            percent_above(counted().map(|(_, costs)| costs[place]).sum(), bound)
        };
        let least = |costs: &&Vec<f64>| costs.iter().all(|other| costs[place] <= *other + 1e-12);
        Row {
            way: way.map_or("engine", Rule::name),
            overall: overall(&|_| true),
            overall_to_nine_tenths: overall(&|desk| desk.load <= 0.9),
            median: above[above.len() / 2],
            p90: above[above.len() * 9 / 10],
            best_on: costs.iter().filter(least).count(),
        }
    };
    let imitations: Vec<usize> =
        (0..ways.len()).filter(|place| ways[*place].is_some_and(|rule| rule.name().ends_with("-like"))).collect();
    let total = |place: usize| costs.iter().map(|costs| costs[place]).sum::<f64>();
    let best_total = imitations.iter().map(|place| total(*place)).fold(f64::INFINITY, f64::min);
    let is_over = |costs: &&Vec<f64>| {
        let best = imitations.iter().map(|place| costs[*place]).fold(f64::INFINITY, f64::min);
        costs[0] > best * (1.0 + MARGIN)
    };
    Measured {
        ways: ways.iter().enumerate().map(row).collect(),
        engine_over_best_imitation: percent_above(total(0), best_total),
        desks_over_margin: costs.iter().filter(is_over).count(),
    }
}

fn percent_above(cost: f64, bound: f64) -> f64 {
    (cost / bound - 1.0) * 100.0
}

fn costs(desk: &Instance, ways: &[Option<Rule>]) -> Vec<f64> {
    let scenario = desk.scenario();
    let eligibility = Eligibility::of(&scenario);
    let cost = |way: &Option<Rule>| {
        let mut dispatcher = dispatcher(&scenario, &eligibility, *way, Policy::default());
        desk.cost(&run(&scenario, &eligibility, dispatcher.as_mut()))
    };
    ways.iter().map(cost).collect()
}
