//! How a failure is told over HTTP: an RFC 9457 problem, in French, with a stable code and the fields to correct.
//!
//! A problem leaves its copy in the response's extensions; the pages turn that into a page for people.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use guichet_core::{ErrorKind, Violation};
use serde::Serialize;
use utoipa::ToSchema;

use crate::text::{t, t1};

/// Seconds after which a caller over its rate may come back: the window of every rate.
pub(crate) const RETRY_AFTER_SECONDS: u32 = 60;

/// A failure as told to the caller (`application/problem+json`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// Identifies the kind of problem: `urn:guichet:error:` and the code.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub(crate) kind: Box<str>,
    /// What happened, in two or three words of French.
    #[schema(value_type = String, example = "Informations à corriger")]
    pub(crate) title: Box<str>,
    /// The HTTP status, again.
    #[schema(example = 422)]
    pub(crate) status: u16,
    /// What to do, in a sentence of French.
    pub(crate) detail: String,
    /// Stable code, with a page in the documentation.
    #[schema(value_type = String, example = "GU-GTW-012")]
    pub(crate) code: Box<str>,
    /// The wrong fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) errors: Vec<FieldError>,
    /// To give to the help desk: the same is in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(crate) reference: Option<Box<str>>,
}

/// One wrong field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FieldError {
    /// RFC 6901 pointer of the field.
    #[schema(example = "/requester/email")]
    pub(crate) pointer: String,
    /// What to do, in French.
    pub(crate) detail: String,
}

impl From<Violation> for FieldError {
    fn from(violation: Violation) -> Self {
        Self { pointer: violation.pointer, detail: violation.detail }
    }
}

impl Problem {
    /// Returns the problem of a code of the catalogue: its texts are `problem-<name>-title` and `problem-<name>`.
    fn of(status: StatusCode, code: &str, name: &str) -> Self {
        Self::told(status, code, t(&format!("problem-{name}-title")), t(&format!("problem-{name}")))
    }

    fn told(status: StatusCode, code: &str, title: String, detail: String) -> Self {
        Self {
            kind: format!("urn:guichet:error:{code}").into(),
            title: title.into(),
            status: status.as_u16(),
            detail,
            code: code.into(),
            errors: Vec::new(),
            reference: None,
        }
    }

    /// The body could not be read: not JSON, an unknown field, a wrong type.
    pub(crate) fn malformed(errors: Vec<FieldError>) -> Self {
        Self { errors, ..Self::of(StatusCode::BAD_REQUEST, "GU-GTW-010", "malformed") }
    }

    /// The fields were read and are wrong.
    pub(crate) fn invalid(errors: Vec<FieldError>) -> Self {
        Self { errors, ..Self::of(StatusCode::UNPROCESSABLE_ENTITY, "GU-GTW-012", "invalid") }
    }

    /// Nobody is signed in, or no longer.
    pub(crate) fn unauthenticated() -> Self {
        Self::of(StatusCode::UNAUTHORIZED, "GU-GTW-020", "unauthenticated")
    }

    /// The caller may not.
    pub(crate) fn forbidden() -> Self {
        Self::of(StatusCode::FORBIDDEN, "GU-GTW-021", "forbidden")
    }

    /// The form or the script does not come from our own pages.
    pub(crate) fn cross_site() -> Self {
        Self::of(StatusCode::FORBIDDEN, "GU-GTW-022", "cross-site")
    }

    /// The login or the password is wrong: which one is not told.
    pub(crate) fn wrong_password() -> Self {
        Self::of(StatusCode::UNAUTHORIZED, "GU-GTW-024", "wrong-password")
    }

    /// Somebody else, or nobody, holds the request.
    pub(crate) fn not_yours() -> Self {
        Self::of(StatusCode::FORBIDDEN, "GU-GTW-025", "not-yours")
    }

    /// The state has moved on.
    pub(crate) fn conflict() -> Self {
        Self::of(StatusCode::CONFLICT, "GU-GTW-033", "conflict")
    }

    /// A machine account asked for what only a person does.
    pub(crate) fn needs_agent() -> Self {
        Self::of(StatusCode::FORBIDDEN, "GU-GTW-023", "needs-agent")
    }

    /// Nothing there, or not for this caller.
    pub(crate) fn not_found() -> Self {
        Self::of(StatusCode::NOT_FOUND, "GU-GTW-030", "not-found")
    }

    /// No request has this reference: the same words whether it was mistyped or never existed.
    pub(crate) fn unknown_reference(phone: &str) -> Self {
        let mut problem = Self::of(StatusCode::NOT_FOUND, "GU-GTW-031", "unknown-reference");
        if !phone.is_empty() {
            problem.detail = t1("problem-unknown-reference-phone", "phone", phone);
        }
        problem
    }

    /// The signed link of a thread is wrong or too old.
    pub(crate) fn dead_link() -> Self {
        Self::of(StatusCode::NOT_FOUND, "GU-GTW-034", "dead-link")
    }

    /// The address exists, not for this method.
    pub(crate) fn method_not_allowed() -> Self {
        Self::of(StatusCode::METHOD_NOT_ALLOWED, "GU-GTW-032", "method-not-allowed")
    }

