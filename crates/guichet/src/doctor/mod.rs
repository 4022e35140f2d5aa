//! `guichet doctor`: each neighbour is looked at as the product would use it, beside the others and for a bounded time; what is
//! wrong comes with what to do. Nothing lasting is written, nothing is sent.

mod blobs;
mod bus;
mod certificates;
mod clock;
mod configuration;
mod database;
mod line;
mod names;
mod relay;

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use guichet_core::SystemClock;

use self::line::{Line, Mark, Report};
use crate::cli::Target;
use crate::compose::chosen;
use crate::config::{Config, ConfigError};

/// How long one neighbour may take: a network that drops packets answers nothing, and an operator waits for this.
const PATIENCE: Duration = Duration::from_secs(5);

/// One neighbour looked at.
struct Check {
    /// What it is, for a line that says that it took too long.
    subject: String,
    /// Code of a neighbour that says nothing.
    code: &'static str,
    /// What to do then.
    advice: &'static str,
    look: BoxFuture<'static, Vec<Line>>,
}

impl Check {
    fn new(
        subject: impl Into<String>,
        (code, advice): (&'static str, &'static str),
        look: impl Future<Output = Vec<Line>> + Send + 'static,
    ) -> Self {
        Self { subject: subject.into(), code, advice, look: look.boxed() }
    }

    async fn run(self) -> Vec<Line> {
        match tokio::time::timeout(PATIENCE, self.look).await {
            Ok(lines) => lines,
            Err(_) => {
                let seen = format!("pas de réponse en {} s", PATIENCE.as_secs());
                vec![Line::failure(self.subject, seen, self.code, self.advice)]
            }
        }
    }
}

/// Checks what the chosen targets need and prints what was seen.
pub(crate) async fn run(config: Result<Config, ConfigError>, targets: &[Target], json: bool) -> Result<ExitCode> {
    let report = match config {
        Ok(config) => look(&config, &chosen(targets)).await,
        Err(error) => Report(vec![configuration::unreadable(&error)]),
    };
    if json {
        println!("{}", report.to_json())
    } else {
        print!("{}", report.to_text())
    }
    Ok(if report.worst() == Mark::Failure { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn look(config: &Config, targets: &BTreeSet<Target>) -> Report {
    let mut checks = vec![configuration::check(config, targets)];
    checks.extend(database::checks(config, targets));
    checks.extend(bus::check(config, targets));
    checks.extend(relay::checks(config, targets));
    checks.extend(blobs::check(config, targets));
    checks.extend(certificates::check(config));
    checks.push(clock::check());
    checks.extend(names::checks(config, targets));
    Report(join_all(checks.into_iter().map(Check::run)).await.into_iter().flatten().collect())
}

/// Returns an error with all its causes, as one text.
fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text} : {cause_text}");
        }
        next = cause.source();
    }
    text
}

/// Returns the deepest cause of an error: what the system or the neighbour itself said.
fn last_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut deepest = error;
    while let Some(cause) = deepest.source() {
        deepest = cause;
    }
    deepest.to_string()
}

const fn machine_clock() -> SystemClock {
    SystemClock
}
