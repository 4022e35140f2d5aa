//! The contract `guichet.routing.v1` over the use cases: reading messages, writing messages, nothing else.

mod calendars;
mod commitments;
mod convert;
mod decisions;
mod directory;
mod forecasts;
mod offers;
mod presence;
mod queue;
mod simulation;
mod work;

use guichet_proto::routing::v1::decisions_server::DecisionsServer;
use guichet_proto::routing::v1::directory_server::DirectoryServer;
use guichet_proto::routing::v1::offers_server::OffersServer;
use guichet_proto::routing::v1::presence_server::PresenceServer;
use guichet_proto::routing::v1::queue_server::QueueServer;
use guichet_proto::routing::v1::work_server::WorkServer;
use tonic::service::{Routes, RoutesBuilder};

use crate::app::App;

/// Bytes of a publication: the directories of a hundred authorities.
const PUBLICATION_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The services over one set of use cases.
#[derive(Clone, Debug)]
struct Api {
    app: App,
}

/// Returns the gRPC services.
pub(crate) fn routes(app: &App) -> Routes {
    let api = Api { app: app.clone() };
    let mut routes = RoutesBuilder::default();
    routes
        .add_service(DirectoryServer::new(api.clone()).max_decoding_message_size(PUBLICATION_BYTES_MAX))
        .add_service(QueueServer::new(api.clone()).max_decoding_message_size(PUBLICATION_BYTES_MAX))
        .add_service(OffersServer::new(api.clone()))
        .add_service(PresenceServer::new(api.clone()))
        .add_service(WorkServer::new(api.clone()))
        .add_service(DecisionsServer::new(api));
    routes.routes()
}
