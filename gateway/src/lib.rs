//! The HTTP door: REST under `/api/v1`, pages rendered on the server, sessions, health and metrics.
//!
//! The gateway owns no business data. It knows who is calling (`auth`), asks intake what was said and routing what may
//! be seen of it (`access`), and joins the two. [`build`] is the way in; `api` holds the REST nouns, `pages` the journeys
//! of usagers and agents, `problem` how every failure is told.

mod access;
mod api;
mod app;
mod auth;
mod checks;
mod clients;
mod commands;
mod config;
mod csrf;
mod error;
mod extract;
mod headers;
mod keys;
mod language;
mod limits;
mod live;
mod mentions;
mod meters;
mod ops;
mod pages;
mod problem;
mod settings;
mod submit;
mod text;
mod theme;
mod towns;
mod uploads;
mod view;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use guichet_rpc::Worker;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::request_id::{PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::timeout::{RequestBodyTimeoutLayer, TimeoutLayer};
use tower_http::trace::TraceLayer;
use tracing::{Span, field};

pub use app::{GatewayDeps, ReadinessProbe};
pub use config::{COOKIE_KEY_BYTES_MIN, Config, Rates};
pub use error::Error;

use app::{App, Shared};
use problem::Problem;
// Templates call these.
pub(crate) use text::{t, t1, tr};

/// How long one exchange may take: a 30 MB form over a slow phone.
pub const EXCHANGE_MAX: Duration = Duration::from_secs(150);
/// Seconds a caller may stay silent in the middle of a body.
const SILENCE_SECONDS_MAX: u64 = 20;

/// What the gateway is: its routes and its background work.
#[derive(Debug)]
pub struct Built {
    /// Serve it with `into_make_service_with_connect_info::<SocketAddr>()`, or rates will count all callers as one.
    pub router: Router,
    /// Follows what open pages show.
    pub workers: Vec<Worker>,
}

/// Builds the gateway over the four services.
pub fn build(config: Config, deps: GatewayDeps) -> Result<Built, Error> {
    config.check()?;
    let probes = deps.answers_probes.then(|| ops::router(Arc::clone(&deps.readiness)));
    let app: Shared = Arc::new(App::new(config, deps));
    let workers = live::workers(&app);
    let panic_app = Arc::clone(&app);
    let router = api::router(&app.config)
        .merge(probes.unwrap_or_default())
        .merge(pages::router(&app.config))
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(CatchPanicLayer::custom(move |panic: Box<dyn std::any::Any + Send>| {
            headers::on_panic(&panic_app, panic.as_ref())
        }))
        .layer(RequestBodyTimeoutLayer::new(Duration::from_secs(SILENCE_SECONDS_MAX)))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, EXCHANGE_MAX))
        .layer(from_fn(headers::tell_failures))
        .layer(from_fn_with_state(Arc::clone(&app), pages::show_problems))
        .layer(from_fn_with_state(Arc::clone(&app), headers::secure))
        .layer(from_fn(language::choose))
        .layer(from_fn(meters::count))
        .layer(CompressionLayer::new())
        .layer(PropagateRequestIdLayer::new(headers::REQUEST_ID))
        // Whoever meets a failure logs it; the span only ties the lines together.
        .layer(TraceLayer::new_for_http().make_span_with(span).on_response(answered).on_failure(()))
        .layer(SetRequestIdLayer::new(headers::REQUEST_ID, headers::RequestIds(Arc::clone(&app))))
        .with_state(app);
    Ok(Built { router, workers })
}

/// Returns the router of a process that runs no gateway: alive, ready, metrics.
pub fn ops_router(readiness: ReadinessProbe) -> Router {
    ops::router(readiness)
}

/// Returns the span of one exchange, under the names that OpenTelemetry agreed on: its route, never its path or its query, which
/// hold references and links.
fn span(request: &Request) -> Span {
    let id = text_of(request.headers(), headers::REQUEST_ID.as_str());
    let method = request.method();
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    if ops::ROUTES.contains(&route) {
        return Span::none();
    }
    let span = tracing::info_span!(
        "http",
        otel.name = format!("{method} {route}").trim_end(),
        otel.kind = "server",
        http.request.method = %method,
        http.route = route,
        http.response.status_code = field::Empty,
        request.id = id,
    );
    let traceparent = request.headers().get(guichet_telemetry::trace_context::TRACEPARENT);
    guichet_telemetry::trace_context::set_parent(&span, traceparent.and_then(|value| value.to_str().ok()));
    span
}

fn answered(response: &Response, _: Duration, span: &Span) {
    span.record("http.response.status_code", response.status().as_u16());
}

fn text_of<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
