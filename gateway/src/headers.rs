//! What every answer carries, and the net under every failure.

use std::any::Any;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tower_http::request_id::{MakeRequestId, RequestId};

use crate::app::Shared;
use crate::problem::Problem;

/// Nothing but our own origin, nothing inline, nobody frames us.
const CONTENT_POLICY: &str =
    "default-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";
/// A year, as browsers' preload lists ask.
const STRICT_TRANSPORT: &str = "max-age=31536000; includeSubDomains";
/// Octets of a request id.
const REQUEST_ID_OCTETS: usize = 8;

/// Name of the header that ties an answer to the log.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Makes request ids from the product's own randomness.
#[derive(Clone)]
pub(crate) struct RequestIds(pub(crate) Shared);

impl MakeRequestId for RequestIds {
    fn make_request_id<B>(&mut self, _: &axum::http::Request<B>) -> Option<RequestId> {
        HeaderValue::from_str(&self.0.random_hex(REQUEST_ID_OCTETS)).ok().map(RequestId::new)
    }
}

/// Adds the security headers; a handler that set its own keeps them.
pub(crate) async fn secure(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let keeps_connections = request.version() <= Version::HTTP_11;
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if keeps_connections && app.leaving.is_cancelled() {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    let mut add = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    add(header::CONTENT_SECURITY_POLICY, CONTENT_POLICY);
    add(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    add(header::REFERRER_POLICY, "same-origin");
    add(header::X_FRAME_OPTIONS, "DENY");
    add(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    add(HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()");
    add(header::CACHE_CONTROL, "no-store");
    if app.config.is_https() {
        add(header::STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT);
    }
    response
}

/// Turns a bare failure of some layer into a problem, so that every failure is told the same way.
pub(crate) async fn tell_failures(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let is_failure = status.is_client_error() || status.is_server_error();
    let media_type = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let is_page = media_type.starts_with(b"text/html");
    if !is_failure || is_page || response.extensions().get::<Problem>().is_some() {
        return response;
    }
    let allowed = response.headers().get(header::ALLOW).cloned();
    let mut told = Problem::of_status(status).into_response();
    if let Some(methods) = allowed {
        told.headers_mut().insert(header::ALLOW, methods);
    }
    told
}

/// Answers in place of a handler that panicked: the cause is in the log, under a reference.
pub(crate) fn on_panic(app: &Arc<crate::app::App>, panic: &(dyn Any + Send)) -> Response {
    let reference = app.random_hex(5);
    let cause = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    tracing::error!(reference, cause, "handler panicked");
    Problem::internal(reference).into_response()
}
