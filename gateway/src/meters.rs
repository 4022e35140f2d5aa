//! Rate, errors and duration of each route, for `/metrics`.

use std::sync::LazyLock;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use guichet_telemetry::{Timing, current_trace, meter};
use opentelemetry::KeyValue;
use opentelemetry::metrics::Counter;
use tokio::time::Instant;

static REQUESTS: LazyLock<Counter<u64>> =
    LazyLock::new(|| meter().u64_counter("guichet_gateway_requests").with_description("HTTP exchanges").build());

static DURATION: LazyLock<Timing> =
    LazyLock::new(|| Timing::new("guichet_gateway_request_duration_seconds", "Time to the first octet of the answer"));

/// Counts an exchange under its route, never under its path: paths hold numbers and links.
pub(crate) async fn count(request: Request, next: Next) -> Response {
    let route =
        request.extensions().get::<MatchedPath>().map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let method = request.method().to_string();
    let began = Instant::now();
    let response = next.run(request).await;
    let labels = [
        KeyValue::new("method", method),
        KeyValue::new("route", route),
        KeyValue::new("status", i64::from(response.status().as_u16())),
    ];
    REQUESTS.add(1, &labels);
    DURATION.record(began.elapsed().as_secs_f64(), &labels, current_trace());
    response
}
