//! `/suivi`: where a request stands by its number, or its whole thread by a signed link.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::chrome::{Chrome, dialled};
use super::{render, thread};
use crate::api::track::look_up;
use crate::app::Shared;
use crate::extract::{ClientAddress, Query};
use crate::problem::Problem;
use crate::text::t;
use crate::view::date::Dates;
use crate::view::expected;
use crate::view::state::{Facts, UsagerState};

#[derive(Template)]
#[template(path = "tracking.html")]
struct Tracking {
    chrome: Chrome,
    typed: String,
    error: String,
    found: Option<Found>,
}

/// What a bare number shows.
struct Found {
    reference: String,
    state: UsagerState,
    /// When somebody is expected to take it up, empty when nothing is said.
    expected: String,
    received: String,
    department: String,
    phone: String,
    /// The same phone as a link dials it.
    dial: String,
}

/// A number, or a signed link.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    numero: String,
    lien: String,
    fait: String,
}

/// Shows the form, the state of a number, or the thread of a link.
pub(crate) async fn show(
    State(app): State<Shared>,
    ClientAddress(address): ClientAddress,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    if !asked.lien.is_empty() {
        return thread::show(&app, address, &asked.lien, &asked.fait).await;
    }
    let mut page = Tracking {
        chrome: Chrome::new(&app, None, t("track-title")).await,
        typed: asked.numero.chars().take(40).collect(),
        error: String::new(),
        found: None,
    };
    if asked.numero.trim().is_empty() {
        return Ok(render(&page)?.into_response());
    }
    match look_up(&app, address, &asked.numero).await {
        Ok(found) => {
            let towns = app.towns().await?;
            let department = towns.department(&found.authority, &found.department);
            let zone = towns.find(&found.authority).map(|town| town.authority.time_zone.as_str()).unwrap_or_default();
            let (dates, state) =
                (Dates::in_zone(zone), UsagerState::of(&Facts::of_track(&found, &towns), app.clock.now()));
            let expected = expected::of_request(&app, state.code, &found.request_id).await;
            page.found = Some(Found {
                expected: expected::sentence(expected.as_ref(), &dates),
                state,
                received: dates.day(found.received_at),
                department: department.map(|department| department.name.clone()).unwrap_or_default(),
                dial: department.map(|department| dialled(&department.phone)).unwrap_or_default(),
                phone: department.map(|department| department.phone.clone()).unwrap_or_default(),
                reference: found.reference,
            });
            Ok(render(&page)?.into_response())
        }
        Err(problem) if problem.status == 404 => {
            page.error = problem.detail;
            Ok((StatusCode::NOT_FOUND, render(&page)?).into_response())
        }
        Err(problem) => Err(problem),
    }
}
