//! The sheets.

use axum::extract::State;
use guichet_proto::knowledge::v1::{GetSheetRequest, SearchRequest, Sheet, SheetSummary};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::page::{ItemPage, page};
use super::words::{instant, some};
use crate::app::{App, Shared};
use crate::auth::{Caller, Session};
use crate::clients::ask;
use crate::extract::{Path, Query};
use crate::problem::Problem;

/// Sheets of an answer nobody asked a size for: more than ten are not read.
const SHEETS_DEFAULT: u32 = 10;
/// Characters of a search; the rest is left out.
const QUERY_CHARACTERS_MAX: usize = 500;

/// What is looked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SearchQuery {
    /// Words; accents, plurals and elision are forgiven.
    q: String,
    /// Sheets, 1 to 100; 10 when left out.
    limit: Option<u32>,
    /// Code of an authority; all when left out.
    authority: Option<String>,
}

/// A sheet in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SheetItem {
    /// Of the sheet.
    id: String,
    /// The file's name, or `F1234` of service-public.
    external_id: String,
    /// As printed.
    title: String,
    /// Plain text.
    snippet: String,
    /// The higher, the better.
    score: f64,
    /// Raised at each change.
    version: u32,
    /// Code of the procedure it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    procedure: Option<String>,
}

impl From<SheetSummary> for SheetItem {
    fn from(sheet: SheetSummary) -> Self {
        let SheetSummary { id, external_id, title, snippet, score, version, procedure } = sheet;
        Self { id, external_id, title, snippet, score, version, procedure: some(procedure) }
    }
}

/// Returns the sheets that answer a question; agents also find the parts kept for them.
pub(crate) async fn find(
    app: &App,
    session: Option<&Session>,
    authority: String,
    q: &str,
    limit: u32,
) -> Result<Vec<SheetSummary>, Problem> {
    let q: String = q.trim().chars().take(QUERY_CHARACTERS_MAX).collect();
    if q.is_empty() {
        return Ok(Vec::new());
    }
    let agents = session.is_some_and(|session| session.agent_id().is_ok());
    Ok(ask!(app.knowledge(), search, SearchRequest { authority, q, limit, agents })?.sheets)
}

/// Searches the sheets.
#[utoipa::path(
    get, path = "/knowledge/search", tag = "knowledge", params(SearchQuery),
    responses((status = 200, body = ItemPage<SheetItem>))
)]
pub(crate) async fn search(
    State(app): State<Shared>,
    Caller(session): Caller,
    Query(query): Query<SearchQuery>,
) -> Result<axum::Json<ItemPage<SheetItem>>, Problem> {
    let limit = page(query.limit.or(Some(SHEETS_DEFAULT)), None)?.limit;
    let found = find(&app, session.as_ref(), query.authority.unwrap_or_default(), &query.q, limit).await?;
    Ok(axum::Json(ItemPage::whole(found.into_iter().map(SheetItem::from).collect())))
}

/// A sheet to read.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SheetDetail {
    #[serde(flatten)]
    sheet: SheetItem,
    /// The text.
    markdown: String,
    /// Code of the authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    authority: Option<String>,
    /// When this version was published.
    published_at: Option<String>,
}

/// Returns one sheet; agents also get the parts kept for them.
pub(crate) async fn read(app: &App, session: Option<&Session>, id: String) -> Result<Sheet, Problem> {
    let agents = session.is_some_and(|session| session.agent_id().is_ok());
    let message = GetSheetRequest { id, agents, ..GetSheetRequest::default() };
    let found = ask!(app.knowledge(), get_sheet, message);
    let unknown = |problem: Problem| if problem.status == 422 { Problem::not_found() } else { problem };
    found.map_err(unknown)?.sheet.ok_or_else(Problem::not_found)
}

/// Returns one sheet.
#[utoipa::path(
    get, path = "/knowledge/sheets/{id}", tag = "knowledge", params(("id" = String, Path)),
    responses((status = 200, body = SheetDetail), (status = 404, body = Problem, content_type = "application/problem+json"))
)]
pub(crate) async fn show(
    State(app): State<Shared>,
    Caller(session): Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<SheetDetail>, Problem> {
    let sheet = read(&app, session.as_ref(), id).await?;
    Ok(axum::Json(SheetDetail {
        sheet: SheetItem::from(sheet.summary.unwrap_or_default()),
        markdown: sheet.markdown,
        authority: some(sheet.authority),
        published_at: instant(sheet.published_at),
    }))
}
