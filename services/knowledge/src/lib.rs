//! Knowledge: the sheets of the authorities, their French search, suggestions for an open request, and the classifier
//! that proposes a procedure for a text.
//!
//! Sheets live in SQL with all their versions; what is searched and what classifies is built from them in memory and
//! replaced whole at each change, so that every process of this service answers alike and nothing has to be copied
//! between them. Start with [`domain`], where everything is decided; [`build`] is how the product composes it. It never
//! reads a request: intake and the gateway send the words they want looked at.

mod app;
mod config;
mod consumers;
pub mod domain;
mod error;
mod grpc;
mod store;

use guichet_bus::directory::ReadModel;
use guichet_db::{Migrations, migration};
use guichet_events::producer;
use guichet_proto::knowledge::v1::knowledge_server::KnowledgeServer;
use guichet_rpc::{Built, Deps, Worker};
use tonic::service::RoutesBuilder;

use crate::app::{App, Memory};
use crate::consumers::Directories;
use crate::grpc::{MESSAGE_BYTES_MAX, Server};

pub use config::Config;
pub use error::Error;

/// Builds the service on a database whose schema is ready: reads its sheets into memory, then gives back what to serve
/// and what to run.
pub async fn build(config: Config, deps: Deps) -> Result<Built, Error> {
    config.validate()?;
    let directories = ReadModel::load(deps.db.clone()).await?;
    let memory = Memory::load(deps.db.clone(), directories.clone()).await?;
    let app = App {
        db: deps.db.clone(),
        log: deps.log.clone(),
        clock: deps.clock.clone(),
        rng: deps.rng.clone(),
        directories: directories.clone(),
        memory: memory.clone(),
        threshold: config.classifier_threshold,
    };
    let service = KnowledgeServer::new(Server(app)).max_decoding_message_size(MESSAGE_BYTES_MAX);
    let mut routes = RoutesBuilder::default();
    routes.add_service(service);
    let handler = Directories { directories: directories.clone(), memory: memory.clone() };
    let workers = vec![
        Worker::consumer(&deps, producer::KNOWLEDGE, producer::ROUTING, handler),
        Worker::new("knowledge follows directories", move |cancel| {
            let directories = directories.clone();
            async move {
                directories.follow(cancel).await;
                Ok(())
            }
        }),
        Worker::new("knowledge follows sheets", move |cancel| {
            let memory = memory.clone();
            async move {
                memory.follow(cancel).await;
                Ok(())
            }
        }),
    ];
    Ok(Built { routes: routes.routes(), workers })
}

/// Returns the steps of this service's schema; `guichet-bus` joins its own.
pub fn migrations() -> Migrations {
    Migrations::new(vec![migration!(1001, "knowledge")])
}
