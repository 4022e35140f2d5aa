//! A running knowledge service and what surrounds it.

use std::sync::Arc;
use std::time::Duration;

use guichet_bus::{Bus, EventSource, Log, Relay, join_migrations, outbox};
use guichet_core::id::AuthorityId;
use guichet_core::work::Tier;
use guichet_core::{Clock, Rng, SystemClock, SystemRng};
use guichet_db::{Db, DbOptions, Migrations};
use guichet_events::routing::DirectoryPublished;
use guichet_events::{Authority, Directory, NewEvent, Procedure};
use guichet_knowledge::Config;
use guichet_proto::knowledge::v1 as proto;
use guichet_proto::knowledge::v1::knowledge_client::KnowledgeClient;
use guichet_rpc::events::Logs;
use guichet_rpc::{Deps, InProcess, Peer, Peers};
use guichet_testkit::wait_until;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What a loaded machine may take.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// The service, its database and its peers; all of it ends with the test.
pub(crate) struct Desk {
    pub(crate) client: KnowledgeClient<Peer>,
    pub(crate) db: Db,
    routing: Db,
    bus: Bus,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    cancel: CancellationToken,
    tasks: TaskTracker,
    _folders: Vec<TempDir>,
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

impl Desk {
    /// Starts it as a trial does.
    pub(crate) async fn embedded() -> Self {
        let folders = vec![guichet_testkit::temp_dir(), guichet_testkit::temp_dir()];
        let url = |folder: &TempDir| format!("sqlite:{}", folder.path().display());
        Self::start([url(&folders[0]), url(&folders[1])], folders).await
    }

    /// Starts it as a cluster does.
    pub(crate) async fn clustered() -> Self {
        let server = guichet_testkit::postgres().await;
        Self::start([server.database().await, server.database().await], Vec::new()).await
    }

    async fn start([own, routing]: [String; 2], folders: Vec<TempDir>) -> Self {
        let db = open(own, "knowledge", guichet_knowledge::migrations()).await;
        let routing = open(routing, "routing", Migrations::default()).await;
        let mut desk = Self {
            client: KnowledgeClient::new(InProcess::default().peer()),
            db,
            routing,
            bus: Bus::open("memory:").expect("the bus opens"),
            clock: Arc::new(SystemClock),
            rng: Arc::new(SystemRng),
            cancel: CancellationToken::new(),
            tasks: TaskTracker::new(),
            _folders: folders,
        };
        let relay = Relay::new(desk.routing_log(), &*desk.rng);
        desk.tasks.spawn(relay.run(desk.cancel.clone()));
        desk.client = desk.start_replica().await;
        desk
    }

    /// Starts a process of the service over the same database; returns how to call it.
    pub(crate) async fn start_replica(&self) -> KnowledgeClient<Peer> {
        let in_process = InProcess::default();
        let peer = in_process.peer();
        let peers =
            Peers { intake: peer.clone(), routing: peer.clone(), notification: peer.clone(), knowledge: peer.clone() };
        let deps = Deps {
            db: self.db.clone(),
            log: Log::new("knowledge", self.db.clone(), self.bus.clone(), Arc::clone(&self.clock)),
            bus: self.bus.clone(),
            clock: Arc::clone(&self.clock),
            rng: Arc::clone(&self.rng),
            peers,
        };
        let built = guichet_knowledge::build(Config::default(), deps).await.expect("the service builds");
        let mut logs = Logs::default();
        let log: Arc<dyn EventSource> = Arc::new(self.routing_log());
        logs.insert("routing", log);
        let routes = built.routes.add_service(logs.into_server());
        let cancel = self.cancel.clone();
        self.tasks.spawn(async move { guichet_rpc::server::serve(routes, None, in_process, cancel).await });
        for mut worker in built.workers {
            self.tasks.spawn(worker.start(self.cancel.clone()));
        }
        KnowledgeClient::new(peer)
    }

    fn routing_log(&self) -> Log {
        Log::new("routing", self.routing.clone(), self.bus.clone(), Arc::clone(&self.clock))
    }

    /// Routing publishes a directory, and the service has heard of it.
    pub(crate) async fn publishes_directory(&mut self, version: i64, procedures: &[(&str, &str, &[&str])]) {
        let directory = arbitrary_directory(procedures);
        let event = DirectoryPublished { version, directory };
        let event = NewEvent::new(&*self.clock, &*self.rng, AuthorityId::of_code("valorme"), &event);
        let mut tx = self.routing.begin().await.expect("begins");
        outbox::append(&mut tx, &[event]).await.expect("appends");
        tx.commit().await.expect("commits");
        self.routing_log().wake();
        let (name, code) = (procedures[0].1, procedures[0].0);
        wait_until(DEADLINE, async || {
            self.classify("", name).await.proposals.first().is_some_and(|best| best.procedure == code)
        })
        .await;
    }

    pub(crate) async fn publish(&mut self, sheets: Vec<proto::SheetSource>) -> proto::PublishSheetsResponse {
        let message = proto::PublishSheetsRequest { authority: "valorme".to_owned(), sheets };
        self.client.publish_sheets(message).await.expect("the sheets are published").into_inner()
    }

    pub(crate) async fn search(&mut self, q: &str) -> Vec<proto::SheetSummary> {
        self.search_as(q, false).await
    }

    pub(crate) async fn search_as(&mut self, q: &str, agents: bool) -> Vec<proto::SheetSummary> {
        let message = proto::SearchRequest { authority: "valorme".to_owned(), q: q.to_owned(), limit: 0, agents };
        self.client.search(message).await.expect("the search answers").into_inner().sheets
    }

    pub(crate) async fn classify(&mut self, subject: &str, body: &str) -> proto::ClassifyResponse {
        let (authority, subject, body) = ("valorme".to_owned(), subject.to_owned(), body.to_owned());
        let message = proto::ClassifyRequest { authority, subject, body };
        self.client.classify(message).await.expect("the classifier answers").into_inner()
    }
}

async fn open(url: String, schema: &'static str, migrations: Migrations) -> Db {
    let db = Db::open(&DbOptions::new(url, schema)).await.expect("the database opens");
    db.migrate(&join_migrations(migrations)).await.expect("the schema applies");
    db
}

/// A sheet where only what is named matters.
pub(crate) fn sheet(external_id: &str, title: &str, markdown: &str) -> proto::SheetSource {
    proto::SheetSource {
        external_id: external_id.to_owned(),
        title: title.to_owned(),
        markdown: markdown.to_owned(),
        ..proto::SheetSource::default()
    }
}

/// External ids of the sheets found.
pub(crate) fn names(sheets: &[proto::SheetSummary]) -> Vec<&str> {
    sheets.iter().map(|sheet| sheet.external_id.as_str()).collect()
}

/// A directory where only the procedures matter: code, name, keywords.
fn arbitrary_directory(procedures: &[(&str, &str, &[&str])]) -> Directory {
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let procedures = procedures.iter().map(|(code, name, words)| {
        ((*code).to_owned(), Procedure { keywords: owned(words), ..Procedure::new(name, "GU", Tier::L1) })
    });
    let authority =
        Authority { triage_procedure: "question".to_owned(), ..Authority::new("valorme", "Ville de Valorme") };
    Directory { procedures: procedures.collect(), ..Directory::new(authority) }
}
