//! `guichet.routing.v1.Queue`.

use guichet_core::work::{Channel, Nature};
use guichet_proto::routing::v1 as proto;
use guichet_proto::routing::v1::cut::By;
use guichet_proto::routing::v1::queue_server::Queue;
use guichet_proto::routing::v1::{
    GetCommitmentsRequest, GetCommitmentsResponse, GetForecastRequest, GetForecastResponse, GetOverviewRequest,
    GetOverviewResponse, GetPositionRequest, GetPositionResponse, GetStatsRequest, GetStatsResponse,
    ListCommitmentRequest, ListCommitmentResponse, ListLearningRequest, ListLearningResponse, ListOpenRequest,
    ListOpenResponse, ListRequest, ListResponse, QueueEntry, SimulateRequest, SimulateResponse,
};
use guichet_rpc::convert::{FromProto, ToProto};
use guichet_rpc::status;
use tonic::{Request, Response, Status};

use super::Api;
use super::convert::{id, offset, optional_id};
use super::forecasts::of_department;
use crate::app::learning::Progress;
use crate::app::overview::{Cut, Figure, Figures, Missing, Selection};
use crate::app::queue::Entry;
use crate::error::Error;

#[tonic::async_trait]
impl Queue for Api {
    async fn get_overview(
        &self,
        request: Request<GetOverviewRequest>,
    ) -> Result<Response<GetOverviewResponse>, Status> {
        let agent = optional_id(&request.into_inner().agent_id, "/agent_id").map_err(status::of)?;
        let overview = self.app.overview(agent).await.map_err(status::of)?;
        let forecasts = |authority_id, department: &str| {
            let here = overview.forecasts.iter().filter(|(bucket, _)| bucket.authority_id == authority_id);
            let here = here.filter(|(bucket, _)| bucket.department == department);
            here.map(|(bucket, told)| of_department(bucket.level, bucket.live, told)).collect()
        };
        let departments = overview.departments.into_iter().map(|(authority, figures)| proto::DepartmentFigures {
            authority,
            forecasts: forecasts(figures.authority_id, &figures.department),
            department: figures.department,
            oldest_waiting_at: oldest(&figures.figures),
            counts: counts(figures.figures),
        });
        let cuts = overview.cuts.into_iter().map(|(cut, figures)| proto::CutFigures {
            cut: Some(cut_to_proto(cut)),
            oldest_waiting_at: oldest(&figures),
            counts: counts(figures),
        });
        Ok(Response::new(GetOverviewResponse {
            at: overview.at.as_millis(),
            departments: departments.collect(),
            cuts: cuts.collect(),
            missing: overview.missing.into_iter().map(missing).collect(),
        }))
    }

    async fn list_open(&self, request: Request<ListOpenRequest>) -> Result<Response<ListOpenResponse>, Status> {
        let request = request.into_inner();
        let page = request.page.clone().unwrap_or_default();
        let agent = optional_id(&request.agent_id, "/agent_id").map_err(status::of)?;
        let offset = offset(&page.cursor).map_err(status::of)?;
        let figure = Figure::ALL.into_iter().find(|figure| figure_to_proto(*figure) == request.figure());
        let figure = figure.ok_or_else(|| Error::field("/figure", "Ce chiffre n'existe pas.")).map_err(status::of)?;
        let cut = request.cut.clone().map(cut_from_proto).transpose().map_err(status::of)?;
        let selection = Selection { figure, authority: &request.authority, department: &request.department, cut };
        let (open, next) = self.app.list_open(agent, &selection, offset, page.limit).await.map_err(status::of)?;
        let entries = open.into_iter().map(|work| proto::OpenEntry {
            request_id: work.request_id.to_string(),
            assignee_id: work.assignee.map(|id| id.to_string()).unwrap_or_default(),
        });
        Ok(Response::new(ListOpenResponse {
            entries: entries.collect(),
            next_cursor: next.map(|next| next.to_string()).unwrap_or_default(),
        }))
    }

    async fn get_commitments(
        &self,
        request: Request<GetCommitmentsRequest>,
    ) -> Result<Response<GetCommitmentsResponse>, Status> {
        self.commitments(request.into_inner()).await
    }

    async fn list_commitment(
        &self,
        request: Request<ListCommitmentRequest>,
    ) -> Result<Response<ListCommitmentResponse>, Status> {
        self.commitment_list(request.into_inner()).await
    }

    async fn simulate(&self, request: Request<SimulateRequest>) -> Result<Response<SimulateResponse>, Status> {
        self.simulation(request.into_inner()).await
    }

