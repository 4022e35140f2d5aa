//! `/agent/demandes/{id}`: the thread, the facts, the dates, what can be done, on one screen.

mod beside;
mod buttons;
mod clocks;
mod facts;
mod replies;
mod thread;

use askama::Template;
use axum::extract::State;
use axum::response::{Html, Response};
use serde::Deserialize;

use super::chrome::Chrome;
use super::desk::{Choice, dates};
use super::form::FormView;
use super::render;
use super::sheets::Line;
use crate::access;
use crate::api::files;
use crate::app::{App, Shared};
use crate::auth::{Session, SignedIn};
use crate::extract::{Path, Query};
use crate::problem::Problem;
use crate::text::t1;
use crate::towns::Towns;
use crate::view::alphabetical;
use beside::{DeliveryLine, Other};
use buttons::Buttons;
use facts::Facts;
use thread::DeskMessage;

#[derive(Template)]
#[template(path = "desk_request.html")]
struct DeskRequest {
    chrome: Chrome,
    full: bool,
    id: String,
    reference: String,
    version: i64,
    key: String,
    /// The outcome and the day that are chosen in the answer's form.
    outcome: String,
    until: String,
    subject: String,
    facts: Facts,
    messages: Vec<DeskMessage>,
    /// Names of the colleagues who are writing an answer now.
    writing: Vec<String>,
    others: Vec<Other>,
    colleagues: Vec<Choice>,
    replies: Vec<Choice>,
    /// Nobody has said yet which procedure it is.
    unqualified: bool,
    /// A note on this request waits for the agent.
    asked: bool,
    sheets: Vec<Line>,
    deliveries: Vec<DeliveryLine>,
    explanation: Vec<String>,
    buttons: Buttons,
    draft: FormView,
}

/// What the address asks for besides the request.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    fait: String,
    /// Code of a ready answer to start from.
    modele: String,
}

/// Shows a request.
pub(crate) async fn show(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Problem> {
    let mut draft = FormView::default();
    if !asked.modele.is_empty() {
        let opened = access::open(&app, &session, &id).await?.require_full()?;
        let towns = app.towns().await?;
        let facts = facts::facts(&towns, &dates(&towns, &opened.summary().authority), &opened);
        let text = replies::filled(&towns, &session, &opened, &facts, &asked.modele).ok_or_else(Problem::not_found)?;
        draft.set("body", text);
    }
    page(&app, &session, &id, draft, &asked.fait).await
}

/// Returns the page of a request with a draft to go on with.
pub(crate) async fn page(
    app: &App,
    session: &Session,
    id: &str,
    draft: FormView,
    done: &str,
) -> Result<Html<String>, Problem> {
    let opened = access::open(app, session, id).await?;
    let towns = app.towns().await?;
    let summary = opened.summary().clone();
    let at = dates(&towns, &summary.authority);
    let (sheets, deliveries, explanation, others, asked) = if opened.full {
        // Beside the thread: without them the page still serves.
        tokio::join!(
            beside::suggested(app, &opened),
            beside::sent(app, &opened),
            beside::explained(app, opened.id()),
            beside::others(app, session, &towns, &at, &opened),
            beside::waits_for(app, session, opened.id()),
        )
    } else {
        Default::default()
    };
    let messages = opened
        .request
        .interactions
        .iter()
        .map(|interaction| thread::message(&towns, &at, &opened, interaction))
        .collect();
    let buttons = buttons::buttons(&towns, &at, app.clock.now().as_millis(), session, &opened);
    let title = t1("desk-request-title", "reference", &summary.reference);
    let page = DeskRequest {
        chrome: Chrome::of(app, &towns, Some(session), title).noticing(done),
        full: opened.full,
        unqualified: summary.procedure.is_empty(),
        id: summary.id,
        version: opened.version(),
        key: draft.key(app),
        outcome: or(draft.value("outcome"), "informed"),
        until: or(draft.value("until"), &buttons.wait_until),
        facts: facts::facts(&towns, &at, &opened),
        buttons,
        colleagues: colleagues(&towns, session, &summary.authority),
        reference: summary.reference,
        subject: summary.subject,
        messages,
        replies: replies::choices(&towns, &opened),
        writing: opened.writing.iter().map(|id| agent_name(&towns, id)).collect(),
        others,
        asked,
        sheets,
        deliveries,
        explanation,
        draft,
    };
    render(&page)
}

/// Downloads a file of a request.
pub(crate) async fn download(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Path((id, attachment)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let opened = access::open(&app, &session, &id).await?.require_full()?;
    files::stream_file(&app, opened.id(), attachment).await
}

/// Returns the name of an agent, empty for nobody.
fn agent_name(towns: &Towns, id: &str) -> String {
    if id.is_empty() {
        String::new()
    } else {
        towns.agent(id).map_or_else(|| id.to_owned(), |agent| agent.name.clone())
    }
}

/// Returns the agents whose opinion may be asked: everybody else who works for the authority, by name.
fn colleagues(towns: &Towns, session: &Session, authority: &str) -> Vec<Choice> {
    let mut colleagues: Vec<Choice> = towns
        .agents_of(authority)
        .filter(|(_, agent)| agent.id != session.account.agent_id)
        .map(|(_, agent)| Choice { code: agent.id.clone(), name: agent.name.clone() })
        .collect();
    colleagues.sort_by_cached_key(|choice| alphabetical(&choice.name));
    colleagues
}

/// Returns what was chosen, or else what is usual.
fn or(chosen: &str, usual: &str) -> String {
    if chosen.is_empty() { usual } else { chosen }.to_owned()
}
