//! `guichet.routing.v1.Queue`.

use guichet_proto::routing::v1::queue_server::Queue;
use guichet_proto::routing::v1::{
    GetPositionRequest, GetPositionResponse, GetStatsRequest, GetStatsResponse, ListRequest, ListResponse, QueueEntry,
};
use guichet_rpc::status;
use tonic::{Request, Response, Status};

use super::Api;
use super::convert::{id, optional_id};
use crate::app::queue::Entry;
use crate::error::Error;

#[tonic::async_trait]
impl Queue for Api {
    async fn get_stats(&self, request: Request<GetStatsRequest>) -> Result<Response<GetStatsResponse>, Status> {
        let agent = optional_id(&request.into_inner().agent_id, "/agent_id").map_err(status::of)?;
        let stats = self.app.stats(agent).await.map_err(status::of)?;
        Ok(Response::new(GetStatsResponse {
            waiting: stats.waiting,
            oldest_seconds: stats.oldest_seconds,
            offered: stats.offered,
            assigned: stats.assigned,
            unroutable: stats.unroutable,
            outbox_lag: stats.outbox_lag,
        }))
    }

    async fn list(&self, request: Request<ListRequest>) -> Result<Response<ListResponse>, Status> {
        let request = request.into_inner();
        let page = request.page.unwrap_or_default();
        let agent = id(&request.agent_id, "/agent_id").map_err(status::of)?;
        let offset = offset(&page.cursor).map_err(status::of)?;
        let page = self.app.list_queue(agent, &request.department, offset, page.limit).await.map_err(status::of)?;
        Ok(Response::new(ListResponse {
            entries: page.entries.into_iter().map(entry).collect(),
            next_cursor: page.next.map(|next| next.to_string()).unwrap_or_default(),
        }))
    }

    async fn get_position(
        &self,
        request: Request<GetPositionRequest>,
    ) -> Result<Response<GetPositionResponse>, Status> {
        let request_id = id(&request.into_inner().request_id, "/request_id").map_err(status::of)?;
        let ahead = self.app.position(request_id).await.map_err(status::of)?;
        Ok(Response::new(GetPositionResponse { ahead: ahead.unwrap_or(0), queued: ahead.is_some() }))
    }
}

/// Reads a cursor: how many entries came on the pages before.
fn offset(cursor: &str) -> Result<usize, Error> {
    if cursor.is_empty() {
        return Ok(0);
    }
    cursor.parse().map_err(|_| Error::field("/page/cursor", "Cette page n'existe pas : revenez à la première."))
}

fn entry(entry: Entry) -> QueueEntry {
    let (work, filing) = (&entry.work, &entry.work.filing);
    // Who sees only that it exists is not told what it is about.
    let procedure = filing.procedure.clone().filter(|_| !entry.hidden).unwrap_or_default();
    QueueEntry {
        request_id: work.request_id.to_string(),
        authority: entry.authority,
        department: filing.department.clone(),
        procedure,
        tier: u32::from(u8::from(filing.tier)),
        arrived_at: work.received_at.as_millis(),
        internal_due: filing.internal_due.map_or(0, guichet_core::Timestamp::as_millis),
        takeable: entry.missing.is_empty() && !entry.hidden,
        missing: if entry.missing.is_empty() {
            String::new()
        } else {
            format!("Il vous manque : {}.", entry.missing.join(", "))
        },
        confidential: filing.confidential,
    }
}
