//! `guichet.routing.v1.Offers`.

use guichet_proto::routing::v1::offers_server::Offers;
use guichet_proto::routing::v1::{
    AcceptOfferRequest, AcceptOfferResponse, DeclineOfferRequest, DeclineOfferResponse, ListOffersRequest,
    ListOffersResponse,
};
use guichet_rpc::status;
use tonic::{Request, Response, Status};

use super::Api;
use super::convert::{id, offer, work};

#[tonic::async_trait]
impl Offers for Api {
    async fn list(&self, request: Request<ListOffersRequest>) -> Result<Response<ListOffersResponse>, Status> {
        let agent = id(&request.into_inner().agent_id, "/agent_id").map_err(status::of)?;
        let offers = self.app.list_offers(agent).await.map_err(status::of)?;
        Ok(Response::new(ListOffersResponse { offers: offers.iter().map(offer).collect() }))
    }

    async fn accept(&self, request: Request<AcceptOfferRequest>) -> Result<Response<AcceptOfferResponse>, Status> {
        let request = request.into_inner();
        let offer = id(&request.offer_id, "/offer_id").map_err(status::of)?;
        let agent = id(&request.agent_id, "/agent_id").map_err(status::of)?;
        let accepted = self.app.accept(offer, agent).await.map_err(status::of)?;
        Ok(Response::new(AcceptOfferResponse { work: Some(work(&accepted)) }))
    }

    async fn decline(&self, request: Request<DeclineOfferRequest>) -> Result<Response<DeclineOfferResponse>, Status> {
        let request = request.into_inner();
        let offer = id(&request.offer_id, "/offer_id").map_err(status::of)?;
        let agent = id(&request.agent_id, "/agent_id").map_err(status::of)?;
        self.app.decline(offer, agent).await.map_err(status::of)?;
        Ok(Response::new(DeclineOfferResponse {}))
    }
}
