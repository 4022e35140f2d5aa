//! A toy producer and a toy reader.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use guichet_bus::{Bus, Consumer, EventSource, Handler, HandlerError, Log, Parts, Relay, join_migrations, outbox};
use guichet_core::id::{AuthorityId, ServiceRequestId};
use guichet_core::{Clock, ManualClock, Rng, SystemClock, SystemRng};
use guichet_db::{Db, DbOptions, Migration, Migrations, Tx, args};
use guichet_events::{Envelope, EventData, NewEvent};
use guichet_testkit::RedisServer;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The toy fact.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Told {
    pub(crate) number: i64,
}

impl EventData for Told {
    const NAME: &'static str = "toy.told";
    const VERSION: u16 = 1;
}

/// One producer (`routing`, so that it has registered consumers) and one reader (`intake`), each with its database.
pub(crate) struct Fixture {
    pub(crate) producer: Db,
    pub(crate) reader: Db,
    pub(crate) bus: Bus,
    pub(crate) redis: Option<RedisServer>,
    pub(crate) clock: ManualClock,
    pub(crate) rng: Arc<dyn Rng>,
    pub(crate) behaviour: Behaviour,
    cancel: CancellationToken,
    tasks: TaskTracker,
    _folders: Vec<TempDir>,
}

/// How the toy reader misbehaves.
#[derive(Clone, Debug, Default)]
pub(crate) struct Behaviour {
    /// Its dependency does not answer.
    pub(crate) unavailable: Arc<AtomicBool>,
    /// Numbers it panics on, modulo 1,000; 0 = none.
    pub(crate) poison: Arc<AtomicU32>,
    /// How often a number was applied, committed or not.
    pub(crate) attempts: Arc<AtomicU32>,
}

fn schema() -> Migrations {
    let text = "CREATE TABLE kept (place INTEGER, number BIGINT NOT NULL)";
    join_migrations(Migrations::new(vec![Migration { version: 1001, name: "kept", sqlite: text, postgres: text }]))
}

impl Fixture {
    pub(crate) async fn embedded() -> Self {
        let (one, two) = (guichet_testkit::temp_dir(), guichet_testkit::temp_dir());
        let urls = [&one, &two].map(|folder| format!("sqlite:{}", folder.path().display()));
        Self::open(urls, "memory:", None, vec![one, two]).await
    }

    pub(crate) async fn split() -> Self {
        let server = guichet_testkit::postgres().await;
        let redis = guichet_testkit::redis().await;
        let url = redis.url.clone();
        Self::open([server.database().await, server.database().await], &url, Some(redis), Vec::new()).await
    }

    /// PostgreSQL, with a bus of the test's own.
    pub(crate) async fn on(bus: Bus) -> Self {
        let server = guichet_testkit::postgres().await;
        Self::open_on([server.database().await, server.database().await], bus, None, Vec::new()).await
    }

    async fn open(urls: [String; 2], bus: &str, redis: Option<RedisServer>, folders: Vec<TempDir>) -> Self {
        Self::open_on(urls, Bus::open(bus).expect("the bus opens"), redis, folders).await
    }

    async fn open_on(urls: [String; 2], bus: Bus, redis: Option<RedisServer>, folders: Vec<TempDir>) -> Self {
        let mut databases = Vec::new();
        for url in urls {
            let db = Db::open(&DbOptions::new(url, "toy")).await.expect("the database opens");
            db.migrate(&schema()).await.expect("the schema applies");
            databases.push(db);
        }
        let fixture = Self {
            reader: databases.pop().expect("two databases"),
            producer: databases.pop().expect("two databases"),
            bus,
            redis,
            clock: ManualClock::at(SystemClock.now()),
            rng: Arc::new(SystemRng),
            behaviour: Behaviour::default(),
            cancel: CancellationToken::new(),
            tasks: TaskTracker::new(),
            _folders: folders,
        };
        let (bus, cancel) = (fixture.bus.clone(), fixture.cancel.clone());
        fixture.tasks.spawn(async move { bus.run(cancel).await });
        fixture
    }

    pub(crate) fn log(&self) -> Log {
        Log::new("routing", self.producer.clone(), self.bus.clone(), Arc::new(self.clock.clone()))
    }

    pub(crate) fn relay(&self) -> Relay {
        Relay::new(self.log(), &*self.rng)
    }

    /// Tells the numbers of a range, one transaction each, about one request.
    pub(crate) async fn tell(&self, numbers: std::ops::RangeInclusive<i64>) {
        self.tell_about(ServiceRequestId::new(&self.clock, &*self.rng), numbers).await;
    }

    pub(crate) async fn tell_about(&self, request: ServiceRequestId, numbers: std::ops::RangeInclusive<i64>) {
        for number in numbers {
            let mut tx = self.producer.begin().await.expect("begins");
            let authority = AuthorityId::of_code("valorme");
            let event = NewEvent::new(&self.clock, &*self.rng, authority, &Told { number }).about(request);
            outbox::append(&mut tx, &[event]).await.expect("appends");
            tx.commit().await.expect("commits");
        }
        self.log().wake();
    }

    pub(crate) fn consumer(&self) -> Consumer<Keeper> {
        let parts = Parts {
            db: self.reader.clone(),
            bus: self.bus.clone(),
            clock: Arc::new(self.clock.clone()),
            rng: Arc::clone(&self.rng),
        };
        let source: Arc<dyn EventSource> = Arc::new(self.log());
        Consumer::new(parts, ("intake", "routing"), source, Keeper(self.behaviour.clone()))
    }

    /// Starts a relay and a reader that run until the end of the test.
    pub(crate) fn run(&self) {
        let (relay, consumer, cancel) = (self.relay(), self.consumer(), self.cancel.clone());
        self.tasks.spawn(relay.run(cancel.clone()));
        self.tasks.spawn(consumer.run(cancel));
    }

    /// Returns the numbers kept, in the order they were applied.
    pub(crate) async fn kept(&self) -> Vec<i64> {
        let rows = self.reader.fetch_all("SELECT number FROM kept ORDER BY place", args![]).await.expect("reads");
        rows.iter().map(|row| row.get("number").expect("a number")).collect()
    }

    pub(crate) async fn wait_for_kept(&self, count: usize) -> Vec<i64> {
        let deadline = std::time::Duration::from_secs(20);
        guichet_testkit::wait_for(deadline, || async {
            let kept = self.kept().await;
            (kept.len() >= count).then_some(kept)
        })
        .await
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

/// Keeps each number with its place.
#[derive(Clone, Debug)]
pub(crate) struct Keeper(Behaviour);

impl Handler for Keeper {
    async fn handle(&self, tx: &mut Tx, event: &Envelope) -> Result<(), HandlerError> {
        self.0.attempts.fetch_add(1, Ordering::SeqCst);
        if self.0.unavailable.load(Ordering::SeqCst) {
            return Err(HandlerError::Unavailable("the toy's dependency sleeps".into()));
        }
        let told: Told = event.decode()?;
        let poison = i64::from(self.0.poison.load(Ordering::SeqCst));
        assert!(poison == 0 || told.number % 1_000 != poison, "the toy panics on {poison}");
        let sql = "INSERT INTO kept (place, number) SELECT COUNT(*), CAST($1 AS BIGINT) FROM kept";
        tx.execute(sql, args![told.number]).await?;
        Ok(())
    }
}
