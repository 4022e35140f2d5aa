//! What an agent writes on a request: to the usager, to colleagues, after a call. What was typed survives a refusal.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use guichet_core::Timestamp;
use guichet_proto::intake::v1::SeeMentionsRequest;
use guichet_proto::routing::v1::TypingRequest;

use super::desk::dates;
use super::desk_actions::{read, read_words, to_request};
use super::desk_request;
use super::form::{FormView, come_back};
use crate::access;
use crate::api::interactions::{InteractionBody, write};
use crate::app::{App, Shared};
use crate::auth::{Session, SignedIn};
use crate::clients::tell;
use crate::extract::Path;
use crate::problem::Problem;
use crate::text::{t, t1};
use crate::uploads::FormData;

/// « Répondre », « Répondre et terminer », « Demander une pièce ». What was typed survives a refusal.
pub(crate) async fn reply(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let agent_id = session.agent_id()?.to_owned();
    let opened = access::open(&app, &session, &id).await?.require_full()?;
    let authority = opened.summary().authority.clone();
    let (form, refused) = read_words(&app, &session, request, &authority).await?;
    if let Some(problem) = refused {
        return again(&app, &session, &id, &form, problem, "body").await;
    }
    let towns = app.towns().await?;
    let until = form.given("until").and_then(|day| dates(&towns, &authority).end_of_day(day));
    let body = InteractionBody {
        kind: Some("reply".to_owned()),
        body: form.given("body").map(str::to_owned),
        then: form.given("then").map(str::to_owned),
        outcome: form.given("outcome").map(str::to_owned),
        wait_until: until
            .filter(|_| form.text("then") == "wait")
            .map(|until| Timestamp::from_millis(until).to_string()),
        ..InteractionBody::default()
    };
    let key = form.text("key").to_owned();
    match write(&app, &agent_id, &opened, &body, form.files.clone(), key).await {
        Ok(_) => Ok(to_request(opened.id(), "replied").into_response()),
        Err(problem) => again(&app, &session, &id, &form, problem, "body").await,
    }
}

/// « Note interne (jamais montrée à l'usager) ».
pub(crate) async fn note(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    between_agents(&app, &session, &id, request, Form { field: "note", kind: "note", done: "noted" }).await
}

/// « Demander un avis ».
pub(crate) async fn ask_opinion(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    between_agents(&app, &session, &id, request, Form { field: "question", kind: "note", done: "asked" }).await
}

/// « Rappeler »: what was said, or that nobody answered.
pub(crate) async fn call_back(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    between_agents(&app, &session, &id, request, Form { field: "said", kind: "call", done: "called" }).await
}

/// One of the small forms beside the answer.
#[derive(Clone, Copy)]
struct Form {
    /// Name of its text.
    field: &'static str,
    kind: &'static str,
    /// Code of the notice when it is done.
    done: &'static str,
}

async fn between_agents(
    app: &Shared,
    session: &Session,
    id: &str,
    request: Request,
    form: Form,
) -> Result<Response, Problem> {
    let agent_id = session.agent_id()?.to_owned();
    let opened = access::open(app, session, id).await?.require_full()?;
    let data = read(app, session, request, &opened.summary().authority).await?;
    let reached = data.text("reached") != "no";
    let text = data.given(form.field).map(str::to_owned);
    let body = InteractionBody {
        // A call that nobody took is told to colleagues, not to the usager.
        kind: Some(if reached { form.kind } else { "note" }.to_owned()),
        body: if reached { text } else { Some(unanswered(text.as_deref().unwrap_or_default())) },
        asks: data.given("asks").map(str::to_owned).into_iter().collect(),
        ..InteractionBody::default()
    };
    let key = data.text("key").to_owned();
    match write(app, &agent_id, &opened, &body, data.files.clone(), key).await {
        Ok(_) => Ok(to_request(opened.id(), form.done).into_response()),
        Err(problem) => again(app, session, id, &data, problem, form.field).await,
    }
}

/// Returns the note of a call that nobody took.
fn unanswered(text: &str) -> String {
    if text.trim().is_empty() { t("call-unanswered") } else { t1("call-unanswered-note", "note", text.trim()) }
}

/// Shows the page again with what was typed; a refusal of the text is told at its own field.
async fn again(
    app: &App,
    session: &Session,
    id: &str,
    form: &FormData,
    problem: Problem,
    field: &str,
) -> Result<Response, Problem> {
    let mut view = FormView::again(app, form, &problem);
    view.tell_at("body", field);
    come_back(problem, Box::pin(desk_request::page(app, session, id, view, ""))).await
}

/// « J'ai vu »: what addressed the agent on a request waits no longer.
pub(crate) async fn seen(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Path(id): Path<String>,
    request: Request,
) -> Result<Redirect, Problem> {
    read(&app, &session, request, "").await?;
    let agent_id = session.agent_id()?.to_owned();
    let opened = access::open(&app, &session, &id).await?;
    let message = SeeMentionsRequest { request_id: opened.id().to_owned(), agent_id };
    tell!(app.intake(), see_mentions, message)?;
    Ok(to_request(opened.id(), "seen"))
}

/// Tells colleagues that the agent is writing: the page says so now and then.
pub(crate) async fn typing(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Path(id): Path<String>,
    request: Request,
) -> Result<StatusCode, Problem> {
    read(&app, &session, request, "").await?;
    let message = TypingRequest { request_id: id, agent_id: session.agent_id()?.to_owned() };
    tell!(app.work(), typing, message)?;
    Ok(StatusCode::NO_CONTENT)
}
