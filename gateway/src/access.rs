//! Before a request is shown: what was said comes from intake, what may be seen of it from routing.

use guichet_core::Reference;
use guichet_proto::common::v1::Nature;
use guichet_proto::intake::v1::{BatchGetRequestsRequest, GetRequestRequest, RequestSummary, ServiceRequest};
use guichet_proto::routing::v1::{Access, GetWorkRequest, GetWorkResponse, WorkItem};

use crate::app::App;
use crate::auth::Session;
use crate::clients::ask;
use crate::problem::Problem;
use crate::towns::Towns;
use futures::future::join_all;

/// A request, the work on it and how much of it the caller may see.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    pub(crate) request: ServiceRequest,
    /// Absent for the instant before routing has heard of it.
    pub(crate) work: Option<WorkItem>,
    /// Names of the commands that would be accepted now.
    pub(crate) allowed: Vec<String>,
    /// False: the caller sees that a request exists, not its content.
    pub(crate) full: bool,
    /// Ids of the colleagues who are writing an answer now.
    pub(crate) writing: Vec<String>,
}

impl Opened {
    /// Returns the summary.
    pub(crate) fn summary(&self) -> &RequestSummary {
        static NONE: std::sync::LazyLock<RequestSummary> = std::sync::LazyLock::new(RequestSummary::default);
        self.request.summary.as_ref().unwrap_or(&NONE)
    }

    /// Returns the id.
    pub(crate) fn id(&self) -> &str {
        &self.summary().id
    }

    /// Returns whether a command would be accepted now.
    pub(crate) fn allows(&self, command: &str) -> bool {
        self.allowed.iter().any(|name| name == command)
    }

    /// Returns the version a command must carry.
    pub(crate) fn version(&self) -> i64 {
        self.work.as_ref().map_or(self.summary().work_version, |work| work.version)
    }

    /// Refuses when the content may not be seen.
    pub(crate) fn require_full(self) -> Result<Self, Problem> {
        if self.full { Ok(self) } else { Err(Problem::forbidden()) }
    }
}

/// Opens a request by id or by reference; one that is not the caller's to see is not found.
pub(crate) async fn open(app: &App, session: &Session, id_or_reference: &str) -> Result<Opened, Problem> {
    let by_id = id_or_reference.starts_with("req_");
    let reference = if by_id { None } else { Some(Reference::parse(id_or_reference).ok_or_else(Problem::not_found)?) };
    let message = GetRequestRequest {
        id: if by_id { id_or_reference.to_owned() } else { String::new() },
        reference: reference.map(|reference| reference.to_string()).unwrap_or_default(),
        for_interaction: String::new(),
    };
    let found = ask!(app.intake(), get_request, message).map_err(hide_bad_id)?;
    let request = found.request.ok_or_else(Problem::not_found)?;
    let summary = request.summary.as_ref().ok_or_else(Problem::not_found)?;
    if !session.works_for(&summary.authority) {
        return Err(Problem::not_found());
    }
    let work = work_on(app, session, &summary.id).await?;
    let (full, exists) = judge(session, is_confidential(&*app.towns().await?, summary), work.as_ref());
    if !exists {
        return Err(Problem::not_found());
    }
    let work = work.unwrap_or_default();
    let request = if full { request } else { existence_only(request) };
    Ok(Opened { request, work: work.work, allowed: work.allowed, full, writing: work.writing })
}

/// An id of another kind is as unknown as one that never was.
fn hide_bad_id(problem: Problem) -> Problem {
    if matches!(problem.status, 400 | 422) { Problem::not_found() } else { problem }
}

/// Returns the work, `None` while routing has not heard of the request.
async fn work_on(app: &App, session: &Session, id: &str) -> Result<Option<GetWorkResponse>, Problem> {
    let message = GetWorkRequest { request_id: id.to_owned(), agent_id: session.account.agent_id.clone() };
    match ask!(app.work(), get, message) {
        Ok(work) => Ok(Some(work)),
        Err(problem) if problem.status == 404 => Ok(None),
        Err(problem) => Err(problem),
    }
}

/// Returns whether the content may be seen, and whether the request may be known to exist.
fn judge(session: &Session, confidential: bool, work: Option<&GetWorkResponse>) -> (bool, bool) {
    // Machine accounts hold no clearance: what is confidential stays closed to them, the rest is theirs to set up.
    if session.is_machine() {
        return (!confidential, true);
    }
    match work.map(GetWorkResponse::access) {
        Some(Access::Full) => (true, true),
        Some(Access::Existence) | None => (false, true),
        Some(Access::None | Access::Unspecified) => (false, false),
    }
}

/// Returns whether a request is kept for those cleared; its procedure says so before routing has.
fn is_confidential(towns: &Towns, summary: &RequestSummary) -> bool {
    let procedure = towns.procedure(&summary.authority, &summary.procedure);
    summary.confidential || procedure.is_some_and(|procedure| procedure.confidential)
}

/// Returns whether a request is a complaint, by its nature or by its procedure.
fn is_complaint(towns: &Towns, summary: &RequestSummary) -> bool {
    let procedure = towns.procedure(&summary.authority, &summary.procedure);
    summary.nature() == Nature::Complaint || procedure.is_some_and(|procedure| procedure.complaint)
}

/// Leaves of a request what says that it exists: number, state, dates and department.
fn existence_only(request: ServiceRequest) -> ServiceRequest {
    ServiceRequest { summary: request.summary.map(blank), ..ServiceRequest::default() }
}

/// Leaves of a summary what says that a request exists.
fn blank(summary: RequestSummary) -> RequestSummary {
    RequestSummary {
        subject: String::new(),
        requester_name: String::new(),
        party_id: String::new(),
        procedure: String::new(),
        confidential: true,
        ..summary
    }
}

/// Returns what the caller may see of each summary; those not theirs to know are left out.
pub(crate) async fn filter(
    app: &App,
    session: &Session,
    summaries: Vec<RequestSummary>,
) -> Result<Vec<RequestSummary>, Problem> {
    let towns = app.towns().await?;
    let towns = &*towns;
    let seen = summaries.into_iter().map(|summary| async move {
        if !session.works_for(&summary.authority) {
            return Ok(None);
        }
        let confidential = is_confidential(towns, &summary);
        // The employer's ordinary requests are open to its agents: no call for each line of a list. A complaint never
        // is: the agent it concerns sees nothing of it.
        let ordinary = !confidential
            && summary.work_version > 0
            && summary.authority == session.account.authority
            && !is_complaint(towns, &summary);
        if ordinary || (session.is_machine() && !confidential) {
            return Ok(Some(summary));
        }
        let work = work_on(app, session, &summary.id).await?;
        let (full, exists) = judge(session, confidential, work.as_ref());
        Ok::<_, Problem>(exists.then(|| if full { summary } else { blank(summary) }))
    });
    join_all(seen).await.into_iter().filter_map(Result::transpose).collect()
}

/// Returns the summaries of requests by id, as the caller may see them.
pub(crate) async fn summaries(app: &App, session: &Session, ids: Vec<String>) -> Result<Vec<RequestSummary>, Problem> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let found = ask!(app.intake(), batch_get_requests, BatchGetRequestsRequest { ids })?;
    filter(app, session, found.requests).await
}
