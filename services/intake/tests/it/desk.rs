//! A running intake service and what surrounds it.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use guichet_bus::{Bus, EventSource, Log, Relay, join_migrations, outbox};
use guichet_core::id::{AuthorityId, ServiceRequestId};
use guichet_core::work::WorkState;
use guichet_core::{Clock, Rng, SystemClock, SystemRng, Timestamp};
use guichet_db::{Db, DbOptions, Migrations, args};
use guichet_events::routing::{DirectoryPublished, WorkChange};
use guichet_events::{EventData, NewEvent};
use guichet_intake::store::blobs::{self, BlobName, Window};
use guichet_intake::{BlobPlace, Config, Keys, SmtpConfig};
use guichet_proto::intake::v1 as proto;
use guichet_proto::intake::v1::intake_client::IntakeClient;
use guichet_proto::knowledge::v1 as knowledge;
use guichet_proto::knowledge::v1::knowledge_server::{Knowledge, KnowledgeServer};
use guichet_rpc::events::Logs;
use guichet_rpc::{Deps, InProcess, Peer, Peers};
use guichet_testkit::wait_until;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::{Request, Response, Status};

use crate::testing::arbitrary_directory;

/// What a loaded machine may take.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);
/// Octets of the largest mail in tests.
pub(crate) const MAIL_OCTETS_MAX: usize = 200_000;

/// The machine's clock, which a test may set forward.
#[derive(Clone, Debug, Default)]
pub(crate) struct TestClock(Arc<AtomicI64>);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Proposes what the test says.
#[derive(Clone, Debug, Default)]
pub(crate) struct FakeKnowledge {
    proposal: Arc<Mutex<Option<(String, f64)>>>,
    hangs: Arc<AtomicBool>,
}

impl FakeKnowledge {
    pub(crate) fn proposes(&self, procedure: &str, confidence: f64) {
        *self.proposal.lock().unwrap_or_else(PoisonError::into_inner) = Some((procedure.to_owned(), confidence));
    }

    pub(crate) fn hangs(&self) {
        self.hangs.store(true, Ordering::SeqCst);
    }
}

/// Writes the methods that intake never calls.
macro_rules! unused {
    ($($method:ident($request:ident) -> $response:ident;)+) => {
        #[tonic::async_trait]
        impl Knowledge for FakeKnowledge {
            async fn classify(
                &self,
                _: Request<knowledge::ClassifyRequest>,
            ) -> Result<Response<knowledge::ClassifyResponse>, Status> {
                if self.hangs.load(Ordering::SeqCst) {
                    std::future::pending::<()>().await;
                }
                let said = self.proposal.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let proposals = said.into_iter().map(|(procedure, confidence)| knowledge::Proposal {
                    procedure,
                    confidence,
                    reasons: vec!["mot « lampadaire »".to_owned()],
                });
                let answer = knowledge::ClassifyResponse { proposals: proposals.collect(), threshold: 0.6 };
                Ok(Response::new(answer))
            }

            $(async fn $method(
                &self,
                _: Request<knowledge::$request>,
            ) -> Result<Response<knowledge::$response>, Status> {
                Err(Status::unimplemented("not here"))
            })+
        }
    };
}

unused! {
    search(SearchRequest) -> SearchResponse;
    suggest(SuggestRequest) -> SuggestResponse;
    get_sheet(GetSheetRequest) -> GetSheetResponse;
    list_sheets(ListSheetsRequest) -> ListSheetsResponse;
    publish_sheets(PublishSheetsRequest) -> PublishSheetsResponse;
    record_feedback(RecordFeedbackRequest) -> RecordFeedbackResponse;
    get_stats(GetStatsRequest) -> GetStatsResponse;
}

/// The service and its neighbours; all of it ends with the test.
pub(crate) struct Desk {
    pub(crate) client: IntakeClient<Peer>,
    pub(crate) db: Db,
    pub(crate) knowledge: FakeKnowledge,
    pub(crate) smtp_port: u16,
    place: BlobPlace,
    routing: Db,
    bus: Bus,
    clock: TestClock,
    rng: Arc<dyn Rng>,
    cancel: CancellationToken,
    tasks: TaskTracker,
    folder: TempDir,
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

impl Desk {
    /// Starts it as a trial does, its directory published.
    pub(crate) async fn on_sqlite() -> Self {
        let desk = Self::without_directory_on_sqlite().await;
        desk.publishes_directory().await;
        desk
    }

    /// Starts it as a cluster does, its directory published.
    pub(crate) async fn on_postgres() -> Self {
        let server = guichet_testkit::postgres().await;
        let folder = guichet_testkit::temp_dir();
        let config = Config { blobs: BlobPlace::Database, ..config(&folder) };
        let desk = Self::start_with([server.database().await, server.database().await], folder, config).await;
        desk.publishes_directory().await;
        desk
    }

