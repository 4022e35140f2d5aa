//! `cargo xtask bench forecast`: the waits that would have been announced on many ordinary days of the town hall, and those
//! that were, by bucket: a department, a level, in writing or live.

use guichet_routing::domain::engine::Policy;
use guichet_routing::domain::simulate::forecasts::{Measured, measure};
use guichet_routing::domain::simulate::{Eligibility, RealEngine, days, run};
use serde_json::{Value, json};

const HELP: &str = "\
cargo xtask bench forecast [--days N] [--seed N] [--json]
  --days N  days in a row, 1,800 contacts each (default 25)
  --seed N  other days (default 1)
  --json    one JSON array for programs
Example: cargo xtask bench forecast --days 40 --json";

fn main() {
    let asked = match Asked::parse(std::env::args().skip(1)) {
        Ok(asked) => asked,
        Err(message) => {
            eprintln!("{message}\n{HELP}");
            std::process::exit(2);
        }
    };
    let scenario = days::scenario(asked.seed, asked.days);
    let eligibility = Eligibility::of(&scenario);
    let outcome = run(&scenario, &eligibility, &mut RealEngine::new(&scenario, Policy::default()));
    let mut lines = measure(&scenario, &outcome);
    for (level, live) in [(1, false), (1, true), (2, false), (2, true)] {
        let alike: Vec<&Measured> = lines.iter().filter(|line| line.level == level && line.live == live).collect();
        let start = Measured { department: "all".to_owned(), level, live, ..Measured::default() };
        let sum = alike.into_iter().fold(start, Measured::plus);
        lines.push(sum);
    }
    if asked.json {
        println!("{}", Value::Array(lines.iter().map(figures).collect()));
        return;
    }
    println!(
        "{:<22} {:>7} {:>7} {:>7} {:>9} {:>9} {:>9} {:>9} {:>9} {:>8}",
        "department, level", "told", "silent", "left", "≤ p90", "≤ told", "wait", "mistake", "last hour", "better"
    );
    for line in &lines {
        let name = format!("{} {} {}", line.department, line.level, if line.live { "live" } else { "written" });
        let figures = figures(line);
        let cell = |name: &str| figures[name].as_f64().unwrap_or_default();
        println!(
            "{name:<22} {:>7} {:>7} {:>7} {:>7.1} % {:>7.1} % {:>5.1} min {:>5.1} min {:>5.1} min {:>6.1} %",
            line.told,
            line.silent,
            line.open,
            cell("within_p90") * 100.0,
            cell("within_announced") * 100.0,
            cell("wait_min"),
            cell("mistake_min"),
            cell("last_hour_mistake_min"),
            cell("better") * 100.0
        );
    }
}

/// What was asked on the command line.
struct Asked {
    days: usize,
    seed: u64,
    json: bool,
}

impl Asked {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut asked = Self { days: 25, seed: 1, json: false };
        while let Some(argument) = arguments.next() {
            let mut number = || arguments.next().and_then(|value| value.parse().ok()).ok_or("a number is missing");
            match argument.as_str() {
                "--days" => asked.days = usize::try_from(number()?).unwrap_or(usize::MAX),
                "--seed" => asked.seed = number()?,
                "--json" => asked.json = true,
                other => return Err(format!("`{other}` is not an option")),
            }
        }
        if !(1..=200).contains(&asked.days) {
            return Err("give 1 to 200 days".to_owned());
        }
        Ok(asked)
    }
}

fn figures(line: &Measured) -> Value {
    let share = |part: usize| part as f64 / line.told.max(1) as f64;
    let minutes = |sum_ms: i64| sum_ms as f64 / 60_000.0 / line.compared.max(1) as f64;
    json!({
        "department": line.department,
        "level": line.level,
        "live": line.live,
        "told": line.told,
        "silent": line.silent,
        "left": line.open,
        "within_p90": share(line.within_p90),
        "within_announced": share(line.within_announced),
        "wait_min": minutes(line.waits_ms),
        "mistake_min": minutes(line.mistakes_ms),
        "last_hour_mistake_min": minutes(line.plain_mistakes_ms),
        "better": 1.0 - line.mistakes_ms as f64 / line.plain_mistakes_ms.max(1) as f64,
    })
}
