//! For the operator: alive, ready, metrics.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Serialize;

use crate::app::ReadinessProbe;

/// Whether the product serves, and why not.
#[derive(Serialize)]
struct Readiness {
    ready: bool,
    reasons: Vec<String>,
}

/// What probes ask, every few seconds: nobody follows it.
pub(crate) const ROUTES: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// Returns the routes of `/healthz`, `/readyz` and `/metrics`, fit to join any router.
pub(crate) fn router<S: Clone + Send + Sync + 'static>(readiness: ReadinessProbe) -> Router<S> {
    Router::new()
        .route(ROUTES[0], get(|| async { "ok\n" }))
        .route(ROUTES[1], get(ready))
        .route(ROUTES[2], get(metrics))
        .with_state(readiness)
}

async fn ready(State(readiness): State<ReadinessProbe>) -> Response {
    let reasons = readiness();
    let status = if reasons.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut response = (status, axum::Json(Readiness { ready: reasons.is_empty(), reasons })).into_response();
    // Probes read these reasons: the net under failures leaves them alone.
    if status != StatusCode::OK {
        response.extensions_mut().insert(crate::problem::Problem::of_status(status));
    }
    response
}

/// Answers in OpenMetrics whoever can read it: only that format names traces.
async fn metrics(headers: HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (media_type, text) = if accepted.contains("application/openmetrics-text") {
        ("application/openmetrics-text; version=1.0.0; charset=utf-8", guichet_telemetry::openmetrics_text())
    } else {
        ("text/plain; version=0.0.4; charset=utf-8", guichet_telemetry::prometheus_text())
    };
    ([(header::CONTENT_TYPE, media_type)], text).into_response()
}
