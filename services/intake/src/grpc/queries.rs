//! Queries: what is stored, as messages.

use std::sync::Arc;

use guichet_core::id::ServiceRequestId;
use guichet_core::work::WorkState;
use guichet_proto::intake::v1 as proto;
use guichet_rpc::convert::{FromProto as _, ToProto as _};

use super::convert::{self, id, invalid, millis, optional_id};
use crate::Error;
use crate::app::App;
use crate::app::query::{BATCH_MAX, Cursor, Filter, Kind};

pub(super) async fn get_request(
    app: &Arc<App>,
    asked: proto::GetRequestRequest,
) -> Result<proto::GetRequestResponse, Error> {
    let notice = &asked.for_interaction;
    let whole = if asked.id.is_empty() {
        app.whole_request_of(&asked.reference, notice).await?
    } else {
        app.whole_request(id(&asked.id).ok_or(Error::RequestNotFound)?, notice).await?
    };
    Ok(proto::GetRequestResponse { request: Some(convert::whole(whole)) })
}

pub(super) async fn open_thread_link(
    app: &Arc<App>,
    asked: proto::OpenThreadLinkRequest,
) -> Result<proto::OpenThreadLinkResponse, Error> {
    let mut whole = app.whole_request(app.opened_by(&asked.token)?, "").await?;
    // A link opens what the usager may see: notes stay between agents.
    let is_note = |kind| kind == Kind::Note;
    let notes: Vec<_> = whole.thread.iter().filter(|said| is_note(said.kind)).map(|said| said.id).collect();
    whole.thread.retain(|said| !is_note(said.kind));
    whole.files.retain(|file| !notes.contains(&file.interaction_id));
    whole.request.hint.clear();
    Ok(proto::OpenThreadLinkResponse { request: Some(convert::whole(whole)) })
}

pub(super) async fn batch_get_requests(
    app: &Arc<App>,
    asked: proto::BatchGetRequestsRequest,
) -> Result<proto::BatchGetRequestsResponse, Error> {
    if asked.ids.len() > BATCH_MAX {
        return Err(invalid("/ids", "Demandez 100 demandes au plus à la fois."));
    }
    let ids: Vec<ServiceRequestId> = asked.ids.iter().filter_map(|text| id(text)).collect();
    let requests = app.batch(&ids).await?.into_iter().map(convert::summary).collect();
    Ok(proto::BatchGetRequestsResponse { requests })
}

pub(super) async fn list_requests(
    app: &Arc<App>,
    asked: proto::ListRequestsRequest,
) -> Result<proto::ListRequestsResponse, Error> {
    let filter = Filter {
        authority: asked.authority,
        state: WorkState::from_proto(asked.state),
        department: asked.department,
        assignee_id: optional_id(&asked.assignee_id, "/assignee")?,
        party_id: optional_id(&asked.party_id, "/party")?,
        open_only: asked.open_only,
        q: asked.q,
    };
    let page = asked.page.unwrap_or_default();
    let cursor = match page.cursor.as_str() {
        "" => None,
        text => Some(Cursor::parse(text).ok_or_else(|| invalid("/cursor", "Ce repère de page n'est pas valable."))?),
    };
    let (requests, next) = app.list(&filter, cursor, page.limit).await?;
    Ok(proto::ListRequestsResponse {
        requests: requests.into_iter().map(convert::summary).collect(),
        next_cursor: next.map(|cursor| cursor.to_string()).unwrap_or_default(),
    })
}

pub(super) async fn track(app: &Arc<App>, asked: proto::TrackRequest) -> Result<proto::TrackResponse, Error> {
    let request = app.track(&asked.reference).await?;
    Ok(proto::TrackResponse {
        reference: request.reference.to_string(),
        request_id: request.id.to_string(),
        state: request.work.state.to_proto(),
        received_at: request.received_at.as_millis(),
        announced_due: millis(request.work.due_at),
        authority: request.authority,
        department: request.work.department,
        outcome: request.work.outcome.to_proto(),
        state_since: request.work.state_since.as_millis(),
        forwarded_to: request.work.forwarded_to,
        receipt_due: millis(request.work.receipt_due),
        wait_until: millis(request.work.wait_until),
    })
}

pub(super) async fn get_party(app: &Arc<App>, asked: proto::GetPartyRequest) -> Result<proto::GetPartyResponse, Error> {
    let (party, requests) = app.party(id(&asked.id).ok_or(Error::PartyNotFound)?).await?;
    let requests = requests.into_iter().map(convert::summary).collect();
    Ok(proto::GetPartyResponse { party: Some(convert::party(party)), requests })
}

pub(super) async fn search_parties(
    app: &Arc<App>,
    asked: proto::SearchPartiesRequest,
) -> Result<proto::SearchPartiesResponse, Error> {
    let found = app.search_parties(&asked.authority, &asked.q, asked.limit).await?;
    Ok(proto::SearchPartiesResponse { parties: found.into_iter().map(convert::party).collect() })
}

pub(super) async fn get_stats(app: &Arc<App>, _: proto::GetStatsRequest) -> Result<proto::GetStatsResponse, Error> {
    let stats = app.stats().await?;
    let (requests_total, requests_open, outbox_lag) = (stats.total, stats.open, stats.outbox_lag);
    Ok(proto::GetStatsResponse { requests_total, requests_open, outbox_lag })
}

pub(super) async fn list_mentions(
    app: &Arc<App>,
    asked: proto::ListMentionsRequest,
) -> Result<proto::ListMentionsResponse, Error> {
    let agent_id = id(&asked.agent_id).ok_or_else(|| invalid("/agent_id", "Indiquez de quel agent il s'agit."))?;
    let mentions = app.mentions_of(agent_id).await?.into_iter().map(convert::mention).collect();
    Ok(proto::ListMentionsResponse { mentions })
}
