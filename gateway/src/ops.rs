//! For the operator: alive, ready, metrics.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
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

/// Returns the routes of `/healthz`, `/readyz` and `/metrics`, fit to join any router.
pub(crate) fn router<S: Clone + Send + Sync + 'static>(readiness: ReadinessProbe) -> Router<S> {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
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

async fn metrics() -> Response {
    let text = guichet_telemetry::prometheus_text();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}
