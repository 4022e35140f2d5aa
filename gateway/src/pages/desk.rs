//! `/agent`: what is proposed to me, what I hold, what waits.

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use futures::future::try_join_all;
use guichet_core::work::PresenceState;
use guichet_proto::common::v1::Page;
use guichet_proto::intake::v1::{ListMentionsRequest, ListRequestsRequest, Mention, RequestSummary};
use guichet_proto::notification::v1::{DeliveryState, ListDeliveriesRequest};
use guichet_proto::routing::v1::{ListRequest, Offer, QueueEntry};
use guichet_rpc::convert::FromProto;
use serde::Deserialize;

use super::chrome::Chrome;
use super::day_notes::{self, Notes};
use super::learning::{self, LearningLine};
use super::render;
use crate::access;
use crate::api::{offers, queue};
use crate::app::{App, Shared};
use crate::auth::{Session, SignedIn};
use crate::clients::ask;
use crate::extract::Query;
use crate::problem::Problem;
use crate::text::{in_french, t, t1};
use crate::towns::{Agent, Towns};
use crate::view::date::{Dates, age};
use crate::view::state::{agent_label, department_name, is_late};

/// Lines of each list; the desk is a glance, not an archive.
const LINES_MAX: u32 = 50;

/// Colleagues somebody stands in for whose work is listed: more are not away at a time.
const REPLACED_MAX: usize = 5;

#[derive(Template)]
#[template(path = "desk.html")]
struct Desk {
    chrome: Chrome,
    presence: &'static str,
    presences: Vec<Choice>,
    notes: Notes,
    mentions: Vec<MentionLine>,
    offers: Vec<OfferLine>,
    mine: Vec<Line>,
    replaced: Vec<ReplacedLine>,
    queue: Vec<QueueLine>,
    letters: Vec<LetterLine>,
    learning: Vec<LearningLine>,
}

/// A value of a closed list with its words.
pub(crate) struct Choice {
    pub(crate) code: String,
    pub(crate) name: String,
}

/// A note that waits for the agent.
struct MentionLine {
    request: String,
    reference: String,
    from: String,
    text: String,
    asks_opinion: bool,
    at: String,
}

/// A request proposed to the agent.
struct OfferLine {
    id: String,
    reference: String,
    subject: String,
    procedure: String,
    why: String,
}

/// A request in a list.
struct Line {
    reference: String,
    subject: String,
    procedure: String,
    requester: String,
    state: String,
    due: String,
    late: bool,
}

/// A request in the hands of somebody absent whom the agent stands in for.
struct ReplacedLine {
    line: Line,
    version: i64,
    /// « en remplacement de Basile Tampon ».
    of: String,
}

/// A request that waits.
struct QueueLine {
    reference: String,
    version: i64,
    subject: String,
    procedure: String,
    department: String,
    age: String,
    due: String,
    late: bool,
    takeable: bool,
    missing: String,
    confidential: bool,
}

/// A letter that waits for the printer.
struct LetterLine {
    address: String,
    reference: String,
    name: String,
}

/// What was just done.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Done {
    pub(crate) fait: String,
}

