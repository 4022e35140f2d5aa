//! Local or remote, decided here and nowhere else: which services run in this process, over which storage and bus, and
//! how each reaches the others.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use guichet_bus::{Bus, BusOptions, Log, join_migrations};
use guichet_core::{Clock, Rng, SystemClock, SystemRng};
use guichet_db::{Db, DbOptions, Migrations, Pooling, SchemaState};
use guichet_events::producer;
use guichet_gateway::GatewayDeps;
use guichet_rpc::events::Logs;
use guichet_rpc::server::Door;
use guichet_rpc::{Built, Deps, InProcess, Peer, Peers, Tls, Worker};
use tokio::net::TcpListener;

use crate::cli::Target;
use crate::config::{Config, PoolingMode};
use crate::data::{DataFolder, Secrets};
use crate::doors::{Doors, Reserved};
use crate::readiness::Readiness;
use crate::stop::Signals;
use crate::supervise::Supervisor;
use crate::{demo, health, http, reach, workers};

/// How often a service that waits for its storage or its schema looks again.
const SCHEMA_POLL: Duration = Duration::from_secs(1);
/// Connections to PostgreSQL for each service, unless configured.
const CONNECTIONS: u32 = 8;
/// Milliseconds a routing transaction may sit idle: a paused owner must not hold its shard's row (DESIGN §5.5).
const ROUTING_IDLE_MS: u32 = 2_000;

/// A service that keeps data: its name, its schema.
pub(crate) struct Kept {
    pub(crate) target: Target,
    pub(crate) name: &'static str,
    pub(crate) migrations: Migrations,
}

