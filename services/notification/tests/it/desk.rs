//! A notification service in a temporary folder, told facts by hand, with an intake that says what it is given.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use futures::FutureExt;
use futures::future::BoxFuture;
use guichet_bus::directory::ReadModel;
use guichet_bus::{Bus, Handler, Log};
use guichet_core::id::{AgentId, AttachmentId, AuthorityId, EventId, InteractionId, PartyId, ServiceRequestId};
use guichet_core::work::{Channel, Outcome, ReplyThen, SilenceRule, Tier, WorkState};
use guichet_core::{Clock, EmailAddress, ManualClock, PhoneNumber, Rng, SeededRng, Timestamp};
use guichet_db::{Db, DbOptions};
use guichet_events::intake::{BounceReceived, ReplyPosted};
use guichet_events::routing::{DirectoryPublished, RequestRegistered, RequestResolved, WorkChange};
use guichet_events::{Envelope, EventData, Position};
use guichet_notification::app::ports::{MailTransport, Requests, Unavailable};
use guichet_notification::app::{App, ListDeliveries};
use guichet_notification::domain::request::{
    Attachment, Author, Contacts, Message, RequestView, Requester, ThreadHeaders,
};
use guichet_notification::store::DeliveryRow;
use guichet_notification::{Config, IntakeEvents, RoutingEvents};
use guichet_rpc::{Deps, InProcess, Peers};

use crate::testing::arbitrary_directory;

pub(crate) const AUTHORITY: &str = "valorme";
const NOON: i64 = 1_795_430_400_000;

/// What the fake intake knows.
#[derive(Debug, Default)]
pub(crate) struct FakeIntake {
    requests: Mutex<BTreeMap<ServiceRequestId, RequestView>>,
    parties: Mutex<BTreeMap<PartyId, Contacts>>,
    files: Mutex<BTreeMap<AttachmentId, Vec<u8>>>,
    pub(crate) away: AtomicBool,
}

impl Requests for FakeIntake {
    fn find<'a>(
        &'a self,
        id: ServiceRequestId,
        thread_key: &'a str,
    ) -> BoxFuture<'a, Result<Option<RequestView>, Unavailable>> {
        async move {
            if self.away.load(Ordering::SeqCst) {
                return Err(Unavailable("connection refused".into()));
            }
            let found = self.requests.lock().expect("not poisoned").get(&id).cloned();
            Ok(found.map(|mut request| {
                let key = thread_key.replace(':', ".");
                request.thread.message_id = format!("{key}.{}@valorme.example", request.reference);
                request
            }))
        }
        .boxed()
    }

    fn contacts(&self, party: PartyId) -> BoxFuture<'_, Result<Option<Contacts>, Unavailable>> {
        let found = self.parties.lock().expect("not poisoned").get(&party).cloned();
        async move { Ok(found) }.boxed()
    }

    fn attachment(
        &self,
        _request: ServiceRequestId,
        attachment: AttachmentId,
        limit: usize,
    ) -> BoxFuture<'_, Result<Option<Vec<u8>>, Unavailable>> {
        let bytes = self.files.lock().expect("not poisoned").get(&attachment).cloned();
        async move { Ok(bytes.filter(|bytes| bytes.len() <= limit)) }.boxed()
    }
}

/// The service under test.
pub(crate) struct Desk {
    pub(crate) app: Arc<App>,
    pub(crate) intake: Arc<FakeIntake>,
    pub(crate) clock: ManualClock,
    rng: Arc<SeededRng>,
    deps: Deps,
    next: AtomicI64,
    folder: tempfile::TempDir,
}

impl Desk {
    pub(crate) async fn on_sqlite() -> Self {
        let folder = guichet_testkit::temp_dir();
        let url = format!("sqlite:{}", folder.path().display());
        Self::over(&url, folder).await
    }

    pub(crate) async fn on_postgres() -> Self {
        let url = guichet_testkit::postgres().await.database().await;
        Self::over(&url, guichet_testkit::temp_dir()).await
    }

