//! What stands beside a request: without it the page still serves.

use guichet_core::work::WorkState;
use guichet_proto::common::v1::Page;
use guichet_proto::intake::v1::{ListMentionsRequest, ListRequestsRequest, RequestSummary};
use guichet_proto::knowledge::v1::SuggestRequest;
use guichet_proto::notification::v1::{Delivery, DeliveryState, ListDeliveriesRequest};
use guichet_proto::routing::v1::ExplainRequest;
use guichet_rpc::convert::FromProto;

use crate::access::{self, Opened};
use crate::api::deliveries::{delivery_state, medium};
use crate::app::App;
use crate::auth::Session;
use crate::clients::ask;
use crate::pages::desk::procedure_name;
use crate::pages::in_query;
use crate::pages::sheets::Line;
use crate::text::{in_french, t};
use crate::towns::Towns;
use crate::view::date::Dates;
use crate::view::state::agent_label;

/// Sheets beside a request.
const SHEETS_MAX: u32 = 5;
/// Messages out shown beside a request.
const DELIVERIES_MAX: u32 = 50;
/// Other requests of the same person shown.
const OTHERS_MAX: u32 = 10;
/// Milliseconds within which two requests of one person about one procedure may be the same: people write again after
/// a few days, and two permits in a season are two.
const DUPLICATE_MILLIS: i64 = 30 * 86_400_000;

/// Another request of the same person.
pub(super) struct Other {
    pub(super) reference: String,
    pub(super) name: String,
    pub(super) state: String,
    pub(super) received: String,
    /// Same procedure, open, at the same time: perhaps the same question.
    pub(super) duplicate: bool,
}

/// A message out.
pub(super) struct DeliveryLine {
    pub(super) name: String,
    pub(super) medium: String,
    pub(super) state: String,
    pub(super) trouble: bool,
    pub(super) letter: String,
}

/// Returns the sheets that may help to answer.
pub(super) async fn suggested(app: &App, opened: &Opened) -> Vec<Line> {
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

/// Returns the messages that left.
pub(super) async fn sent(app: &App, opened: &Opened) -> Vec<DeliveryLine> {
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

/// Returns why the request is where it is.
pub(super) async fn explained(app: &App, request_id: &str) -> Vec<String> {
    let message = ExplainRequest { request_id: request_id.to_owned() };
    ask!(app.decisions(), explain, message)
        .map(|told| told.lines.iter().map(|line| in_french(line)).collect())
        .unwrap_or_default()
}

/// Returns the other requests of the same person that the agent may know of, newest first.
pub(super) async fn others(app: &App, session: &Session, towns: &Towns, at: &Dates, opened: &Opened) -> Vec<Other> {
    let summary = opened.summary();
    if summary.party_id.is_empty() || opened.request.shared_contact {
        return Vec::new();
    }
    let message = ListRequestsRequest {
        authority: summary.authority.clone(),
        party_id: summary.party_id.clone(),
        page: Some(Page { limit: OTHERS_MAX + 1, cursor: String::new() }),
        ..ListRequestsRequest::default()
    };
    let found = ask!(app.intake(), list_requests, message).map(|found| found.requests).unwrap_or_default();
    let known = access::filter(app, session, found).await.unwrap_or_default();
    let others = known.into_iter().filter(|other| other.id != summary.id && !other.party_id.is_empty());
    let other = |other: RequestSummary| Other {
        name: if other.subject.is_empty() {
            procedure_name(towns, &other.authority, &other.procedure)
        } else {
            other.subject.clone()
        },
        state: agent_label(other.state),
        received: at.day(other.received_at),
        duplicate: may_be_the_same(summary, &other),
        reference: other.reference,
    };
    others.map(other).collect()
}

/// Returns whether a note on a request waits for the agent.
pub(super) async fn waits_for(app: &App, session: &Session, request_id: &str) -> bool {
    let message = ListMentionsRequest { agent_id: session.account.agent_id.clone() };
    let waiting = ask!(app.intake(), list_mentions, message).map(|found| found.mentions).unwrap_or_default();
    waiting.iter().any(|mention| mention.request_id == request_id)
}

/// Returns whether two requests of one person may be one question asked twice.
fn may_be_the_same(one: &RequestSummary, other: &RequestSummary) -> bool {
    let both_open =
        [one, other].into_iter().all(|request| WorkState::from_proto(request.state).is_some_and(WorkState::is_open));
    let together = (one.received_at - other.received_at).abs() <= DUPLICATE_MILLIS;
    both_open && together && one.procedure == other.procedure
}