    /// Starts it before routing has published anything.
    pub(crate) async fn without_directory_on_sqlite() -> Self {
        let folder = guichet_testkit::temp_dir();
        let url = format!("sqlite:{}", folder.path().display());
        let config = config(&folder);
        Self::start_with([url.clone(), url], folder, config).await
    }

    /// Starts it on SQLite with a mail receiver of its own kind, its directory published.
    pub(crate) async fn with_receiver(smtp: SmtpConfig) -> Self {
        let folder = guichet_testkit::temp_dir();
        let url = format!("sqlite:{}", folder.path().display());
        let config = Config { smtp, ..config(&folder) };
        let desk = Self::start_with([url.clone(), url], folder, config).await;
        desk.publishes_directory().await;
        desk
    }

    async fn start_with([own, routing]: [String; 2], folder: TempDir, config: Config) -> Self {
        let clock = TestClock::default();
        let db = open(own, "intake", guichet_intake::migrations()).await;
        let routing = open(routing, "routing", Migrations::default()).await;
        let bus = Bus::open("memory:").expect("the bus opens");
        let rng: Arc<dyn Rng> = Arc::new(SystemRng);
        let in_process = InProcess::default();
        let peer = in_process.peer();
        let peers =
            Peers { intake: peer.clone(), routing: peer.clone(), notification: peer.clone(), knowledge: peer.clone() };
        let shared_clock: Arc<dyn Clock> = Arc::new(clock.clone());
        let deps = deps(&db, &bus, &clock, peers);
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let smtp_port = listener.local_addr().expect("bound").port();
        let place = config.blobs.clone();
        let config = Config { smtp_listener: Some(Arc::new(listener)), ..config };
        let built = guichet_intake::build(config, deps).await.expect("the service builds");
        let knowledge = FakeKnowledge::default();
        let routing_log = Log::new("routing", routing.clone(), bus.clone(), shared_clock);
        let mut logs = Logs::default();
        let source: Arc<dyn EventSource> = Arc::new(routing_log.clone());
        logs.insert("routing", source);
        let routes = built.routes.add_service(logs.into_server()).add_service(KnowledgeServer::new(knowledge.clone()));
        let (cancel, tasks) = (CancellationToken::new(), TaskTracker::new());
        let stop = cancel.clone();
        tasks.spawn(async move { guichet_rpc::server::serve(routes, None, in_process, stop).await });
        tasks.spawn(Relay::new(routing_log, &*rng).run(cancel.clone()));
        for mut worker in built.workers {
            tasks.spawn(worker.start(cancel.clone()));
        }
        let client = IntakeClient::new(peer);
        Self { client, db, knowledge, smtp_port, place, routing, bus, clock, rng, cancel, tasks, folder }
    }

    /// Starts a second process of the service over the same storage, without a mail receiver; returns how to call it.
    pub(crate) async fn starts_another_process(&self) -> IntakeClient<Peer> {
        let in_process = InProcess::default();
        let peer = in_process.peer();
        let peers =
            Peers { intake: peer.clone(), routing: peer.clone(), notification: peer.clone(), knowledge: peer.clone() };
        let mut config = Config { blobs: self.place.clone(), ..config(&self.folder) };
        config.smtp.listen = String::new();
        let deps = deps(&self.db, &self.bus, &self.clock, peers);
        let built = guichet_intake::build(config, deps).await.expect("the service builds");
        let stop = self.cancel.clone();
        self.tasks.spawn(async move { guichet_rpc::server::serve(built.routes, None, in_process, stop).await });
        for mut worker in built.workers {
            self.tasks.spawn(worker.start(self.cancel.clone()));
        }
        IntakeClient::new(peer)
    }

    /// Returns what the town's blobs hold: raw mails and files.
    pub(crate) async fn kept_blobs(&self) -> Vec<Vec<u8>> {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let blobs = blobs::open(&self.place, &self.db, clock, Arc::clone(&self.rng)).await.expect("blobs open");
        let always = Window { from: Timestamp::default(), until: self.clock.now().plus_millis(86_400_000) };
        let mut contents = Vec::new();
        for sha256 in blobs.touched("valorme", always).await.expect("a list") {
            let name = BlobName { authority: "valorme", sha256: &sha256 };
            // None when the sweeper came between the list and the look.
            contents.extend(blobs.get(name).await.expect("readable"));
        }
        contents
    }

    /// Lets days pass.
    pub(crate) fn days_pass(&self, days: i64) {
        self.clock.0.fetch_add(days * 86_400_000, Ordering::SeqCst);
    }

    /// Routing publishes the town's directory, and the mail receiver knows its mailboxes.
    pub(crate) async fn publishes_directory(&self) {
        let directory = arbitrary_directory();
        let authority = directory.authority.id;
        self.routing_tells(authority, None, &DirectoryPublished { version: 1, directory }).await;
        let mut client = self.client.clone();
        wait_until(DEADLINE, async || {
            let q = proto::SearchPartiesRequest { authority: "valorme".to_owned(), q: "x".to_owned(), limit: 1 };
            client.search_parties(q).await.is_ok()
        })
        .await;
    }

