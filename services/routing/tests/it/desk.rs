//! A desk for tests: the whole routing service in process, a toy intake beside it that only has a log, a clock that
//! moves when told.

use std::sync::Arc;
use std::time::Duration;

use guichet_bus::{Bus, EventSource, Log, Relay, outbox};
use guichet_core::id::{AgentId, AuthorityId, InteractionId, PartyId, ServiceRequestId};
use guichet_core::work::{Channel, Nature, Outcome, ReplyThen};
use guichet_core::{Clock, ManualClock, Rng, SystemRng, Timestamp};
use guichet_db::{Db, DbOptions, Migrations};
use guichet_events::intake::{InteractionReceived, ReplyPosted, RequestReceived};
use guichet_events::{Directory, Envelope, EventData, NewEvent, Position, producer};
use guichet_proto::routing::v1 as proto;
use guichet_proto::routing::v1::decisions_client::DecisionsClient;
use guichet_proto::routing::v1::directory_client::DirectoryClient;
use guichet_proto::routing::v1::offers_client::OffersClient;
use guichet_proto::routing::v1::presence_client::PresenceClient;
use guichet_proto::routing::v1::queue_client::QueueClient;
use guichet_proto::routing::v1::work_client::WorkClient;
use guichet_routing::Config;
use guichet_rpc::events::Logs;
use guichet_rpc::{Deps, InProcess, Peer, Peers, Worker};
use guichet_testkit::wait_for;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::town::{orvance, valorme};

/// How long a scenario waits for what the service does by itself.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);
/// Tuesday 24 November 2026, 10:00 in Paris.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_795_510_800_000);

/// A running service.
pub(crate) struct Desk {
    pub(crate) clock: ManualClock,
    pub(crate) peer: Peer,
    pub(crate) deps: Deps,
    intake: (Db, Log),
    pub(crate) tasks: TaskTracker,
    pub(crate) cancel: CancellationToken,
    /// The workers of its own process, while they run.
    pub(crate) process: Option<Process>,
    config: Config,
    _folder: tempfile::TempDir,
}

/// The workers of one process.
pub(crate) struct Process {
    cancel: CancellationToken,
    workers: Vec<JoinHandle<()>>,
}

impl Process {
    /// Ends as `kill -9` does: nothing is handed over.
    pub(crate) async fn dies(self) {
        self.workers.iter().for_each(JoinHandle::abort);
        for worker in self.workers {
            // An aborted task says so.
            let _aborted = worker.await;
        }
    }

