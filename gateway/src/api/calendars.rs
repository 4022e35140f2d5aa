//! Counting a delay on a department's calendar, step by step.

use axum::extract::State;
use guichet_directory::{Delay, DelayUnit, parse_delay};
use guichet_proto::routing::v1 as proto;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::words::instant;
use crate::app::{App, Shared};
use crate::auth::SignedIn;
use crate::checks::{CODE_CHARACTERS_MAX, Checks};
use crate::clients::ask;
use crate::extract::Query;
use crate::problem::{FieldError, Problem};

/// A delay to count.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct DelayQuery {
    /// Code of the authority.
    #[param(example = "valorme")]
    pub(crate) authority: String,
    /// Code of the department.
    #[param(example = "UR")]
    pub(crate) department: String,
    /// As the wall shows it there; now when left out.
    #[param(example = "2026-11-24T10:00")]
    pub(crate) from: String,
    /// As the folder writes it.
    #[param(example = "3 jours ouvrés")]
    pub(crate) delay: String,
}

/// A delay counted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DelayCounted {
    /// When it ends.
    due: Option<String>,
    /// Whose hours, in French.
    calendar: String,
    /// The delay and its start, in French.
    asked: String,
    /// What each day adds, oldest first.
    steps: Vec<DelayStep>,
    /// The due date, in French.
    conclusion: String,
}

/// One day of a count, or some hours of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DelayStep {
    /// `2026-11-25`.
    day: String,
    /// `received`, `counted`, `span`, `holiday`, `closure`, `bridge` or `week`.
    kind: String,
    /// Days, months or minutes counted so far; 0 where nothing is.
    total: u32,
    /// The same in French.
    sentence: String,
}

/// Counts a delay as due dates are counted.
pub(crate) async fn count(app: &App, asked: &DelayQuery) -> Result<proto::ExplainDelayResponse, Problem> {
    let mut checks = Checks::default();
    let authority = checks.required("/authority", Some(&asked.authority), CODE_CHARACTERS_MAX);
    let department = checks.required("/department", Some(&asked.department), CODE_CHARACTERS_MAX);
    let from = checks.line("/from", Some(&asked.from), CODE_CHARACTERS_MAX);
    let delay = checks.required("/delay", Some(&asked.delay), CODE_CHARACTERS_MAX);
    checks.done()?;
    let wrong = |detail| Problem::invalid(vec![FieldError { pointer: "/delay".to_owned(), detail }]);
    let Delay { count, unit } = parse_delay(&delay).map_err(wrong)?;
    let unit = match unit {
        DelayUnit::Hours => proto::DelayUnit::Hours,
        DelayUnit::BusinessDays => proto::DelayUnit::BusinessDays,
        DelayUnit::Days => proto::DelayUnit::Days,
        DelayUnit::Months => proto::DelayUnit::Months,
    };
    let message = proto::ExplainDelayRequest { authority, department, from, count, unit: unit.into() };
    ask!(app.directory(), explain_delay, message)
}

/// Counts a delay on a department's calendar and tells why each day counts or not.
#[utoipa::path(
    get, path = "/calendars/explain", tag = "directory", security(("session" = []), ("key" = [])),
    params(DelayQuery),
    responses(
        (status = 200, body = DelayCounted),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn explain(
    State(app): State<Shared>,
    SignedIn(_session): SignedIn,
    Query(asked): Query<DelayQuery>,
) -> Result<axum::Json<DelayCounted>, Problem> {
    let counted = count(&app, &asked).await?;
    let step = |step: proto::DelayStep| {
        let proto::DelayStep { day, kind, total, sentence } = step;
        DelayStep { day, kind, total, sentence }
    };
    Ok(axum::Json(DelayCounted {
        due: instant(counted.due),
        calendar: counted.calendar,
        asked: counted.asked,
        steps: counted.steps.into_iter().map(step).collect(),
        conclusion: counted.conclusion,
    }))
}
