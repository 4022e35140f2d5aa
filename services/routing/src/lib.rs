//! Routing: who may work on a request, who is offered it, by when, and why.
//!
//! It owns accounts, directories, presence, the queue, offers, assignments and the state of the work; never what was
//! said. The pure part is [`domain`]: start with [`domain::engine`]. Around it, `app` has one file a use case,
//! `app::changes` writes a change with all that follows from it, and `app::matcher` is the only one that offers.

mod app;
mod config;
mod consumers;
pub mod domain;
mod error;
mod grpc;
mod store;

use guichet_db::{Migration, Migrations};
use guichet_events::producer;
use guichet_rpc::{Built, Deps, Worker};

use crate::app::App;
use crate::consumers::IntakeEvents;

pub use crate::config::Config;
pub use crate::error::Error;

/// Returns the steps of this service's schema.
pub fn migrations() -> Migrations {
    Migrations::new(vec![
        Migration {
            version: 1_001,
            name: "routing",
            sqlite: include_str!("../migrations/sqlite/1001_routing.sql"),
            postgres: include_str!("../migrations/postgres/1001_routing.sql"),
        },
        Migration {
            version: 1_002,
            name: "overview",
            sqlite: include_str!("../migrations/sqlite/1002_overview.sql"),
            postgres: include_str!("../migrations/postgres/1002_overview.sql"),
        },
        Migration {
            version: 1003,
            name: "writings",
            sqlite: include_str!("../migrations/sqlite/1003_writings.sql"),
            postgres: include_str!("../migrations/postgres/1003_writings.sql"),
        },
    ])
}

/// Builds the service: its gRPC services, the reader of intake's log and the matcher.
pub async fn build(config: Config, deps: Deps) -> Result<Built, Error> {
    let storage = (deps.db.clone(), deps.log.clone(), deps.bus.clone());
    let app = App::new(config, storage, deps.clock.clone(), deps.rng.clone());
    let matcher = app.clone();
    let workers = vec![
        Worker::consumer(&deps, producer::ROUTING, producer::INTAKE, IntakeEvents::new(app.clone())),
        Worker::new("routing matcher", move |cancel| {
            let app = matcher.clone();
            async move { Ok(app::matcher::run(app, cancel).await?) }
        }),
    ];
    Ok(Built { routes: grpc::routes(&app), workers })
}
