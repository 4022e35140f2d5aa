//! Intake owns what was said: service requests, the thread, parties and files. Every channel goes through one pipeline
//! (receive, keep raw, parse, authenticate, dedupe, thread, identify, classify, commit, acknowledge) and becomes a request
//! in one queue; routing does the work on it, notification writes to the usager.
//!
//! Start with [`domain`] for what is decided, [`app`] for the use cases, and [`inbound`] and [`grpc`] for the ways in.

pub mod app;
mod config;
mod consumers;
pub mod domain;
mod error;
pub mod grpc;
pub mod inbound;
mod remote;
pub mod store;
#[cfg(test)]
mod testing;

use std::sync::Arc;
use std::time::Duration;

use guichet_bus::directory::ReadModel;
use guichet_db::{Migrations, migration};
use guichet_events::producer;
use guichet_rpc::{Built, Deps, Worker};
use tokio::net::TcpListener;

pub use config::{Config, Keys, SmtpConfig};
pub use error::Error;
pub use store::blobs::BlobPlace;

use app::App;
use domain::token::{LinkTokens, ReplyTokens};
use inbound::smtp::client::Door;
use inbound::smtp::server;
use inbound::smtp::session::Policy;
use store::blobs;

/// Time between two sweeps: what they remove is days old.
const SWEEP_EVERY: Duration = Duration::from_secs(6 * 3_600);

/// Returns the steps of this service's schema.
pub fn migrations() -> Migrations {
    Migrations::new(vec![
        migration!(1001, "requests"),
        migration!(1002, "mentions"),
        migration!(1003, "receipt_due"),
        migration!(1004, "wait_until"),
        migration!(1005, "blobs"),
    ])
}

/// Builds the service: its gRPC API, its mail receiver, its consumer of routing's events and its sweeper.
pub async fn build(config: Config, deps: Deps) -> Result<Built, Error> {
    let keys = config.keys.clone().ok_or(Error::NoKeys)?;
    let blobs = blobs::open(&config.blobs, &deps.db, Arc::clone(&deps.clock), Arc::clone(&deps.rng)).await?;
    let directories = ReadModel::load(deps.db.clone()).await?;
    let app = Arc::new(App {
        db: deps.db.clone(),
        log: deps.log.clone(),
        clock: Arc::clone(&deps.clock),
        rng: Arc::clone(&deps.rng),
        blobs,
        directories: directories.clone(),
        classifier: Arc::new(remote::Knowledge::new(deps.peers.knowledge.clone())),
        replies: ReplyTokens::new(keys.reply),
        links: LinkTokens::new(keys.link),
        trusted_host: config.smtp.trusted_host.clone(),
        max_bytes: config.smtp.max_bytes,
        room: app::room::Room::default(),
        metrics: app::Metrics::default(),
    });
    let mut workers = vec![
        Worker::consumer(
            &deps,
            producer::INTAKE,
            producer::ROUTING,
            consumers::RoutingEvents::new(directories.clone()),
        ),
        follower(directories),
        sweeper(Arc::clone(&app)),
    ];
    if let Some(listener) = listen(&config).await? {
        workers.push(mail_receiver(listener, Arc::clone(&app), &config.smtp));
    }
    let mut routes = tonic::service::Routes::builder();
    routes.add_service(grpc::server(app));
    Ok(Built { routes: routes.routes(), workers })
}

/// Opens the mail receiver's port, unless there is none or the caller has opened it.
async fn listen(config: &Config) -> Result<Option<TcpListener>, Error> {
    let address = &config.smtp.listen;
    let failed = |source| Error::Listen { address: address.clone(), source };
    let listener = match &config.smtp_listener {
        Some(opened) => {
            let opened = opened.try_clone().map_err(failed)?;
            opened.set_nonblocking(true).map_err(failed)?;
            TcpListener::from_std(opened).map_err(failed)?
        }
        None if address.is_empty() => return Ok(None),
        None => TcpListener::bind(address).await.map_err(failed)?,
    };
    let bound = listener.local_addr().map_err(failed)?;
    tracing::info!(address = %bound, "mail receiver is listening");
    Ok(Some(listener))
}

fn mail_receiver(listener: TcpListener, app: Arc<App>, config: &SmtpConfig) -> Worker {
    let listener = Arc::new(listener);
    let hostname = if config.hostname.is_empty() { "guichet".to_owned() } else { config.hostname.clone() };
    let policy = Policy { hostname, octets_max: config.max_bytes };
    let door = Door { accept_from: config.accept_from.clone(), trusted_proxies: config.trusted_proxies.clone() };
    let door = Arc::new(door);
    Worker::new("intake receives mail", move |cancel| {
        server::serve(Arc::clone(&listener), Arc::clone(&app), Arc::clone(&door), policy.clone(), cancel)
    })
}

/// Another process of this service may be the one that hears of directories.
fn follower(directories: ReadModel) -> Worker {
    Worker::new("intake follows directories", move |cancel| {
        let directories = directories.clone();
        async move {
            directories.follow(cancel).await;
            Ok(())
        }
    })
}

fn sweeper(app: Arc<App>) -> Worker {
    Worker::new("intake sweeps", move |cancel| {
        let app = Arc::clone(&app);
        async move {
            let mut seen_until = None;
            while !cancel.is_cancelled() {
                seen_until = Some(app.sweep(seen_until).await?);
                tokio::select! {
                    () = cancel.cancelled() => {}
                    () = tokio::time::sleep(SWEEP_EVERY) => {}
                }
            }
            Ok(())
        }
    })
}
