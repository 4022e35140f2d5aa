//! `/agent/demandes/{id}`: the thread, the facts, the dates, what can be done.

use askama::Template;
use axum::extract::State;
use axum::response::{Html, Response};
use guichet_core::work::{Channel, Outcome, SilenceRule, WorkState};
use guichet_proto::common::v1::Page;
use guichet_proto::intake::v1::{Interaction, InteractionKind};
use guichet_proto::knowledge::v1::SuggestRequest;
use guichet_proto::notification::v1::{Delivery, DeliveryState, ListDeliveriesRequest};
use guichet_proto::routing::v1::{ExplainRequest, WorkItem};
use guichet_rpc::convert::FromProto;

use super::chrome::{Chrome, national};
use super::desk::{Choice, Done, choice, dates, procedure_name};
use super::form::FormView;
use super::sheets::Line;
use super::thread::FileLink;
use super::{in_query, render};
use crate::access::{self, Opened};
use crate::api::deliveries::{delivery_state, medium};
use crate::api::files;
use crate::app::{App, Shared};
use crate::auth::{Session, SignedIn};
use crate::clients::ask;
use crate::extract::{Path, Query};
use crate::problem::Problem;
use crate::text::{find, t, t1};
use crate::towns::Towns;
use crate::view::date::Dates;
use crate::view::state::{agent_label, department_name};
use crate::view::{alphabetical, bytes};

/// Sheets beside a request.
const SHEETS_MAX: u32 = 5;
/// Messages out shown beside a request.
const DELIVERIES_MAX: u32 = 50;
/// Octets of the key that makes a reply sent twice one reply.
const KEY_OCTETS: usize = 16;
/// Days a usager is given for a missing paper unless the agent says otherwise.
const WAIT_DAYS: i64 = 15;

#[derive(Template)]
#[template(path = "desk_request.html")]
struct DeskRequest {
    chrome: Chrome,
    full: bool,
    reference: String,
    version: i64,
    key: String,
    subject: String,
    facts: Facts,
    messages: Vec<DeskMessage>,
    sheets: Vec<Line>,
    deliveries: Vec<DeliveryLine>,
    explanation: Vec<String>,
    buttons: Buttons,
    draft: FormView,
}

/// The facts beside the thread.
#[derive(Default)]
struct Facts {
    procedure: String,
    state: String,
    department: String,
    assignee: String,
    level2: String,
    channel: String,
    received: String,
    announced: String,
    legal: String,
    /// What silence means at the legal date.
    silence: String,
    internal: String,
    wait_until: String,
    requester: String,
    email: String,
    phone: String,
    postal_address: String,
    identity_verified: bool,
    shared_contact: bool,
    hint: String,
    classified_by: String,
    reasons: Vec<String>,
    forwarded_to: String,
}

/// One message, reply, note or call.
struct DeskMessage {
    kind: &'static str,
    kind_name: String,
    author: String,
    at: String,
    text: String,
    files: Vec<FileLink>,
    unverified: bool,
    truncated: bool,
}

/// A message out.
struct DeliveryLine {
    name: String,
    medium: String,
    state: String,
    trouble: bool,
    letter: String,
}

/// What the agent may do now, with the choices each action offers.
#[derive(Default)]
struct Buttons {
    take: bool,
    start: bool,
    escalate: bool,
    transfer: bool,
    give_back: bool,
    forward: bool,
    resume: bool,
    resolve: bool,
    pause: bool,
    withdraw: bool,
    dismiss: bool,
    reopen: bool,
    /// The agent holds the request: the reply form is open.
    reply: bool,
    departments: Vec<Choice>,
    procedures: Vec<Choice>,
    outcomes: Vec<Choice>,
    reasons: Vec<Choice>,
    wait_until: String,
}

