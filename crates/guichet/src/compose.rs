//! Local or remote, decided here and nowhere else: which services run in this process, over which storage and bus, and
//! how each reaches the others.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use guichet_bus::{Bus, Log, Relay, join_migrations};
use guichet_core::{Clock, Rng, SystemClock, SystemRng};
use guichet_db::{Db, DbOptions, Migrations, SchemaState};
use guichet_events::producer;
use guichet_gateway::GatewayDeps;
use guichet_rpc::events::Logs;
use guichet_rpc::{Built, Deps, InProcess, Peer, Peers, Worker};
use tokio::net::TcpListener;

use crate::cli::Target;
use crate::config::Config;
use crate::data::{DataFolder, Secrets};
use crate::demo;
use crate::readiness::Readiness;
use crate::supervise::Supervisor;

/// How often a service that waits for its schema looks again.
const SCHEMA_POLL: Duration = Duration::from_secs(1);
/// How often the databases are asked whether they answer.
const PING: Duration = Duration::from_secs(2);
/// Connections to PostgreSQL for each service, unless configured.
const CONNECTIONS: u32 = 8;
/// Milliseconds a routing transaction may sit idle: a paused owner must not hold its shard's row (DESIGN §5.5).
const ROUTING_IDLE_MS: u32 = 2_000;

/// A service that keeps data: its name, its schema.
struct Kept {
    target: Target,
    name: &'static str,
    migrations: Migrations,
}

fn kept(target: Target) -> Option<Kept> {
    let (name, migrations) = match target {
        Target::Gateway => return None,
        Target::Intake => (producer::INTAKE, guichet_intake::migrations()),
        Target::Routing => (producer::ROUTING, guichet_routing::migrations()),
        Target::Notification => (producer::NOTIFICATION, guichet_notification::migrations()),
        Target::Knowledge => (producer::KNOWLEDGE, guichet_knowledge::migrations()),
    };
    Some(Kept { target, name, migrations: join_migrations(migrations) })
}

/// Returns the parts asked for; all of them when none was.
pub(crate) fn chosen(targets: &[Target]) -> BTreeSet<Target> {
    if targets.is_empty() { Target::ALL.into() } else { targets.iter().copied().collect() }
}

async fn open_db(config: &Config, service: &Kept) -> Result<Db> {
    let mut options = DbOptions::new(config.storage_url(), service.name);
    options.max_connections = if config.storage.connections == 0 { CONNECTIONS } else { config.storage.connections };
    if service.target == Target::Routing {
        options.idle_in_transaction_ms = ROUTING_IDLE_MS;
    }
    Db::open(&options).await.with_context(|| format!("the storage of {} cannot be opened", service.name))
}

/// Brings the schemas of the chosen services up to date.
pub(crate) async fn migrate(config: &Config, targets: &[Target]) -> Result<()> {
    let _folder = config.is_embedded().then(|| DataFolder::open(&config.data.dir)).transpose()?;
    for service in chosen(targets).into_iter().filter_map(kept) {
        let db = open_db(config, &service).await?;
        db.migrate(&service.migrations).await.with_context(|| format!("the schema of {}", service.name))?;
        println!("{}: schema {} is in place", service.name, service.migrations.last_version());
    }
    Ok(())
}

/// Returns routing's section with what the demo says about opening hours.
fn routing_config(config: &Config) -> guichet_routing::Config {
    let always_open = config.demo.enabled && config.demo.always_open;
    if always_open && !config.is_embedded() {
        tracing::warn!("opening hours do not limit offers: a town that is no demo sets [demo] enabled = false");
    }
    guichet_routing::Config { always_open, ..config.routing.clone() }
}

