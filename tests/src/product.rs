//! The whole product, in one process or split.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use guichet_testkit::{PgBouncer, PostgresServer, RedisServer, TcpProxy, free_port};
use serde_json::Value;
use tempfile::TempDir;

use crate::links::{Links, Neighbour};
use crate::plan::{self, RATES, TARGETS};
use crate::process::binary;
use crate::{Agent, PATIENCE, Plan, Process, World};

/// How the product runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One process, SQLite, in-process bus.
    AllInOne,
    /// Five processes, PostgreSQL, Redis.
    Split,
}

/// What a topology stands on.
#[derive(Debug)]
pub enum Topology {
    /// A data folder.
    AllInOne,
    /// The neighbours.
    Split {
        /// The server; the shared one is `None`.
        postgres: Option<PostgresServer>,
        /// Address of the product's database.
        database: String,
        /// The bus.
        redis: RedisServer,
    },
}

/// Name of the second routing process.
pub const SECOND_ROUTING: &str = "routing-2";

/// Returns the name of a process of a target: the second of `routing` is `routing-2`.
fn name_of(target: &str, copy: u8) -> String {
    if copy == 1 { target.to_owned() } else { format!("{target}-{copy}") }
}

/// Where a process listens.
#[derive(Clone, Debug)]
struct Place {
    host: String,
    /// HTTP, gRPC.
    ports: [u16; 2],
}

/// The product, running.
#[derive(Debug)]
pub struct Guichet {
    /// What it stands on.
    pub topology: Topology,
    /// Address of the gateway.
    pub url: String,
    /// Port of the SMTP receiver.
    pub smtp_port: u16,
    /// Its processes, by target (`all` for the one process).
    pub processes: Vec<(String, Process)>,
    /// Its links, when it was planned with them.
    pub links: Links,
    /// Settings that every process of the split product has.
    shared: Vec<String>,
    /// Whom its processes connect to.
    neighbours: Vec<Neighbour>,
    has_links: bool,
    /// What its processes see otherwise than the machine.
    world: World,
    /// Where each process says that it is ready.
    ready: Vec<(String, String)>,
    /// What stands before a doubled gateway, and the gateway's port.
    front: Option<(TcpProxy, u16)>,
    /// What stands before the database.
    pooler: Option<PgBouncer>,
    http: reqwest::Client,
    folder: TempDir,
}

impl Guichet {
    /// Starts the product with the demo town and waits until it is ready.
    ///
    /// # Panics
    /// When it does not become ready.
    pub async fn start(kind: Kind) -> Self {
        Self::start_with(kind, &[]).await
    }

    /// Starts it with settings (`section.key=value`) of its own.
    ///
    /// # Panics
    /// When it does not become ready.
    pub async fn start_with(kind: Kind, settings: &[&str]) -> Self {
        match kind {
            Kind::AllInOne => Self::all_in_one(settings, None, World::default()).await,
            Kind::Split => Self::start_split(Plan { settings, ..Plan::default() }).await,
        }
    }

    /// Starts it in one process whose health is asked at a port of its own.
    ///
    /// # Panics
    /// When it does not become ready.
    pub async fn start_apart(settings: &[&str], health: u16) -> Self {
        Self::all_in_one(settings, Some(health), World::default()).await
    }

    /// Starts it in one process whose data folder is a disk of so many octets.
    ///
    /// # Panics
    /// When it does not become ready.
    pub async fn start_on_a_disk_of(octets: u64, settings: &[&str]) -> Self {
        let world = World { disk: Some((PathBuf::new(), octets)), ..World::default() };
        Self::all_in_one(settings, None, world).await
    }

    /// Starts the split product on a PostgreSQL server of its own, which a test may crash.
    ///
    /// # Panics
    /// When it does not become ready.
    pub async fn start_on_private_postgres(settings: &[&str]) -> Self {
        Self::start_split(Plan { settings, has_private_postgres: true, ..Plan::default() }).await
    }

