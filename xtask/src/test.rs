//! `cargo xtask test`: every test of the workspace, none skipped, with one plain line at the end.

use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::process::{Command, Stdio};

use crate::launch::{answers, cargo, run as launch, words};
use crate::setup;
use crate::summary::Summary;

pub(crate) const HELP: &str = "\
  test [filter]         runs the tests of the whole workspace, or those whose name contains the filter
                          cargo xtask test
                          cargo xtask test an_email_becomes_a_request";

/// Builds everything the tests run, the product itself included: end-to-end tests start it as a process. One build
/// for both, so that no dependency is compiled twice with other features.
pub(crate) const BUILD: [&str; 4] = ["build", "--workspace", "--bins", "--tests"];

pub(crate) fn run(arguments: &[String]) -> crate::Outcome {
    let filter = match arguments {
        [] => None,
        [filter] => Some(filter.as_str()),
        _ => return Err("give one filter at most".to_owned()),
    };
    setup::ensure()?;
    launch(&mut cargo(&BUILD))?;
    run_built(filter)
}

/// Runs the tests that [`BUILD`] has built.
pub(crate) fn run_built(filter: Option<&str>) -> crate::Outcome {
    let mut summary = Summary::default();
    let mut result = observe(&mut runner(filter), &mut summary);
    if filter.is_none() {
        // Examples in the documentation: neither runner mixes them with the rest.
        let examples =
            observe(&mut cargo(&["test", "--workspace", "--doc", "--no-fail-fast", "--quiet"]), &mut summary);
        result = result.and(examples);
    }
    println!("\n{summary}");
    if summary == Summary::default() && result.is_ok() {
        return Err("no test has this in its name".to_owned());
    }
    if summary.skipped > 0 {
        return Err("a skipped test proves nothing: repair it or remove it".to_owned());
    }
    result
}

fn runner(filter: Option<&str>) -> Command {
    let mut command = if answers(env!("CARGO"), &["nextest", "--version"]) {
        cargo(&["nextest", "run", "--workspace", "--no-fail-fast", "--run-ignored", "all", "--no-tests", "pass"])
    } else {
        cargo(&["test", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"])
    };
    command.args(filter);
    command
}

/// Runs the command, shows what it prints as it comes, and counts tests on the way.
fn observe(command: &mut Command, summary: &mut Summary) -> crate::Outcome {
    if std::io::stderr().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    let failed = |error: std::io::Error| format!("could not run cargo: {error}");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(failed)?;
    let stderr = child.stderr.take().expect("the output was asked for");
    let from_stderr = std::thread::spawn(move || {
        let mut summary = Summary::default();
        copy(stderr, std::io::stderr(), &mut summary);
        summary
    });
    copy(child.stdout.take().expect("the output was asked for"), std::io::stdout(), summary);
    let other = from_stderr.join().map_err(|_| "could not read the output of cargo".to_owned())?;
    summary.passed += other.passed;
    summary.failed += other.failed;
    summary.skipped += other.skipped;
    let status = child.wait().map_err(failed)?;
    if status.success() { Ok(()) } else { Err(format!("{} failed ({status})", words(command))) }
}

fn copy(from: impl Read, mut to: impl Write, summary: &mut Summary) {
    let mut reader = BufReader::new(from);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
        to.write_all(&line).and_then(|()| to.flush()).ok();
        summary.read(&String::from_utf8_lossy(&line));
        line.clear();
    }
}