/// Refuses what could not work together.
pub(crate) fn check(config: &Config, targets: &BTreeSet<Target>) -> Result<()> {
    let alone = targets.len() == Target::ALL.len();
    if !alone && config.is_embedded() {
        bail!("GU-CFG-007: services in several processes need PostgreSQL: set [storage] url = \"postgres://…\"");
    }
    if !alone && config.bus.url == "memory:" {
        bail!("GU-CFG-008: services in several processes need Redis: set [bus] url = \"redis://…\"");
    }
    if config.blobs_dir().is_none() {
        bail!("GU-CFG-013: `{}` is not a place for blobs: set [blobs] url = \"file:FOLDER\"", config.blobs.url);
    }
    let peers = &config.peers;
    let addresses = [
        (Target::Intake, "intake", &peers.intake),
        (Target::Routing, "routing", &peers.routing),
        (Target::Notification, "notification", &peers.notification),
        (Target::Knowledge, "knowledge", &peers.knowledge),
    ];
    for (target, name, address) in addresses {
        if !targets.contains(&target) && address.is_empty() {
            bail!("GU-CFG-009: {name} does not run here and has no address: set [peers] {name} = \"http://host:8090\"");
        }
    }
    Ok(())
}

/// Everything a running process holds.
struct Process {
    config: Config,
    supervisor: Supervisor,
    readiness: Readiness,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    bus: Bus,
    secrets: Secrets,
}

/// Runs the chosen services until the process is told to stop.
pub(crate) async fn serve(config: Config, targets: &[Target]) -> Result<()> {
    let targets = chosen(targets);
    check(&config, &targets)?;
    let folder = DataFolder::open(&config.data.dir)?;
    let new_folder = !folder.path().join(format!("{}.db", producer::ROUTING)).exists();
    let process = Process {
        bus: Bus::open(&config.bus.url)?,
        secrets: Secrets::open(&config.secrets_dir())?,
        supervisor: Supervisor::default(),
        readiness: Readiness::default(),
        clock: Arc::new(SystemClock),
        rng: Arc::new(SystemRng),
        config,
    };
    process.readiness.block("start", "the services are starting");
    let http = listen("server.http", &process.config.server.http).await?;
    let grpc = listen("server.grpc", &process.config.server.grpc).await?;
    let in_process = InProcess::default();
    let peers = peers(&process.config, &targets, &in_process)?;
    let bound = http.local_addr()?;
    process.serve_http(http, &targets, &peers)?;

    let start = process.start_services(&targets, &peers, grpc, in_process);
    tokio::select! {
        started = start => started?,
        () = stop_signal() => return Ok(()),
    }
    let embedded = process.config.is_embedded();
    if new_folder && embedded && process.config.demo.enabled && targets.contains(&Target::Gateway) {
        demo::seed(bound, &process.secrets.admin_token).await.context("the demo town cannot be set up")?;
    }
    process.readiness.clear("start");
    greet(&process.config, bound, new_folder && embedded);

    stop_signal().await;
    tracing::info!("stopping: no new work, letting the work under way end");
    process.readiness.block("stop", "the process is stopping");
    if !process.supervisor.drain().await {
        tracing::warn!("some work did not end in time");
    }
    Ok(())
}

async fn listen(key: &str, address: &str) -> Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("GU-CFG-010: nothing can listen on {address}: set {key} to a free address"))
}

/// Returns how each service is reached from here.
fn peers(config: &Config, targets: &BTreeSet<Target>, here: &InProcess) -> Result<Peers> {
    let peer = |target: Target, address: &str| -> Result<Peer> {
        if targets.contains(&target) { Ok(here.peer()) } else { Ok(guichet_rpc::remote(address)?) }
    };
    Ok(Peers {
        intake: peer(Target::Intake, &config.peers.intake)?,
        routing: peer(Target::Routing, &config.peers.routing)?,
        notification: peer(Target::Notification, &config.peers.notification)?,
        knowledge: peer(Target::Knowledge, &config.peers.knowledge)?,
    })
}

