//! Calls, visits and letters typed in by an agent or reported by the telephone system.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use guichet_core::id::AgentId;
use guichet_core::work::{Channel, Nature, Outcome};
use guichet_proto::intake::v1::{RecordCallRequest, RecordCallResponse};
use guichet_proto::routing::v1::{CallPhase, FollowCallRequest};
use guichet_rpc::convert::ToProto;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::{instant, presence, some};
use crate::access;
use crate::app::{App, Shared};
use crate::auth::{Session, SignedIn};
use crate::checks::{BODY_CHARACTERS_MAX, CODE_CHARACTERS_MAX, Checks, SUBJECT_CHARACTERS_MAX};
use crate::clients::tell;
use crate::extract::Json;
use crate::problem::Problem;
use crate::submit::{RequesterFields, name_authority};

/// A call, a visit or a letter.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallBody {
    /// Code of the authority.
    #[schema(example = "valorme")]
    pub(crate) authority: Option<String>,
    /// `phone`, `counter` or `post`.
    #[schema(example = "phone")]
    pub(crate) channel: Option<String>,
    /// Of the telephone system: the same call told twice is one.
    pub(crate) call_id: Option<String>,
    /// Who called.
    pub(crate) requester: Option<RequesterFields>,
    /// Login or id of the agent who answered; the caller when left out.
    pub(crate) agent: Option<String>,
    /// When it began (RFC 3339); now when left out.
    pub(crate) started_at: Option<String>,
    /// In a few words.
    #[schema(max_length = 200)]
    pub(crate) subject: Option<String>,
    /// What was said.
    #[schema(max_length = 20000)]
    pub(crate) body: Option<String>,
    /// Code of the procedure.
    pub(crate) procedure: Option<String>,
    /// Id or reference of the request it is about.
    pub(crate) request: Option<String>,
    /// Answered on the spot: a contact is recorded, no request is made.
    pub(crate) answered: Option<Answered>,
    /// `request`, `complaint`, `report`, `suggestion` or `information`.
    pub(crate) nature: Option<String>,
    /// Code of the site.
    pub(crate) site: Option<String>,
}

/// What was answered on the spot.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answered {
    /// The result: `informed`, `done`, …
    pub(crate) outcome: Option<String>,
}

/// What a call becomes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CallRecorded {
    /// Of the contact.
    interaction: String,
    /// Of the request, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// Of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    /// When the authority had it.
    received_at: Option<String>,
}

/// Records a call, a visit or a letter; unless answered on the spot, it becomes a request or joins one.
#[utoipa::path(
    post, path = "/calls", tag = "calls", security(("session" = []), ("key" = [])),
    request_body = CallBody,
    responses((status = 201, body = CallRecorded), (status = 422, body = Problem, content_type = "application/problem+json"))
)]
pub(crate) async fn record(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Json(body): Json<CallBody>,
) -> Result<Response, Problem> {
    let recorded = take(&app, &session, &body).await?;
    // A contact answered on the spot is counted, not kept as something to read again: it has no address.
    let location = some(recorded.request_id.clone()).map(|id| [(header::LOCATION, format!("/api/v1/requests/{id}"))]);
    let body = CallRecorded {
        received_at: instant(recorded.received_at),
        interaction: recorded.interaction_id,
        id: some(recorded.request_id),
        reference: some(recorded.reference),
    };
    let created = (StatusCode::CREATED, axum::Json(body));
    Ok(match location {
        Some(location) => (location, created).into_response(),
        None => created.into_response(),
    })
}

