//! `/admin`: what the head of the desk changes without the operator (procedures, delays, hours, skills, absences, texts),
//! each change shown before it is published, kept in the history, and undone from there.

mod count;
mod differences;
mod export;
mod fields;
mod history;
mod part;
mod texts;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Html;
use axum::routing::get;
use guichet_directory::edit::{self, PartKind};

use super::chrome::Chrome;
use super::desk::Done;
use super::learning::{self, Proposal};
use super::render;
use crate::app::Shared;
use crate::auth::Supervisor;
use crate::extract::{Path, Query};
use crate::problem::Problem;
use crate::settings::Published;
use crate::text::{t, tr};
use crate::towns::Towns;
use crate::view::alphabetical;
use differences::{key_name, words};

/// Each kind of part and its name in addresses.
const KINDS: [(PartKind, &str); 7] = [
    (PartKind::Procedure, "demarches"),
    (PartKind::Agent, "agents"),
    (PartKind::Calendar, "horaires"),
    (PartKind::Department, "services"),
    (PartKind::Site, "sites"),
    (PartKind::Reply, "reponses"),
    (PartKind::Authority, "collectivite"),
];

/// Returns the routes of the settings.
pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/admin", get(index))
        .route("/admin/historique", get(history::list))
        .route("/admin/historique/{version}", get(history::show).post(history::restore))
        .route("/admin/textes", get(texts::list))
        .route("/admin/textes/{name}/{medium}", get(texts::show).post(texts::submit))
        .route("/admin/calcul", get(count::show))
        .route("/admin/export", get(export::download))
        .route("/admin/{kind}", get(list))
        .route("/admin/{kind}/{code}", get(part::show).post(part::submit))
}

/// Returns the kind of part of an address.
fn kind_of(slug: &str) -> Result<PartKind, Problem> {
    KINDS.iter().find(|(_, known)| *known == slug).map(|(kind, _)| *kind).ok_or_else(Problem::not_found)
}

/// Returns the name of a kind in addresses.
fn slug_of(kind: PartKind) -> &'static str {
    KINDS.iter().find(|(known, _)| *known == kind).map_or("", |(_, slug)| slug)
}

/// Returns whether parts of a kind are added and removed on screen. An agent comes with a password and a department with
/// agents: they come with the folder.
const fn comes_and_goes(kind: PartKind) -> bool {
    matches!(kind, PartKind::Procedure | PartKind::Calendar | PartKind::Site | PartKind::Reply)
}

/// Returns who made a change: the operator, or an agent, who may have left since.
fn author(towns: &Towns, agent_id: &str) -> String {
    if agent_id.is_empty() {
        return t("settings-operator");
    }
    towns.agent(agent_id).map_or_else(|| t("settings-left"), |agent| agent.name.clone())
}

/// A way in.
struct Tile {
    address: String,
    name: String,
    hint: String,
}

#[derive(Template)]
#[template(path = "settings.html")]
struct Index {
    chrome: Chrome,
    authority: String,
    tiles: Vec<Tile>,
    proposals: Vec<Proposal>,
}

/// Shows what can be changed.
async fn index(
    State(app): State<Shared>,
    Supervisor(session): Supervisor,
    Query(done): Query<Done>,
) -> Result<Html<String>, Problem> {
    let towns = app.towns().await?;
    let town = towns.find(&session.account.authority).ok_or_else(Problem::not_found)?;
    let tile = |slug: &str, address: String| Tile {
        address,
        name: t(&format!("settings-{slug}")),
        hint: t(&format!("settings-{slug}-hint")),
    };
    let mut tiles: Vec<Tile> = Vec::new();
    for (kind, slug) in KINDS {
        // The authority has no list: its form opens at once.
        let whole = if kind == PartKind::Authority { format!("/{}", part::WHOLE) } else { String::new() };
        tiles.push(tile(slug, format!("/admin/{slug}{whole}")));
    }
    tiles.extend(["textes", "calcul", "historique", "export"].map(|slug| tile(slug, format!("/admin/{slug}"))));
    let page = Index {
        authority: town.authority.name.clone(),
        tiles,
        proposals: learning::proposals(&app, &session, &towns).await,
        chrome: Chrome::of(&app, &towns, Some(&session), t("settings-title")).noticing(&done.fait),
    };
    render(&page)
}

/// One part in a list.
struct Line {
    address: String,
    code: String,
    name: String,
    details: Vec<String>,
}

#[derive(Template)]
#[template(path = "settings_list.html")]
struct List {
    chrome: Chrome,
    heading: String,
    hint: String,
    lines: Vec<Line>,
    /// Where a new one is made; empty where none is.
    add: String,
}

/// Returns what is worth seeing of a part; a day is named before its hours.
fn told(towns: &Towns, authority: &str, (key, values): &(&'static str, Vec<String>)) -> String {
    let said = words(towns, authority, key, values);
    if matches!(*key, "lundi" | "samedi" | "absences" | "closures") {
        return tr("settings-detail", &[("name", key_name(key)), ("said", said)]);
    }
    said
}

/// Lists the parts of a kind.
async fn list(
    State(app): State<Shared>,
    Supervisor(session): Supervisor,
    Path(slug): Path<String>,
    Query(done): Query<Done>,
) -> Result<Html<String>, Problem> {
    let kind = kind_of(&slug)?;
    let published = Published::read(&app).await?;
    let own = published.own(&session)?;
    let towns = app.towns().await?;
    let parts = edit::list(&published.directories, &own.authority.code, kind);
    let mut lines: Vec<Line> = parts
        .into_iter()
        .map(|part| Line {
            address: format!("/admin/{slug}/{}", super::in_query(&part.code)),
            details: part.details.iter().map(|detail| told(&towns, &own.authority.code, detail)).collect(),
            code: part.code,
            name: part.name,
        })
        .collect();
    lines.sort_by_key(|line| alphabetical(&line.name));
    let page = List {
        heading: t(&format!("settings-{slug}")),
        hint: t(&format!("settings-{slug}-hint")),
        lines,
        add: if comes_and_goes(kind) { format!("/admin/{slug}/{}", part::NEW) } else { String::new() },
        chrome: Chrome::of(&app, &towns, Some(&session), t("settings-title")).noticing(&done.fait),
    };
    render(&page)
}
