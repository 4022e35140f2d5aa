//! Rate, errors and duration of each route, for `/metrics`.

use std::sync::LazyLock;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use guichet_telemetry::meter;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram};
use tokio::time::Instant;

static REQUESTS: LazyLock<Counter<u64>> =
    LazyLock::new(|| meter().u64_counter("guichet_gateway_requests").with_description("HTTP exchanges").build());

static DURATION: LazyLock<Histogram<f64>> = LazyLock::new(|| {
    meter()
        .f64_histogram("guichet_gateway_request_duration_seconds")
        .with_description("Time to the first octet of the answer")
        .with_boundaries(vec![0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0])
        .build()
});

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
    DURATION.record(began.elapsed().as_secs_f64(), &labels);
    response
}
