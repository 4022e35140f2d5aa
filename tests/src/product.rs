//! The whole product, in one process or split.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use guichet_testkit::{PgBouncer, PostgresServer, RedisServer, free_port};
use serde_json::Value;
use tempfile::TempDir;

use crate::process::binary;
use crate::{Agent, PATIENCE, Process};

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

/// The five targets, in the order they are started.
const TARGETS: [&str; 5] = ["routing", "intake", "notification", "knowledge", "gateway"];

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
    pub processes: Vec<(&'static str, Process)>,
    /// Where each process is asked for its health and its metrics, in the same order.
    pub ops: Vec<String>,
    /// Settings that every process of the split product has.
    shared: Vec<String>,
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
            Kind::AllInOne => Self::all_in_one(settings).await,
            Kind::Split => {
                let database = guichet_testkit::postgres().await.database().await;
                Self::split(None, database, settings, false).await
            }
        }
    }

    /// Starts it in one process whose health is asked at a port of its own.
    ///
    /// # Panics
    /// When it does not become ready.
    pub async fn start_apart(settings: &[&str], health: u16) -> Self {
        Self::all_in_one_ready_at(settings, Some(health)).await
    }

    /// Starts the split product on a PostgreSQL server of its own, which a test may crash.
    ///
    /// # Panics
    /// When it does not become ready.
    pub async fn start_on_private_postgres(settings: &[&str]) -> Self {
        let server = guichet_testkit::private_postgres().await;
        let database = server.database().await;
        Self::split(Some(server), database, settings, false).await
    }

    /// Starts the split product behind a connection pooler in transaction mode; its schemas are made directly.
    ///
    /// # Panics
    /// When it does not become ready.
    pub async fn start_behind_a_pooler() -> Self {
        let database = guichet_testkit::postgres().await.database().await;
        let pooler = guichet_testkit::pgbouncer(&database).await;
        let url = format!("storage.url={}", pooler.url_of(&database));
        let session = format!("storage.session_url={database}");
        let mut guichet = Self::split(None, database, &[&url, "storage.pooling=transaction", &session], false).await;
        guichet.pooler = Some(pooler);
        guichet
    }

    /// Starts the split product with certificates between its processes.
    ///
    /// # Panics
    /// When it does not become ready.
    pub async fn start_with_certificates() -> Self {
        let database = guichet_testkit::postgres().await.database().await;
        Self::split(None, database, &[], true).await
    }

    async fn all_in_one(settings: &[&str]) -> Self {
        Self::all_in_one_ready_at(settings, None).await
    }

    async fn all_in_one_ready_at(settings: &[&str], health: Option<u16>) -> Self {
        let mut guichet = Self::new(Topology::AllInOne);
        let ports = [free_port(), free_port()];
        guichet.url = format!("http://127.0.0.1:{}", ports[0]);
        let mut arguments = vec!["--data".to_owned(), guichet.data_dir().display().to_string()];
        let listen = [
            format!("server.http=127.0.0.1:{}", ports[0]),
            format!("server.grpc=127.0.0.1:{}", ports[1]),
            format!("intake.smtp.listen=127.0.0.1:{}", guichet.smtp_port),
        ];
        push_settings(&mut arguments, listen.iter().map(String::as_str).chain(RATES).chain(settings.iter().copied()));
        guichet.launch("all", arguments);
        guichet.ops.push(format!("http://127.0.0.1:{}", health.unwrap_or(ports[0])));
        guichet.wait_until(&format!("http://127.0.0.1:{}/readyz", health.unwrap_or(ports[0]))).await;
        guichet
    }

    async fn split(
        postgres: Option<PostgresServer>,
        database: String,
        settings: &[&str],
        has_certificates: bool,
    ) -> Self {
        let redis = guichet_testkit::redis().await;
        let redis_url = redis.url.clone();
        let mut guichet = Self::new(Topology::Split { postgres, database: database.clone(), redis });
        let grpc: Vec<u16> = TARGETS.iter().map(|_| free_port()).collect();
        let mut shared = vec![
            format!("storage.url={database}"),
            format!("storage.connections={SPLIT_CONNECTIONS}"),
            format!("bus.url={redis_url}"),
            format!("secrets.dir={}", guichet.folder.path().join("data/secrets").display()),
            format!("intake.smtp.listen=127.0.0.1:{}", guichet.smtp_port),
        ];
        let peer = if has_certificates { "https://localhost" } else { "http://127.0.0.1" };
        if has_certificates {
            crate::certificates::write(&guichet.certificates_dir(), &TARGETS);
        }
        shared.extend(
            TARGETS
                .iter()
                .zip(&grpc)
                .filter(|(target, _)| **target != "gateway")
                .map(|(target, port)| format!("peers.{target}={peer}:{port}")),
        );
        let http: Vec<u16> = TARGETS.iter().map(|_| free_port()).collect();
        guichet.url = format!("http://127.0.0.1:{}", http[TARGETS.len() - 1]);
        shared.push(format!("server.public_url={}", guichet.url));
        guichet.migrate(&shared).await;
        shared.extend(RATES.iter().chain(settings).map(|setting| (*setting).to_owned()));
        guichet.shared = shared;
        for (place, target) in TARGETS.into_iter().enumerate() {
            guichet.serve(target, target, [http[place], grpc[place]]).await;
        }
        guichet.import_demo().await;
        guichet
    }

    /// Starts another routing process of the split product, known as `routing-2`: it decides, and nobody calls it.
    ///
    /// # Panics
    /// When it does not become ready.
    pub async fn start_second_routing(&mut self) {
        self.serve(SECOND_ROUTING, "routing", [free_port(), free_port()]).await;
    }

    async fn serve(&mut self, name: &'static str, target: &str, [http, grpc]: [u16; 2]) {
        // Notification writes the messages and intake the blobs where the scenario looks for them.
        let data = match target {
            "notification" => self.data_dir(),
            _ => self.folder.path().join(name),
        };
        let mut arguments = vec!["--data".to_owned(), data.display().to_string()];
        let mut own = vec![format!("server.http=127.0.0.1:{http}"), format!("server.grpc=127.0.0.1:{grpc}")];
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
        self.ops.push(format!("http://127.0.0.1:{http}"));
        self.wait_until(&format!("http://127.0.0.1:{http}/readyz")).await;
    }

    fn new(topology: Topology) -> Self {
        Self {
            topology,
            url: String::new(),
            smtp_port: free_port(),
            processes: Vec::new(),
            ops: Vec::new(),
            shared: Vec::new(),
            pooler: None,
            http: crate::http_client(PATIENCE),
            folder: guichet_testkit::temp_dir(),
        }
    }

    fn launch(&mut self, name: &'static str, arguments: Vec<String>) {
        let log = self.folder.path().join(format!("{name}.log"));
        self.processes.push((name, Process::start(arguments, &log)));
    }

    /// Returns the address of the database through the pooler.
    pub fn pooled_database(&self) -> Option<String> {
        let Topology::Split { database, .. } = &self.topology else { return None };
        self.pooler.as_ref().map(|pooler| pooler.url_of(database))
    }

    async fn migrate(&self, settings: &[String]) {
        let mut arguments = vec!["--data".to_owned(), self.data_dir().display().to_string()];
        push_settings(&mut arguments, settings.iter().map(String::as_str));
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
        let output = tokio::process::Command::new(binary()).args(arguments).output().await.expect("the command starts");
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
        self.folder.path().join("data")
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
        let ended = || self.processes.iter().find(|(_, process)| process.has_ended()).map(|(name, _)| *name);
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
        for url in &self.ops {
            let answer = self.http.get(format!("{url}/metrics")).send().await.expect("figures are told");
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

/// One machine plays every citizen: the limits by address are for the world outside.
const RATES: [&str; 3] = [
    "gateway.rates.submit_per_minute=1000000",
    "gateway.rates.sign_in_per_minute=1000000",
    "gateway.rates.track_per_minute=1000",
];

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
