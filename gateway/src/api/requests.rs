//! Service requests: submit, list, show.

use axum::extract::{FromRequest, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use guichet_core::work::{Channel, WorkState};
use guichet_proto::intake::v1::{ListRequestsRequest, SubmitRequestResponse};
use guichet_rpc::convert::ToProto;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::page::{ItemPage, page};
use super::request_views::{Detail, Summary};
use super::words::{instant, state};
use crate::access;
use crate::app::{App, Shared};
use crate::auth::{Caller, SignedIn};
use crate::checks::Checks;
use crate::clients::ask;
use crate::extract::{ClientAddress, IdempotencyKey, Json, Path, Query, media_type};
use crate::limits::Try;
use crate::problem::{FieldError, Problem};
use crate::submit::{self, Submission};
use crate::text::t;
use crate::uploads::read_form;

/// What a submission becomes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Submitted {
    /// Of the request.
    #[schema(example = "req_01kb2f7q9m8x5r3t6v0w1y2z4a")]
    id: String,
    /// The number told to the usager.
    #[schema(example = "V7KM-4T9R")]
    reference: String,
    /// Where the work stands.
    #[schema(example = "received")]
    state: &'static str,
    /// When the authority had it.
    received_at: Option<String>,
    /// Code of the department in charge, when the procedure is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    department: Option<String>,
}

/// The parts of a multipart submission: text parts come before the files.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form in the OpenAPI document")]
pub(crate) struct SubmissionParts {
    /// Code of the authority; must come before the files.
    authority: String,
    /// Code of the procedure.
    procedure: Option<String>,
    /// In a few words.
    subject: String,
    /// The request itself.
    body: String,
    /// Who asks (`requester.name` is understood too, and so on for the next three).
    name: String,
    /// E-mail address.
    email: Option<String>,
    /// Phone number.
    phone: Option<String>,
    /// Postal address.
    postal_address: Option<String>,
    /// `request`, `complaint`, `report`, `suggestion` or `information`.
    nature: Option<String>,
    /// BCP 47.
    language: Option<String>,
    /// Up to 20 files; any part with a file name is one.
    #[schema(value_type = Vec<String>, format = Binary)]
    files: Vec<u8>,
}

/// Submits a request, as JSON or as a form with files.
///
/// Nobody needs an account. The whole body holds at most 30 MiB (`form_bytes_max`). With an `Idempotency-Key` the same
/// submission sent twice gets the same answer; another one under the same key is refused with 422.
#[utoipa::path(
    post, path = "/requests", tag = "requests",
    params(("Idempotency-Key" = Option<String>, Header, description = "Up to 200 characters, remembered for 7 days")),
    request_body(content((Submission = "application/json"), (SubmissionParts = "multipart/form-data"))),
    responses(
        (status = 201, body = Submitted, headers(("Location" = String, description = "Address of the request"))),
        (status = 400, body = Problem, content_type = "application/problem+json", description = "The body cannot be read"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "Fields to correct"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json", description = "Send it again later"),
        (status = 507, body = Problem, content_type = "application/problem+json", description = "No room: send it again later"),
    )
)]
pub(crate) async fn submit(
    State(app): State<Shared>,
    Caller(session): Caller,
    ClientAddress(address): ClientAddress,
    IdempotencyKey(key): IdempotencyKey,
    request: Request,
) -> Result<Response, Problem> {
    let is_anybody = session.is_none();
    if is_anybody {
        app.limits.count(Try::Submit, address)?;
    }
    let (submission, files) = if media_type(request.headers()) == "application/json" {
        let Json(submission) = Json::<Submission>::from_request(request, &app).await?;
        (submission, Vec::new())
    } else {
        let form = read_form(&app, request, "").await?;
        (Submission::of_form(&form)?, form.files)
    };
    let channel = if session.is_some_and(|session| session.is_machine()) { Channel::Api } else { Channel::Web };
    let mut checks = Checks::default();
    let submission = submission.with_answers(&*app.towns().await?, &mut checks);
    let message = submission.check(checks, channel, files, key)?;
    if is_anybody && let Some(town) = app.towns().await?.find(&message.authority) {
        app.limits.count_for(&town.authority.code)?;
    }
    let (authority, procedure) = (message.authority.clone(), message.procedure.clone());
    let taken = submit::submit(&app, message).await?;
    Ok(created(&app, taken, &authority, &procedure).await)
}

