//! `/accessibilite`: the statement the law asks for (law 2005-102, article 47; decree 2019-768), with what was really
//! checked. The browser suite writes `gateway/accessibility.json` and fails when it no longer says what the suite saw.

use std::sync::LazyLock;

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use serde::Deserialize;

use super::chrome::Chrome;
use super::render;
use crate::app::Shared;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::text::t;
use crate::view::date::Dates;

/// What the browser suite saw.
#[derive(Debug, Deserialize)]
struct Checked {
    /// ISO 8601 date.
    on: String,
    /// Name and version of the engine.
    engine: String,
    /// Pages and states looked at.
    pages: Vec<String>,
    /// Screens and colour schemes each was looked at in.
    settings: Vec<String>,
    violations: usize,
}

static CHECKED: LazyLock<Checked> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../accessibility.json")).expect("the browser suite writes it")
});

#[derive(Template)]
#[template(path = "accessibility.html")]
struct Statement {
    chrome: Chrome,
    email: String,
    checked_on: String,
    checked: &'static Checked,
}

/// Shows the statement.
pub(crate) async fn show(State(app): State<Shared>, Caller(session): Caller) -> Result<Html<String>, Problem> {
    let towns = app.towns().await?;
    let town = towns.portal(&app.config.portal_authority).map(|town| &town.authority);
    let dates = Dates::in_zone(town.map(|town| town.time_zone.as_str()).unwrap_or_default());
    render(&Statement {
        email: town.map(|town| town.email.clone()).unwrap_or_default(),
        checked_on: dates.of_day(&CHECKED.on).unwrap_or_default(),
        checked: &CHECKED,
        chrome: Chrome::of(&app, &towns, session.as_ref(), t("accessibility-title")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statement_rests_on_checks_that_found_nothing() {
        assert_eq!(CHECKED.violations, 0);
        assert!(!CHECKED.pages.is_empty() && CHECKED.engine.starts_with("axe-core "));
    }
}
