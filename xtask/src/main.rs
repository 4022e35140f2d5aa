//! The project's tasks, one word each: `cargo xtask test`. Standard library only, so that it starts in a second on a
//! fresh clone; it launches other programs and reads what they print, nothing else. The benches themselves are
//! binaries of `tests/`, the house rules are tests of `tests/tidy`.

mod bench;
mod ci;
mod generate;
mod launch;
mod manifests;
mod setup;
mod summary;
mod test;

use std::process::ExitCode;

/// What a task ends with: nothing to add, or a sentence for the person who ran it.
type Outcome = Result<(), String>;

struct Task {
    name: &'static str,
    help: &'static str,
    run: fn(&[String]) -> Outcome,
}

const TASKS: [Task; 6] = [
    Task { name: "setup", help: setup::HELP, run: setup::run },
    Task { name: "test", help: test::HELP, run: test::run },
    Task { name: "ci", help: ci::HELP, run: ci::run },
    Task { name: "bench", help: bench::HELP, run: bench::run },
    Task { name: "gen", help: generate::HELP, run: generate::run },
    Task { name: "manifests", help: manifests::HELP, run: manifests::run },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        print_help();
        return ExitCode::SUCCESS;
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        print_help();
        return ExitCode::SUCCESS;
    }
    let Some(task) = TASKS.iter().find(|task| task.name == name) else {
        eprintln!("xtask: there is no task `{name}`\n");
        print_help();
        return ExitCode::FAILURE;
    };
    if rest.iter().any(|argument| matches!(argument.as_str(), "--help" | "-h")) {
        println!("  {}", task.help);
        return ExitCode::SUCCESS;
    }
    match (task.run)(rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("xtask {name}: {sentence}");
            ExitCode::FAILURE
        }
    }
}

fn print_help() {
    println!("cargo xtask <task>: the project's tasks\n");
    for task in &TASKS {
        println!("  {}\n", task.help);
    }
}
