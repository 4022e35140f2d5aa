//! Notification: tells usagers what became of their requests, by e-mail, SMS or letter.
//!
//! A fact heard from intake or routing becomes one delivery (`consumers`, `app::register`); the sender writes it with
//! what intake says of the request and hands it over (`app::send`, `outbound`); what relays say later is kept
//! (`app::receipts`). Words and rules are in `domain`. It owns no request and no directory.

pub mod app;
mod config;
mod consumers;
pub mod domain;
mod error;
mod grpc;
pub mod outbound;
mod remote;
pub mod store;
#[cfg(test)]
mod testing;

use std::sync::Arc;

use guichet_bus::directory::ReadModel;
use guichet_core::EmailAddress;
use guichet_db::{Migrations, migration};
use guichet_events::producer;
use guichet_proto::notification::v1::notification_server::NotificationServer;
use guichet_rpc::{Built, Deps, Worker};
use tokio::sync::Notify;
use tonic::service::Routes;

pub use config::{Config, EmailConfig, SmsConfig};
pub use consumers::{IntakeEvents, RoutingEvents};
pub use error::Error;

use app::ports::{MailTransport, SmsTransport};
use app::{App, Metrics};
use outbound::{RelayOptions, Renewed};

/// Name of this service among producers and consumers.
const SERVICE: &str = producer::NOTIFICATION;

/// Builds the service.
pub async fn build(config: Config, deps: Deps) -> Result<Built, Error> {
    let directories = ReadModel::load(deps.db.clone()).await?;
    let requests = Arc::new(remote::Intake::new(deps.peers.intake.clone()));
    let mut app = assemble(&config, &deps, directories.clone(), requests)?;
    let followers = follow_addresses(&config, &deps, &mut app);
    let app = Arc::new(app);
    let sender = Arc::clone(&app);
    let mut workers = vec![
        Worker::consumer(&deps, SERVICE, producer::INTAKE, IntakeEvents(Arc::clone(&app))),
        Worker::consumer(&deps, SERVICE, producer::ROUTING, RoutingEvents(Arc::clone(&app))),
        Worker::new("notification sends", move |cancel| Arc::clone(&sender).run_sender(cancel)),
        Worker::new("notification follows directories", move |cancel| {
            let directories = directories.clone();
            async move {
                directories.follow(cancel).await;
                Ok(())
            }
        }),
    ];
    workers.extend(followers);
    let routes = Routes::new(NotificationServer::new(grpc::Service(app)));
    Ok(Built { routes, workers })
}

/// Makes the transports whose addresses are kept in files follow those files: a password is renewed without a restart.
fn follow_addresses(config: &Config, deps: &Deps, app: &mut App) -> Vec<Worker> {
    let mut workers = Vec::new();
    if let Some(file) = config.email.url_file.clone() {
        let renewed = Arc::new(Renewed::new(Arc::clone(&app.mail)));
        app.mail = Arc::clone(&renewed) as Arc<dyn MailTransport>;
        let (relay, folder) = (config.relay(), config.data_dir.clone());
        let (clock, rng) = (Arc::clone(&deps.clock), Arc::clone(&deps.rng));
        workers.push(file.follow("address of the relay", move |url| {
            let relay = RelayOptions { url: url.to_owned(), ..relay.clone() };
            renewed.replace(outbound::mail(&relay, &folder, &clock, &rng)?);
            Ok(())
        }));
    }
    if let Some(file) = config.sms.url_file.clone() {
        let renewed = Arc::new(Renewed::new(Arc::clone(&app.sms)));
        app.sms = Arc::clone(&renewed) as Arc<dyn SmsTransport>;
        let (folder, rng) = (config.data_dir.clone(), Arc::clone(&deps.rng));
        workers.push(file.follow("address of the SMS provider", move |url| {
            renewed.replace(outbound::sms(url, &folder, &rng)?);
            Ok(())
        }));
    }
    workers
}

/// Returns the use cases over their storage and transports.
pub fn assemble(
    config: &Config,
    deps: &Deps,
    directories: ReadModel,
    requests: Arc<dyn app::ports::Requests>,
) -> Result<App, Error> {
    if !config.email.from.is_empty() && EmailAddress::parse(&config.email.from).is_err() {
        let reason = "notification.email.from is one address, guichet@valorme.example".to_owned();
        return Err(Error::Transport { url: config.email.from.clone(), reason });
    }
    Ok(App {
        db: deps.db.clone(),
        log: deps.log.clone(),
        clock: Arc::clone(&deps.clock),
        rng: Arc::clone(&deps.rng),
        directories,
        requests,
        mail: outbound::mail(&config.relay(), &config.data_dir, &deps.clock, &deps.rng)?,
        sms: outbound::sms(&config.sms.url, &config.data_dir, &deps.rng)?,
        from: config.email.from.clone(),
        public_url: config.public_url.clone(),
        wake: Notify::new(),
        metrics: Metrics::default(),
    })
}

/// Returns this service's steps; `guichet_bus::join_migrations` adds those of the log.
pub fn migrations() -> Migrations {
    Migrations::new(vec![
        migration!(1001, "deliveries"),
        migration!(1002, "lists"),
        migration!(1003, "template_versions"),
        migration!(1004, "trace_context"),
    ])
}