async fn created(app: &App, taken: SubmitRequestResponse, authority: &str, procedure: &str) -> Response {
    // Only what is already known: a read that fails must not spoil an answer that is committed.
    let towns = app.towns().await.ok();
    let department =
        towns.and_then(|towns| towns.procedure(authority, procedure).map(|found| found.department.clone()));
    let location = format!("/api/v1/requests/{}", taken.id);
    let body = Submitted {
        id: taken.id,
        reference: taken.reference,
        state: state(taken.state),
        received_at: instant(taken.received_at),
        department,
    };
    (StatusCode::CREATED, [(header::LOCATION, location)], axum::Json(body)).into_response()
}

/// Which requests.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ListQuery {
    /// Code of an authority; all the caller's when left out, the employer's first.
    authority: Option<String>,
    /// A work state.
    state: Option<String>,
    /// Code of a department.
    department: Option<String>,
    /// Id of an agent, or `me`.
    assignee: Option<String>,
    /// Words of the subject, the thread, the name, or a reference.
    q: Option<String>,
    /// Only those somebody still has to work on.
    open: Option<bool>,
    /// Items, 1 to 100; 25 when left out.
    limit: Option<u32>,
    /// From `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists requests, newest first within each authority.
#[utoipa::path(
    get, path = "/requests", tag = "requests", params(ListQuery), security(("session" = []), ("key" = [])),
    responses((status = 200, body = ItemPage<Summary>), (status = 401, body = Problem, content_type = "application/problem+json"))
)]
pub(crate) async fn list(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<ItemPage<Summary>>, Problem> {
    let mut checks = Checks::default();
    let wanted = checks.code("/state", query.state.as_deref(), WorkState::parse);
    checks.done()?;
    let assignee = match query.assignee.as_deref() {
        Some("me") => session.agent_id()?.to_owned(),
        other => other.unwrap_or_default().to_owned(),
    };
    let authorities = match query.authority {
        Some(code) if session.works_for(&code) => vec![code],
        Some(_) => return Ok(axum::Json(ItemPage::whole(Vec::new()))),
        None if session.authorities().is_empty() => vec![String::new()],
        None => session.authorities(),
    };
    // One authority after the other: the cursor says which, then where in it.
    let (index, inner) = split_cursor(query.cursor.as_deref(), authorities.len())?;
    let message = ListRequestsRequest {
        authority: authorities[index].clone(),
        state: wanted.map_or(0, ToProto::to_proto),
        department: query.department.unwrap_or_default(),
        assignee_id: assignee,
        q: query.q.unwrap_or_default(),
        page: Some(page(query.limit, Some(inner))?),
        party_id: String::new(),
        open_only: query.open.unwrap_or_default(),
    };
    let found = ask!(app.intake(), list_requests, message)?;
    let next = match found.next_cursor {
        cursor if !cursor.is_empty() => format!("{index}.{cursor}"),
        _ if index + 1 < authorities.len() => format!("{}.", index + 1),
        _ => String::new(),
    };
    let items = access::filter(&app, &session, found.requests).await?.into_iter().map(Summary::from).collect();
    Ok(axum::Json(ItemPage::new(items, next)))
}

fn split_cursor(cursor: Option<&str>, authorities: usize) -> Result<(usize, &str), Problem> {
    let Some(cursor) = cursor.filter(|cursor| !cursor.is_empty()) else {
        return Ok((0, ""));
    };
    let parts = cursor.split_once('.').and_then(|(index, inner)| Some((index.parse::<usize>().ok()?, inner)));
    parts
        .filter(|(index, _)| *index < authorities)
        .ok_or_else(|| Problem::invalid(vec![FieldError { pointer: "/cursor".to_owned(), detail: t("field-cursor") }]))
}

/// Returns a request with its thread, by id or by reference.
#[utoipa::path(
    get, path = "/requests/{id}", tag = "requests", security(("session" = []), ("key" = [])),
    params(("id" = String, Path, description = "Id or reference")),
    responses((status = 200, body = Detail), (status = 404, body = Problem, content_type = "application/problem+json"))
)]
pub(crate) async fn show(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Path(id): Path<String>,
) -> Result<axum::Json<Detail>, Problem> {
    access::open(&app, &session, &id).await.map(|opened| axum::Json(Detail::from(opened)))
}
