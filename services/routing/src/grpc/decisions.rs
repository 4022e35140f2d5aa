//! `guichet.routing.v1.Decisions`.

use std::pin::Pin;

use futures::Stream;
use guichet_proto::routing::v1::decisions_server::Decisions;
use guichet_proto::routing::v1::{
    Decision, ExplainRequest, ExplainResponse, ListDecisionsRequest, ListDecisionsResponse, ReplayMismatch,
    ReplayRequest, ReplayResponse,
};
use guichet_rpc::status;
use tonic::{Request, Response, Status};

use super::Api;
use super::convert::id;
use super::forecasts::expected;
use crate::app::DecisionRow;
use crate::app::forecasts::Told;
use crate::app::replay::{DayReplay, Mismatch};

/// How far a replay is, again and again.
type Progress = Pin<Box<dyn Stream<Item = Result<ReplayResponse, Status>> + Send>>;

#[tonic::async_trait]
impl Decisions for Api {
    async fn list(&self, request: Request<ListDecisionsRequest>) -> Result<Response<ListDecisionsResponse>, Status> {
        let request_id = id(&request.into_inner().request_id, "/request_id").map_err(status::of)?;
        let rows = self.app.list_decisions(request_id).await.map_err(status::of)?;
        Ok(Response::new(ListDecisionsResponse { decisions: rows.into_iter().map(decision).collect() }))
    }

    async fn explain(&self, request: Request<ExplainRequest>) -> Result<Response<ExplainResponse>, Status> {
        let request_id = id(&request.into_inner().request_id, "/request_id").map_err(status::of)?;
        let lines = self.app.explain(request_id).await.map_err(status::of)?;
        Ok(Response::new(ExplainResponse { lines }))
    }

    type ReplayStream = Progress;

    async fn replay(&self, request: Request<ReplayRequest>) -> Result<Response<Progress>, Status> {
        let ReplayRequest { day, authority } = request.into_inner();
        let replay = self.app.replay_day(&day, &authority).await.map_err(status::of)?;
        // Nothing runs ahead of who listens: whoever goes away ends it.
        let progress = futures::stream::try_unfold(Some(replay), async |replay| {
            let Some(mut replay) = replay else { return Ok(None) };
            let more = replay.advance().await.map_err(status::of)?;
            Ok(Some((progress(&replay, !more), more.then_some(replay))))
        });
        Ok(Response::new(Box::pin(progress)))
    }
}

fn decision((row, told): (DecisionRow, Option<Told>)) -> Decision {
    Decision {
        id: row.id.to_string(),
        at: row.at.as_millis(),
        kind: row.kind,
        agent_id: row.agent_id.map(|agent| agent.to_string()).unwrap_or_default(),
        record: row.record,
        sentence: row.sentence,
        expected: told.map(expected),
    }
}

fn progress(replay: &DayReplay, done: bool) -> ReplayResponse {
    let outcome = &replay.outcome;
    let told = if done { outcome.told.as_slice() } else { &[] };
    ReplayResponse {
        day: replay.day.clone(),
        reached: replay.reached.as_millis(),
        done,
        loads: outcome.loads,
        inputs: outcome.inputs,
        decisions: outcome.compared,
        uncovered: outcome.uncovered,
        mismatches: outcome.mismatches,
        first: told.iter().map(mismatch).collect(),
    }
}

fn mismatch(found: &Mismatch) -> ReplayMismatch {
    ReplayMismatch {
        batch: found.batch,
        at: found.at.as_millis(),
        request_id: found.request_id.to_string(),
        difference: found.difference.clone(),
    }
}