    async fn over(url: &str, folder: tempfile::TempDir) -> Self {
        let db = Db::open(&DbOptions::new(url, "notification")).await.expect("a database");
        let migrations = guichet_bus::join_migrations(guichet_notification::migrations());
        db.migrate(&migrations).await.expect("migrations apply");
        let clock = ManualClock::at(Timestamp::from_millis(NOON));
        let rng = Arc::new(SeededRng::new(11));
        let bus = Bus::open("memory:").expect("a bus in memory");
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let peer = InProcess::default().peer();
        let peers = Peers { intake: peer.clone(), routing: peer.clone(), notification: peer.clone(), knowledge: peer };
        let log = Log::new("notification", db.clone(), bus.clone(), Arc::clone(&shared));
        let deps = Deps { db, log, bus, clock: shared, rng: Arc::clone(&rng) as Arc<dyn Rng>, peers };
        let intake = Arc::new(FakeIntake::default());
        let config = Config { data_dir: folder.path().to_owned(), ..Config::default() };
        let directories = ReadModel::load(deps.db.clone()).await.expect("no directory yet");
        let requests = Arc::clone(&intake) as Arc<dyn Requests>;
        let app = guichet_notification::assemble(&config, &deps, directories, requests).expect("a service");
        let desk = Self { app: Arc::new(app), intake, clock, rng, deps, next: AtomicI64::new(1), folder };
        desk.publishes_its_directory().await;
        desk
    }

    /// Returns a second service over the same storage, with another transport for mails.
    pub(crate) async fn with_mail(&self, mail: Arc<dyn MailTransport>) -> Arc<App> {
        let directories = ReadModel::load(self.deps.db.clone()).await.expect("a directory");
        let config = Config { data_dir: self.folder.path().to_owned(), ..Config::default() };
        let requests = Arc::clone(&self.intake) as Arc<dyn Requests>;
        let mut app = guichet_notification::assemble(&config, &self.deps, directories, requests).expect("a service");
        app.mail = mail;
        Arc::new(app)
    }

    async fn publishes_its_directory(&self) {
        let directory = arbitrary_directory(AUTHORITY, "Ville de Valorme");
        self.hears_routing(None, &DirectoryPublished { version: 1, directory }).await;
    }

    pub(crate) async fn hears_routing<E: EventData>(&self, request: Option<ServiceRequestId>, event: &E) {
        self.hears(&RoutingEvents(Arc::clone(&self.app)), request, event).await;
    }

    pub(crate) async fn hears_intake<E: EventData>(&self, request: Option<ServiceRequestId>, event: &E) {
        self.hears(&IntakeEvents(Arc::clone(&self.app)), request, event).await;
    }

    async fn hears<H: Handler, E: EventData>(&self, handler: &H, request: Option<ServiceRequestId>, event: &E) {
        let envelope = Envelope {
            id: EventId::new(&self.clock, &*self.rng),
            position: Position { generation: 1, seq: self.next.fetch_add(1, Ordering::SeqCst) },
            name: E::NAME.to_owned(),
            version: E::VERSION,
            authority_id: AuthorityId::of_code(AUTHORITY),
            request_id: request,
            occurred_at: self.clock.now(),
            traceparent: None,
            data: serde_json::to_string(event).expect("plain data"),
        };
        let mut tx = self.deps.db.begin().await.expect("a transaction");
        handler.handle(&mut tx, &envelope).await.expect("applied");
        tx.commit().await.expect("committed");
        handler.committed().await;
    }

    /// Adds a request to intake; nobody is told yet.
    pub(crate) fn has_request(&self, channel: Channel, email: &str, phone: &str) -> ServiceRequestId {
        let id = ServiceRequestId::new(&self.clock, &*self.rng);
        let view = RequestView {
            id,
            authority_id: AuthorityId::of_code(AUTHORITY),
            reference: guichet_core::Reference::new(&*self.rng).to_string(),
            channel,
            procedure: "acte".to_owned(),
            subject: "Copie de l'acte de naissance de ma fille".to_owned(),
            department: "EC".to_owned(),
            received_at: self.clock.now(),
            language: "fr".to_owned(),
            requester: Requester {
                party_id: Some(PartyId::new(&self.clock, &*self.rng)),
                name: "Awa Diop".to_owned(),
                email: EmailAddress::parse(email).ok(),
                phone: PhoneNumber::parse(phone).ok(),
                postal_address: String::new(),
            },
            messages: vec![message(&self.clock, &self.rng, Author::Usager, ReplyThen::Continue, "Bonjour")],
            thread: ThreadHeaders {
                message_id: String::new(),
                reply_to: "guichet+k7m2@valorme.example".to_owned(),
                references: vec!["first@example.fr".to_owned()],
                in_reply_to: "first@example.fr".to_owned(),
                link_token: "link-token".to_owned(),
            },
        };
        self.intake.requests.lock().expect("not poisoned").insert(id, view);
        id
    }

    pub(crate) fn party_of(&self, request: ServiceRequestId) -> PartyId {
        self.request(request).requester.party_id.expect("a party")
    }

