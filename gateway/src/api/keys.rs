//! Keys of programs: a telephone system, a website, a statistics tool.

use axum::extract::State;
use axum::http::StatusCode;
use guichet_proto::routing::v1::CreateKeyRequest;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::Shared;
use crate::auth::Administrator;
use crate::checks::{CODE_CHARACTERS_MAX, Checks, NAME_CHARACTERS_MAX};
use crate::clients::tell;
use crate::extract::Json;
use crate::problem::Problem;

/// A key to make.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyBody {
    /// Code of the authority whose desk the program works for.
    #[schema(example = "valorme")]
    authority: Option<String>,
    /// What it is for.
    #[schema(example = "autocommutateur", max_length = 200)]
    name: Option<String>,
}

/// A new key.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyMade {
    /// Shown this once; only its SHA-256 is kept.
    key: String,
}

/// Makes a key for a program.
#[utoipa::path(
    post, path = "/keys", tag = "session", request_body = KeyBody, security(("key" = [])),
    responses(
        (status = 201, body = KeyMade),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn create(
    State(app): State<Shared>,
    Administrator(session): Administrator,
    Json(body): Json<KeyBody>,
) -> Result<(StatusCode, axum::Json<KeyMade>), Problem> {
    let mut checks = Checks::default();
    let authority = checks.required("/authority", body.authority.as_deref(), CODE_CHARACTERS_MAX);
    let name = checks.required("/name", body.name.as_deref(), NAME_CHARACTERS_MAX);
    checks.done()?;
    // Whoever is pooled for another authority makes no keys to its files; the operator, of none, makes them all.
    let own = &session.account.authority;
    if !own.is_empty() && *own != authority {
        return Err(Problem::forbidden());
    }
    let key = tell!(app.directory(), create_key, CreateKeyRequest { authority, name })?.key;
    Ok((StatusCode::CREATED, axum::Json(KeyMade { key })))
}