    /// Starts the split product behind a connection pooler in transaction mode; its schemas are made directly.
    ///
    /// # Panics
    /// When it does not become ready.
    pub async fn start_behind_a_pooler() -> Self {
        Self::start_split(Plan { has_pooler: true, ..Plan::default() }).await
    }

    /// Starts the split product with certificates between its processes.
    ///
    /// # Panics
    /// When it does not become ready.
    pub async fn start_with_certificates() -> Self {
        Self::start_split(Plan { has_certificates: true, ..Plan::default() }).await
    }

    async fn all_in_one(settings: &[&str], health: Option<u16>, mut world: World) -> Self {
        let mut guichet = Self::new(Topology::AllInOne);
        let ports = [free_port(), free_port()];
        guichet.url = format!("http://127.0.0.1:{}", ports[0]);
        let data = guichet.data_dir();
        if let Some((disk, _)) = &mut world.disk {
            std::fs::create_dir_all(&data).expect("the folder can be made");
            *disk = data.clone();
        }
        let mut arguments = vec!["--data".to_owned(), data.display().to_string()];
        let listen = [
            format!("server.http=127.0.0.1:{}", ports[0]),
            format!("server.grpc=127.0.0.1:{}", ports[1]),
            format!("intake.smtp.listen=127.0.0.1:{}", guichet.smtp_port),
        ];
        push_settings(&mut arguments, listen.iter().map(String::as_str).chain(RATES).chain(settings.iter().copied()));
        guichet.world = world;
        guichet.launch("all", arguments);
        guichet.ready.push(("all".to_owned(), format!("http://127.0.0.1:{}/readyz", health.unwrap_or(ports[0]))));
        guichet.wait_until_process_is_ready("all").await;
        guichet
    }

