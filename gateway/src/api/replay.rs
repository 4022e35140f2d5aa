//! A recorded day of routing decided again, for `guichet replay`.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use futures::{StreamExt, stream};
use guichet_proto::routing::v1::{ReplayMismatch, ReplayRequest, ReplayResponse};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::words::instant;
use crate::app::Shared;
use crate::auth::Administrator;
use crate::extract::Query;
use crate::problem::Problem;

/// Which day, and of whom.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Asked {
    /// As `2026-11-26`, in the time zone of the first authority; today when absent.
    day: String,
    /// Code of an authority: what was decided together with it. Every authority when absent.
    authority: String,
}

/// How far a replay is; the last line has `done`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Progress {
    day: String,
    /// The instant replayed up to.
    reached: Option<String>,
    done: bool,
    /// Engines started from what was recorded.
    loads: u64,
    /// Facts of the day the engine was told.
    inputs: u64,
    /// Decisions of the day that were compared.
    decisions: u64,
    /// Decisions of the day that nothing recorded lets make again.
    uncovered: u64,
    mismatches: u64,
    /// The first of them, on the last line.
    first: Vec<Difference>,
}

/// A decision that was not made again as it was recorded.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Difference {
    batch: i64,
    at: Option<String>,
    request: String,
    /// What differs, in words.
    difference: String,
}

impl From<ReplayResponse> for Progress {
    fn from(told: ReplayResponse) -> Self {
        Self {
            day: told.day,
            reached: instant(told.reached),
            done: told.done,
            loads: told.loads,
            inputs: told.inputs,
            decisions: told.decisions,
            uncovered: told.uncovered,
            mismatches: told.mismatches,
            first: told.first.into_iter().map(Difference::from).collect(),
        }
    }
}

impl From<ReplayMismatch> for Difference {
    fn from(told: ReplayMismatch) -> Self {
        let ReplayMismatch { batch, at, request_id, difference } = told;
        Self { batch, at: instant(at), request: request_id, difference }
    }
}

/// Decides a recorded day again and compares each decision bit for bit; answers one JSON object a line while it goes.
///
/// A line with `done` comes last; without one, the answer was cut short.
#[utoipa::path(
    get, path = "/replay", tag = "operations", security(("key" = [])), params(Asked),
    responses(
        (status = 200, body = Progress, content_type = "application/x-ndjson"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn run(
    State(app): State<Shared>,
    _: Administrator,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    // No deadline on the whole: a long day takes its time.
    let Asked { day, authority } = asked;
    let answer = app.decisions().replay(ReplayRequest { day, authority }).await.map_err(Problem::from)?;
    let mut told = answer.into_inner();
    // What is wrong at once is told as a problem.
    let first = told.message().await.map_err(Problem::from)?;
    let lines = stream::iter(first.map(Ok)).chain(told).map(|told: Result<ReplayResponse, tonic::Status>| {
        let mut line = serde_json::to_vec(&Progress::from(told?)).expect("progress is plain data");
        line.push(b'\n');
        Ok::<_, tonic::Status>(Bytes::from(line))
    });
    let mut response = Response::new(Body::from_stream(lines));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    Ok(response)
}
