//! Routing: who may work on a request, who is offered it, by when, and why.
//!
//! It owns accounts, directories, presence, the queue, offers, assignments and the state of the work; never what was
//! said. The pure part is [`domain`]: start with [`domain::engine`]. Around it, `app` has one file a use case,
//! `app::changes` writes a change with all that follows from it, and `app::matcher` is the only one that offers,
//! for each of the shards that `app::shards` has this process serve.

mod app;
mod config;
mod consumers;
pub mod domain;
mod error;
mod grpc;
mod store;

use guichet_db::{Migrations, migration};
use guichet_events::producer;
use guichet_rpc::{Built, Deps, Worker};

use crate::app::App;
use crate::consumers::IntakeEvents;

pub use crate::config::Config;
pub use crate::error::Error;

/// Returns the steps of this service's schema.
pub fn migrations() -> Migrations {
    Migrations::new(vec![
        migration!(1001, "routing"),
        migration!(1002, "overview"),
        migration!(1003, "writings"),
        migration!(1004, "directory_versions"),
        migration!(1005, "day_notes"),
        migration!(1006, "commitments"),
        migration!(1007, "calls"),
        migration!(1008, "replay"),
        migration!(1009, "reminders"),
        migration!(1010, "effort"),
        migration!(1011, "clocks"),
        migration!(1012, "continuity"),
        migration!(1013, "shards"),
        migration!(1014, "steps"),
        migration!(1015, "lessons"),
        migration!(1016, "forecasts"),
        migration!(1017, "usager"),
    ])
}

/// Builds the service: its gRPC services, the reader of intake's log and the matcher.
pub async fn build(config: Config, deps: Deps) -> Result<Built, Error> {
    let storage = (deps.db.clone(), deps.log.clone(), deps.bus.clone());
    let app = App::new(config, storage, deps.clock.clone(), deps.rng.clone());
    let (matcher, meters) = (app.clone(), app.clone());
    let workers = vec![
        Worker::consumer(&deps, producer::ROUTING, producer::INTAKE, IntakeEvents::new(app.clone())),
        Worker::new("routing matcher", move |cancel| {
            let app = matcher.clone();
            async move { Ok(app::shards::run(app, cancel).await?) }
        }),
        Worker::new("routing queue meters", move |cancel| {
            let app = meters.clone();
            async move { Ok(app::queue_meters::tell(app, cancel).await?) }
        }),
    ];
    Ok(Built { routes: grpc::routes(&app), workers })
}