    /// Starts the split product as planned.
    ///
    /// # Panics
    /// When it does not become ready.
    pub async fn start_split(plan: Plan<'_>) -> Self {
        let mut guichet = Self::new(plan.stand_on().await);
        let Topology::Split { database, redis, .. } = &guichet.topology else { unreachable!("it is split") };
        let database = database.clone();
        let (grpc, http) = (TARGETS.map(|_| free_port()), TARGETS.map(|_| free_port()));
        let targets: Vec<(&'static str, u16)> = TARGETS.into_iter().zip(grpc).collect();
        let gateway = SocketAddr::from(([127, 0, 0, 1], http[TARGETS.len() - 1]));
        let front = if plan.copies_of("gateway") > 1 { Some(TcpProxy::start(gateway).await) } else { None };
        guichet.url = format!("http://127.0.0.1:{}", front.as_ref().map_or(gateway.port(), TcpProxy::port));
        guichet.neighbours = plan.neighbours(&database, &redis.url, &targets);
        guichet.shared = vec![
            format!("storage.connections={SPLIT_CONNECTIONS}"),
            format!("secrets.dir={}", guichet.data_dir().join("secrets").display()),
            format!("notification.email.url=file:{}", guichet.data_dir().join("mail").display()),
            format!("server.public_url={}", guichet.url),
        ];
        let addresses = guichet.neighbours.iter().map(|neighbour| format!("{}={}", neighbour.setting, neighbour.url));
        guichet.shared.extend(addresses);
        if plan.has_certificates {
            crate::certificates::write(&guichet.certificates_dir(), &TARGETS);
        }
        guichet.world.binary = plan.binary.map(Path::to_owned);
        guichet.migrate().await;
        guichet.shared.extend(plan.rates().map(str::to_owned));
        guichet.shared.extend(plan.settings.iter().map(|setting| (*setting).to_owned()));
        if plan.has_pooler {
            let pooler = guichet_testkit::pgbouncer(&database).await;
            let url = pooler.url_of(&database);
            guichet.shared.extend([
                format!("storage.url={url}"),
                "storage.pooling=transaction".to_owned(),
                format!("storage.session_url={database}"),
            ]);
            guichet.pooler = Some(pooler);
        }
        guichet.has_links = plan.has_links;
        guichet.world.hosts = plan.has_copies().then(|| plan.write_hosts(guichet.folder.path()));
        for (target, ports) in TARGETS.into_iter().zip(http.into_iter().zip(grpc)) {
            for copy in 1..=plan.copies_of(target) {
                guichet
                    .serve(&name_of(target, copy), target, Place { host: plan::host(copy), ports: ports.into() })
                    .await;
            }
        }
        guichet.front = front.map(|front| (front, gateway.port()));
        guichet.import_demo().await;
        guichet
    }

    /// Starts another routing process of the split product, known as `routing-2`: it decides, and nobody calls it.
    ///
    /// # Panics
    /// When it does not become ready.
    pub async fn start_second_routing(&mut self) {
        self.start_second_routing_in(World::default()).await;
    }

    /// The same, in a world of its own.
    ///
    /// # Panics
    /// When it does not become ready.
    pub async fn start_second_routing_in(&mut self, world: World) {
        self.world = world;
        let place = Place { host: plan::host(1), ports: [free_port(), free_port()] };
        self.serve(SECOND_ROUTING, "routing", place).await;
    }

    async fn serve(&mut self, name: &str, target: &'static str, Place { host, ports: [http, grpc] }: Place) {
        // The operator's commands look for the key in the folder of notification.
        let data = match name {
            "notification" => self.data_dir(),
            _ => self.folder.path().join(name),
        };
        let mut arguments = vec!["--data".to_owned(), data.display().to_string()];
        let smtp = self.smtp_port;
        let mut own = vec![
            format!("server.http={host}:{http}"),
            format!("server.grpc={host}:{grpc}"),
            format!("intake.smtp.listen={host}:{smtp}"),
        ];
        if self.has_links {
            own.extend(self.links.lay(name, target, &self.neighbours).await);
        }
        let certificates = self.certificates_dir().join(target);
        if certificates.exists() {
            let file = |name: &str| certificates.join(name).display().to_string();
            own.push(format!("tls.cert={}", file("tls.crt")));
            own.push(format!("tls.key={}", file("tls.key")));
            own.push(format!("tls.ca={}", file("ca.crt")));
        }
        push_settings(&mut arguments, self.shared.iter().chain(&own).map(String::as_str));
        arguments.extend(["serve".to_owned(), "--target".to_owned(), target.to_owned()]);
        self.launch(name, arguments);
        self.ready.push((name.to_owned(), format!("http://{host}:{http}/readyz")));
        self.wait_until_process_is_ready(name).await;
    }

    /// Waits until one process is ready.
    ///
    /// # Panics
    /// When it ends or does not become ready.
    pub async fn wait_until_process_is_ready(&self, name: &str) {
        let (_, url) = self.ready.iter().find(|(process, _)| *process == name).expect("a process of the product");
        self.wait_until(url).await;
    }

    /// Sends those who come to the doubled gateway to one of its processes only, as an operator does with the other.
    ///
    /// # Panics
    /// When the gateway is not doubled.
    pub fn send_to_gateway(&self, is_second: bool) {
        let (front, port) = self.front.as_ref().expect("the gateway is doubled");
        let host = plan::host(if is_second { 2 } else { 1 });
        front.point_to(SocketAddr::new(host.parse().expect("an address"), *port));
    }

    fn new(topology: Topology) -> Self {
        Self {
            topology,
            url: String::new(),
            smtp_port: free_port(),
            processes: Vec::new(),
            links: Links::default(),
            shared: Vec::new(),
            neighbours: Vec::new(),
            has_links: false,
            world: World::default(),
            ready: Vec::new(),
            front: None,
            pooler: None,
            http: crate::http_client(PATIENCE),
            folder: guichet_testkit::temp_dir(),
        }
    }

    fn launch(&mut self, name: &str, arguments: Vec<String>) {
        let log = self.folder.path().join(format!("{name}.log"));
        self.processes.push((name.to_owned(), Process::start_in(&self.world, arguments, &log)));
    }

    /// Returns the address of the database through the pooler.
    pub fn pooled_database(&self) -> Option<String> {
        let Topology::Split { database, .. } = &self.topology else { return None };
        self.pooler.as_ref().map(|pooler| pooler.url_of(database))
    }

    /// Brings the schemas up to date, as a release does before its pods.
    ///
    /// # Panics
    /// When it fails.
    pub async fn migrate(&self) {
        let mut arguments = vec!["--data".to_owned(), self.data_dir().display().to_string()];
        push_settings(&mut arguments, self.shared.iter().map(String::as_str));
        arguments.push("migrate".to_owned());
        self.run(&arguments).await;
    }

    async fn import_demo(&self) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests has a parent");
        let demo = root.join("demo/directory").display().to_string();
        self.command(&["directory", "import", &demo, "--demo"]).await;
    }