/// Returns what a target keeps; `None` for the gateway.
pub(crate) fn kept(target: Target) -> Option<Kept> {
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

/// Returns how a service's storage is opened.
pub(crate) fn db_options(config: &Config, service: &Kept) -> DbOptions {
    let mut options = DbOptions::new(config.storage_url(), service.name);
    options.max_connections = if config.storage.connections == 0 { CONNECTIONS } else { config.storage.connections };
    if service.target == Target::Routing {
        options.idle_in_transaction_ms = ROUTING_IDLE_MS;
    }
    options.pooling = match config.storage.pooling {
        PoolingMode::Session => Pooling::Session,
        PoolingMode::Transaction => Pooling::Transaction,
    };
    options
}

/// Returns how a service's storage is opened to change its schema, which takes a session for as long as that lasts.
fn migration_options(config: &Config, service: &Kept) -> Result<DbOptions> {
    let mut options = db_options(config, service);
    if !config.storage.session_url.is_empty() {
        options.url.clone_from(&config.storage.session_url);
    } else if options.pooling == Pooling::Transaction {
        bail!(
            "GU-CFG-015: a pooler in transaction mode cannot migrate: set [storage] session_url to PostgreSQL itself"
        );
    }
    options.pooling = Pooling::Session;
    Ok(options)
}

async fn open_db(config: &Config, service: &Kept) -> Result<Db> {
    Db::open(&db_options(config, service))
        .await
        .with_context(|| format!("the storage of {} cannot be opened", service.name))
}

/// Brings the schemas of the chosen services up to date.
pub(crate) async fn migrate(config: &Config, targets: &[Target]) -> Result<()> {
    // The first process of a container ends at no signal that it does not listen to.
    let mut signals = Signals::listen()?;
    tokio::select! {
        migrated = migrate_all(config, targets) => migrated,
        () = signals.next() => bail!("told to stop: run `guichet migrate` again, it goes on where it was"),
    }
}

async fn migrate_all(config: &Config, targets: &[Target]) -> Result<()> {
    let _folder = config.is_embedded().then(|| DataFolder::open(&config.data.dir)).transpose()?;
    for service in chosen(targets).into_iter().filter_map(kept) {
        migrate_patiently(config, &service).await.with_context(|| format!("the schema of {}", service.name))?;
        println!("{}: schema {} is in place", service.name, service.migrations.last_version());
    }
    Ok(())
}

/// Waits for a database that does not answer yet, or whose lock does not come free: in a cluster it may come later than we, and nobody
/// tells a Job to begin again.
async fn migrate_patiently(config: &Config, service: &Kept) -> Result<()> {
    let options = migration_options(config, service)?;
    let mut told = String::new();
    loop {
        let migrated = async { Db::open(&options).await?.migrate(&service.migrations).await };
        match migrated.await {
            Err(error) if error.is_unavailable() && !error.is_full() => {
                let cause = format!("{:#}", anyhow::Error::new(error));
                if cause != told {
                    eprintln!("{}: not yet, asked again every second: {cause}", service.name);
                    told = cause;
                }
            }
            migrated => return Ok(migrated?),
        }
        tokio::time::sleep(SCHEMA_POLL).await;
    }
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
    // The gateway keeps nothing: it needs neither.
    let keeps_data = targets.iter().any(|target| *target != Target::Gateway);
    if !alone && keeps_data && config.is_embedded() {
        bail!("GU-CFG-007: services in several processes need PostgreSQL: set [storage] url = \"postgres://…\"");
    }
    if !alone && keeps_data && config.bus.url == "memory:" {
        bail!("GU-CFG-008: services in several processes need Redis: set [bus] url = \"redis://…\"");
    }
    if config.blob_place().is_none() {
        let url = &config.blobs.url;
        bail!("GU-CFG-013: `{url}` is not a place for blobs: set [blobs] url = \"file:FOLDER\" or \"database:\"");
    }
    if let Some(folder) = config.left_blobs() {
        let folder = folder.display();
        bail!(
            "GU-CFG-016: raw mail and attachments are in {folder}, and would be looked for in the database: set [blobs] url = \
             \"file:{folder}\" to keep them there"
        );
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
    tls: Option<Tls>,
}

/// Runs the chosen services until the process is told to stop.
pub(crate) async fn serve(config: Config, targets: &[Target]) -> Result<()> {
    let targets = chosen(targets);
    check(&config, &targets)?;
    let folder = DataFolder::open(&config.data.dir)?;
    let new_folder = !folder.path().join(format!("{}.db", producer::ROUTING)).exists();
    let mut signals = Signals::listen()?;
    let process = Process {
        bus: Bus::open_with(&config.bus_options()?)?,
        secrets: Secrets::open(&config.secrets_dir())?,
        tls: config.tls.files().map(Tls::open).transpose().context("GU-CFG-014: the certificates cannot be used")?,
        supervisor: Supervisor::default(),
        readiness: Readiness::default(),
        clock: Arc::new(SystemClock),
        rng: Arc::new(SystemRng),
        config,
    };
    process.readiness.block("start", "the services are starting");
    let doors = Doors::open(&process.config.server, targets.contains(&Target::Gateway)).await?;
    let bound = doors.http.as_ref().map(TcpListener::local_addr).transpose()?;
    let in_process = InProcess::default();
    let peers = peers(&process.config, &targets, &in_process, process.tls.as_ref())?;
    let (reporter, health_routes) = health::service().await;
    process.serve_http(doors.http, doors.health, health_routes.clone(), &targets, &peers)?;
    process.supervisor.spawn(health::report(reporter, process.readiness.clone(), process.supervisor.token()));

    let is_whole = targets.len() == Target::ALL.len();
    let seeds = new_folder && is_whole && process.config.is_embedded() && process.config.demo.enabled;
    let start = async {
        process.start_services(&targets, &peers, doors.grpc, in_process, health_routes).await?;
        if targets.contains(&Target::Gateway) && !is_whole {
            reach::all(&peers).await;
        }
        if let Some(http) = bound.filter(|_| seeds) {
            demo::seed(http, &process.secrets.admin_token).await.context("the demo town cannot be set up")?;
        }
        anyhow::Ok(())
    };
    let started = tokio::select! {
        started = start => started.map(|()| true)?,
        () = signals.next() => false,
    };
    if !started && seeds {
        tracing::warn!(
            "stopped before the demo town was there: delete the data folder to be given it at the next start"
        );
    }
    if started {
        process.readiness.clear("start");
        greet(&process.config, bound, seeds);
        signals.next().await;
        process.leave(&mut signals).await;
    }
    tracing::info!("stopping: no new work, letting the work under way end");
    if !process.supervisor.drain(drain(&targets)).await {
        tracing::warn!("some work did not end in time");
    }
    Ok(())
}

/// How long work under way may take to end once nothing new is taken, by what it is; `terminationGracePeriodSeconds` allows for it.
fn drain(targets: &BTreeSet<Target>) -> Duration {
    if targets.contains(&Target::Gateway) { guichet_gateway::EXCHANGE_MAX } else { guichet_rpc::server::CALL_TIMEOUT }
}

/// Returns how each service is reached from here.
fn peers(config: &Config, targets: &BTreeSet<Target>, here: &InProcess, tls: Option<&Tls>) -> Result<Peers> {
    let peer = |target: Target, address: &str| -> Result<Peer> {
        if targets.contains(&target) { Ok(here.peer()) } else { Ok(guichet_rpc::remote(address, tls)?) }
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
    fn serve_http(
        &self,
        http: Option<TcpListener>,
        health: Option<TcpListener>,
        health_routes: tonic::service::Routes,
        targets: &BTreeSet<Target>,
        peers: &Peers,
    ) -> Result<()> {
        let readiness = self.readiness.clone();
        let probe: guichet_gateway::ReadinessProbe = Arc::new(move || readiness.reasons());
        if let Some(http) = http {
            let router = if targets.contains(&Target::Gateway) {
                self.gateway(peers, Arc::clone(&probe), health.is_none())?
            } else {
                guichet_gateway::ops_router(Arc::clone(&probe))
            };
            self.supervisor.spawn(http::serve(http, router, self.supervisor.end()));
        }
        if let Some(health) = health {
            // In clear and without credentials: probes have none, and what they are told is no secret inside a cluster.
            let router = guichet_gateway::ops_router(probe).merge(health_routes.into_axum_router().reset_fallback());
            self.supervisor.spawn(http::serve(health, router, self.supervisor.end()));
        }
        Ok(())
    }

    /// Builds the gateway.
    fn gateway(
        &self,
        peers: &Peers,
        readiness: guichet_gateway::ReadinessProbe,
        answers_probes: bool,
    ) -> Result<axum::Router> {
        let mut config = self.config.gateway.clone();
        config.public_url = self.config.public_url();
        config.cookie_key = self.secrets.cookie_key.to_vec();
        config.admin_token = Some(self.secrets.admin_token.clone());
        config.outbox_dir = demo::shown_outbox(&self.config);
        let deps = GatewayDeps {
            peers: peers.clone(),
            clock: Arc::clone(&self.clock),
            rng: Arc::clone(&self.rng),
            readiness,
            answers_probes,
            leaving: self.supervisor.leaving(),
            stop: self.supervisor.token(),
        };
        let built = guichet_gateway::build(config, deps)?;
        for worker in built.workers {
            self.supervisor.start(worker);
        }
        Ok(built.router)
    }

    /// Says that the process is leaving while it still serves, so that nobody is refused; a second signal cuts it short.
    async fn leave(&self, signals: &mut Signals) {
        tracing::info!("leaving: callers are told to go elsewhere");
        self.readiness.block("stop", "the process is stopping");
        self.supervisor.leaving().cancel();
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(self.config.server.leave_seconds.into())) => {}
            () = signals.next() => {}
        }
    }

    /// Builds the services that run here, once their schemas are in place, and starts everything they need.
    async fn start_services(
        &self,
        targets: &BTreeSet<Target>,
        peers: &Peers,
        grpc: Reserved,
        in_process: InProcess,
        health_routes: tonic::service::Routes,
    ) -> Result<()> {
        let mut routes = guichet_rpc::server::with_reflection(health_routes);
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
            let built = self.build_patiently(&service, &deps).await?;
            routes = merge(routes, built.routes);
            workers.extend(built.workers);
            workers.push(workers::relay(&log, &self.rng));
            workers.push(workers::meters(&log));
            workers.extend(self.follow_storage(&service, &db));
            workers.push(workers::pings(service.name, db, self.readiness.clone()));
            logs.insert(service.name, Arc::new(log));
        }
        let routes = routes.add_service(logs.into_server());
        workers.extend(self.tls.as_ref().map(Tls::worker));
        workers.extend(self.follow_bus());
        let bus = self.bus.clone();
        workers.push(Worker::new("bus", move |cancel| {
            let bus = bus.clone();
            async move {
                bus.run(cancel).await;
                Ok(())
            }
        }));
        let (stop, door) = (self.supervisor.token(), Door::new(grpc.listen()?, &*self.rng).with_tls(self.tls.clone()));
        self.supervisor.spawn(async move {
            if let Err(error) = guichet_rpc::server::serve(routes, Some(door), in_process, stop).await {
                tracing::error!(error = &error as &dyn std::error::Error, "grpc stopped");
            }
        });
        for worker in workers {
            self.supervisor.start(worker);
        }
        Ok(())
    }

    /// Takes up another password of the database for new connections, when its address is kept in a file.
    fn follow_storage(&self, service: &Kept, db: &Db) -> Option<Worker> {
        let file = self.config.setting_file("storage.url", &self.config.storage.url)?;
        let db = db.clone();
        Some(file.follow(&format!("address of the storage of {}", service.name), move |url| Ok(db.reopen(url)?)))
    }

    /// Takes up another password of Redis, when its address is kept in a file.
    fn follow_bus(&self) -> Option<Worker> {
        let file = self.config.setting_file("bus.url", &self.config.bus.url)?;
        let (bus, config) = (self.bus.clone(), self.config.clone());
        Some(file.follow("address of the bus", move |url| {
            let options = BusOptions { url: url.to_owned(), ..config.bus_options()? };
            Ok(bus.reopen(&options)?)
        }))
    }

    /// Builds one service. What it reads of its storage at its start it waits for, not ready, as for its schema.
    async fn build_patiently(&self, service: &Kept, deps: &Deps) -> Result<Built> {
        let topic = format!("start of {}", service.name);
        loop {
            match self.build(service.target, deps.clone()).await {
                Err(error) if waits_for_storage(&error) => {
                    tracing::warn!(service = service.name, error = format!("{error:#}"), "storage does not answer");
                    self.readiness.block(&topic, format!("the storage of {} does not answer", service.name));
                }
                built => {
                    self.readiness.clear(&topic);
                    return built;
                }
            }
            tokio::time::sleep(SCHEMA_POLL).await;
        }
    }

    /// Builds one service with its section of the configuration and the keys it needs.
    async fn build(&self, target: Target, deps: Deps) -> Result<Built> {
        let config = &self.config;
        let built = match target {
            Target::Gateway => unreachable!("the gateway keeps no data"),
            Target::Intake => {
                let mut section = config.intake.clone();
                section.keys = Some(guichet_intake::Keys::new(self.secrets.reply_key, self.secrets.link_key));
                section.blobs = config.blob_place().context("[blobs] url was checked at start")?;
                guichet_intake::build(section, deps).await?
            }
            Target::Routing => guichet_routing::build(routing_config(config), deps).await?,
            Target::Notification => {
                let mut section = config.notification.clone();
                section.data_dir = config.data.dir.clone();
                section.public_url = config.public_url();
                section.email.url_file = config.setting_file("notification.email.url", &section.email.url);
                section.sms.url_file = config.setting_file("notification.sms.url", &section.sms.url);
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
}

/// Returns whether the cause of a failed start is a storage that may answer later.
fn waits_for_storage(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.downcast_ref::<guichet_db::Error>().is_some_and(guichet_db::Error::is_unavailable))
}

/// Returns one router with the services of both.
fn merge(one: tonic::service::Routes, other: tonic::service::Routes) -> tonic::service::Routes {
    one.into_axum_router().merge(other.into_axum_router().reset_fallback()).into()
}

/// Tells the person at the terminal where to go.
fn greet(config: &Config, http: Option<SocketAddr>, demo: bool) {
    let Some(http) = http else { return println!("Guichet is ready: gRPC on {}", config.server.grpc) };
    println!("Guichet is ready: http://{http}");
    if demo {
        println!("  demo town of Valorme: sign in at http://{http}/connexion as aline.encre, password demo");
        println!("  messages that left: http://{http}/courrier");
    }
}