    /// The body is over its limit.
    pub(crate) fn too_large(limit_bytes: usize) -> Self {
        let mut problem = Self::of(StatusCode::PAYLOAD_TOO_LARGE, "GU-GTW-040", "too-large");
        problem.detail = t1("problem-too-large-limit", "limit", crate::view::bytes::size(limit_bytes as u64));
        problem
    }

    /// The body is of a kind this address does not take.
    pub(crate) fn unsupported_media_type(wanted: &str) -> Self {
        let mut problem = Self::of(StatusCode::UNSUPPORTED_MEDIA_TYPE, "GU-GTW-041", "media-type");
        problem.detail = t1("problem-media-type-wanted", "wanted", wanted);
        problem
    }

    /// Too many tries from one address.
    pub(crate) fn too_many() -> Self {
        Self::of(StatusCode::TOO_MANY_REQUESTS, "GU-GTW-042", "too-many")
    }

    /// Too much is asked of one authority, by everybody together.
    pub(crate) fn busy() -> Self {
        Self::of(StatusCode::TOO_MANY_REQUESTS, "GU-GTW-044", "busy")
    }

    /// Returns whether the same may be tried again in a while.
    pub(crate) const fn passes(&self) -> bool {
        matches!(self.status, 429 | 503 | 507)
    }

    /// The exchange took too long.
    pub(crate) fn timed_out() -> Self {
        Self::of(StatusCode::SERVICE_UNAVAILABLE, "GU-GTW-043", "timed-out")
    }

    /// Our fault; `reference` is in the log too.
    pub(crate) fn internal(reference: String) -> Self {
        Self {
            reference: Some(reference.into()),
            ..Self::of(StatusCode::INTERNAL_SERVER_ERROR, "GU-GTW-050", "internal")
        }
    }

    /// Returns the problem of a bare status that some layer answered with.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::not_found(),
            StatusCode::METHOD_NOT_ALLOWED => Self::method_not_allowed(),
            StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => Self::timed_out(),
            StatusCode::PAYLOAD_TOO_LARGE => Self::of(status, "GU-GTW-040", "too-large"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::of(status, "GU-GTW-041", "media-type"),
            other if other.is_client_error() => Self::of(other, "GU-GTW-010", "malformed"),
            other => Self::of(other, "GU-GTW-050", "internal"),
        }
    }

    /// Returns the HTTP status.
    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// Returns the status of a kind of failure: the one place where it is decided.
const fn status_of(kind: ErrorKind) -> (StatusCode, &'static str) {
    match kind {
        ErrorKind::InvalidInput => (StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
        ErrorKind::Unauthenticated => (StatusCode::UNAUTHORIZED, "unauthenticated"),
        ErrorKind::Forbidden => (StatusCode::FORBIDDEN, "forbidden"),
        ErrorKind::NotFound => (StatusCode::NOT_FOUND, "not-found"),
        ErrorKind::Conflict => (StatusCode::CONFLICT, "conflict"),
        ErrorKind::Exhausted => (StatusCode::TOO_MANY_REQUESTS, "too-many"),
        ErrorKind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        // RFC 4918 §11.5.
        ErrorKind::OutOfSpace => (StatusCode::INSUFFICIENT_STORAGE, "out-of-space"),
        ErrorKind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
    }
}

impl From<tonic::Status> for Problem {
    fn from(status: tonic::Status) -> Self {
        let told = guichet_rpc::status::Problem::from(&status);
        let (http, name) = status_of(told.kind);
        let detail = if told.message.is_empty() { t(&format!("problem-{name}")) } else { told.message };
        let code = if told.code.is_empty() { "GU-GTW-051" } else { &told.code };
        if told.kind == ErrorKind::Unavailable {
            tracing::warn!(code, reason = status.message(), "a service did not answer");
        }
        let mut problem = Self::told(http, code, t(&format!("problem-{name}-title")), detail);
        problem.errors = told.violations.into_iter().map(FieldError::from).collect();
        problem.reference = told.reference.map(Into::into);
        problem
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let body = serde_json::to_string(&self).expect("a problem is plain data");
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.passes() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"guichet\""));
        }
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_has_its_words() {
        let problems = [
            Problem::malformed(Vec::new()),
            Problem::invalid(Vec::new()),
            Problem::unauthenticated(),
            Problem::forbidden(),
            Problem::cross_site(),
            Problem::needs_agent(),
            Problem::wrong_password(),
            Problem::not_yours(),
            Problem::not_found(),
            Problem::unknown_reference(""),
            Problem::unknown_reference("03 53 01 00 10"),
            Problem::method_not_allowed(),
            Problem::conflict(),
            Problem::dead_link(),
            Problem::too_large(1_000),
            Problem::unsupported_media_type("application/json"),
            Problem::too_many(),
            Problem::busy(),
            Problem::timed_out(),
            Problem::internal("0badc0de".to_owned()),
            Problem::from(tonic::Status::unavailable("away")),
        ];
        for problem in problems {
            let told = format!("{} {}", problem.title, problem.detail);
            assert!(!told.contains("Unknown") && !told.contains("problem-"), "{problem:?}");
        }
    }
}