/// Shows the desk.
pub(crate) async fn show(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Query(done): Query<Done>,
) -> Result<Html<String>, Problem> {
    let waiting = ListRequest {
        agent_id: session.agent_id()?.to_owned(),
        page: Some(Page { limit: LINES_MAX, cursor: String::new() }),
        department: String::new(),
    };
    let (towns, notes, mentions, offered, mine, replaced, queued, letters) = tokio::try_join!(
        app.towns(),
        async { Ok(day_notes::told(&app, &session).await) },
        mentions(&app, &session),
        offers::open_offers(&app, &session),
        async { work_of(&app, &session, session.agent_id()?).await },
        replaced(&app, &session),
        queue::read(&app, &session, waiting),
        letters(&app, &session),
    )?;
    let now = app.clock.now().as_millis();
    let proposed: Vec<String> = offered.iter().map(|(offer, _)| offer.request_id.clone()).collect();
    let queued = queued.entries.into_iter().filter(|(entry, _)| !proposed.contains(&entry.request_id));
    let presence = PresenceState::from_proto(session.account.presence).map_or("", PresenceState::as_str);
    let page = Desk {
        notes: day_notes::shown(&towns, &session, &notes),
        mentions: mentions.into_iter().map(|(mention, summary)| mention_line(&towns, mention, summary)).collect(),
        presence,
        presences: ["available", "counter", "phone", "break", "away"]
            .map(|code| choice("presence-button", code))
            .into(),
        offers: offered.into_iter().map(|(offer, summary)| offer_line(&towns, offer, summary)).collect(),
        mine: mine.into_iter().map(|summary| line(&towns, summary, now)).collect(),
        replaced: replaced.into_iter().map(|(name, summary)| replaced_line(&towns, &name, summary, now)).collect(),
        queue: queued.map(|(entry, summary)| queue_line(&towns, entry, summary, now)).collect(),
        letters,
        learning: learning::lines(&app, &session, &towns).await,
        chrome: Chrome::of(&app, &towns, Some(&session), t("desk-title")).noticing(&done.fait),
    };
    render(&page)
}

/// Returns a choice whose words are `<family>-<code>`.
pub(crate) fn choice(family: &str, code: &str) -> Choice {
    Choice { code: code.to_owned(), name: t(&format!("{family}-{code}")) }
}

/// Returns what an agent has in hand, as far as whoever looks may know of it.
async fn work_of(app: &App, session: &Session, agent_id: &str) -> Result<Vec<RequestSummary>, Problem> {
    let lists = session.authorities().into_iter().map(|authority| async move {
        let message = ListRequestsRequest {
            authority,
            assignee_id: agent_id.to_owned(),
            open_only: true,
            page: Some(Page { limit: LINES_MAX, cursor: String::new() }),
            ..ListRequestsRequest::default()
        };
        ask!(app.intake(), list_requests, message)
    });
    let mine: Vec<RequestSummary> = try_join_all(lists).await?.into_iter().flat_map(|list| list.requests).collect();
    let mut mine = access::filter(app, session, mine).await?;
    // The nearest date first; those without one last.
    mine.sort_by_key(|summary| (summary.due_at == 0, summary.due_at));
    Ok(mine)
}

/// Returns what colleagues have in hand whom the agent stands in for, each with the name of the colleague; what the agent
/// may not read is left out.
async fn replaced(app: &App, session: &Session) -> Result<Vec<(String, RequestSummary)>, Problem> {
    let towns = app.towns().await?;
    let absent = towns.replaced_by(session.agent_id()?, app.clock.now().as_millis());
    let of = |agent: Agent| async move {
        let work = work_of(app, session, &agent.id).await?;
        let readable = work.into_iter().filter(|summary| !summary.party_id.is_empty());
        Ok::<_, Problem>(readable.map(|summary| (agent.name.clone(), summary)).collect::<Vec<_>>())
    };
    let lists = absent.into_iter().take(REPLACED_MAX).cloned().map(of);
    Ok(try_join_all(lists).await?.into_iter().flatten().collect())
}

/// Returns the notes that wait for the agent, each with its request when the agent may read it.
async fn mentions(app: &App, session: &Session) -> Result<Vec<(Mention, RequestSummary)>, Problem> {
    let message = ListMentionsRequest { agent_id: session.agent_id()?.to_owned() };
    let waiting = ask!(app.intake(), list_mentions, message)?.mentions;
    let ids = waiting.iter().map(|mention| mention.request_id.clone()).collect();
    let summaries = access::summaries(app, session, ids).await?;
    let readable = waiting.into_iter().filter_map(|mention| {
        let of = |summary: &&RequestSummary| summary.id == mention.request_id && !summary.party_id.is_empty();
        let summary = summaries.iter().find(of)?.clone();
        Some((mention, summary))
    });
    Ok(readable.collect())
}

