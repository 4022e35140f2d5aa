//! Following a request by its number alone: state, dates and department, nothing else.

use axum::extract::State;
use guichet_core::Reference;
use guichet_proto::intake::v1::{TrackRequest, TrackResponse};
use serde::Serialize;
use utoipa::ToSchema;

use super::words::{instant, outcome, some};
use crate::app::{App, Shared};
use crate::clients::ask;
use crate::extract::{ClientAddress, Path};
use crate::limits::Try;
use crate::problem::Problem;
use crate::view::expected::{self, Expectation};
use crate::view::state::{Facts, UsagerState};

/// Asked about in place of what cannot be a number, so that both cost the same.
const NOBODYS_REFERENCE: &str = "2222-2222";

/// Where a request stands, as its usager is told.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tracked {
    /// The number.
    reference: String,
    /// `registered`, `in_progress`, `waiting_requester`, `forwarded`, `resolved`, `closed`, `withdrawn` or `dismissed`.
    state: &'static str,
    /// The same in French.
    label: String,
    /// « Prochaine étape ».
    next_step: String,
    /// When the authority had it.
    received_at: Option<String>,
    /// « Avant le ».
    #[serde(skip_serializing_if = "Option::is_none")]
    announced_due: Option<String>,
    /// When somebody is expected to take it up, while it waits: an indication, not a promise; absent when too little is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<Expectation>,
    /// Since when it is in this state.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    /// Code of the authority.
    authority: String,
    /// In charge.
    #[serde(skip_serializing_if = "Option::is_none")]
    department: Option<TrackedDepartment>,
    /// The result told.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    /// The outside body that has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    forwarded_to: Option<String>,
}

/// Who is in charge.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TrackedDepartment {
    /// Code.
    code: String,
    /// As printed.
    name: String,
    /// As printed.
    phone: String,
}

/// Looks a number up: any answer but the request's own is the same, at the same cost.
pub(crate) async fn look_up(app: &App, address: std::net::IpAddr, typed: &str) -> Result<TrackResponse, Problem> {
    app.limits.count(Try::Track, address)?;
    let reference =
        Reference::parse(typed).map_or_else(|| NOBODYS_REFERENCE.to_owned(), |reference| reference.to_string());
    let answer = ask!(app.intake(), track, TrackRequest { reference });
    match answer {
        Err(problem) if matches!(problem.status, 404 | 422) => {
            let towns = app.towns().await?;
            let phone = towns.portal(&app.config.portal_authority).map(|town| town.authority.phone.as_str());
            Err(Problem::unknown_reference(phone.unwrap_or_default()))
        }
        answer => answer,
    }
}

/// Returns where a request stands. Ten tries a minute and an address.
#[utoipa::path(
    get, path = "/track/{reference}", tag = "track",
    params(("reference" = String, Path, description = "`V7KM-4T9R`, with or without its dash")),
    responses(
        (status = 200, body = Tracked),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn show(
    State(app): State<Shared>,
    ClientAddress(address): ClientAddress,
    Path(typed): Path<String>,
) -> Result<axum::Json<Tracked>, Problem> {
    let found = look_up(&app, address, &typed).await?;
    let towns = app.towns().await?;
    let department = towns.department(&found.authority, &found.department);
    let told = UsagerState::of(&Facts::of_track(&found, &towns), app.clock.now());
    let expected = expected::of_request(&app, told.code, &found.request_id).await;
    Ok(axum::Json(Tracked {
        state: told.code,
        label: told.label,
        next_step: told.next_step,
        received_at: instant(found.received_at),
        announced_due: instant(found.announced_due),
        expected: expected.as_ref().map(Expectation::from),
        since: instant(found.state_since),
        department: department.map(|known| TrackedDepartment {
            code: found.department.clone(),
            name: known.name.clone(),
            phone: known.phone.clone(),
        }),
        outcome: outcome(found.outcome),
        forwarded_to: some(found.forwarded_to),
        reference: found.reference,
        authority: found.authority,
    }))
}
