//! The thread of a request, opened by a signed link: read, add a message or a paper, withdraw.

use std::net::IpAddr;

use askama::Template;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use guichet_core::work::Channel;
use guichet_proto::intake::v1::{
    AppendInteractionRequest, InteractionKind, OpenThreadLinkRequest, RequestSummary, ServiceRequest,
};
use guichet_proto::routing::v1::{GetWorkRequest, WorkItem};
use guichet_rpc::convert::ToProto;
use serde::Deserialize;

use super::chrome::{Chrome, dialled};
use super::form::{FormView, come_back};
use super::{in_query, render};
use crate::api::files;
use crate::app::{App, Shared};
use crate::checks::{BODY_CHARACTERS_MAX, Checks};
use crate::clients::{ask, tell_keyed};
use crate::commands::{self, Arguments, Command};
use crate::extract::{ClientAddress, Query};
use crate::limits::Try;
use crate::problem::Problem;
use crate::text::{t, t1};
use crate::uploads::{FormData, read_draft};
use crate::view::bytes;
use crate::view::date::Dates;
use crate::view::expected;
use crate::view::state::{Facts, UsagerState};

#[derive(Template)]
#[template(path = "thread.html")]
struct Thread {
    chrome: Chrome,
    link: String,
    key: String,
    reference: String,
    subject: String,
    received: String,
    department: String,
    phone: String,
    /// The same phone as a link dials it.
    dial: String,
    state: UsagerState,
    /// When somebody is expected to take it up, empty when nothing is said.
    expected: String,
    open: bool,
    messages: Vec<Message>,
    draft: FormView,
    files_limit: String,
}

/// One message of the thread.
pub(crate) struct Message {
    pub(crate) author: String,
    pub(crate) from_town: bool,
    pub(crate) at: String,
    pub(crate) text: String,
    pub(crate) files: Vec<FileLink>,
}

/// A file to download.
pub(crate) struct FileLink {
    pub(crate) name: String,
    pub(crate) size: String,
    pub(crate) address: String,
}

/// Shows the thread of a link.
pub(crate) async fn show(app: &App, address: IpAddr, link: &str, done: &str) -> Result<Response, Problem> {
    app.limits.count(Try::Submit, address)?;
    page(app, link, FormView::default(), done).await
}

/// Returns the thread with a draft to go on with.
async fn page(app: &App, link: &str, draft: FormView, done: &str) -> Result<Response, Problem> {
    let request = open(app, link).await?;
    let summary = request.summary.clone().unwrap_or_default();
    let towns = app.towns().await?;
    let dates = Dates::in_zone(
        towns.find(&summary.authority).map(|town| town.authority.time_zone.as_str()).unwrap_or_default(),
    );
    // Routing may be a moment behind: the summary then says enough.
    let work = work_of(app, &summary.id).await.unwrap_or_else(|| as_work(&summary));
    let department = towns.department(&work.authority, &work.department);
    let state = UsagerState::of(&Facts::of_work(&work, &towns), app.clock.now());
    let expected = expected::of_request(app, state.code, &summary.id).await;
    let shown = |kind: InteractionKind| !matches!(kind, InteractionKind::Note | InteractionKind::Unspecified);
    let messages = request.interactions.iter().filter(|interaction| shown(interaction.kind())).map(|interaction| {
        let from_town = interaction.kind() == InteractionKind::Reply;
        let agent = towns.agent(&interaction.agent_id).filter(|_| from_town);
        Message {
            author: agent.map_or_else(
                || if from_town { t("thread-town") } else { t("thread-you") },
                |agent| {
                    if agent.title.is_empty() { agent.name.clone() } else { format!("{}, {}", agent.name, agent.title) }
                },
            ),
            from_town,
            at: dates.moment(interaction.occurred_at),
            text: interaction.text.clone(),
            files: interaction
                .attachments
                .iter()
                .map(|file| FileLink {
                    name: file.file_name.clone(),
                    size: bytes::size(file.size),
                    address: format!("/suivi/fichier?lien={}&piece={}", in_query(link), in_query(&file.id)),
                })
                .collect(),
        }
    });
    let messages = messages.collect();
    let chrome = Chrome::of(app, &towns, None, t1("thread-title", "reference", &summary.reference)).noticing(done);
    let page = Thread {
        chrome,
        link: in_query(link),
        key: draft.key(app),
        reference: summary.reference,
        subject: summary.subject,
        received: dates.day(summary.received_at),
        department: department.map(|department| department.name.clone()).unwrap_or_default(),
        dial: department.map(|department| dialled(&department.phone)).unwrap_or_default(),
        phone: department.map(|department| department.phone.clone()).unwrap_or_default(),
        open: matches!(state.code, "registered" | "in_progress" | "waiting_requester" | "forwarded"),
        expected: expected::sentence(expected.as_ref(), &dates),
        state,
        messages,
        draft,
        files_limit: bytes::size(app.config.form_bytes_max as u64),
    };
    Ok(render(&page)?.into_response())
}