impl Process {
    /// Starts HTTP: pages and REST where the gateway runs, health and metrics everywhere.
    fn serve_http(&self, listener: TcpListener, targets: &BTreeSet<Target>, peers: &Peers) -> Result<()> {
        let readiness = self.readiness.clone();
        let probe: guichet_gateway::ReadinessProbe = Arc::new(move || readiness.reasons());
        let router = if targets.contains(&Target::Gateway) {
            let mut config = self.config.gateway.clone();
            config.public_url = self.config.public_url();
            config.cookie_key = self.secrets.cookie_key.to_vec();
            config.admin_token = Some(self.secrets.admin_token.clone());
            if self.config.notification.email.url.starts_with("file:") {
                config.outbox_dir = Some(self.config.data.dir.clone());
            }
            let deps = GatewayDeps {
                peers: peers.clone(),
                clock: Arc::clone(&self.clock),
                rng: Arc::clone(&self.rng),
                readiness: probe,
                stop: self.supervisor.token(),
            };
            let built = guichet_gateway::build(config, deps)?;
            for worker in built.workers {
                self.supervisor.start(worker);
            }
            built.router
        } else {
            guichet_gateway::ops_router(probe)
        };
        let stop = self.supervisor.token();
        self.supervisor.spawn(async move {
            let service = router.into_make_service_with_connect_info::<SocketAddr>();
            let served = axum::serve(listener, service).with_graceful_shutdown(stop.cancelled_owned()).await;
            if let Err(error) = served {
                tracing::error!(%error, "http stopped");
            }
        });
        Ok(())
    }

    /// Builds the services that run here, once their schemas are in place, and starts everything they need.
    async fn start_services(
        &self,
        targets: &BTreeSet<Target>,
        peers: &Peers,
        grpc: TcpListener,
        in_process: InProcess,
    ) -> Result<()> {
        let mut routes = tonic::service::RoutesBuilder::default();
        let (health, health_service) = tonic_health::server::health_reporter();
        routes.add_service(health_service);
        let mut routes = guichet_rpc::server::with_reflection(routes.routes());
        let mut logs = Logs::new(self.supervisor.token());
        let mut workers = Vec::new();
        for service in targets.iter().copied().filter_map(kept) {
            let db = open_db(&self.config, &service).await?;
            self.wait_for_schema(&db, &service).await?;
            let log = Log::new(service.name, db.clone(), self.bus.clone(), Arc::clone(&self.clock));
            let deps = Deps {
                db: db.clone(),
                log: log.clone(),
                bus: self.bus.clone(),
                clock: Arc::clone(&self.clock),
                rng: Arc::clone(&self.rng),
                peers: peers.clone(),
            };
            let built = self.build(service.target, deps).await?;
            routes = merge(routes, built.routes);
            workers.extend(built.workers);
            workers.push(self.relay(&log));
            workers.push(self.pings(service.name, db));
            logs.insert(service.name, Arc::new(log));
        }
        let routes = routes.add_service(logs.into_server());
        let bus = self.bus.clone();
        workers.push(Worker::new("bus", move |cancel| {
            let bus = bus.clone();
            async move {
                bus.run(cancel).await;
                Ok(())
            }
        }));
        let stop = self.supervisor.token();
        self.supervisor.spawn(async move {
            if let Err(error) = guichet_rpc::server::serve(routes, Some(grpc), in_process, stop).await {
                tracing::error!(error = &error as &dyn std::error::Error, "grpc stopped");
            }
        });
        for worker in workers {
            self.supervisor.start(worker);
        }
        self.supervisor.spawn(report_health(health, self.readiness.clone(), self.supervisor.token()));
        Ok(())
    }

