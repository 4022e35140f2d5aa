//! `guichet simulate`: an ordinary day of a folder's town, and what changes under other people or another way of
//! dispatching. It needs no server and changes nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, bail};
use guichet_routing::domain::engine::Policy;
use guichet_routing::domain::simulate::ordinary::Day;
use guichet_routing::domain::simulate::{
    Baseline, Dispatcher, Eligibility, RealEngine, Report, Rule, Scenario, advisor, compare, run as play,
};
use guichet_routing::domain::town::Town;
use serde_json::json;

use crate::cli::DispatchPolicy;

/// What was asked on the command line.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) folder: PathBuf,
    pub(crate) against: Option<PathBuf>,
    pub(crate) policy: Option<DispatchPolicy>,
    pub(crate) contacts: Option<usize>,
    pub(crate) seed: u64,
    pub(crate) advise: bool,
    pub(crate) json: bool,
}

/// Plays the day, or the two, and prints what they are like.
pub(crate) fn run(asked: &Asked) -> Result<()> {
    let town = town(&asked.folder)?;
    let day = Day::of(&town, asked.contacts, asked.seed);
    let scenario = day.under(town);
    let eligibility = Eligibility::of(&scenario);
    let before = report(&scenario, &eligibility, None);
    let after = match (&asked.against, asked.policy) {
        (None, None) => None,
        (Some(folder), policy) => {
            let other = day.under(self::town(folder)?);
            Some(report(&other, &Eligibility::of(&other), policy))
        }
        (None, policy) => Some(report(&scenario, &eligibility, policy)),
    };
    let (fragile, lesson) = if asked.advise {
        let points = advisor::single_points(&scenario, &eligibility);
        let lesson = advisor::next_lesson(&scenario, policy());
        let lesson = compare::teach(&scenario.town, lesson.as_ref());
        (compare::fragile(&scenario.town, &points), Some(lesson))
    } else {
        (Vec::new(), None)
    };
    if asked.json {
        println!("{}", json!({ "day": before, "other": after, "fragile": fragile, "lesson": lesson }));
        return Ok(());
    }
    let told = after.map(|after| compare::compare(&before, &after)).unwrap_or_default();
    for line in compare::describe(&before).into_iter().chain(told).chain(fragile).chain(lesson) {
        println!("{line}");
    }
    Ok(())
}

/// Doors open at 8:30 and every contact comes while they are.
fn policy() -> Policy {
    Policy { always_open: true, ..Policy::default() }
}

fn report(scenario: &Scenario, eligibility: &Eligibility, other: Option<DispatchPolicy>) -> Report {
    let rule = other.map(|other| match other {
        DispatchPolicy::Fifo => Rule::Fifo,
        DispatchPolicy::StrictPriority => Rule::StrictPriority,
        DispatchPolicy::LongestIdle => Rule::LongestIdle,
    });
    let mut dispatcher: Box<dyn Dispatcher> = match rule {
        None => Box::new(RealEngine::new(scenario, policy())),
        Some(rule) => Box::new(Baseline::new(scenario, eligibility, rule, policy())),
    };
    Report::of(scenario, &play(scenario, eligibility, dispatcher.as_mut()))
}

fn town(folder: &Path) -> Result<Town> {
    let loaded = guichet_directory::load(folder);
    if loaded.has_errors() || loaded.bundles.is_empty() {
        bail!("{} cannot be read: `guichet directory check` names every mistake", folder.display());
    }
    Ok(Town::of(loaded.bundles.into_iter().map(|bundle| Arc::new(bundle.directory))))
}