/// Checks a call and gives it to intake.
pub(crate) async fn take(app: &App, session: &Session, body: &CallBody) -> Result<RecordCallResponse, Problem> {
    let mut checks = Checks::default();
    let authority = checks.required("/authority", body.authority.as_deref(), CODE_CHARACTERS_MAX);
    let channel = checks.code("/channel", body.channel.as_deref(), spoken);
    if channel.is_none() {
        checks.fail_once("/channel", "field-required");
    }
    let answered = body.answered.as_ref();
    let outcome =
        answered.and_then(|answered| checks.code("/answered/outcome", answered.outcome.as_deref(), Outcome::parse));
    let nature = checks.code("/nature", body.nature.as_deref(), Nature::parse);
    let message = RecordCallRequest {
        channel: channel.map_or(0, ToProto::to_proto),
        call_id: checks.line("/call_id", body.call_id.as_deref(), CODE_CHARACTERS_MAX),
        requester: Some(body.requester.clone().unwrap_or_default().check(&mut checks)),
        agent_id: agent_of(app, session, body.agent.as_deref(), &mut checks).await?,
        started_at: match checks.instant("/started_at", body.started_at.as_deref()) {
            0 => app.clock.now().as_millis(),
            started_at => started_at,
        },
        subject: checks.line("/subject", body.subject.as_deref(), SUBJECT_CHARACTERS_MAX),
        body: checks.optional("/body", body.body.as_deref(), BODY_CHARACTERS_MAX),
        procedure: checks.line("/procedure", body.procedure.as_deref(), CODE_CHARACTERS_MAX),
        request_id: String::new(),
        answered: answered.is_some(),
        answered_outcome: answered.map_or(0, |_| outcome.unwrap_or(Outcome::Informed).to_proto()),
        nature: nature.map_or(0, ToProto::to_proto),
        attachments: Vec::new(),
        site: checks.line("/site", body.site.as_deref(), CODE_CHARACTERS_MAX),
        authority,
    };
    if message.subject.is_empty() && !message.answered {
        checks.fail_once("/subject", "field-required");
    }
    checks.done()?;
    if !session.works_for(&message.authority) {
        return Err(Problem::forbidden());
    }
    let request_id = match body.request.as_deref().map(str::trim).filter(|id| !id.is_empty()) {
        Some(id) => access::open(app, session, id).await?.id().to_owned(),
        None => String::new(),
    };
    tell!(app.intake(), record_call, RecordCallRequest { request_id, ..message }).map_err(name_authority)
}

/// What a telephone system tells of a call.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallEvent {
    /// Of the telephone system.
    pub(crate) call_id: Option<String>,
    /// `ringing` (nothing follows from it), `answered` or `ended`.
    #[schema(example = "answered")]
    pub(crate) event: Option<String>,
    /// Login or id of the agent whose telephone it is; the caller when left out.
    pub(crate) agent: Option<String>,
}

/// What the agent of a call is doing now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CallFollowed {
    /// `available`, `counter`, `phone`, `break` or `away`.
    #[serde(skip_serializing_if = "Option::is_none")]
    presence: Option<&'static str>,
}

/// Follows a call: whoever answers is on the telephone until it ends, then back to what they did.
///
/// The same event told twice changes nothing, and what an agent says themselves meanwhile stands.
#[utoipa::path(
    post, path = "/calls/events", tag = "calls", request_body = CallEvent, security(("session" = []), ("key" = [])),
    responses(
        (status = 200, body = CallFollowed),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn follow(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Json(body): Json<CallEvent>,
) -> Result<axum::Json<CallFollowed>, Problem> {
    let mut checks = Checks::default();
    let call_id = checks.required("/call_id", body.call_id.as_deref(), CODE_CHARACTERS_MAX);
    let phase = checks.code("/event", body.event.as_deref(), phase);
    if phase.is_none() {
        checks.fail_once("/event", "field-required");
    }
    let agent_id = agent_of(&app, &session, body.agent.as_deref(), &mut checks).await?;
    if agent_id.is_empty() {
        checks.fail_once("/agent", "field-required");
    }
    checks.done()?;
    let towns = app.towns().await?;
    if !towns.employers_of(&agent_id).any(|authority| session.works_for(authority)) {
        return Err(Problem::forbidden());
    }
    let Some(phase) = phase.flatten() else { return Ok(axum::Json(CallFollowed { presence: None })) };
    let message = FollowCallRequest { agent_id: agent_id.clone(), call_id, phase: phase.into() };
    let state = tell!(app.presence(), follow_call, message)?.state;
    app.sessions.forget(&agent_id);
    Ok(axum::Json(CallFollowed { presence: presence(state) }))
}

/// Returns what a call's event asks of presence: nothing while it rings.
fn phase(code: &str) -> Option<Option<CallPhase>> {
    match code {
        "ringing" => Some(None),
        "answered" => Some(Some(CallPhase::Answered)),
        "ended" => Some(Some(CallPhase::Ended)),
        _ => None,
    }
}

fn spoken(code: &str) -> Option<Channel> {
    Channel::parse(code).filter(|channel| matches!(channel, Channel::Phone | Channel::Counter | Channel::Post))
}

/// Returns who answered: the caller, or whom a program names.
async fn agent_of(app: &App, session: &Session, named: Option<&str>, checks: &mut Checks) -> Result<String, Problem> {
    let Some(named) = named.map(str::trim).filter(|named| session.is_machine() && !named.is_empty()) else {
        return Ok(session.account.agent_id.clone());
    };
    if named.parse::<AgentId>().is_ok() {
        return Ok(named.to_owned());
    }
    let towns = app.towns().await?;
    let known = towns.agent_id_of_login(named).map(str::to_owned);
    if known.is_none() {
        checks.fail("/agent", "field-unknown-value");
    }
    Ok(known.unwrap_or_default())
}
