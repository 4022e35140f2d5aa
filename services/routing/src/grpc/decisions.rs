//! `guichet.routing.v1.Decisions`.

use guichet_proto::routing::v1::decisions_server::Decisions;
use guichet_proto::routing::v1::{
    Decision, ExplainRequest, ExplainResponse, ListDecisionsRequest, ListDecisionsResponse,
};
use guichet_rpc::status;
use tonic::{Request, Response, Status};

use super::Api;
use super::convert::id;
use crate::app::DecisionRow;

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
}

fn decision(row: DecisionRow) -> Decision {
    Decision {
        id: row.id.to_string(),
        at: row.at.as_millis(),
        kind: row.kind,
        agent_id: row.agent_id.map(|agent| agent.to_string()).unwrap_or_default(),
        record: row.record,
        sentence: row.sentence,
    }
}
