//! The part of `guichet.routing.v1.Queue` that measures promises.

use std::ops::Range;

use guichet_core::Timestamp;
use guichet_proto::routing::v1 as proto;
use guichet_rpc::status;
use tonic::{Response, Status};

use super::Api;
use super::convert::{millis, offset, optional_id};
use crate::app::commitments::{Commitment, Counted, Promise, Score};
use crate::error::Error;

impl Api {
    pub(super) async fn commitments(
        &self,
        request: proto::GetCommitmentsRequest,
    ) -> Result<Response<proto::GetCommitmentsResponse>, Status> {
        let agent = optional_id(&request.agent_id, "/agent_id").map_err(status::of)?;
        let period = period(request.from, request.until).map_err(status::of)?;
        let scores = self.app.commitments(agent, &period).await.map_err(status::of)?;
        Ok(Response::new(proto::GetCommitmentsResponse { figures: scores.into_iter().map(figures).collect() }))
    }

    pub(super) async fn commitment_list(
        &self,
        request: proto::ListCommitmentRequest,
    ) -> Result<Response<proto::ListCommitmentResponse>, Status> {
        let page = request.page.clone().unwrap_or_default();
        let agent = optional_id(&request.agent_id, "/agent_id").map_err(status::of)?;
        let asked = Commitment::ALL.into_iter().find(|commitment| to_proto(*commitment) == request.commitment());
        let unknown = || Error::field("/commitment", "Cet engagement n'existe pas.");
        let counted = Counted {
            commitment: asked.ok_or_else(unknown).map_err(status::of)?,
            kept: match request.verdict() {
                proto::Verdict::Kept => Some(true),
                proto::Verdict::Missed => Some(false),
                proto::Verdict::Unspecified => None,
            },
            authority: &request.authority,
            department: &request.department,
            period: period(request.from, request.until).map_err(status::of)?,
        };
        let offset = offset(&page.cursor).map_err(status::of)?;
        let (listed, next) = self.app.list_commitment(agent, &counted, offset, page.limit).await.map_err(status::of)?;
        let entry = |(promise, kept): (Promise, bool)| proto::CommitmentEntry {
            request_id: promise.request_id.to_string(),
            kept,
            announced_due: millis(promise.announced_due),
            resolved_at: millis(promise.resolved_at),
        };
        Ok(Response::new(proto::ListCommitmentResponse {
            entries: listed.into_iter().map(entry).collect(),
            next_cursor: next.map(|next| next.to_string()).unwrap_or_default(),
        }))
    }
}

fn period(from: i64, until: i64) -> Result<Range<Timestamp>, Error> {
    if from >= until {
        return Err(Error::field("/until", "La période finit avant de commencer."));
    }
    Ok(Timestamp::from_millis(from)..Timestamp::from_millis(until))
}

fn figures((authority, score): (String, Score)) -> proto::CommitmentFigures {
    proto::CommitmentFigures {
        commitment: to_proto(score.commitment).into(),
        authority,
        department: score.department,
        kept: score.kept,
        total: score.total,
    }
}

const fn to_proto(commitment: Commitment) -> proto::Commitment {
    match commitment {
        Commitment::DelayKept => proto::Commitment::DelayKept,
        Commitment::AnsweredOrDated => proto::Commitment::AnsweredOrDated,
    }
}
