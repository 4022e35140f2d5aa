//! Adding to a thread: an agent's reply or an internal note.

use axum::extract::State;
use axum::http::StatusCode;
use guichet_core::work::{Outcome, ReplyThen};
use guichet_proto::intake::v1::{AppendInteractionRequest, AttachmentRef, InteractionKind, PostReplyRequest};
use guichet_proto::routing::v1::{Access, GetWorkRequest};
use guichet_rpc::convert::ToProto;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::{self, Opened};
use crate::app::{App, Shared};
use crate::auth::SignedIn;
use crate::checks::{BODY_CHARACTERS_MAX, Checks};
use crate::clients::{ask, tell_keyed};
use crate::extract::{IdempotencyKey, Json, Path};
use crate::mentions::mentioned;
use crate::problem::{FieldError, Problem};
use crate::text::t1;
use crate::towns::Agent;

/// Colleagues one note addresses; intake refuses more.
const MENTIONS_MAX: usize = 5;

/// What an agent writes.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InteractionBody {
    /// `reply` (to the usager), `note` (between agents) or `call` (what was said when the agent called the usager).
    #[schema(example = "reply")]
    pub(crate) kind: Option<String>,
    /// The text.
    #[schema(max_length = 20000)]
    pub(crate) body: Option<String>,
    /// With a reply: `continue` (the default), `resolve` or `wait`.
    pub(crate) then: Option<String>,
    /// With `resolve`: the result told; `informed` when left out.
    pub(crate) outcome: Option<String>,
    /// With `wait`: until when the papers are expected (RFC 3339).
    pub(crate) wait_until: Option<String>,
    /// With a note: ids of agents whose opinion is asked, at most 5. Those named in the text after an `@` are told of the
    /// note too.
    #[serde(default)]
    pub(crate) asks: Vec<String>,
}

/// What was added.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Added {
    /// Of the interaction.
    id: String,
}

/// Adds an agent's reply, which is sent to the usager, or a note, which is not.
#[utoipa::path(
    post, path = "/requests/{id}/interactions", tag = "requests", security(("session" = []), ("key" = [])),
    params(
        ("id" = String, Path, description = "Id or reference"),
        ("Idempotency-Key" = Option<String>, Header, description = "Up to 200 characters, remembered for 7 days")
    ),
    request_body = InteractionBody,
    responses(
        (status = 201, body = Added),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The work does not allow it now"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn add(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Path(id): Path<String>,
    IdempotencyKey(key): IdempotencyKey,
    Json(body): Json<InteractionBody>,
) -> Result<(StatusCode, axum::Json<Added>), Problem> {
    let agent_id = session.agent_id()?;
    let opened = access::open(&app, &session, &id).await?.require_full()?;
    let id = write(&app, agent_id, &opened, &body, Vec::new(), key).await?;
    Ok((StatusCode::CREATED, axum::Json(Added { id })))
}

/// Writes what an agent typed into a thread and returns the interaction's id.
pub(crate) async fn write(
    app: &App,
    agent_id: &str,
    opened: &Opened,
    body: &InteractionBody,
    attachments: Vec<AttachmentRef>,
    dedupe_key: String,
) -> Result<String, Problem> {
    let mut checks = Checks::default();
    let text = checks.required("/body", body.body.as_deref(), BODY_CHARACTERS_MAX);
    let kind = checks.code("/kind", body.kind.as_deref(), parse_kind);
    if kind.is_none() {
        checks.fail_once("/kind", "field-required");
    }
    let then = checks.code("/then", body.then.as_deref(), ReplyThen::parse).unwrap_or(ReplyThen::Continue);
    let outcome = checks.code("/outcome", body.outcome.as_deref(), Outcome::parse);
    let wait_until = checks.instant("/wait_until", body.wait_until.as_deref());
    checks.done()?;
    if let Some(kind @ (InteractionKind::Note | InteractionKind::Call)) = kind {
        let mentions = match kind {
            InteractionKind::Note => addressed(app, agent_id, opened, &text, &body.asks).await?,
            _ => Vec::new(),
        };
        let note = AppendInteractionRequest {
            request_id: opened.id().to_owned(),
            kind: kind.into(),
            body: text,
            agent_id: agent_id.to_owned(),
            attachments,
            dedupe_key,
            channel: 0,
            mentions,
            asks_opinion: !body.asks.is_empty(),
        };
        return Ok(tell_keyed!(app.intake(), append_interaction, note)?.interaction_id);
    }
    refuse_if_not_theirs(opened, agent_id, then)?;
    let reply = PostReplyRequest {
        request_id: opened.id().to_owned(),
        agent_id: agent_id.to_owned(),
        body: text,
        then: then.to_proto(),
        outcome: if then == ReplyThen::Resolve { outcome.unwrap_or(Outcome::Informed).to_proto() } else { 0 },
        attachments,
        dedupe_key,
        wait_until,
    };
    Ok(tell_keyed!(app.intake(), post_reply, reply)?.interaction_id)
}

fn parse_kind(code: &str) -> Option<InteractionKind> {
    match code {
        "reply" => Some(InteractionKind::Reply),
        "note" => Some(InteractionKind::Note),
        "call" => Some(InteractionKind::Call),
        _ => None,
    }
}

/// Returns the ids of the colleagues a note addresses: those asked, else those it names. A colleague who may not open the
/// request is refused before they would be told of it.
async fn addressed(
    app: &App,
    agent_id: &str,
    opened: &Opened,
    text: &str,
    asks: &[String],
) -> Result<Vec<String>, Problem> {
    let towns = app.towns().await?;
    let agents: Vec<(&str, &Agent)> =
        towns.agents_of(&opened.summary().authority).map(|(login, agent)| (login.as_str(), agent)).collect();
    let mut colleagues = if asks.is_empty() {
        mentioned(text, &agents)
    } else {
        agents.iter().map(|(_, agent)| *agent).filter(|agent| asks.contains(&agent.id)).collect()
    };
    colleagues.retain(|agent| agent.id != agent_id);
    let mut checks = Checks::default();
    if !asks.is_empty() && colleagues.is_empty() {
        checks.fail("/asks", "field-colleague");
    }
    if colleagues.len() > MENTIONS_MAX {
        checks.fail("/asks", "field-colleagues-max");
    }
    checks.done()?;
    for colleague in &colleagues {
        let message = GetWorkRequest { request_id: opened.id().to_owned(), agent_id: colleague.id.clone() };
        if ask!(app.work(), get, message)?.access() != Access::Full {
            let detail = t1("field-colleague-access", "name", &colleague.name);
            return Err(Problem::invalid(vec![FieldError { pointer: "/asks".to_owned(), detail }]));
        }
    }
    Ok(colleagues.into_iter().map(|agent| agent.id.clone()).collect())
}

/// Refuses a reply of somebody who does not hold the work, or that the work could not follow.
fn refuse_if_not_theirs(opened: &Opened, agent_id: &str, then: ReplyThen) -> Result<(), Problem> {
    let holds =
        opened.work.as_ref().is_some_and(|work| work.assignee_id == agent_id || work.level2_assignee_id == agent_id);
    let follows = match then {
        ReplyThen::Continue => holds,
        ReplyThen::Resolve => opened.allows("resolve"),
        ReplyThen::Wait => opened.allows("pause"),
    };
    match (follows, holds) {
        (true, _) => Ok(()),
        (false, true) => Err(Problem::conflict()),
        (false, false) => Err(Problem::not_yours()),
    }
}
