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
use crate::towns::{Delay, Town};
use crate::view::alphabetical;

#[derive(Template)]
#[template(path = "portal.html")]
struct Portal {
    chrome: Chrome,
    groups: Vec<Group>,
}

/// The procedures of one authority.
struct Group {
    name: String,
    procedures: Vec<Choice>,
}

/// A procedure to choose.
struct Choice {
    name: String,
    address: String,
    delay: String,
}

/// Shows the portal.
pub(crate) async fn show(State(app): State<Shared>, Caller(session): Caller) -> Result<Html<String>, Problem> {
    let towns = app.towns().await?;
    let first = towns.portal(&app.config.portal_authority).map(|town| town.authority.code.clone()).unwrap_or_default();
    let mut ordered: Vec<&Town> = towns.all().iter().collect();
    ordered.sort_by_key(|town| (town.authority.code != first, town.authority.name.clone()));
    let groups = ordered.into_iter().map(group).filter(|group| !group.procedures.is_empty()).collect();
    let chrome = Chrome::of(&app, &towns, session.as_ref(), t("portal-title"));
    render(&Portal { chrome, groups })
}

fn group(town: &Town) -> Group {
    let code = &town.authority.code;
    let public = town.procedures.iter().filter(|(_, procedure)| procedure.public);
    let mut procedures: Vec<Choice> = public
        .map(|(procedure_code, procedure)| Choice {
            name: procedure.name.clone(),
            address: format!("/demande/{}?pour={}", in_query(procedure_code), in_query(code)),
            delay: procedure.announced.as_ref().map(delay).unwrap_or_default(),
        })
        .collect();
    procedures.sort_by_cached_key(|choice| alphabetical(&choice.name));
    Group { name: town.authority.name.clone(), procedures }
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
