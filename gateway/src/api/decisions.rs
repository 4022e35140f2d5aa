//! Why a request went where it went.

use axum::extract::State;
use guichet_proto::routing::v1::{Decision, ExplainRequest, ListDecisionsRequest};
use serde::Serialize;
use utoipa::ToSchema;

use super::page::ItemPage;
use super::words::{instant, some};
use crate::access;
use crate::app::Shared;
use crate::auth::SignedIn;
use crate::clients::ask;
use crate::extract::Path;
use crate::problem::Problem;
use crate::view::expected::Expectation;

/// One decision of the routing engine.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DecisionItem {
    /// Of the decision.
    id: String,
    /// When.
    at: Option<String>,
    /// `offered`, `expired`, `declined`, `taken`, `unroutable`, …
    kind: String,
    /// Whom it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<String>,
    /// Candidates, refusals, step, terms, tie-break.
    #[schema(value_type = Object)]
    record: serde_json::Value,
    /// The same in one sentence of French.
    sentence: String,
    /// When somebody was then expected to take the request up; absent when too little was known.
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<Expectation>,
}

impl From<Decision> for DecisionItem {
    fn from(decision: Decision) -> Self {
        let Decision { id, at, kind, agent_id, record, sentence, expected } = decision;
        let record = serde_json::from_str(&record).unwrap_or(serde_json::Value::Null);
        let expected = expected.as_ref().map(Expectation::from);
        Self { id, at: instant(at), kind, agent: some(agent_id), record, sentence, expected }
    }
}

/// Lists the decisions about a request, oldest first.
#[utoipa::path(
    get, path = "/requests/{id}/decisions", tag = "work", security(("session" = []), ("key" = [])),
    params(("id" = String, Path, description = "Id or reference")),
    responses((status = 200, body = ItemPage<DecisionItem>))
)]
pub(crate) async fn list(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Path(id): Path<String>,
) -> Result<axum::Json<ItemPage<DecisionItem>>, Problem> {
    let opened = access::open(&app, &session, &id).await?.require_full()?;
    let message = ListDecisionsRequest { request_id: opened.id().to_owned() };
    let found = ask!(app.decisions(), list, message)?;
    Ok(axum::Json(ItemPage::whole(found.decisions.into_iter().map(DecisionItem::from).collect())))
}

/// The decisions about a request, told.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Explanation {
    /// Of the request.
    reference: String,
    /// One sentence of French each.
    lines: Vec<String>,
}

/// Explains in plain French why a request went where it went.
#[utoipa::path(
    get, path = "/requests/{id}/explain", tag = "work", security(("session" = []), ("key" = [])),
    params(("id" = String, Path, description = "Id or reference")),
    responses((status = 200, body = Explanation))
)]
pub(crate) async fn explain(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Path(id): Path<String>,
) -> Result<axum::Json<Explanation>, Problem> {
    let opened = access::open(&app, &session, &id).await?.require_full()?;
    let told = ask!(app.decisions(), explain, ExplainRequest { request_id: opened.id().to_owned() })?;
    Ok(axum::Json(Explanation { reference: opened.summary().reference.clone(), lines: told.lines }))
}
