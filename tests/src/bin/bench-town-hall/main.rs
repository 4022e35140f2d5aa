//! `cargo xtask bench town-hall`: ordinary days at the town hall (60 agents, 40 skills, six channels, 1,800 contacts, a rush
//! at 8:30, two agents on leave, 15 % of usagers mistaken) under the engine, three usual ways of dispatching and three
//! imitations of products.
//!
//! Every figure is the mean over the days; all meet the same contacts, the same people and the same hazards.

use guichet_routing::domain::engine::Policy;
use guichet_routing::domain::simulate::{Eligibility, Report, Rule, run, town_hall, way as dispatcher};
use serde_json::{Map, Value};

const HELP: &str = "\
cargo xtask bench town-hall [--days N] [--strangers] [--json]
  --days N     days, each from its own seed (default 10)
  --strangers  no file is known to an agent from before: what keeping files for those who know them costs
  --json       one JSON object for programs
Example: cargo xtask bench town-hall --days 30 --json";

fn main() {
    let (days, strangers, json) = match parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(message) => {
            eprintln!("{message}\n{HELP}");
            std::process::exit(2);
        }
    };
    let ways: Vec<Option<Rule>> = std::iter::once(None).chain(Rule::ALL.map(Some)).collect();
    let names: Vec<&str> = ways.iter().map(|way| way.map_or("engine", Rule::name)).collect();
    let means = mean_over((days, strangers), &ways);
    if json {
        let report: Map<String, Value> = names.iter().map(|&name| name.to_owned()).zip(means).collect();
        println!("{}", Value::Object(report));
        return;
    }
    println!("{:<40} {}", "mean over the days", names.iter().map(|name| format!("{name:>16}")).collect::<String>());
    let mut rows = Vec::new();
    figures(&means[0], String::new(), &mut rows);
    for pointer in rows {
        let cells = means.iter().map(|mean| mean.pointer(&pointer).and_then(Value::as_f64).unwrap_or_default());
        let cells: String = cells.map(|value| format!("{value:>16.3}")).collect();
        println!("{:<40} {cells}", pointer.trim_start_matches('/').replace('/', " "));
    }
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<(u64, bool, bool), String> {
    let (mut days, mut strangers, mut json) = (10, false, false);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--days" => days = arguments.next().and_then(|value| value.parse().ok()).ok_or("a number is missing")?,
            "--strangers" => strangers = true,
            "--json" => json = true,
            other => return Err(format!("`{other}` is not an option")),
        }
    }
    if days == 0 {
        return Err("give at least one day".to_owned());
    }
    Ok((days, strangers, json))
}

/// Plays the days under each way and returns the mean of each figure.
fn mean_over((days, strangers): (u64, bool), ways: &[Option<Rule>]) -> Vec<Value> {
    let reports = (1..=days).map(|seed| {
        let mut scenario = town_hall::scenario(seed);
        if strangers {
            scenario.arrivals.iter_mut().for_each(|arrival| arrival.known_to = None);
        }
        let eligibility = Eligibility::of(&scenario);
        let report = |way: &Option<Rule>| {
            let mut dispatcher = dispatcher(&scenario, &eligibility, *way, Policy::default());
            let outcome = run(&scenario, &eligibility, dispatcher.as_mut());
            serde_json::to_value(Report::of(&scenario, &outcome)).expect("plain data")
        };
        ways.iter().map(report).collect::<Vec<Value>>()
    });
    let add =
        |sums: Vec<Value>, day: Vec<Value>| sums.iter().zip(&day).map(|(sum, report)| combine(sum, report)).collect();
    let sums = reports.reduce(add).expect("there is a day");
    sums.iter().map(|sum| scaled(sum, 1.0 / days as f64)).collect()
}

/// Adds the figures of two reports.
fn combine(left: &Value, right: &Value) -> Value {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            let both = |(key, value): (&String, &Value)| {
                (key.clone(), right.get(key).map_or_else(|| value.clone(), |other| combine(value, other)))
            };
            Value::Object(left.iter().map(both).collect())
        }
        _ => Value::from(left.as_f64().unwrap_or_default() + right.as_f64().unwrap_or_default()),
    }
}

fn scaled(value: &Value, factor: f64) -> Value {
    match value {
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(key, value)| (key.clone(), scaled(value, factor))).collect())
        }
        other => Value::from(other.as_f64().unwrap_or_default() * factor),
    }
}

/// Collects where the figures of a report are.
fn figures(value: &Value, pointer: String, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(key, value)| figures(value, format!("{pointer}/{key}"), found))
        }
        _ => found.push(pointer),
    }
}
