//! `guichet.routing.v1.Work`.

use guichet_core::work::Outcome;
use guichet_proto::routing::v1::work_server::Work;
use guichet_proto::routing::v1::{
    DismissRequest, DismissResponse, EscalateRequest, EscalateResponse, ForwardRequest, ForwardResponse,
    GetWorkRequest, GetWorkResponse, ListStepsRequest, ListStepsResponse, PauseRequest, PauseResponse, ReopenRequest,
    ReopenResponse, ResolveRequest, ResolveResponse, ResumeRequest, ResumeResponse, ReturnRequest, ReturnResponse,
    StartRequest, StartResponse, TakeRequest, TakeResponse, TransferRequest, TransferResponse, TypingRequest,
    TypingResponse, WithdrawRequest, WithdrawResponse, WorkCommand, WorkItem, WorkStep,
};
use guichet_rpc::convert::{FromProto, ToProto};
use guichet_rpc::status;
use tonic::{Request, Response, Status};

use super::Api;
use super::convert::{self, id, instant, optional_id};
use crate::app::Access;
use crate::app::explain::StepRow;
use crate::app::orders::Order;
use crate::app::work::Head;

impl Api {
    async fn carry_out(&self, command: Option<WorkCommand>, order: Order) -> Result<Option<WorkItem>, Status> {
        let command = command.unwrap_or_default();
        let head = Head {
            request_id: id(&command.request_id, "/command/request_id").map_err(status::of)?,
            agent_id: optional_id(&command.agent_id, "/command/agent_id").map_err(status::of)?,
            version: command.version,
            note: command.note,
        };
        let work = self.app.command(head, order).await.map_err(status::of)?;
        Ok(Some(convert::work(&work)))
    }
}

#[tonic::async_trait]
impl Work for Api {
    async fn get(&self, request: Request<GetWorkRequest>) -> Result<Response<GetWorkResponse>, Status> {
        let request = request.into_inner();
        let request_id = id(&request.request_id, "/request_id").map_err(status::of)?;
        let agent_id = optional_id(&request.agent_id, "/agent_id").map_err(status::of)?;
        let view = self.app.view(request_id, agent_id).await.map_err(status::of)?;
        let work = match view.access {
            Access::None => None,
            Access::Existence => Some(convert::existence(&view.work)),
            Access::Full => Some(convert::work(&view.work)),
        };
        let allowed = view.allowed.into_iter().map(str::to_owned).collect();
        let writing = view.writing.iter().map(ToString::to_string).collect();
        Ok(Response::new(GetWorkResponse { work, access: convert::access(view.access).into(), allowed, writing }))
    }

    async fn list_steps(&self, request: Request<ListStepsRequest>) -> Result<Response<ListStepsResponse>, Status> {
        let request_id = id(&request.into_inner().request_id, "/request_id").map_err(status::of)?;
        let steps = self.app.list_steps(request_id).await.map_err(status::of)?;
        let step = |step: StepRow| WorkStep {
            version: step.version,
            at: step.at.as_millis(),
            how: step.how,
            agent_id: convert::text(step.agent_id),
            state: step.state.to_proto(),
            department: step.department,
            note: step.note,
            announced_due: convert::millis(step.announced_due),
        };
        Ok(Response::new(ListStepsResponse { steps: steps.into_iter().map(step).collect() }))
    }

    async fn take(&self, request: Request<TakeRequest>) -> Result<Response<TakeResponse>, Status> {
        let request = request.into_inner();
        let work = self.carry_out(request.command, Order::Take).await?;
        Ok(Response::new(TakeResponse { work }))
    }

    async fn start(&self, request: Request<StartRequest>) -> Result<Response<StartResponse>, Status> {
        let request = request.into_inner();
        let work = self.carry_out(request.command, Order::Start).await?;
        Ok(Response::new(StartResponse { work }))
    }

    async fn transfer(&self, request: Request<TransferRequest>) -> Result<Response<TransferResponse>, Status> {
        let request = request.into_inner();
        let work = self
            .carry_out(
                request.command,
                Order::Transfer { department: request.department, procedure: request.procedure },
            )
            .await?;
        Ok(Response::new(TransferResponse { work }))
    }

    async fn escalate(&self, request: Request<EscalateRequest>) -> Result<Response<EscalateResponse>, Status> {
        let request = request.into_inner();
        let work = self.carry_out(request.command, Order::Escalate { department: request.department }).await?;
        Ok(Response::new(EscalateResponse { work }))
    }

    async fn r#return(&self, request: Request<ReturnRequest>) -> Result<Response<ReturnResponse>, Status> {
        let request = request.into_inner();
        let work = self.carry_out(request.command, Order::Return).await?;
        Ok(Response::new(ReturnResponse { work }))
    }

    async fn forward(&self, request: Request<ForwardRequest>) -> Result<Response<ForwardResponse>, Status> {
        let request = request.into_inner();
        let work = self
            .carry_out(request.command, Order::Forward { organisation: request.organisation, phone: request.phone })
            .await?;
        Ok(Response::new(ForwardResponse { work }))
    }

    async fn pause(&self, request: Request<PauseRequest>) -> Result<Response<PauseResponse>, Status> {
        let request = request.into_inner();
        let work = self.carry_out(request.command, Order::Pause { until: instant(request.until) }).await?;
        Ok(Response::new(PauseResponse { work }))
    }

    async fn resume(&self, request: Request<ResumeRequest>) -> Result<Response<ResumeResponse>, Status> {
        let request = request.into_inner();
        let work = self.carry_out(request.command, Order::Resume).await?;
        Ok(Response::new(ResumeResponse { work }))
    }

    async fn resolve(&self, request: Request<ResolveRequest>) -> Result<Response<ResolveResponse>, Status> {
        let request = request.into_inner();
        let work =
            self.carry_out(request.command, Order::Resolve { outcome: Outcome::from_proto(request.outcome) }).await?;
        Ok(Response::new(ResolveResponse { work }))
    }

    async fn withdraw(&self, request: Request<WithdrawRequest>) -> Result<Response<WithdrawResponse>, Status> {
        let request = request.into_inner();
        let work = self.carry_out(request.command, Order::Withdraw).await?;
        Ok(Response::new(WithdrawResponse { work }))
    }

    async fn dismiss(&self, request: Request<DismissRequest>) -> Result<Response<DismissResponse>, Status> {
        let request = request.into_inner();
        let work = self.carry_out(request.command, Order::Dismiss { reason: request.reason }).await?;
        Ok(Response::new(DismissResponse { work }))
    }

    async fn reopen(&self, request: Request<ReopenRequest>) -> Result<Response<ReopenResponse>, Status> {
        let request = request.into_inner();
        let work = self.carry_out(request.command, Order::Reopen).await?;
        Ok(Response::new(ReopenResponse { work }))
    }

    async fn typing(&self, request: Request<TypingRequest>) -> Result<Response<TypingResponse>, Status> {
        let request = request.into_inner();
        let request_id = id(&request.request_id, "/request_id").map_err(status::of)?;
        let agent_id = id(&request.agent_id, "/agent_id").map_err(status::of)?;
        self.app.typing(request_id, agent_id).await.map_err(status::of)?;
        Ok(Response::new(TypingResponse {}))
    }
}
