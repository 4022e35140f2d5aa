//! `cargo xtask bench queueing`: the real engine in virtual time on a desk whose figures are known exactly: 90 agents, six
//! kinds of contacts, 84 erlangs, thirty places to wait, first come first served.
//!
//! The figures are shares and waits of a model, not of a machine. Each is the mean of independent runs, with the half-width
//! of its 95 % confidence interval.

use guichet_routing::domain::engine::Policy;
use guichet_routing::domain::simulate::queueing::{self, Figures};
use guichet_routing::domain::simulate::{Eligibility, RealEngine, run};

const HELP: &str = "\
cargo xtask bench queueing [--contacts N] [--json]
  --contacts N  contacts of each row, over all its runs (default 2000000)
  --json        one JSON object for programs
Example: cargo xtask bench queueing --contacts 500000";

/// Independent runs of each row.
const RUNS: u64 = 20;
/// Student's quantile for a two-sided 95 % interval over that many runs.
const QUANTILE: f64 = 2.093;
/// Contacts of each run that are not counted: they find an empty desk.
const WARM_UP: usize = 2_000;

/// One configuration of the desk.
#[derive(serde::Serialize)]
struct Row {
    configuration: &'static str,
    figures: Figures,
    /// Half-widths; nothing for an exact row.
    uncertainty: Option<Figures>,
    /// How many points of the share within 30 s are lost beside all skills, on the same contacts, and its half-width.
    points_lost: Option<(f64, f64)>,
}

fn main() {
    let (contacts, json) = match parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(message) => {
            eprintln!("{message}\n{HELP}");
            std::process::exit(2);
        }
    };
    let exact = |configuration, figures| Row { configuration, figures, uncertainty: None, points_lost: None };
    let all_skills = runs(6, contacts);
    let (two_skills, one_skill) = (runs(2, contacts), runs(1, contacts));
    let rows = [
        exact("exact, all skills (M/M/90/120)", Figures::pooled()),
        simulated("engine, 6 skills", &all_skills, &all_skills),
        simulated("engine, 2 skills", &two_skills, &all_skills),
        simulated("engine, 1 skill, shared places", &one_skill, &all_skills),
        exact("exact, 1 skill (6 x M/M/15/20)", Figures::separate()),
    ];
    if json {
        println!("{}", serde_json::to_string(&rows).expect("plain data"));
        return;
    }
    let headers = ["blocked %", "within 30 s %", "mean wait s", "points lost"];
    println!("{:<32} {}", "configuration", headers.map(|header| format!("{header:>16}")).concat());
    for Row { configuration, figures, uncertainty, points_lost } in &rows {
        let cell = |of: fn(&Figures) -> f64, scale: f64, digits: usize| {
            let value = format!("{:.digits$}", of(figures) * scale);
            uncertainty.map_or(value.clone(), |half| format!("{value} ± {:.digits$}", of(&half) * scale))
        };
        let cells = [
            cell(|figures| figures.blocked, 100.0, 2),
            cell(|figures| figures.within, 100.0, 1),
            cell(|figures| figures.mean_wait_s, 1.0, 1),
            points_lost.map(|(points, half)| format!("{points:.1} ± {half:.1}")).unwrap_or_default(),
        ];
        println!("{configuration:<32} {}", cells.map(|cell| format!("{cell:>16}")).concat());
    }
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<(usize, bool), String> {
    let (mut contacts, mut json) = (2_000_000, false);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--contacts" => {
                contacts = arguments.next().and_then(|value| value.parse().ok()).ok_or("a number is missing")?;
            }
            "--json" => json = true,
            other => return Err(format!("`{other}` is not an option")),
        }
    }
    if contacts / RUNS as usize <= WARM_UP {
        return Err(format!("give more than {} contacts", RUNS as usize * WARM_UP));
    }
    Ok((contacts, json))
}

/// Plays the desk with so many skills an agent; runs of the same number meet the same contacts.
fn runs(skills: usize, contacts: usize) -> Vec<Figures> {
    let play = |seed| {
        let scenario = queueing::scenario(skills, contacts / RUNS as usize, seed);
        let mut engine = RealEngine::new(&scenario, Policy::default());
        Figures::of(&run(&scenario, &Eligibility::of(&scenario), &mut engine), WARM_UP)
    };
    let runs = (1..=RUNS).map(play).collect();
    eprintln!("{skills} skills an agent: done");
    runs
}

fn simulated(configuration: &'static str, runs: &[Figures], all_skills: &[Figures]) -> Row {
    let of = |figure: fn(&Figures) -> f64| interval(runs.iter().map(figure));
    let blocked = of(|figures| figures.blocked);
    let within = of(|figures| figures.within);
    let mean_wait_s = of(|figures| figures.mean_wait_s);
    let lost = runs.iter().zip(all_skills).map(|(run, all)| (all.within - run.within) * 100.0);
    Row {
        configuration,
        figures: Figures { blocked: blocked.0, within: within.0, mean_wait_s: mean_wait_s.0 },
        uncertainty: Some(Figures { blocked: blocked.1, within: within.1, mean_wait_s: mean_wait_s.1 }),
        points_lost: Some(interval(lost)),
    }
}

/// Returns the mean of independent runs and the half-width of its 95 % confidence interval.
fn interval(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let values: Vec<f64> = values.collect();
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    (mean, QUANTILE * (variance / count).sqrt())
}