    async fn get_forecast(
        &self,
        request: Request<GetForecastRequest>,
    ) -> Result<Response<GetForecastResponse>, Status> {
        self.expectation(request.into_inner()).await
    }

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
            entries: page.entries.iter().map(entry).collect(),
            next_cursor: page.next.map(|next| next.to_string()).unwrap_or_default(),
        }))
    }

    async fn list_learning(
        &self,
        request: Request<ListLearningRequest>,
    ) -> Result<Response<ListLearningResponse>, Status> {
        let agent = id(&request.into_inner().agent_id, "/agent_id").map_err(status::of)?;
        let learning = self.app.learning(agent).await.map_err(status::of)?;
        Ok(Response::new(ListLearningResponse { learning: learning.into_iter().map(progress).collect() }))
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

fn progress(progress: Progress) -> proto::LearningProgress {
    proto::LearningProgress {
        agent_id: progress.agent_id.to_string(),
        skill: progress.skill.skill,
        level: u32::from(progress.skill.level),
        name: progress.name,
        tutor_id: progress.tutor_id.to_string(),
        answered: progress.answered,
        needed: progress.needed,
        request_ids: progress.open.iter().map(ToString::to_string).collect(),
    }
}

/// Returns why the agent cannot take an entry, empty when they can.
fn why_not(entry: &Entry) -> String {
    if !entry.missing.is_empty() {
        format!("Il vous manque : {}.", entry.missing.join(", "))
    } else if entry.offered_elsewhere {
        "Déjà proposée à un autre agent.".to_owned()
    } else {
        String::new()
    }
}

fn entry(entry: &Entry) -> QueueEntry {
    let (work, filing) = (&entry.work, &entry.work.filing);
    // Who sees only that it exists is not told what it is about.
    let procedure = filing.procedure.clone().filter(|_| !entry.hidden).unwrap_or_default();
    QueueEntry {
        request_id: work.request_id.to_string(),
        authority: entry.authority.clone(),
        department: filing.department.clone(),
        procedure,
        tier: u32::from(u8::from(filing.tier)),
        arrived_at: work.received_at.as_millis(),
        internal_due: filing.internal_due.map_or(0, guichet_core::Timestamp::as_millis),
        takeable: entry.missing.is_empty() && !entry.offered_elsewhere && !entry.hidden,
        missing: why_not(entry),
        confidential: filing.confidential,
    }
}

const fn figure_to_proto(figure: Figure) -> proto::Figure {
    match figure {
        Figure::Open => proto::Figure::Open,
        Figure::Waiting => proto::Figure::Waiting,
        Figure::Offered => proto::Figure::Offered,
        Figure::InHand => proto::Figure::InHand,
        Figure::AwaitingUsager => proto::Figure::AwaitingUsager,
        Figure::AtRisk => proto::Figure::AtRisk,
        Figure::Late => proto::Figure::Late,
        Figure::Unroutable => proto::Figure::Unroutable,
    }
}

fn missing(missing: Missing) -> proto::MissingNeed {
    let Missing { authority, away, words, skill, holders, count } = missing;
    let (skill, level) = skill.map_or_else(Default::default, |skill| (skill.skill, u32::from(skill.level)));
    let holders = holders.iter().map(ToString::to_string).collect();
    proto::MissingNeed { authority, words, count, away, skill, level, holders }
}

fn counts(figures: Figures) -> Vec<proto::FigureCount> {
    let counts = figures.counts.into_iter();
    counts.map(|(figure, count)| proto::FigureCount { figure: figure_to_proto(figure).into(), count }).collect()
}

fn oldest(figures: &Figures) -> i64 {
    figures.oldest_waiting.map_or(0, guichet_core::Timestamp::as_millis)
}

fn cut_to_proto(cut: Cut) -> proto::Cut {
    let by = match cut {
        Cut::Skill(code) => By::Skill(code),
        Cut::Channel(channel) => By::Channel(channel.to_proto()),
        Cut::Nature(nature) => By::Nature(nature.to_proto()),
    };
    proto::Cut { by: Some(by) }
}

fn cut_from_proto(cut: proto::Cut) -> Result<Cut, Error> {
    let known = match cut.by {
        Some(By::Skill(code)) => Some(Cut::Skill(code)),
        Some(By::Channel(channel)) => Channel::from_proto(channel).map(Cut::Channel),
        Some(By::Nature(nature)) => Nature::from_proto(nature).map(Cut::Nature),
        None => None,
    };
    known.ok_or_else(|| Error::field("/cut", "Indiquez une compétence, un canal ou une nature."))
}
