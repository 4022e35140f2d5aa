//! `/`: choose a procedure, search the sheets, follow a request, call.

use askama::Template;
use axum::extract::State;
use axum::response::Html;

use super::chrome::Chrome;
use super::{in_query, render};
use crate::app::Shared;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::text::{t, t1};
use crate::towns::{Delay, LifeEvent, Procedure, Town, Towns};
use crate::view::alphabetical;
use crate::view::state::department_name;

#[derive(Template)]
#[template(path = "portal.html")]
struct Portal {
    chrome: Chrome,
    events: Vec<Event>,
    groups: Vec<Group>,
}

/// The procedures that one department has in charge.
struct Group {
    name: String,
    procedures: Vec<Choice>,
}

/// A moment of life.
struct Event {
    name: String,
    lead: String,
    address: String,
}

/// A procedure to choose.
pub(crate) struct Choice {
    pub(crate) name: String,
    pub(crate) address: String,
    pub(crate) delay: String,
}

/// Returns a procedure to choose.
pub(crate) fn choice(authority: &str, code: &str, procedure: &Procedure) -> Choice {
    Choice {
        name: procedure.name.clone(),
        address: format!("/demande/{}?pour={}", in_query(code), in_query(authority)),
        delay: procedure.announced.as_ref().map(delay).unwrap_or_default(),
    }
}

/// Shows the portal.
pub(crate) async fn show(State(app): State<Shared>, Caller(session): Caller) -> Result<Html<String>, Problem> {
    let towns = app.towns().await?;
    let first = towns.portal(&app.config.portal_authority).map(|town| town.authority.code.clone()).unwrap_or_default();
    let mut ordered: Vec<&Town> = towns.all().iter().collect();
    ordered.sort_by_key(|town| (town.authority.code != first, town.authority.name.clone()));
    let mut groups: Vec<Group> = ordered.iter().flat_map(|town| groups(&towns, town)).collect();
    groups.extend(asking(&ordered));
    let chrome = Chrome::of(&app, &towns, session.as_ref(), t("portal-title"));
    render(&Portal { chrome, events: towns.portal(&first).map(events).unwrap_or_default(), groups })
}

/// Returns the procedures of an authority by department, without the one that takes any question.
fn groups(towns: &Towns, town: &Town) -> Vec<Group> {
    let authority = &town.authority;
    let offered = |(code, procedure): &(&String, &Procedure)| procedure.public && **code != authority.triage_procedure;
    let mut groups: Vec<Group> = Vec::new();
    for (code, procedure) in town.procedures.iter().filter(offered) {
        let name = department_name(towns, &authority.code, &procedure.department);
        let choice = choice(&authority.code, code, procedure);
        match groups.iter_mut().find(|group| group.name == name) {
            Some(group) => group.procedures.push(choice),
            None => groups.push(Group { name, procedures: vec![choice] }),
        }
    }
    for group in &mut groups {
        group.procedures.sort_by_cached_key(|choice| alphabetical(&choice.name));
    }
    groups.sort_by_cached_key(|group| alphabetical(&group.name));
    groups
}

/// Returns what takes any question, once: that of the first authority that has one.
fn asking(ordered: &[&Town]) -> Option<Group> {
    let asking = ordered.iter().find_map(|town| {
        let code = &town.authority.triage_procedure;
        let procedure = town.procedures.get(code).filter(|procedure| procedure.public)?;
        Some(choice(&town.authority.code, code, procedure))
    })?;
    Some(Group { name: t("procedures-other"), procedures: vec![asking] })
}

fn events(town: &Town) -> Vec<Event> {
    let event = |(code, event): (&String, &LifeEvent)| Event {
        name: event.name.clone(),
        lead: event.lead.clone(),
        address: format!("/evenements/{}", in_query(code)),
    };
    let mut events: Vec<Event> = town.life_events.iter().map(event).collect();
    events.sort_by_cached_key(|event| alphabetical(&event.name));
    events
}

/// Returns the announced delay in words.
pub(crate) fn delay(delay: &Delay) -> String {
    let key = format!("delay-{}", delay.unit.replace('_', "-"));
    if delay.count == 1 { t(&format!("{key}-one")) } else { t1(&key, "count", delay.count) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_of_delay_has_its_words() {
        for unit in ["hours", "business_days", "days", "months"] {
            for count in [1, 2] {
                let words = delay(&Delay { count, unit: unit.to_owned() });
                assert!(words.starts_with("Réponse en "), "{unit}: {words}");
            }
        }
    }
}
