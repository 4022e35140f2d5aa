//! `guichet simulate`: a day of a town, and what changes under other people or another way of dispatching. An ordinary day of a
//! folder needs no server; a recorded day is read and played by the server that recorded it. Neither changes anything.

mod recorded;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use guichet_core::id::AgentId;
use guichet_directory::Bundle;
use guichet_events::SkillLevel;
use guichet_routing::domain::engine::Policy;
use guichet_routing::domain::simulate::ordinary::Day;
use guichet_routing::domain::simulate::what_if::{Change, changed};
use guichet_routing::domain::simulate::{
    Eligibility, Pace, Report, Rule, Scenario, advisor, compare, run as play, way,
};
use guichet_routing::domain::town::Town;
use serde_json::json;

use crate::cli::{DispatchPolicy, SimulateArgs};
use crate::config::Config;

/// Plays the day, or the two, and prints what they are like.
pub(crate) async fn run(asked: &SimulateArgs, config: &Config) -> Result<()> {
    match (&asked.day, &asked.folder) {
        (Some(day), _) => recorded::run(day, asked, config).await,
        (None, Some(folder)) => ordinary(folder, asked),
        (None, None) => bail!("name a folder, or a recorded day with --day"),
    }
}

fn ordinary(folder: &Path, asked: &SimulateArgs) -> Result<()> {
    let town = town(folder)?;
    let change = change(asked);
    let other = match &asked.against {
        Some(folder) => self::town(folder)?,
        None => town.clone(),
    };
    let other = changed(&other, &change).context("nobody of the folder has that login")?;
    let day = Day::of(&town, asked.contacts, asked.seed);
    let tried = compare::tried(&town, &change);
    let scenario = day.under(town);
    let before = report(&scenario, None);
    let is_changed = asked.against.is_some() || change != Change::Nothing || asked.policy.is_some();
    let after = is_changed.then(|| report(&day.under(other), asked.policy));
    let (fragile, lesson) = if asked.advise {
        let points = advisor::single_points(&scenario, &Eligibility::of(&scenario));
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
    let told = after.map(|after| compare::compare(&before, &after, Pace::OneAtATime)).unwrap_or_default();
    let day = compare::describe(&before, Pace::OneAtATime);
    for line in day.into_iter().chain(tried).chain(told).chain(fragile).chain(lesson) {
        println!("{line}");
    }
    Ok(())
}

/// Doors open at 8:30 and every contact comes while they are.
fn policy() -> Policy {
    Policy { always_open: true, ..Policy::default() }
}

fn change(asked: &SimulateArgs) -> Change {
    if let Some(taught) = &asked.teach {
        let agent_id = AgentId::of_login(&taught.login);
        return Change::Teach { agent_id, skill: SkillLevel::new(&taught.skill, taught.level) };
    }
    if let Some(login) = &asked.more_like {
        return Change::More { like: AgentId::of_login(login) };
    }
    match &asked.less {
        Some(login) => Change::Less { agent_id: AgentId::of_login(login) },
        None => Change::Nothing,
    }
}

fn report(scenario: &Scenario, other: Option<DispatchPolicy>) -> Report {
    let rule = other.and_then(|other| Rule::parse(other.name()));
    let eligibility = Eligibility::of(scenario);
    Report::of(scenario, &play(scenario, &eligibility, &mut *way(scenario, &eligibility, rule, policy())))
}

fn town(folder: &Path) -> Result<Town> {
    Ok(Town::of(bundles(folder)?.into_iter().map(|bundle| Arc::new(bundle.directory))))
}

fn bundles(folder: &Path) -> Result<Vec<Bundle>> {
    let loaded = guichet_directory::load(folder);
    if loaded.has_errors() || loaded.bundles.is_empty() {
        bail!("{} cannot be read: `guichet directory check` names every mistake", folder.display());
    }
    Ok(loaded.bundles)
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn every_policy_of_the_command_line_is_a_rule_and_every_rule_is_on_it() {
        let named: Vec<Option<Rule>> =
            DispatchPolicy::value_variants().iter().map(|policy| Rule::parse(policy.name())).collect();
        assert_eq!(named, Rule::ALL.map(Some));
    }
}