async fn letters(app: &App, session: &Session) -> Result<Vec<LetterLine>, Problem> {
    let message = ListDeliveriesRequest {
        request_id: String::new(),
        state: DeliveryState::ToPrint.into(),
        page: Some(Page { limit: LINES_MAX, cursor: String::new() }),
    };
    let waiting = ask!(app.notification(), list_deliveries, message)?.deliveries;
    let ids = waiting.iter().map(|letter| letter.request_id.clone()).collect();
    let summaries = access::summaries(app, session, ids).await?;
    let known = waiting.into_iter().filter_map(|letter| {
        let summary =
            summaries.iter().find(|summary| summary.id == letter.request_id && !summary.requester_name.is_empty())?;
        Some(LetterLine {
            address: format!("/agent/lettres/{}", letter.id),
            reference: summary.reference.clone(),
            name: t(&format!("template-{}", letter.template)),
        })
    });
    Ok(known.collect())
}

fn mention_line(towns: &Towns, mention: Mention, summary: RequestSummary) -> MentionLine {
    let from = towns.agent(&mention.from_agent_id).map(|agent| agent.name.clone());
    MentionLine {
        from: from.unwrap_or_default(),
        at: dates(towns, &summary.authority).moment(mention.at),
        text: mention.text,
        asks_opinion: mention.asks_opinion,
        request: mention.request_id,
        reference: summary.reference,
    }
}

fn offer_line(towns: &Towns, offer: Offer, summary: Option<RequestSummary>) -> OfferLine {
    let summary = summary.unwrap_or_default();
    OfferLine {
        procedure: procedure_name(towns, &summary.authority, &summary.procedure),
        id: offer.id,
        why: in_french(&offer.why),
        reference: summary.reference,
        subject: summary.subject,
    }
}

fn line(towns: &Towns, summary: RequestSummary, now: i64) -> Line {
    Line {
        procedure: procedure_name(towns, &summary.authority, &summary.procedure),
        due: dates(towns, &summary.authority).day(summary.due_at),
        late: is_late(&summary, now),
        state: agent_label(summary.state),
        reference: summary.reference,
        subject: summary.subject,
        requester: summary.requester_name,
    }
}

fn replaced_line(towns: &Towns, name: &str, summary: RequestSummary, now: i64) -> ReplacedLine {
    let version = summary.work_version;
    ReplacedLine { of: t1("replaced-of", "name", name), version, line: line(towns, summary, now) }
}

fn queue_line(towns: &Towns, entry: QueueEntry, summary: Option<RequestSummary>, now: i64) -> QueueLine {
    let summary = summary.unwrap_or_default();
    QueueLine {
        procedure: procedure_name(towns, &entry.authority, &entry.procedure),
        department: department_name(towns, &entry.authority, &entry.department),
        due: dates(towns, &entry.authority).day(entry.internal_due),
        late: entry.internal_due != 0 && entry.internal_due < now,
        age: age(now - entry.arrived_at),
        version: summary.work_version,
        subject: summary.subject,
        reference: summary.reference,
        takeable: entry.takeable,
        missing: entry.missing,
        confidential: entry.confidential,
    }
}

/// Returns the dates of an authority.
pub(crate) fn dates(towns: &Towns, authority: &str) -> Dates {
    Dates::in_zone(towns.find(authority).map(|town| town.authority.time_zone.as_str()).unwrap_or_default())
}

/// Returns the name of a procedure; « à qualifier » while nobody has said which.
pub(crate) fn procedure_name(towns: &Towns, authority: &str, code: &str) -> String {
    if code.is_empty() {
        return t("procedure-none");
    }
    towns.procedure(authority, code).map_or_else(|| code.to_owned(), |procedure| procedure.name.clone())
}