    /// Builds one service with its section of the configuration and the keys it needs.
    async fn build(&self, target: Target, deps: Deps) -> Result<Built> {
        let config = &self.config;
        let built = match target {
            Target::Gateway => unreachable!("the gateway keeps no data"),
            Target::Intake => {
                let mut section = config.intake.clone();
                section.keys = Some(guichet_intake::Keys::new(self.secrets.reply_key, self.secrets.link_key));
                section.blobs_dir = config.blobs_dir().context("[blobs] url was checked at start")?;
                guichet_intake::build(section, deps).await?
            }
            Target::Routing => guichet_routing::build(routing_config(config), deps).await?,
            Target::Notification => {
                let mut section = config.notification.clone();
                section.data_dir = config.data.dir.clone();
                section.public_url = config.public_url();
                guichet_notification::build(section, deps).await?
            }
            Target::Knowledge => guichet_knowledge::build(config.knowledge.clone(), deps).await?,
        };
        Ok(built)
    }

    /// Migrates an embedded database; waits for a cluster's Job otherwise, not ready and doing nothing.
    async fn wait_for_schema(&self, db: &Db, service: &Kept) -> Result<()> {
        if self.config.is_embedded() {
            return Ok(db.migrate(&service.migrations).await?);
        }
        let topic = format!("schema of {}", service.name);
        loop {
            match db.schema_state(&service.migrations).await {
                Ok(SchemaState::Ready) => break,
                Ok(SchemaState::Behind) => {
                    self.readiness
                        .block(&topic, format!("the schema of {} is behind: run `guichet migrate`", service.name));
                }
                Err(error) => {
                    tracing::warn!(
                        service = service.name,
                        error = &error as &dyn std::error::Error,
                        "storage does not answer"
                    );
                    self.readiness.block(&topic, format!("the storage of {} does not answer", service.name));
                }
            }
            tokio::time::sleep(SCHEMA_POLL).await;
        }
        self.readiness.clear(&topic);
        Ok(())
    }

    fn relay(&self, log: &Log) -> Worker {
        let (log, rng) = (log.clone(), Arc::clone(&self.rng));
        Worker::new(format!("relay of {}", log.service()), move |cancel| {
            let relay = Relay::new(log.clone(), &*rng);
            async move { Ok(relay.run(cancel).await?) }
        })
    }

    /// Takes the process out of service while a database does not answer.
    fn pings(&self, service: &'static str, db: Db) -> Worker {
        let readiness = self.readiness.clone();
        Worker::new(format!("ping of {service}"), move |cancel| {
            let (readiness, db) = (readiness.clone(), db.clone());
            let topic = format!("storage of {service}");
            async move {
                while !cancel.is_cancelled() {
                    match db.ping().await {
                        Ok(()) => readiness.clear(&topic),
                        Err(_) => readiness.block(&topic, format!("the storage of {service} does not answer")),
                    }
                    tokio::select! {
                        () = cancel.cancelled() => {}
                        () = tokio::time::sleep(PING) => {}
                    }
                }
                Ok(())
            }
        })
    }
}

/// Returns one router with the services of both.
fn merge(one: tonic::service::Routes, other: tonic::service::Routes) -> tonic::service::Routes {
    one.into_axum_router().merge(other.into_axum_router().reset_fallback()).into()
}

/// Tells gRPC health what `/readyz` tells.
async fn report_health(
    health: tonic_health::server::HealthReporter,
    readiness: Readiness,
    stop: tokio_util::sync::CancellationToken,
) {
    const EVERY: Duration = Duration::from_millis(250);
    loop {
        let status = if readiness.is_ready() {
            tonic_health::ServingStatus::Serving
        } else {
            tonic_health::ServingStatus::NotServing
        };
        health.set_service_status("", status).await;
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("signals cannot be heard: stop the process by force");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// Tells the person at the terminal where to go.
fn greet(config: &Config, http: SocketAddr, demo: bool) {
    println!("Guichet is ready: http://{http}");
    if demo && config.demo.enabled {
        println!("  demo town of Valorme: sign in at http://{http}/connexion as aline.encre, password demo");
        println!("  messages that left: http://{http}/courrier");
    }
}