/// Shows a request.
pub(crate) async fn show(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Path(id): Path<String>,
    Query(done): Query<Done>,
) -> Result<Html<String>, Problem> {
    page(&app, &session, &id, FormView::default(), &done.fait).await
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
    let (sheets, deliveries, explanation) = if opened.full {
        // Beside the thread: without them the page still serves.
        tokio::join!(suggested(app, &opened), sent(app, &opened), explained(app, opened.id()))
    } else {
        (Vec::new(), Vec::new(), Vec::new())
    };
    let summary = opened.summary().clone();
    let at = dates(&towns, &summary.authority);
    let messages =
        opened.request.interactions.iter().map(|interaction| message(&towns, &at, &opened, interaction)).collect();
    let title = t1("desk-request-title", "reference", &summary.reference);
    let page = DeskRequest {
        chrome: Chrome::of(app, &towns, Some(session), title).noticing(done),
        full: opened.full,
        version: opened.version(),
        key: app.random_hex(KEY_OCTETS),
        facts: facts(&towns, &at, &opened),
        buttons: buttons(&towns, &at, app.clock.now().as_millis(), session, &opened),
        reference: summary.reference,
        subject: summary.subject,
        messages,
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

async fn suggested(app: &App, opened: &Opened) -> Vec<Line> {
    let summary = opened.summary();
    let first = opened.request.interactions.first().map(|interaction| interaction.text.as_str()).unwrap_or_default();
    let message = SuggestRequest {
        authority: summary.authority.clone(),
        text: format!("{} {first}", summary.subject),
        procedure: summary.procedure.clone(),
        limit: SHEETS_MAX,
    };
    let found = ask!(app.knowledge(), suggest, message).map(|found| found.sheets).unwrap_or_default();
    let line = |sheet: guichet_proto::knowledge::v1::SheetSummary| Line {
        address: format!("/fiches/{}", in_query(&sheet.id)),
        title: sheet.title,
        snippet: sheet.snippet,
    };
    found.into_iter().map(line).collect()
}

async fn sent(app: &App, opened: &Opened) -> Vec<DeliveryLine> {
    let message = ListDeliveriesRequest {
        request_id: opened.id().to_owned(),
        state: 0,
        page: Some(Page { limit: DELIVERIES_MAX, cursor: String::new() }),
    };
    let found = ask!(app.notification(), list_deliveries, message).map(|found| found.deliveries).unwrap_or_default();
    found.iter().map(delivery_line).collect()
}

fn delivery_line(delivery: &Delivery) -> DeliveryLine {
    let state = delivery.state();
    let letter = medium(delivery.medium()) == "letter";
    DeliveryLine {
        name: t(&format!("template-{}", delivery.template)),
        medium: t(&format!("medium-{}", medium(delivery.medium()))),
        state: t(&format!("delivery-{}", delivery_state(state))),
        trouble: matches!(state, DeliveryState::Failed | DeliveryState::Unknown),
        letter: if letter { format!("/agent/lettres/{}", delivery.id) } else { String::new() },
    }
}

async fn explained(app: &App, request_id: &str) -> Vec<String> {
    let message = ExplainRequest { request_id: request_id.to_owned() };
    ask!(app.decisions(), explain, message).map(|told| told.lines).unwrap_or_default()
}

fn facts(towns: &Towns, at: &Dates, opened: &Opened) -> Facts {
    let summary = opened.summary();
    let request = &opened.request;
    let work = opened.work.clone().unwrap_or_else(|| WorkItem {
        state: summary.state,
        department: summary.department.clone(),
        announced_due: summary.due_at,
        assignee_id: summary.assignee_id.clone(),
        ..WorkItem::default()
    });
    let requester = request.requester.clone().unwrap_or_default();
    let procedure = if work.procedure.is_empty() { &summary.procedure } else { &work.procedure };
    Facts {
        procedure: if opened.full { procedure_name(towns, &summary.authority, procedure) } else { String::new() },
        state: agent_label(work.state),
        department: department_name(towns, &summary.authority, &work.department),
        assignee: agent_name(towns, &work.assignee_id),
        level2: agent_name(towns, &work.level2_assignee_id),
        channel: Channel::from_proto(summary.channel)
            .map(|channel| t(&format!("channel-{channel}")))
            .unwrap_or_default(),
        received: at.moment(summary.received_at),
        announced: at.day(work.announced_due),
        legal: at.day(work.legal_due),
        silence: SilenceRule::from_proto(work.silence)
            .and_then(|rule| find(&format!("silence-{}", rule.as_str())))
            .unwrap_or_default(),
        internal: at.day(work.internal_due),
        wait_until: at.day(work.wait_until),
        requester: requester.name,
        email: requester.email,
        phone: national(&requester.phone),
        postal_address: requester.postal_address,
        identity_verified: request.identity_verified,
        shared_contact: request.shared_contact,
        hint: request.hint.clone(),
        classified_by: if request.classified_by.is_empty() || procedure.is_empty() {
            String::new()
        } else {
            t(&format!("classified-{}", request.classified_by))
        },
        reasons: request.reasons.clone(),
        forwarded_to: work.forwarded_to,
    }
}

fn agent_name(towns: &Towns, id: &str) -> String {
    if id.is_empty() {
        String::new()
    } else {
        towns.agent(id).map_or_else(|| id.to_owned(), |agent| agent.name.clone())
    }
}

fn message(towns: &Towns, at: &Dates, opened: &Opened, interaction: &Interaction) -> DeskMessage {
    let kind = interaction.kind();
    let by_usager = matches!(kind, InteractionKind::Message | InteractionKind::Unspecified);
    let channel = Channel::from_proto(interaction.channel).map(|channel| t(&format!("channel-{channel}")));
    let code = crate::api::request_views::kind(kind);
    let name = t(&format!("kind-{code}"));
    DeskMessage {
        kind: code,
        kind_name: channel
            .filter(|_| matches!(code, "message" | "call"))
            .map_or_else(|| name.clone(), |channel| format!("{name} – {channel}")),
        author: if interaction.agent_id.is_empty() {
            interaction.author_name.clone()
        } else {
            agent_name(towns, &interaction.agent_id)
        },
        at: at.moment(interaction.occurred_at),
        text: interaction.text.clone(),
        files: interaction
            .attachments
            .iter()
            .map(|file| FileLink {
                name: file.file_name.clone(),
                size: bytes::size(file.size),
                address: format!("/agent/demandes/{}/fichiers/{}", opened.id(), in_query(&file.id)),
            })
            .collect(),
        unverified: by_usager && !interaction.sender_verified,
        truncated: interaction.truncated,
    }
}

fn buttons(towns: &Towns, at: &Dates, now: i64, session: &Session, opened: &Opened) -> Buttons {
    let summary = opened.summary();
    let me = &session.account.agent_id;
    let holds = opened.work.as_ref().is_some_and(|work| work.assignee_id == *me || work.level2_assignee_id == *me);
    let open = opened.work.as_ref().and_then(|work| WorkState::from_proto(work.state)).is_some_and(WorkState::is_open);
    let town = towns.find(&summary.authority);
    let named = |code: &String, name: &String| Choice { code: code.clone(), name: name.clone() };
    // A neighbour's departments may be in charge too (pooling): those of all published authorities are offered.
    let mut departments: Vec<Choice> = towns
        .all()
        .iter()
        .flat_map(|town| &town.departments)
        .map(|(code, department)| named(code, &department.name))
        .collect();
    departments.sort_by_cached_key(|choice| (alphabetical(&choice.name), choice.code.clone()));
    departments.dedup_by(|a, b| a.code == b.code);
    let mut procedures: Vec<Choice> = town
        .into_iter()
        .flat_map(|town| &town.procedures)
        .map(|(code, procedure)| named(code, &procedure.name))
        .collect();
    procedures.sort_by_cached_key(|choice| alphabetical(&choice.name));
    let reasons =
        town.into_iter().flat_map(|town| &town.authority.dismissal_reasons).map(|(_, reason)| named(reason, reason));
    Buttons {
        take: opened.allows("take"),
        start: opened.allows("start"),
        escalate: opened.allows("escalate"),
        transfer: opened.allows("transfer"),
        give_back: opened.allows("return"),
        forward: opened.allows("forward"),
        resume: opened.allows("resume"),
        resolve: opened.allows("resolve"),
        pause: opened.allows("pause"),
        withdraw: opened.allows("withdraw"),
        dismiss: opened.allows("dismiss"),
        reopen: opened.allows("reopen"),
        reply: opened.full && open && (holds || opened.allows("resolve")),
        departments,
        procedures,
        outcomes: Outcome::ALL.iter().map(|outcome| choice("outcome", outcome.as_str())).collect(),
        reasons: reasons.collect(),
        wait_until: at.form_day(now + WAIT_DAYS * 86_400_000),
    }
}
