//! Signing in and out.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use guichet_proto::routing::v1::{Account, Role, SignInRequest};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::{presence, some};
use crate::app::{App, Shared};
use crate::auth::{self, SignedIn};
use crate::checks::{Checks, NAME_CHARACTERS_MAX};
use crate::clients::tell;
use crate::csrf;
use crate::extract::{ClientAddress, Json};
use crate::limits::Try;
use crate::problem::Problem;

/// Who signs in.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    /// As in the directory: `aline.encre`.
    #[schema(example = "aline.encre")]
    pub(crate) login: Option<String>,
    /// Never logged, never kept.
    #[schema(format = Password)]
    pub(crate) password: Option<String>,
}

/// Characters of a password: long sentences are welcome, and hashing stays cheap.
const PASSWORD_CHARACTERS_MAX: usize = 200;

/// Who is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionView {
    /// Of the agent; absent for machine accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<String>,
    /// As in the directory.
    login: String,
    /// As shown.
    name: String,
    /// `agent`, `supervisor`, `administrator` or `machine`.
    role: &'static str,
    /// Code of the employer.
    #[serde(skip_serializing_if = "Option::is_none")]
    authority: Option<String>,
    /// Codes of the authorities the agent works for.
    authorities: Vec<String>,
    /// What the agent is doing.
    #[serde(skip_serializing_if = "Option::is_none")]
    presence: Option<&'static str>,
}

impl From<Account> for SessionView {
    fn from(account: Account) -> Self {
        Self {
            role: match account.role() {
                Role::Supervisor => "supervisor",
                Role::Administrator => "administrator",
                Role::Machine => "machine",
                Role::Agent | Role::Unspecified => "agent",
            },
            presence: presence(account.presence),
            agent: some(account.agent_id),
            login: account.login,
            name: account.name,
            authority: some(account.authority),
            authorities: account.authorities,
        }
    }
}

/// Checks a login and a password.
pub(crate) async fn sign_in(
    app: &App,
    address: std::net::IpAddr,
    credentials: &Credentials,
) -> Result<Account, Problem> {
    app.limits.count(Try::SignIn, address)?;
    let mut checks = Checks::default();
    let login = checks.required("/login", credentials.login.as_deref(), NAME_CHARACTERS_MAX).to_lowercase();
    // A password is taken as typed, spaces and all.
    let password = credentials.password.clone().unwrap_or_default();
    if password.is_empty() {
        checks.fail("/password", "field-required");
    } else if password.chars().count() > PASSWORD_CHARACTERS_MAX {
        checks.fail("/password", "field-not-accepted");
    }
    checks.done()?;
    let answer = tell!(app.directory(), sign_in, SignInRequest { login, password });
    let wrong =
        |problem: Problem| if matches!(problem.status, 401 | 404 | 422) { Problem::wrong_password() } else { problem };
    answer.map_err(wrong)?.account.ok_or_else(Problem::wrong_password)
}

/// Opens a session: the answer carries the cookie.
#[utoipa::path(
    post, path = "/session", tag = "session", request_body = Credentials,
    responses(
        (status = 201, body = SessionView),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn open(
    State(app): State<Shared>,
    ClientAddress(address): ClientAddress,
    headers: axum::http::HeaderMap,
    Json(credentials): Json<Credentials>,
) -> Result<Response, Problem> {
    csrf::check_origin(&headers, app.config.origin())?;
    let account = sign_in(&app, address, &credentials).await?;
    let jar = auth::open_session(&app, &account);
    let location = [("location", "/api/v1/session")];
    Ok((StatusCode::CREATED, jar, location, axum::Json(SessionView::from(account))).into_response())
}

/// Returns who is signed in.
#[utoipa::path(
    get, path = "/session", tag = "session", security(("session" = []), ("key" = [])),
    responses((status = 200, body = SessionView), (status = 401, body = Problem, content_type = "application/problem+json"))
)]
pub(crate) async fn show(SignedIn(session): SignedIn) -> axum::Json<SessionView> {
    axum::Json(SessionView::from(session.account))
}

/// Ends the session of this browser.
#[utoipa::path(delete, path = "/session", tag = "session", responses((status = 204)))]
pub(crate) async fn close(State(app): State<Shared>) -> Response {
    (StatusCode::NO_CONTENT, auth::close_session(&app)).into_response()
}