async fn open(app: &App, link: &str) -> Result<ServiceRequest, Problem> {
    let answer = ask!(app.intake(), open_thread_link, OpenThreadLinkRequest { token: link.to_owned() });
    let unknown =
        |problem: Problem| if matches!(problem.status, 401 | 403 | 404 | 422) { Problem::dead_link() } else { problem };
    answer.map_err(unknown)?.request.ok_or_else(Problem::dead_link)
}

async fn work_of(app: &App, request_id: &str) -> Option<WorkItem> {
    let message = GetWorkRequest { request_id: request_id.to_owned(), agent_id: String::new() };
    ask!(app.work(), get, message).ok()?.work
}

fn as_work(summary: &RequestSummary) -> WorkItem {
    WorkItem {
        request_id: summary.id.clone(),
        authority: summary.authority.clone(),
        state: summary.state,
        version: summary.work_version,
        department: summary.department.clone(),
        announced_due: summary.due_at,
        receipt_due: summary.receipt_due,
        outcome: summary.outcome,
        ..WorkItem::default()
    }
}

/// The link an action comes with.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Linked {
    lien: String,
    piece: String,
}

/// Adds a message, with or without files. What was typed survives a refusal.
pub(crate) async fn add(
    State(app): State<Shared>,
    Query(linked): Query<Linked>,
    ClientAddress(address): ClientAddress,
    request: Request,
) -> Result<Response, Problem> {
    app.limits.count(Try::Submit, address)?;
    let summary = open(&app, &linked.lien).await?.summary.unwrap_or_default();
    let (form, refused) = read_draft(&app, request, &summary.authority).await?;
    let added = match refused {
        Some(problem) => Err(problem),
        None => append(&app, summary.id, &form).await,
    };
    match added {
        Ok(()) => Ok(back(&linked.lien, "message").into_response()),
        Err(problem) => {
            let view = FormView::again(&app, &form, &problem);
            come_back(problem, page(&app, &linked.lien, view, "")).await
        }
    }
}

async fn append(app: &App, request_id: String, form: &FormData) -> Result<(), Problem> {
    let mut checks = Checks::default();
    let mut body = checks.optional("/body", form.given("body"), BODY_CHARACTERS_MAX);
    if body.is_empty() && form.files.is_empty() {
        checks.fail("/body", "field-required");
    }
    checks.done()?;
    if body.is_empty() {
        body = t("thread-files-only");
    }
    let message = AppendInteractionRequest {
        request_id,
        kind: InteractionKind::Message.into(),
        body,
        attachments: form.files.clone(),
        dedupe_key: form.text("key").to_owned(),
        channel: Channel::Web.to_proto(),
        ..AppendInteractionRequest::default()
    };
    tell_keyed!(app.intake(), append_interaction, message)?;
    Ok(())
}

/// Gives the request up.
pub(crate) async fn withdraw(
    State(app): State<Shared>,
    Query(linked): Query<Linked>,
    ClientAddress(address): ClientAddress,
) -> Result<Redirect, Problem> {
    app.limits.count(Try::Submit, address)?;
    let summary = open(&app, &linked.lien).await?.summary.unwrap_or_default();
    let version = work_of(&app, &summary.id).await.map_or(summary.work_version, |work| work.version);
    let arguments = Arguments { version, ..Arguments::default() };
    commands::run(&app, "", &summary.id, Command::Withdraw, arguments).await?;
    Ok(back(&linked.lien, "withdrawn"))
}

/// Downloads a file of the thread; those of notes between agents are not in it.
pub(crate) async fn download(
    State(app): State<Shared>,
    Query(linked): Query<Linked>,
    ClientAddress(address): ClientAddress,
) -> Result<Response, Problem> {
    app.limits.count(Try::Submit, address)?;
    let request = open(&app, &linked.lien).await?;
    let mut shown = request.interactions.iter().filter(|interaction| interaction.kind() != InteractionKind::Note);
    let listed = shown.any(|interaction| interaction.attachments.iter().any(|file| file.id == linked.piece));
    if !listed {
        return Err(Problem::not_found());
    }
    files::stream_file(&app, &request.summary.unwrap_or_default().id, linked.piece).await
}

fn back(link: &str, done: &str) -> Redirect {
    Redirect::to(&format!("/suivi?lien={}&fait={done}", in_query(link)))
}