    /// Ends when it is asked to.
    pub(crate) async fn ends(self) {
        self.cancel.cancel();
        for worker in self.workers {
            worker.await.expect("the worker ends well");
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

impl Desk {
    /// Starts one over SQLite files in a folder of its own.
    pub(crate) async fn on_sqlite() -> Self {
        Self::on_sqlite_with(Config::default()).await
    }

    /// Starts one over a PostgreSQL database of its own.
    pub(crate) async fn on_postgres() -> Self {
        Self::on_postgres_with(Config::default()).await
    }

    /// The same, with settings of its own.
    pub(crate) async fn on_sqlite_with(config: Config) -> Self {
        let folder = guichet_testkit::temp_dir();
        let url = format!("sqlite:{}", folder.path().display());
        Self::start(config, url, folder).await
    }

    /// The same, with settings of its own.
    pub(crate) async fn on_postgres_with(config: Config) -> Self {
        let url = guichet_testkit::postgres().await.database().await;
        Self::start(config, url, guichet_testkit::temp_dir()).await
    }

    async fn start(config: Config, url: String, folder: tempfile::TempDir) -> Self {
        let clock = ManualClock::at(START);
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let rng: Arc<dyn Rng> = Arc::new(SystemRng);
        let bus = Bus::open("memory:").expect("memory: is an address");
        let open = async |schema: &'static str, migrations: Migrations| {
            let db = Db::open(&DbOptions::new(url.clone(), schema)).await.expect("the database opens");
            db.migrate(&migrations).await.expect("the schema is applied");
            let log = Log::new(schema, db.clone(), bus.clone(), Arc::clone(&shared));
            (db, log)
        };
        let intake = open(producer::INTAKE, guichet_bus::join_migrations(Migrations::default())).await;
        let (db, log) = open(producer::ROUTING, guichet_bus::join_migrations(guichet_routing::migrations())).await;
        let in_process = InProcess::default();
        let peer = in_process.peer();
        let everywhere =
            Peers { intake: peer.clone(), routing: peer.clone(), notification: peer.clone(), knowledge: peer.clone() };
        let deps = Deps { db, log, bus, clock: shared, rng, peers: everywhere };
        let built = guichet_routing::build(config.clone(), deps.clone()).await.expect("the service builds");
        let mut logs = Logs::default();
        logs.insert(producer::INTAKE, Arc::new(intake.1.clone()));
        logs.insert(producer::ROUTING, Arc::new(deps.log.clone()));
        let (tasks, cancel) = (TaskTracker::new(), CancellationToken::new());
        let routes = built.routes.add_service(logs.into_server());
        tasks.spawn(guichet_rpc::server::serve(routes, None, in_process, cancel.clone()));
        let mut desk = Self { clock, peer, deps, intake, tasks, cancel, process: None, config, _folder: folder };
        for log in [&desk.intake.1, &desk.deps.log] {
            desk.tasks.spawn(Relay::new(log.clone(), &SystemRng).run(desk.cancel.clone()));
        }
        desk.process = Some(desk.run(built.workers));
        desk
    }

    /// Starts another process over the same storage.
    pub(crate) async fn another(&self) -> Process {
        let built = guichet_routing::build(self.config.clone(), self.deps.clone()).await.expect("the service builds");
        self.run(built.workers)
    }

    fn run(&self, workers: Vec<Worker>) -> Process {
        let cancel = self.cancel.child_token();
        let workers = workers.into_iter().map(|worker| self.supervise(worker, cancel.clone())).collect();
        Process { cancel, workers }
    }

    /// Runs a worker as the product does: again after each failure.
    fn supervise(&self, mut worker: Worker, cancel: CancellationToken) -> JoinHandle<()> {
        self.tasks.spawn(async move {
            while !cancel.is_cancelled() {
                if let Err(error) = worker.start(cancel.clone()).await {
                    eprintln!("{worker:?} stopped: {error}");
                }
            }
        })
    }

    /// Publishes the directories of [`valorme`] and [`orvance`], everybody available.
    pub(crate) async fn opened(self) -> Self {
        self.publish(&[valorme(), orvance()], true).await;
        self
    }

    pub(crate) async fn publish(&self, directories: &[Directory], everyone_present: bool) {
        let passwords =
            directories.iter().flat_map(|d| d.agents.keys().map(|login| (login.clone(), "demo".to_owned())));
        let request = proto::PublishRequest {
            directories: directories.iter().map(|d| serde_json::to_string(d).expect("a directory is JSON")).collect(),
            passwords: if everyone_present { passwords.collect() } else { [].into() },
            everyone_present,
            ..proto::PublishRequest::default()
        };
        self.directory().publish(request).await.expect("the directories are published");
    }

    pub(crate) fn directory(&self) -> DirectoryClient<Peer> {
        DirectoryClient::new(self.peer.clone())
    }

    pub(crate) fn offers(&self) -> OffersClient<Peer> {
        OffersClient::new(self.peer.clone())
    }

    pub(crate) fn work(&self) -> WorkClient<Peer> {
        WorkClient::new(self.peer.clone())
    }

    pub(crate) fn queue(&self) -> QueueClient<Peer> {
        QueueClient::new(self.peer.clone())
    }

    pub(crate) fn presence(&self) -> PresenceClient<Peer> {
        PresenceClient::new(self.peer.clone())
    }

    pub(crate) fn decisions(&self) -> DecisionsClient<Peer> {
        DecisionsClient::new(self.peer.clone())
    }

    /// Intake says something about a request of Valorme.
    pub(crate) async fn intake_says<E: EventData>(&self, request_id: ServiceRequestId, data: &E) {
        self.intake_says_in("valorme", request_id, data).await;
    }

    async fn intake_says_in<E: EventData>(&self, authority: &str, request_id: ServiceRequestId, data: &E) {
        let event = NewEvent::new(&self.clock, &SystemRng, AuthorityId::of_code(authority), data).about(request_id);
        let mut tx = self.intake.0.begin().await.expect("intake's database answers");
        outbox::append(&mut tx, &[event]).await.expect("the event is appended");
        tx.commit().await.expect("the event is committed");
        self.intake.1.wake();
    }

    /// A request comes in through the form.
    pub(crate) async fn receives(&self, procedure: &str) -> ServiceRequestId {
        self.receives_with(RequestReceived { procedure: Some(procedure.into()), ..arbitrary_request(self.clock.now()) })
            .await
    }

    /// The same in another authority.
    pub(crate) async fn receives_in(&self, authority: &str, procedure: &str) -> ServiceRequestId {
        let request_id = ServiceRequestId::new(&self.clock, &SystemRng);
        let event = RequestReceived { procedure: Some(procedure.into()), ..arbitrary_request(self.clock.now()) };
        self.intake_says_in(authority, request_id, &event).await;
        request_id
    }

    pub(crate) async fn receives_with(&self, event: RequestReceived) -> ServiceRequestId {
        let request_id = ServiceRequestId::new(&self.clock, &SystemRng);
        self.intake_says(request_id, &event).await;
        request_id
    }

    /// The usager writes again.
    pub(crate) async fn hears_back(&self, request_id: ServiceRequestId) {
        let event = InteractionReceived {
            interaction_id: InteractionId::new(&self.clock, &SystemRng),
            channel: Channel::Email,
            party_id: PartyId::new(&self.clock, &SystemRng),
            has_attachments: false,
        };
        self.intake_says(request_id, &event).await;
    }

    /// An agent writes to the usager.
    pub(crate) async fn replies(&self, request_id: ServiceRequestId, login: &str, then: ReplyThen) {
        let event = ReplyPosted {
            interaction_id: InteractionId::new(&self.clock, &SystemRng),
            agent_id: AgentId::of_login(login),
            then,
            outcome: (then == ReplyThen::Resolve).then_some(Outcome::Informed),
            wait_until: (then == ReplyThen::Wait).then(|| self.clock.now().plus_seconds(86_400)),
        };
        self.intake_says(request_id, &event).await;
    }

    /// Waits until an agent is offered a request.
    pub(crate) async fn offer_to(&self, login: &str, request_id: ServiceRequestId) -> proto::Offer {
        wait_for(DEADLINE, async || {
            self.offers_of(login).await.into_iter().find(|offer| offer.request_id == request_id.to_string())
        })
        .await
    }

    pub(crate) async fn offers_of(&self, login: &str) -> Vec<proto::Offer> {
        let request = proto::ListOffersRequest { agent_id: agent_id(login) };
        self.offers().list(request).await.expect("offers are listed").into_inner().offers
    }

    /// Waits for the offer and accepts it.
    pub(crate) async fn accepts(&self, login: &str, request_id: ServiceRequestId) -> proto::WorkItem {
        let offer = self.offer_to(login, request_id).await;
        let request = proto::AcceptOfferRequest { offer_id: offer.id, agent_id: agent_id(login) };
        self.offers().accept(request).await.expect("the offer is accepted").into_inner().work.expect("work comes back")
    }

    pub(crate) async fn declines(&self, login: &str, request_id: ServiceRequestId) {
        let offer = self.offer_to(login, request_id).await;
        let request = proto::DeclineOfferRequest { offer_id: offer.id, agent_id: agent_id(login) };
        self.offers().decline(request).await.expect("the offer is declined");
    }

    pub(crate) async fn view(&self, request_id: ServiceRequestId, login: &str) -> proto::GetWorkResponse {
        let request = proto::GetWorkRequest { request_id: request_id.to_string(), agent_id: agent_id(login) };
        self.work().get(request).await.expect("the work is there").into_inner()
    }

    /// Waits until the work is in a state, as nobody in particular.
    pub(crate) async fn becomes(
        &self,
        request_id: ServiceRequestId,
        state: guichet_core::work::WorkState,
    ) -> proto::WorkItem {
        use guichet_rpc::convert::ToProto;
        let request = proto::GetWorkRequest { request_id: request_id.to_string(), agent_id: String::new() };
        wait_for(DEADLINE, async || {
            let work = self.work().get(request.clone()).await.ok()?.into_inner().work?;
            (work.state == state.to_proto()).then_some(work)
        })
        .await
    }

    pub(crate) fn command(work: &proto::WorkItem, login: &str) -> Option<proto::WorkCommand> {
        let (request_id, version) = (work.request_id.clone(), work.version);
        Some(proto::WorkCommand { request_id, agent_id: agent_id(login), version, note: String::new() })
    }

    pub(crate) fn command_of_usager(work: &proto::WorkItem) -> Option<proto::WorkCommand> {
        let (request_id, version) = (work.request_id.clone(), work.version);
        Some(proto::WorkCommand { request_id, version, ..proto::WorkCommand::default() })
    }

    pub(crate) async fn is(&self, login: &str, state: proto::PresenceState) {
        let request = proto::SetPresenceRequest { agent_id: agent_id(login), state: state.into() };
        self.presence().set(request).await.expect("presence is set");
    }

    /// Returns what routing has told about a request, in order.
    pub(crate) async fn told(&self, request_id: ServiceRequestId) -> Vec<Envelope> {
        let mut all: Vec<Envelope> = Vec::new();
        loop {
            let after = all.last().map_or(Position { generation: 1, seq: 0 }, |event| event.position);
            let batch = self.deps.log.read("test", after, 500).await.expect("the log is read");
            if batch.events.is_empty() {
                return all.into_iter().filter(|event| event.request_id == Some(request_id)).collect();
            }
            all.extend(batch.events);
        }
    }

    /// Waits until routing has told an event about a request, and returns the last one of that name.
    pub(crate) async fn tells<E: EventData>(&self, request_id: ServiceRequestId) -> E {
        wait_for(DEADLINE, async || {
            let told = self.told(request_id).await;
            told.iter().rfind(|event| event.is::<E>()).map(|event| event.decode().expect("events decode"))
        })
        .await
    }
}

pub(crate) fn agent_id(login: &str) -> String {
    AgentId::of_login(login).to_string()
}

/// A request in writing of a usager nobody knows, whose content does not matter; give it the procedure the scenario is about.
pub(crate) fn arbitrary_request(received_at: Timestamp) -> RequestReceived {
    RequestReceived {
        channel: Channel::Web,
        nature: Nature::Request,
        party_id: PartyId::new(&ManualClock::at(received_at), &SystemRng),
        procedure: None,
        confidence_permille: 1_000,
        language: "fr".into(),
        site: None,
        danger: false,
        excluded_agents: Vec::new(),
        received_at,
        linked_request_id: None,
    }
}
