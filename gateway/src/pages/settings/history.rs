//! The history of the directory: who changed what, and going back to a state it has had.

use askama::Template;
use axum::extract::{Request, State};
use axum::response::{Html, Redirect};
use guichet_directory::edit;
use serde::Deserialize;

use super::author;
use super::differences::{Change, changes};
use super::fields::Typed;
use crate::app::Shared;
use crate::auth::Supervisor;
use crate::extract::{Path, Query};
use crate::pages::chrome::Chrome;
use crate::pages::desk::dates;
use crate::pages::render;
use crate::problem::{FieldError, Problem};
use crate::settings::{Published, Replacement, State as Known, at_version, history, may_make, publish};
use crate::text::{t, t1};
use crate::towns::Towns;

/// Changes of one state that are shown; an import may make hundreds.
const CHANGES_SHOWN_MAX: usize = 12;

#[derive(Template)]
#[template(path = "settings_history.html")]
struct History {
    chrome: Chrome,
    states: Vec<Line>,
    /// Cursor of the older ones, empty when there are none.
    next: String,
}

/// One state.
struct Line {
    version: i64,
    is_current: bool,
    at: String,
    who: String,
    /// Of the state it went back to, empty when it was new.
    restores: String,
    changes: Vec<Change>,
    /// Changes that are not shown.
    more: usize,
    is_first: bool,
}

#[derive(Template)]
#[template(path = "settings_restore.html")]
struct Restore {
    chrome: Chrome,
    /// The version in force: a newer one is not overwritten.
    seen: i64,
    heading: String,
    changes: Vec<Change>,
    allowed: bool,
}

/// Where in the history.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Which {
    suite: String,
    fait: String,
}

/// Lists the states the directory has had.
pub(super) async fn list(
    State(app): State<Shared>,
    Supervisor(session): Supervisor,
    Query(which): Query<Which>,
) -> Result<Html<String>, Problem> {
    let authority = session.account.authority.clone();
    let (towns, published) = tokio::try_join!(app.towns(), Published::read(&app))?;
    let current = published.version(&authority);
    let (states, next) = history(&app, &authority, &which.suite).await?;
    let page = History {
        states: states.into_iter().map(|state| line(&towns, &authority, state, current)).collect(),
        next,
        chrome: Chrome::of(&app, &towns, Some(&session), t("settings-historique")).noticing(&which.fait),
    };
    render(&page)
}

fn line(towns: &Towns, authority: &str, state: Known, current: i64) -> Line {
    let Known { version, differences } = state;
    let is_first = differences.is_none();
    let mut all = changes(towns, authority, &differences.unwrap_or_default());
    let more = all.len().saturating_sub(CHANGES_SHOWN_MAX);
    all.truncate(CHANGES_SHOWN_MAX);
    Line {
        is_current: version.version == current,
        at: dates(towns, authority).moment(version.published_at),
        who: author(towns, &version.agent_id),
        restores: if version.restores == 0 {
            String::new()
        } else {
            t1("settings-restores", "version", version.restores)
        },
        version: version.version,
        changes: all,
        more,
        is_first,
    }
}

/// Shows what going back to a state would change.
pub(super) async fn show(
    State(app): State<Shared>,
    Supervisor(session): Supervisor,
    Path(version): Path<i64>,
) -> Result<Html<String>, Problem> {
    let (towns, published) = tokio::try_join!(app.towns(), Published::read(&app))?;
    let own = published.own(&session)?;
    let authority = &own.authority.code;
    let differences = edit::compare(own, &at_version(&app, authority, version).await?);
    let page = Restore {
        seen: published.version(authority),
        heading: t1("settings-restore-heading", "version", version),
        allowed: may_make(&session, &differences),
        changes: changes(&towns, authority, &differences),
        chrome: Chrome::of(&app, &towns, Some(&session), t("settings-historique")),
    };
    render(&page)
}

/// « Revenir à cet état ».
pub(super) async fn restore(
    State(app): State<Shared>,
    Supervisor(session): Supervisor,
    Path(version): Path<i64>,
    request: Request,
) -> Result<Redirect, Problem> {
    let typed = Typed::read(&app, &session, request).await?;
    let published = Published::read(&app).await?;
    let own = published.own(&session)?;
    let wanted = at_version(&app, &own.authority.code, version).await?;
    let change = edit::replace(&published.directories, wanted).map_err(refused)?;
    let replacement = Replacement { before: own, after: &change.directory, seen: typed.version(), restores: version };
    publish(&app, &session, replacement).await?;
    Ok(Redirect::to("/admin/historique?fait=restored"))
}

/// Returns the problem of a state that no longer fits beside the other authorities.
fn refused(violations: Vec<edit::Violation>) -> Problem {
    let told = violations.into_iter().map(|violation| FieldError { pointer: String::new(), detail: violation.message });
    Problem::invalid(told.collect())
}