    /// Routing tells something.
    pub(crate) async fn routing_tells<E: EventData>(
        &self,
        authority: AuthorityId,
        about: Option<ServiceRequestId>,
        event: &E,
    ) {
        let mut event = NewEvent::new(&self.clock, &*self.rng, authority, event);
        event.request_id = about;
        let mut tx = self.routing.begin().await.expect("begins");
        outbox::append(&mut tx, &[event]).await.expect("appends");
        tx.commit().await.expect("commits");
        Log::new("routing", self.routing.clone(), self.bus.clone(), Arc::new(self.clock.clone())).wake();
    }

    /// Waits until intake shows a request in a state.
    pub(crate) async fn shows_state(&self, id: &str, state: guichet_proto::common::v1::WorkState) {
        wait_until(DEADLINE, async || {
            self.request(id).await.summary.is_some_and(|summary| summary.state == i32::from(state))
        })
        .await;
    }

    /// Returns a request with its thread.
    pub(crate) async fn request(&self, id: &str) -> proto::ServiceRequest {
        self.request_for(id, "").await
    }

    /// Returns a request with the headers of the message that carries a notice.
    pub(crate) async fn request_for(&self, id: &str, notice: &str) -> proto::ServiceRequest {
        let asked =
            proto::GetRequestRequest { id: id.to_owned(), for_interaction: notice.to_owned(), ..Default::default() };
        let answer = self.client.clone().get_request(asked).await.expect("the request is there");
        answer.into_inner().request.expect("a request")
    }

    /// Returns the requests of the town, newest first.
    pub(crate) async fn requests(&self) -> Vec<proto::RequestSummary> {
        let asked = proto::ListRequestsRequest { authority: "valorme".to_owned(), ..Default::default() };
        self.client.clone().list_requests(asked).await.expect("the list answers").into_inner().requests
    }

    /// Returns the only request of the town, with its thread.
    pub(crate) async fn only_request(&self) -> proto::ServiceRequest {
        let requests = self.requests().await;
        assert_eq!(requests.len(), 1, "{requests:?}");
        self.request(&requests[0].id).await
    }

    /// Returns the names of the events told so far.
    pub(crate) async fn told(&self) -> Vec<String> {
        let rows = self.db.fetch_all("SELECT name FROM outbox ORDER BY position", args![]).await.expect("readable");
        rows.iter().map(|row| row.get("name").expect("text")).collect()
    }

    /// Returns the data of the last event of a name.
    pub(crate) async fn last_told<E: EventData>(&self) -> E {
        const LAST: &str = "SELECT data FROM outbox WHERE name = $1 ORDER BY position DESC LIMIT 1";
        let row = self.db.fetch_optional(LAST, args![E::NAME]).await.expect("readable").expect("it was told");
        serde_json::from_str(&row.get::<String>("data").expect("text")).expect("its data")
    }

    /// Hands over a raw mail as `guichet mail` does.
    pub(crate) async fn imports(&self, from: &str, to: &str, raw: &str) -> Result<proto::ImportMailResponse, Status> {
        let raw = raw.replace('\n', "\r\n").into_bytes();
        let mut pieces: Vec<proto::ImportMailRequest> = raw
            .chunks(1_000)
            .map(|chunk| proto::ImportMailRequest { chunk: chunk.to_vec(), ..Default::default() })
            .collect();
        if let Some(first) = pieces.first_mut() {
            first.envelope_from = from.to_owned();
            first.envelope_to = vec![to.to_owned()];
        }
        let answer = self.client.clone().import_mail(tokio_stream::iter(pieces)).await?;
        Ok(answer.into_inner())
    }
}

/// Returns the change of the work that reaches a state.
pub(crate) fn work(state: WorkState, version: i64) -> WorkChange {
    WorkChange { state, version, department: "GU".to_owned(), assignee_id: None, due_at: None, confidential: false }
}

fn deps(db: &Db, bus: &Bus, clock: &TestClock, peers: Peers) -> Deps {
    let clock: Arc<dyn Clock> = Arc::new(clock.clone());
    let log = Log::new("intake", db.clone(), bus.clone(), Arc::clone(&clock));
    Deps { db: db.clone(), log, bus: bus.clone(), clock, rng: Arc::new(SystemRng), peers }
}

fn config(folder: &TempDir) -> Config {
    Config {
        smtp: SmtpConfig {
            max_bytes: MAIL_OCTETS_MAX,
            trusted_host: "mx.valorme.example".to_owned(),
            ..SmtpConfig::default()
        },
        blobs: BlobPlace::Folder(folder.path().join("blobs")),
        keys: Some(Keys::new([1; 32], [2; 32])),
        smtp_listener: None,
    }
}

/// Opens a database with its schema.
pub(crate) async fn open(url: String, schema: &'static str, migrations: Migrations) -> Db {
    let db = Db::open(&DbOptions::new(url, schema)).await.expect("the database opens");
    db.migrate(&join_migrations(migrations)).await.expect("the schema is built");
    db
}
