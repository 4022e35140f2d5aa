//! Failures on the wire: the only place that makes a [`Status`] of an error, and the only one that reads it back.

use std::collections::HashMap;

use guichet_core::{Coded, ErrorKind, Rng, SystemRng, Violation};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// Domain of our codes in `google.rpc.ErrorInfo`.
const DOMAIN: &str = "guichet";
/// Metadata keys of `ErrorInfo`.
const KIND: &str = "kind";
const MESSAGE: &str = "message";
const REFERENCE: &str = "reference";

/// Returns the status that tells an error. The cause of an internal one stays here, in the log, under a reference that
/// goes out with it.
#[expect(clippy::needless_pass_by_value, reason = "so that it reads `.map_err(status::of)` everywhere")]
pub fn of(error: impl Coded) -> Status {
    let kind = error.kind();
    let mut facts =
        HashMap::from([(KIND.to_owned(), kind_name(kind).to_owned()), (MESSAGE.to_owned(), error.user_message())]);
    let text = if kind == ErrorKind::Internal {
        let reference = new_reference();
        tracing::error!(code = error.code(), reference, error = &error as &dyn std::error::Error, "request failed");
        facts.insert(REFERENCE.to_owned(), reference);
        "internal error".to_owned()
    } else {
        error.to_string()
    };
    let mut details = ErrorDetails::with_error_info(error.code(), DOMAIN, facts);
    for violation in error.violations() {
        details.add_bad_request_violation(violation.pointer.as_str(), violation.detail.as_str());
    }
    Status::with_error_details(grpc_code(kind), text, details)
}

/// Returns a short random reference that ties what the user sees to the log.
fn new_reference() -> String {
    let mut bytes = [0; 5];
    SystemRng.fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An error as the caller reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What can be done.
    pub kind: ErrorKind,
    /// Stable code, `GU-RTG-004`.
    pub code: String,
    /// Sentence for the user, in French.
    pub message: String,
    /// Wrong fields.
    pub violations: Vec<Violation>,
    /// Found in the log, for internal errors.
    pub reference: Option<String>,
}

/// Code of a peer that did not answer.
pub const UNAVAILABLE_CODE: &str = "GU-RPC-001";
/// Code of an answer that is not one of ours.
pub const FOREIGN_CODE: &str = "GU-RPC-002";

impl From<&Status> for Problem {
    fn from(status: &Status) -> Self {
        let details = status.get_error_details();
        let Some(info) = details.error_info().filter(|info| info.domain == DOMAIN) else {
            return foreign(status);
        };
        let fact = |name: &str| info.metadata.get(name).cloned();
        let violations = details.bad_request().map_or_else(Vec::new, |bad| {
            bad.field_violations.iter().map(|v| Violation::new(v.field.clone(), v.description.clone())).collect()
        });
        Self {
            kind: fact(KIND).and_then(|name| parse_kind(&name)).unwrap_or_else(|| foreign(status).kind),
            code: info.reason.clone(),
            message: fact(MESSAGE).unwrap_or_default(),
            violations,
            reference: fact(REFERENCE),
        }
    }
}

/// Reads a status that tonic or the network made.
fn foreign(status: &Status) -> Problem {
    let busy = matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled);
    let exhausted = status.code() == Code::ResourceExhausted;
    let (kind, code, message) = if busy {
        let message = "Le service est indisponible pour un instant : recommencez dans une minute.";
        (ErrorKind::Unavailable, UNAVAILABLE_CODE, message)
    } else if exhausted {
        let message = "Trop de demandes à la fois : attendez un instant, puis recommencez.";
        (ErrorKind::Exhausted, UNAVAILABLE_CODE, message)
    } else {
        tracing::error!(code = ?status.code(), message = status.message(), "peer answered outside the contract");
        (ErrorKind::Internal, FOREIGN_CODE, "Une erreur est survenue de notre côté.")
    };
    Problem { kind, code: code.to_owned(), message: message.to_owned(), violations: Vec::new(), reference: None }
}

/// The one table from kinds to gRPC codes.
const fn grpc_code(kind: ErrorKind) -> Code {
    match kind {
        ErrorKind::InvalidInput => Code::InvalidArgument,
        ErrorKind::Unauthenticated => Code::Unauthenticated,
        ErrorKind::Forbidden => Code::PermissionDenied,
        ErrorKind::NotFound => Code::NotFound,
        ErrorKind::Conflict => Code::Aborted,
        ErrorKind::Exhausted | ErrorKind::OutOfSpace => Code::ResourceExhausted,
        ErrorKind::Unavailable => Code::Unavailable,
        ErrorKind::Internal => Code::Internal,
    }
}

const KINDS: [(ErrorKind, &str); 9] = [
    (ErrorKind::InvalidInput, "invalid_input"),
    (ErrorKind::Unauthenticated, "unauthenticated"),
    (ErrorKind::Forbidden, "forbidden"),
    (ErrorKind::NotFound, "not_found"),
    (ErrorKind::Conflict, "conflict"),
    (ErrorKind::Exhausted, "exhausted"),
    (ErrorKind::Unavailable, "unavailable"),
    (ErrorKind::OutOfSpace, "out_of_space"),
    (ErrorKind::Internal, "internal"),
];

fn kind_name(kind: ErrorKind) -> &'static str {
    KINDS.iter().find(|(known, _)| *known == kind).map_or("internal", |(_, name)| name)
}

fn parse_kind(name: &str) -> Option<ErrorKind> {
    KINDS.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("field is wrong")]
    struct Wrong(ErrorKind, Vec<Violation>);

    impl Coded for Wrong {
        fn code(&self) -> &'static str {
            "GU-TST-001"
        }
        fn kind(&self) -> ErrorKind {
            self.0
        }
        fn violations(&self) -> &[Violation] {
            &self.1
        }
    }

    #[test]
    fn every_kind_of_error_is_read_back_on_the_other_side() {
        for (kind, _) in KINDS {
            let violations = vec![Violation::new("/requester/email", "Écrivez une adresse complète.")];
            let problem = Problem::from(&of(Wrong(kind, violations.clone())));
            assert_eq!((problem.kind, problem.code.as_str(), problem.violations), (kind, "GU-TST-001", violations));
            assert_eq!(
                problem.reference.is_some(),
                kind == ErrorKind::Internal,
                "only internal errors hide in the log"
            );
        }
    }

    #[test]
    fn a_peer_that_is_away_is_unavailable_not_internal() {
        assert_eq!(Problem::from(&Status::unavailable("connection refused")).kind, ErrorKind::Unavailable);
        assert_eq!(Problem::from(&Status::unknown("?")).kind, ErrorKind::Internal);
    }
}