    pub(crate) fn request(&self, id: ServiceRequestId) -> RequestView {
        self.intake.requests.lock().expect("not poisoned")[&id].clone()
    }

    pub(crate) async fn registers(&self, request: ServiceRequestId, procedure: Option<&str>) {
        let registered = RequestRegistered {
            department: "EC".to_owned(),
            procedure: procedure.map(str::to_owned),
            tier: Tier::L1,
            received_at: self.clock.now(),
            announced_due: Some(self.clock.now().plus_seconds(11 * 86_400)),
            legal_due: None,
            internal_due: None,
            receipt_due: self.clock.now().plus_seconds(14 * 86_400),
            silence: Some(SilenceRule::Reject),
        };
        self.hears_routing(Some(request), &registered).await;
    }

    /// An agent answers; intake keeps the message, then tells.
    pub(crate) async fn replies(
        &self,
        request: ServiceRequestId,
        then: ReplyThen,
        text: &str,
        files: &[(&str, &[u8])],
    ) {
        let mut reply = message(&self.clock, &self.rng, Author::Agent, then, text);
        for (name, bytes) in files {
            let id = AttachmentId::new(&self.clock, &*self.rng);
            self.intake.files.lock().expect("not poisoned").insert(id, bytes.to_vec());
            let (file_name, size) = ((*name).to_owned(), bytes.len() as u64);
            reply.attachments.push(Attachment { id, file_name, media_type: "application/pdf".to_owned(), size });
        }
        let posted = ReplyPosted {
            interaction_id: reply.id,
            agent_id: AgentId::of_login("aline.encre"),
            then,
            outcome: (then == ReplyThen::Resolve).then_some(Outcome::Granted),
            wait_until: (then == ReplyThen::Wait).then(|| self.clock.now().plus_seconds(18 * 86_400)),
        };
        self.keeps(request, reply);
        self.hears_intake(Some(request), &posted).await;
    }

    fn keeps(&self, request: ServiceRequestId, reply: Message) {
        let mut requests = self.intake.requests.lock().expect("not poisoned");
        requests.get_mut(&request).expect("a known request").messages.push(reply);
    }

    pub(crate) async fn resolves(&self, request: ServiceRequestId) {
        let reopen_until = self.clock.now().plus_seconds(30 * 86_400);
        let work = arbitrary_work(WorkState::Resolved);
        let resolved = RequestResolved { work, outcome: Outcome::Informed, reopen_until };
        self.hears_routing(Some(request), &resolved).await;
    }

    pub(crate) async fn bounces(&self, message_id: &str, action: &str) {
        let bounce = BounceReceived {
            original_message_id: message_id.to_owned(),
            action: action.to_owned(),
            status: "5.1.1".to_owned(),
        };
        self.hears_intake(None, &bounce).await;
    }

    /// Sends until nothing is due.
    pub(crate) async fn sends(&self) {
        while self.app.send_due().await.expect("storage answers") > 0 {}
    }

    pub(crate) async fn deliveries(&self, request: ServiceRequestId) -> Vec<DeliveryRow> {
        let asked = ListDeliveries { request_id: Some(request), ..ListDeliveries::default() };
        let page = self.app.list_deliveries(&asked).await.expect("storage answers");
        let mut oldest_first = page.deliveries;
        oldest_first.reverse();
        oldest_first
    }

    pub(crate) async fn only_delivery(&self, request: ServiceRequestId) -> DeliveryRow {
        let [row] = <[DeliveryRow; 1]>::try_from(self.deliveries(request).await).expect("one delivery");
        self.app.read_delivery(row.id).await.expect("it exists")
    }

    /// Returns the files of `mail` or `sms`, oldest name first.
    pub(crate) fn files(&self, folder: &str) -> Vec<Vec<u8>> {
        let Ok(entries) = std::fs::read_dir(self.folder.path().join(folder)) else { return Vec::new() };
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
        paths.sort();
        paths.into_iter().map(|path| std::fs::read(path).expect("a file")).collect()
    }
}

fn message(clock: &ManualClock, rng: &SeededRng, author: Author, then: ReplyThen, text: &str) -> Message {
    let id = InteractionId::new(clock, rng);
    Message { id, author, text: text.to_owned(), attachments: Vec::new(), then, occurred_at: clock.now() }
}

pub(crate) fn arbitrary_work(state: WorkState) -> WorkChange {
    WorkChange { state, version: 7, department: "EC".to_owned(), assignee_id: None, due_at: None, confidential: false }
}
