//! `/fiches`: search and read.

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use serde::Deserialize;

use super::chrome::Chrome;
use super::portal::Choice;
use super::{in_query, render, search};
use crate::api::knowledge;
use crate::app::Shared;
use crate::auth::Caller;
use crate::extract::{Path, Query};
use crate::problem::Problem;
use crate::text::t;
use crate::view::date::Dates;
use crate::view::markdown;

/// Sheets of one answer.
const SHEETS_MAX: u32 = 20;
/// Procedures of one answer: those past it have little to do with the question.
const PROCEDURES_MAX: usize = 6;

#[derive(Template)]
#[template(path = "sheets.html")]
struct Sheets {
    chrome: Chrome,
    q: String,
    procedures: Vec<Choice>,
    found: Vec<Line>,
}

/// A sheet in an answer.
pub(crate) struct Line {
    pub(crate) title: String,
    pub(crate) snippet: String,
    pub(crate) address: String,
}

/// What is looked for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    q: String,
}

/// Shows the sheets that answer a question.
pub(crate) async fn search(
    State(app): State<Shared>,
    Caller(session): Caller,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Problem> {
    let found = knowledge::find(&app, session.as_ref(), String::new(), &asked.q, SHEETS_MAX).await?;
    let found = found.into_iter().map(|sheet| Line {
        address: format!("/fiches/{}", in_query(&sheet.id)),
        title: sheet.title,
        snippet: sheet.snippet,
    });
    let found = found.collect();
    let towns = app.towns().await?;
    let procedures = search::procedures(&towns, &asked.q, PROCEDURES_MAX);
    let chrome = Chrome::of(&app, &towns, session.as_ref(), t("sheets-title"));
    render(&Sheets { chrome, procedures, q: asked.q, found })
}

#[derive(Template)]
#[template(path = "sheet.html")]
struct SheetPage {
    chrome: Chrome,
    html: String,
    updated: String,
    version: u32,
    form: String,
}

/// Shows one sheet.
pub(crate) async fn show(
    State(app): State<Shared>,
    Caller(session): Caller,
    Path(id): Path<String>,
) -> Result<Html<String>, Problem> {
    let sheet = knowledge::read(&app, session.as_ref(), id).await?;
    let summary = sheet.summary.unwrap_or_default();
    let towns = app.towns().await?;
    let offered = towns.public_procedure(&summary.procedure, &sheet.authority, &app.config.portal_authority);
    let form = offered
        .map(|(town, _)| format!("/demande/{}?pour={}", in_query(&summary.procedure), in_query(&town.authority.code)));
    let zone = towns.find(&sheet.authority).map(|town| town.authority.time_zone.as_str()).unwrap_or_default();
    render(&SheetPage {
        chrome: Chrome::of(&app, &towns, session.as_ref(), summary.title),
        html: markdown::html(&sheet.markdown),
        updated: Dates::in_zone(zone).day(sheet.published_at),
        version: summary.version,
        form: form.unwrap_or_default(),
    })
}
