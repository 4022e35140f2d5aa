//! `guichet.routing.v1.Presence`.

use guichet_core::work::PresenceState;
use guichet_proto::routing::v1::presence_server::Presence;
use guichet_proto::routing::v1::{
    AgentPresence, CallPhase, FollowCallRequest, FollowCallResponse, ListPresenceRequest, ListPresenceResponse,
    SetPresenceRequest, SetPresenceResponse,
};
use guichet_rpc::convert::{FromProto, ToProto};
use guichet_rpc::status;
use tonic::{Request, Response, Status};

use super::Api;
use super::convert::id;
use crate::app::Load;
use crate::app::presence::Phase;
use crate::error::Error;

#[tonic::async_trait]
impl Presence for Api {
    async fn set(&self, request: Request<SetPresenceRequest>) -> Result<Response<SetPresenceResponse>, Status> {
        let request = request.into_inner();
        let agent = id(&request.agent_id, "/agent_id").map_err(status::of)?;
        let unknown = || {
            status::of(Error::field("/state", "Choisissez : disponible, au guichet, au téléphone, en pause ou absent."))
        };
        let state = PresenceState::from_proto(request.state).ok_or_else(unknown)?;
        self.app.set_presence(agent, state).await.map_err(status::of)?;
        Ok(Response::new(SetPresenceResponse {}))
    }

    async fn follow_call(&self, request: Request<FollowCallRequest>) -> Result<Response<FollowCallResponse>, Status> {
        let request = request.into_inner();
        let agent = id(&request.agent_id, "/agent_id").map_err(status::of)?;
        let phase = match request.phase() {
            CallPhase::Answered => Phase::Answered,
            CallPhase::Ended => Phase::Ended,
            CallPhase::Unspecified => {
                return Err(status::of(Error::field("/phase", "Choisissez : décroché ou raccroché.")));
            }
        };
        let state = self.app.follow_call(agent, &request.call_id, phase).await.map_err(status::of)?;
        Ok(Response::new(FollowCallResponse { state: state.to_proto() }))
    }

    async fn list(&self, request: Request<ListPresenceRequest>) -> Result<Response<ListPresenceResponse>, Status> {
        let code = request.into_inner().authority;
        let authority = (!code.is_empty()).then_some(code.as_str());
        let agents = self.app.list_presence(authority).await.map_err(status::of)?;
        let agent = |(name, authority, load): (String, String, Load)| AgentPresence {
            agent_id: load.agent_id.to_string(),
            name,
            state: load.presence.to_proto(),
            load: load.used,
            capacity: load.capacity,
            authority,
        };
        Ok(Response::new(ListPresenceResponse { agents: agents.into_iter().map(agent).collect() }))
    }
}
