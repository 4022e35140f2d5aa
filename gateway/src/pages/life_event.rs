//! `/evenements/{code}`: a moment of life, its procedures and its sheets.

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use futures::future::join_all;
use guichet_proto::knowledge::v1::GetSheetRequest;

use super::chrome::Chrome;
use super::portal::{Choice, choice};
use super::sheets::Line;
use super::{in_query, render};
use crate::app::{App, Shared};
use crate::clients::ask;
use crate::extract::Path;
use crate::problem::Problem;
use crate::towns::LifeEvent;

#[derive(Template)]
#[template(path = "life_event.html")]
struct LifeEventPage {
    chrome: Chrome,
    name: String,
    lead: String,
    procedures: Vec<Choice>,
    sheets: Vec<Line>,
}

/// Shows a moment of life.
pub(crate) async fn show(State(app): State<Shared>, Path(code): Path<String>) -> Result<Html<String>, Problem> {
    let towns = app.towns().await?;
    let town = towns.portal(&app.config.portal_authority).ok_or_else(Problem::not_found)?;
    let event = town.life_events.get(&code).ok_or_else(Problem::not_found)?;
    let offered = event.procedures.iter().filter_map(|code| {
        let (town, procedure) = towns.public_procedure(code, &town.authority.code, &app.config.portal_authority)?;
        Some(choice(&town.authority.code, code, procedure))
    });
    render(&LifeEventPage {
        name: event.name.clone(),
        lead: event.lead.clone(),
        procedures: offered.collect(),
        // Without its sheets the page still serves.
        sheets: sheets(&app, &town.authority.code, event).await,
        chrome: Chrome::of(&app, &towns, None, event.name.clone()),
    })
}

async fn sheets(app: &App, authority: &str, event: &LifeEvent) -> Vec<Line> {
    let read = event.sheets.iter().map(|external_id| async move {
        let message = GetSheetRequest {
            external_id: external_id.clone(),
            authority: authority.to_owned(),
            ..GetSheetRequest::default()
        };
        let summary = ask!(app.knowledge(), get_sheet, message).ok()?.sheet?.summary?;
        Some(Line {
            address: format!("/fiches/{}", in_query(&summary.id)),
            title: summary.title,
            snippet: String::new(),
        })
    });
    join_all(read).await.into_iter().flatten().collect()
}
