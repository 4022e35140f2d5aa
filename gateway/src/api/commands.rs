//! Commands on the work of a request.

use axum::extract::State;
use guichet_core::work::{Nature, Outcome};
use guichet_proto::intake::v1::ClassifyRequestRequest;
use guichet_rpc::convert::ToProto;
use serde::Deserialize;
use utoipa::ToSchema;

use super::request_views::Work;
use crate::access;
use crate::app::Shared;
use crate::auth::SignedIn;
use crate::checks::{BODY_CHARACTERS_MAX, CODE_CHARACTERS_MAX, Checks, NAME_CHARACTERS_MAX, SUBJECT_CHARACTERS_MAX};
use crate::clients::tell;
use crate::commands::{self, Arguments, Command};
use crate::extract::{Json, Path};
use crate::problem::Problem;

/// What a command says.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommandBody {
    /// The version seen; a stale one is refused.
    version: Option<i64>,
    /// For the colleagues.
    note: Option<String>,
    /// Code of a department: `escalate`, `transfer`.
    department: Option<String>,
    /// Code of a procedure: `transfer`, when the request was misclassified.
    procedure: Option<String>,
    /// The outside body: `forward`.
    organisation: Option<String>,
    /// Its telephone: `forward`.
    phone: Option<String>,
    /// Why, as told to the usager: `dismiss`.
    reason: Option<String>,
    /// The result: `resolve`.
    outcome: Option<String>,
    /// Until when (RFC 3339): `pause`.
    until: Option<String>,
}

impl CommandBody {
    fn check(&self) -> Result<Arguments, Problem> {
        let mut checks = Checks::default();
        if self.version.is_none() {
            checks.fail("/version", "field-required");
        }
        let arguments = Arguments {
            version: self.version.unwrap_or_default(),
            note: checks.optional("/note", self.note.as_deref(), BODY_CHARACTERS_MAX),
            department: checks.line("/department", self.department.as_deref(), CODE_CHARACTERS_MAX),
            procedure: checks.line("/procedure", self.procedure.as_deref(), CODE_CHARACTERS_MAX),
            organisation: checks.line("/organisation", self.organisation.as_deref(), NAME_CHARACTERS_MAX),
            phone: checks.line("/phone", self.phone.as_deref(), CODE_CHARACTERS_MAX),
            reason: checks.line("/reason", self.reason.as_deref(), SUBJECT_CHARACTERS_MAX),
            outcome: checks.code("/outcome", self.outcome.as_deref(), Outcome::parse),
            until: checks.instant("/until", self.until.as_deref()),
        };
        checks.done()?;
        Ok(arguments)
    }
}

/// Changes the work: take, start, escalate, transfer, return, forward, pause, resume, resolve, withdraw, dismiss, reopen.
#[utoipa::path(
    post, path = "/requests/{id}/{command}", tag = "work", security(("session" = []), ("key" = [])),
    params(
        ("id" = String, Path, description = "Id or reference"),
        ("command" = String, Path, description = "take, start, escalate, transfer, return, forward, pause, resume, \
            resolve, withdraw, dismiss or reopen")
    ),
    request_body = CommandBody,
    responses(
        (status = 200, body = Work),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The version is stale, or the state does not allow it"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn run(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Path((id, command)): Path<(String, String)>,
    Json(body): Json<CommandBody>,
) -> Result<axum::Json<Work>, Problem> {
    let command = Command::parse(&command).ok_or_else(Problem::not_found)?;
    let agent_id = session.agent_id()?.to_owned();
    let arguments = body.check()?;
    let opened = access::open(&app, &session, &id).await?;
    let work = commands::run(&app, &agent_id, opened.id(), command, arguments).await?;
    Ok(axum::Json(Work::from(work)))
}

/// What a request really is.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClassifyBody {
    /// Code of the procedure.
    #[schema(example = "acte")]
    procedure: Option<String>,
    /// `request`, `complaint`, `report`, `suggestion` or `information`; unchanged when left out.
    nature: Option<String>,
}

/// Corrects the procedure of a request.
#[utoipa::path(
    post, path = "/requests/{id}/classify", tag = "work", security(("session" = []), ("key" = [])),
    params(("id" = String, Path, description = "Id or reference")),
    request_body = ClassifyBody,
    responses((status = 204), (status = 422, body = Problem, content_type = "application/problem+json"))
)]
pub(crate) async fn classify(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Path(id): Path<String>,
    Json(body): Json<ClassifyBody>,
) -> Result<axum::http::StatusCode, Problem> {
    let agent_id = session.agent_id()?.to_owned();
    let mut checks = Checks::default();
    let procedure = checks.required("/procedure", body.procedure.as_deref(), CODE_CHARACTERS_MAX);
    let nature = checks.code("/nature", body.nature.as_deref(), Nature::parse);
    checks.done()?;
    let opened = access::open(&app, &session, &id).await?.require_full()?;
    let nature = nature.map_or(0, ToProto::to_proto);
    let message = ClassifyRequestRequest { request_id: opened.id().to_owned(), procedure, agent_id, nature };
    tell!(app.intake(), classify_request, message)?;
    Ok(axum::http::StatusCode::NO_CONTENT)
}
