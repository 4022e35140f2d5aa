//! The one queue.

use axum::extract::State;
use guichet_proto::intake::v1::RequestSummary;
use guichet_proto::routing::v1::{ListRequest, QueueEntry};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::page::{ItemPage, page};
use super::words::{instant, some};
use crate::access;
use crate::app::{App, Shared};
use crate::auth::{Session, SignedIn};
use crate::clients::ask;
use crate::extract::Query;
use crate::problem::Problem;

/// Which part of the queue.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct QueueQuery {
    /// Code of a department.
    department: Option<String>,
    /// Items, 1 to 100; 25 when left out.
    limit: Option<u32>,
    /// From `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A request that waits for an agent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QueueItem {
    /// Of the request.
    request: String,
    /// The number told to the usager.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    /// In a few words; absent when the content is not the caller's to see.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    /// Code of the authority.
    authority: String,
    /// Code of the department.
    department: String,
    /// Code of the procedure.
    #[serde(skip_serializing_if = "Option::is_none")]
    procedure: Option<String>,
    /// Level, 1 or 2.
    tier: u32,
    /// Since when it waits.
    arrived_at: Option<String>,
    /// The authority's own target.
    #[serde(skip_serializing_if = "Option::is_none")]
    internal_due: Option<String>,
    /// The caller has what it needs.
    takeable: bool,
    /// What the caller lacks, in French.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<String>,
    /// Kept for cleared agents.
    confidential: bool,
    /// What `take` must carry.
    version: i64,
}

/// One page of the queue, each entry with the summary of its request.
pub(crate) struct QueuePage {
    pub(crate) entries: Vec<(QueueEntry, Option<RequestSummary>)>,
    pub(crate) next_cursor: String,
}

/// Returns a page of the queue as the caller may see it.
pub(crate) async fn read(app: &App, session: &Session, message: ListRequest) -> Result<QueuePage, Problem> {
    let found = ask!(app.queue(), list, message)?;
    let entries: Vec<QueueEntry> =
        found.entries.into_iter().filter(|entry| session.works_for(&entry.authority)).collect();
    let ids = entries.iter().map(|entry| entry.request_id.clone()).collect();
    let summaries = access::summaries(app, session, ids).await?;
    let join = |entry: QueueEntry| {
        let summary = summaries.iter().find(|summary| summary.id == entry.request_id).cloned();
        (entry, summary)
    };
    Ok(QueuePage { entries: entries.into_iter().map(join).collect(), next_cursor: found.next_cursor })
}

/// Lists what waits for an agent, the most urgent first.
#[utoipa::path(
    get, path = "/queue", tag = "work", params(QueueQuery), security(("session" = [])),
    responses((status = 200, body = ItemPage<QueueItem>))
)]
pub(crate) async fn list(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Query(query): Query<QueueQuery>,
) -> Result<axum::Json<ItemPage<QueueItem>>, Problem> {
    let message = ListRequest {
        agent_id: session.agent_id()?.to_owned(),
        page: Some(page(query.limit, query.cursor.as_deref())?),
        department: query.department.unwrap_or_default(),
    };
    let page = read(&app, &session, message).await?;
    let items = page.entries.into_iter().map(|(entry, summary)| {
        let summary = summary.unwrap_or_default();
        QueueItem {
            arrived_at: instant(entry.arrived_at),
            internal_due: instant(entry.internal_due),
            request: entry.request_id,
            reference: some(summary.reference),
            subject: some(summary.subject),
            authority: entry.authority,
            department: entry.department,
            procedure: some(entry.procedure),
            tier: entry.tier,
            takeable: entry.takeable,
            missing: some(entry.missing),
            confidential: entry.confidential,
            version: summary.work_version,
        }
    });
    Ok(axum::Json(ItemPage::new(items.collect(), page.next_cursor)))
}
