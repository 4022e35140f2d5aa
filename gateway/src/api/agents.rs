//! What agents are doing, as far as offers are concerned.

use axum::extract::State;
use guichet_core::work::PresenceState;
use guichet_proto::routing::v1::{ListPresenceRequest, SetPresenceRequest};
use guichet_rpc::convert::ToProto;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::page::ItemPage;
use super::words::presence;
use crate::app::{App, Shared};
use crate::auth::{Session, SignedIn};
use crate::checks::Checks;
use crate::clients::{ask, tell};
use crate::extract::{Json, Query};
use crate::problem::Problem;

/// What the caller is doing.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PresenceBody {
    /// `available`, `counter`, `phone`, `break` or `away`; only `available` is offered work.
    #[schema(example = "available")]
    state: Option<String>,
}

/// Says what the caller is doing.
#[utoipa::path(
    put, path = "/agents/me/presence", tag = "agents", security(("session" = [])),
    request_body = PresenceBody,
    responses((status = 200, body = PresenceBody), (status = 422, body = Problem, content_type = "application/problem+json"))
)]
pub(crate) async fn set_presence(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Json(body): Json<PresenceBody>,
) -> Result<axum::Json<PresenceBody>, Problem> {
    set(&app, &session, body.state.as_deref()).await?;
    Ok(axum::Json(body))
}

/// Sets what the caller is doing from its code.
pub(crate) async fn set(app: &App, session: &Session, code: Option<&str>) -> Result<(), Problem> {
    let agent_id = session.agent_id()?.to_owned();
    let mut checks = Checks::default();
    let state = checks.code("/state", code, PresenceState::parse);
    if state.is_none() {
        checks.fail_once("/state", "field-required");
    }
    checks.done()?;
    let message = SetPresenceRequest { agent_id: agent_id.clone(), state: state.map_or(0, ToProto::to_proto) };
    tell!(app.presence(), set, message)?;
    app.sessions.forget(&agent_id);
    Ok(())
}

/// Whose.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PresenceQuery {
    /// Code of the authority; the employer's when left out.
    authority: Option<String>,
}

/// What an agent is doing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PresenceItem {
    /// Of the agent.
    agent: String,
    /// As shown.
    name: String,
    /// `available`, `counter`, `phone`, `break` or `away`.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
}

/// Lists what the agents of an authority are doing. Loads stay out: they are nobody else's business.
#[utoipa::path(
    get, path = "/agents/presence", tag = "agents", params(PresenceQuery), security(("session" = []), ("key" = [])),
    responses((status = 200, body = ItemPage<PresenceItem>))
)]
pub(crate) async fn list_presence(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Query(query): Query<PresenceQuery>,
) -> Result<axum::Json<ItemPage<PresenceItem>>, Problem> {
    let authority = query.authority.unwrap_or_else(|| session.account.authority.clone());
    if !session.works_for(&authority) {
        return Err(Problem::forbidden());
    }
    let found = ask!(app.presence(), list, ListPresenceRequest { authority })?;
    let items = found.agents.into_iter().map(|agent| PresenceItem {
        state: presence(agent.state),
        agent: agent.agent_id,
        name: agent.name,
    });
    Ok(axum::Json(ItemPage::whole(items.collect())))
}