    /// Runs a `guichet` command against this product and returns what it printed.
    ///
    /// # Panics
    /// When the command fails.
    pub async fn command(&self, arguments: &[&str]) -> String {
        let mut all: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        all.extend(["--url".to_owned(), self.url.clone(), "--data".to_owned(), self.data_dir().display().to_string()]);
        self.run(&all).await
    }

    /// Runs a command that must fail and returns what it says.
    pub async fn failing_command(&self, arguments: &[&str]) -> String {
        let data = self.data_dir().display().to_string();
        let output = tokio::process::Command::new(binary())
            .args(arguments)
            .args(["--url", &self.url, "--data", &data])
            .output()
            .await
            .expect("the command starts");
        assert!(!output.status.success(), "guichet {arguments:?} was to fail");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    async fn run(&self, arguments: &[String]) -> String {
        let program = self.world.binary.clone().unwrap_or_else(binary);
        let output = tokio::process::Command::new(program).args(arguments).output().await.expect("the command starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(
            output.status.success(),
            "guichet {arguments:?} failed\n{}{}\n{}",
            text(&output.stdout),
            text(&output.stderr),
            self.logs()
        );
        text(&output.stdout)
    }

    /// Returns the data folder: messages under `mail` and `sms`, keys under `secrets`.
    pub fn data_dir(&self) -> PathBuf {
        let folder = self.folder.path().join("data");
        let process =
            self.processes.first().and_then(|(_, process)| process.id()).filter(|_| self.world.disk.is_some());
        process.map_or(folder.clone(), |id| crate::world::seen_through(id, &folder))
    }

    /// Returns where the SQLite files of the one process can be read: a copy of this moment when they are on a disk of its own.
    pub(crate) fn database_dir(&self) -> PathBuf {
        if self.world.disk.is_none() {
            return self.data_dir();
        }
        let copies = self.folder.path().join("copies");
        crate::world::copy_databases(&self.data_dir(), &copies);
        copies
    }

    /// Returns the folder of the certificates, one folder a target; it is not there without.
    fn certificates_dir(&self) -> PathBuf {
        self.folder.path().join("certificates")
    }

    /// Returns the operator's API key.
    ///
    /// # Panics
    /// Before the product has started.
    pub fn admin_token(&self) -> String {
        let file = self.data_dir().join("secrets/admin.token");
        std::fs::read_to_string(file).expect("the product has made its key").trim().to_owned()
    }

    /// Returns the client for requests without a session.
    pub const fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// Returns what `GET path` answers to the operator, as JSON.
    ///
    /// # Panics
    /// When it is not a success.
    pub async fn get(&self, path: &str) -> Value {
        let request = self.http.get(format!("{}/api/v1{path}", self.url)).bearer_auth(self.admin_token());
        json(request.send().await.expect("the gateway answers")).await
    }

    /// Returns what `POST path` answers to anybody, as JSON.
    ///
    /// # Panics
    /// When it is not a success.
    pub async fn post(&self, path: &str, body: &Value) -> Value {
        let request = self.http.post(format!("{}/api/v1{path}", self.url)).json(body);
        json(request.send().await.expect("the gateway answers")).await
    }

    /// Signs an agent of the demo in.
    pub async fn agent(&self, login: &str) -> Agent {
        Agent::sign_in(&self.url, login).await
    }

    /// Waits until the product is ready again.
    pub async fn wait_until_ready(&self) {
        self.wait_until(&format!("{}/readyz", self.url)).await;
    }

    async fn wait_until(&self, url: &str) {
        let ended = || self.processes.iter().find(|(_, process)| process.has_ended()).map(|(name, _)| name);
        let ready = async || match self.http.get(url).timeout(Duration::from_secs(2)).send().await {
            Ok(answer) => answer.status().is_success().then_some(None),
            Err(_) => ended().map(Some),
        };
        let start = Instant::now();
        loop {
            match ready().await {
                Some(None) => return,
                Some(Some(name)) => panic!("{name} ended before it was ready\n{}", self.logs()),
                None => assert!(start.elapsed() < START_PATIENCE, "{url} is not ready\n{}", self.logs()),
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Returns the bus of the split product.
    pub const fn redis(&self) -> Option<&RedisServer> {
        match &self.topology {
            Topology::Split { redis, .. } => Some(redis),
            Topology::AllInOne => None,
        }
    }

    /// Returns the last lines that every process logged, for a failure's message.
    pub fn logs(&self) -> String {
        const LINES: usize = 40;
        let tail = |text: String| {
            let lines: Vec<&str> = text.lines().collect();
            lines[lines.len().saturating_sub(LINES)..].join("\n")
        };
        self.processes.iter().map(|(name, process)| format!("--- {name}\n{}\n", tail(process.log()))).collect()
    }

    /// Returns the figures of every process, as Prometheus reads them.
    ///
    /// # Panics
    /// When a process does not tell them.
    pub async fn metrics(&self) -> String {
        let mut all = String::new();
        for (_, ready) in &self.ready {
            let answer = self.http.get(ready.replace("/readyz", "/metrics")).send().await.expect("figures are told");
            all.push_str(&answer.text().await.expect("text"));
        }
        all
    }

    /// Returns everything that every process logged.
    pub fn whole_logs(&self) -> String {
        self.processes.iter().map(|(_, process)| process.log()).collect()
    }

    /// Returns a process by target; the only one when all run in it.
    ///
    /// # Panics
    /// When there is no such target.
    pub fn process(&mut self, target: &str) -> &mut Process {
        let found = self.processes.iter_mut().find(|(name, _)| *name == target || *name == "all");
        &mut found.expect("a target of the product").1
    }
}

/// How long a process may take to be ready: it migrates its database first, on a machine that may be building beside.
const START_PATIENCE: Duration = Duration::from_secs(120);
/// Time between two looks at a process that starts.
const LOOK: Duration = Duration::from_millis(20);

/// Connections to PostgreSQL of each service: a few products share one server.
const SPLIT_CONNECTIONS: u32 = 5;

fn push_settings<'a>(arguments: &mut Vec<String>, settings: impl Iterator<Item = &'a str>) {
    for setting in settings {
        arguments.extend(["--set".to_owned(), setting.to_owned()]);
    }
}

/// Returns the JSON of a success.
///
/// # Panics
/// When it is a failure, with its text.
pub(crate) async fn json(answer: reqwest::Response) -> Value {
    let (status, url) = (answer.status(), answer.url().clone());
    let text = answer.text().await.expect("the answer has a body");
    assert!(status.is_success(), "{url} answered {status}: {text}");
    serde_json::from_str(&text).unwrap_or(Value::Null)
}
