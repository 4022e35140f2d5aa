//! `cargo xtask ci`: what every change must pass, cheapest first, each step with its time.

use std::time::Instant;

use crate::launch::{cargo, lint_what_is_compiled, run as launch};
use crate::{generate, setup, test};

pub(crate) const HELP: &str = "\
  ci                    all that a change must pass: format, lints, house rules, generated files, tests
                          cargo xtask ci";

type Step = (&'static str, fn() -> crate::Outcome);

/// The house rules are tests like the others, and run first because they take a second.
const STEPS: [Step; 6] = [
    ("setup", setup::ensure),
    ("format", || launch(&mut cargo(&["fmt", "--all", "--check"]))),
    ("lints and build", || launch(&mut cargo(&["build", "--workspace", "--all-targets"]))),
    ("house rules", || launch(&mut cargo(&["test", "--workspace", "--quiet", "--test", "tidy"]))),
    ("generated files", generate::check),
    ("tests", || test::run_built(None)),
];

pub(crate) fn run(_: &[String]) -> crate::Outcome {
    let start = Instant::now();
    lint_what_is_compiled();
    for (name, step) in STEPS {
        println!("==> {name}");
        let step_start = Instant::now();
        let result = step();
        println!("==> {name}: {} s", step_start.elapsed().as_secs());
        result.map_err(|sentence| format!("{name}: {sentence}"))?;
    }
    println!("==> all steps passed in {} s", start.elapsed().as_secs());
    Ok(())
}
