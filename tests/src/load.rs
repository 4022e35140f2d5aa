//! Load with a memory: a client that writes down what it was promised, robots that work, and a checker that compares
//! the promises with what the databases hold.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use guichet_db::{Db, DbOptions, Row, args};
use guichet_demo::Session;
use guichet_demo::robot::{self, Manner};
use guichet_testkit::wait_until;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{Guichet, PATIENCE, Topology};

/// Pause before a submission that was not acknowledged is sent again under the same key.
const RETRY_PAUSE: Duration = Duration::from_millis(250);
/// How long a submission is tried: longer than any fault lasts.
const GIVE_UP: Duration = Duration::from_secs(60);
/// How long the product may take to work off what it has acknowledged, once the load is over.
const SETTLE: Duration = Duration::from_secs(180);
/// What is asked by turns, of which authority: procedures the robots' agents can serve.
pub const OF_VALORME: &[(&str, &str)] =
    &[("valorme", "acte"), ("valorme", "voirie"), ("valorme", "proprete"), ("valorme", "question")];

/// One submission as its sender knows it.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The `Idempotency-Key`.
    pub key: String,
    /// The id promised, once acknowledged.
    pub id: Option<String>,
    /// When it was first sent.
    pub asked_at: Instant,
    /// How long the acknowledgement took, retries included.
    pub took: Duration,
    /// Each answer that was no acknowledgement.
    pub refused: Vec<Refusal>,
}

/// An answer that was no acknowledgement.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// Its status; 0 when nobody answered.
    pub status: u16,
    /// What it said, or why there was none.
    pub cause: String,
}

impl Refusal {
    fn unanswered(error: &reqwest::Error) -> Self {
        let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
        Self { status: 0, cause: causes.map(ToString::to_string).collect::<Vec<_>>().join(": ") }
    }
}

impl Sent {
    /// Returns how often it was sent.
    pub fn tries(&self) -> usize {
        self.refused.len() + usize::from(self.id.is_some())
    }

    /// Returns when it was acknowledged.
    pub fn acknowledged_at(&self) -> Option<Instant> {
        self.id.as_ref().map(|_| self.asked_at + self.took)
    }
}

/// Submits requests at a steady rate until `stop`, each until it is acknowledged, and returns what was promised.
pub async fn submit(url: &str, asked: &'static [(&str, &str)], per_second: u32, stop: &CancellationToken) -> Vec<Sent> {
    let http = crate::http_client(Duration::from_secs(10));
    let run = format!("{:x}", std::process::id());
    let mut pace = tokio::time::interval(Duration::from_secs(1) / per_second);
    let mut tasks = JoinSet::new();
    let mut number = 0_usize;
    while stop.run_until_cancelled(pace.tick()).await.is_some() {
        let asked = asked[number % asked.len()];
        tasks.spawn(submit_one(http.clone(), url.to_owned(), format!("{run}-{number}"), home(number), asked));
        number += 1;
    }
    tasks.join_all().await
}

/// Returns the address from which a usager asks, each from their own.
pub fn home(number: usize) -> String {
    let [.., high, middle, low] = number.to_be_bytes();
    format!("10.{high}.{middle}.{low}")
}

async fn submit_one(
    http: reqwest::Client,
    url: String,
    key: String,
    home: String,
    (authority, procedure): (&'static str, &'static str),
) -> Sent {
    let asked_at = Instant::now();
    let body = json!({
        "authority": authority, "procedure": procedure, "subject": format!("Charge {key}"),
        "body": "Une demande comme une autre.",
        "requester": {"name": format!("Usager {key}"), "email": format!("u{key}@citoyen.example")},
    });
    let mut sent = Sent { key, id: None, asked_at, took: Duration::ZERO, refused: Vec::new() };
    while sent.id.is_none() && asked_at.elapsed() < GIVE_UP {
        let request = http.post(format!("{url}/api/v1/requests")).header("idempotency-key", &sent.key).json(&body);
        let request = request.header("x-forwarded-for", &home);
        match acknowledged(request).await {
            Ok(id) => sent.id = Some(id),
            Err(refusal) => {
                sent.refused.push(refusal);
                tokio::time::sleep(RETRY_PAUSE).await;
            }
        }
    }
    sent.took = asked_at.elapsed();
    sent
}

/// Returns the id that was promised.
async fn acknowledged(request: reqwest::RequestBuilder) -> Result<String, Refusal> {
    let answer = request.send().await.map_err(|error| Refusal::unanswered(&error))?;
    let status = answer.status().as_u16();
    let said = answer.text().await.map_err(|error| Refusal::unanswered(&error))?;
    let created: Option<Value> = serde_json::from_str(&said).ok().filter(|_| status == 201);
    let id = created.as_ref().and_then(|created| created["id"].as_str()).map(str::to_owned);
    id.ok_or(Refusal { status, cause: said })
}

/// Starts one robot an agent: it accepts what it is offered, begins, and answers. Returns how many were answered.
pub fn robots(url: &str, logins: &[&str], stop: &CancellationToken) -> (JoinSet<()>, Arc<Mutex<u64>>) {
    let answered = Arc::new(Mutex::new(0));
    let mut tasks = JoinSet::new();
    for login in logins {
        let (url, login, stop, answered) = (url.to_owned(), (*login).to_owned(), stop.clone(), Arc::clone(&answered));
        tasks.spawn(async move {
            let http = crate::http_client(PATIENCE);
            let session = sign_in(&http, &url, &login).await;
            let count = |done| *answered.lock().unwrap_or_else(PoisonError::into_inner) += done;
            robot::work(&session, Manner::Plain, &stop, count).await;
        });
    }
    (tasks, answered)
}

/// Opens a session, tried again for a while: what is broken may be so from the first moment.
async fn sign_in(http: &reqwest::Client, url: &str, login: &str) -> Session {
    let asked_at = Instant::now();
    loop {
        match Session::open(http, url, login).await {
            Ok(session) => return session,
            Err(status) => assert!(asked_at.elapsed() < GIVE_UP, "{login} cannot sign in: {status}"),
        }
        pass(RETRY_PAUSE).await;
    }
}

/// What is done beside the load, and is no fault in its history.
#[derive(Clone, Copy, Debug, Default)]
pub struct Allowed {
    /// Events made so that they are set aside.
    pub parked: usize,
    /// Requests that others may have submitted, at most.
    pub others: usize,
}

/// What the databases say against what was promised. Every count but the first three must be 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Verdict {
    /// Submissions acknowledged.
    pub acknowledged: usize,
    /// Submissions given up without an answer (allowed: nothing was promised).
    pub unanswered: usize,
    /// Requests that agents resolved.
    pub resolved: usize,
    /// Promised ids that intake or routing does not hold.
    pub lost: usize,
    /// Requests nobody sent, and keys that made two.
    pub duplicated: usize,
    /// Requests that two agents held at the same time.
    pub double_assigned: usize,
    /// Agents given more than their capacity.
    pub over_capacity: usize,
    /// Requests whose versions have a hole or whose intake projection is behind.
    pub out_of_step: usize,
    /// Requests acknowledged to their usager not exactly once.
    pub wrong_receipts: usize,
    /// Messages still on their way, or files beside the deliveries.
    pub undelivered: usize,
    /// Events set aside that should not be, or should be and are not.
    pub parked: usize,
}

impl Verdict {
    /// Returns whether nothing was lost, doubled or left behind.
    pub fn is_clean(&self) -> bool {
        let Self { acknowledged, unanswered, resolved, .. } = *self;
        *self == Self { acknowledged, unanswered, resolved, ..Self::default() }
    }
}

/// Returns how many shards each process of a split product has.
///
/// # Panics
/// When the product is one process, or its database does not answer.
pub async fn shards_by_owner(guichet: &Guichet) -> Vec<i64> {
    let routing = Databases::open(guichet).await.routing;
    let owners = "SELECT owner, COUNT(*) AS n FROM shards WHERE name IN (SELECT shard FROM authority_shards)
        AND owner IS NOT NULL GROUP BY owner";
    let rows = routing.fetch_all(owners, args![]).await.expect("the database answers");
    rows.iter().map(|row| row.get("n").expect("a count")).collect()
}

/// Returns how many requests nobody has ever been offered.
///
/// # Panics
/// When the database does not answer.
pub async fn offered_to_nobody(guichet: &Guichet) -> usize {
    let routing = Databases::open(guichet).await.routing;
    count(&routing, "SELECT COUNT(*) AS n FROM works WHERE request_id NOT IN (SELECT request_id FROM offers)").await
}

/// Returns how many requests came by mail.
///
/// # Panics
/// When the database does not answer.
pub async fn requests_by_mail(guichet: &Guichet) -> usize {
    let intake = Databases::open(guichet).await.intake;
    count(&intake, "SELECT COUNT(*) AS n FROM requests WHERE channel = 'email'").await
}

/// Waits until each consumer has heard what each log holds now, and returns how long that took.
///
/// # Panics
/// When the database does not answer, or somebody has not heard it after [`SETTLE`].
pub async fn everything_is_heard(guichet: &Guichet) -> Duration {
    let started = Instant::now();
    let databases = Databases::open(guichet).await;
    let mut said = BTreeMap::new();
    for (producer, db) in databases.by_name() {
        said.extend(positions(db, "SELECT generation, seq FROM log_head", |_| producer.to_owned()).await);
    }
    for (_, db) in databases.by_name() {
        wait_until(SETTLE, async || {
            let sql = "SELECT producer, generation, seq FROM cursors";
            let heard = positions(db, sql, |row| row.get("producer").expect("a name")).await;
            heard.iter().all(|(producer, heard)| said.get(producer).is_none_or(|said| heard >= said))
        })
        .await;
    }
    started.elapsed()
}

/// Returns places in logs by name.
async fn positions(db: &Db, sql: &'static str, name: impl Fn(&Row) -> String) -> BTreeMap<String, (i64, i64)> {
    let rows = db.fetch_all(sql, args![]).await.expect("the database answers");
    let place = |row: &Row| (row.get("generation").expect("a number"), row.get("seq").expect("a number"));
    rows.iter().map(|row| (name(row), place(row))).collect()
}

/// The three databases a history is checked against.
struct Databases {
    intake: Db,
    routing: Db,
    notification: Db,
}

impl Databases {
    async fn open(guichet: &Guichet) -> Self {
        let url = match &guichet.topology {
            Topology::AllInOne => format!("sqlite:{}", guichet.database_dir().display()),
            Topology::Split { database, .. } => database.clone(),
        };
        let open = async |schema| {
            let mut options = DbOptions::new(url.clone(), schema);
            options.max_connections = 2;
            Db::open(&options).await.expect("the product's database opens")
        };
        Self { intake: open("intake").await, routing: open("routing").await, notification: open("notification").await }
    }

    async fn close(self) {
        for (_, db) in self.by_name() {
            db.close().await;
        }
    }

    const fn by_name(&self) -> [(&'static str, &Db); 3] {
        [("intake", &self.intake), ("routing", &self.routing), ("notification", &self.notification)]
    }
}

async fn count(db: &Db, sql: &'static str) -> usize {
    let row = db.fetch_optional(sql, args![]).await.expect("the database answers").expect("one row");
    usize::try_from(row.get::<i64>("n").expect("a count")).expect("a count is not negative")
}

async fn ids(db: &Db, sql: &'static str) -> Vec<String> {
    let rows = db.fetch_all(sql, args![]).await.expect("the database answers");
    let id = |row: &Row| row.get::<guichet_core::id::ServiceRequestId>("id").expect("an id").to_string();
    rows.iter().map(id).collect()
}

/// Lets time pass under load: the one thing a fault waits for is that the product does without what it took away.
pub async fn pass(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// Waits until the product has worked off what it promised, then compares. What is still behind after [`SETTLE`] is
/// counted, not forgiven.
pub async fn check(guichet: &Guichet, sent: &[Sent], allowed: Allowed) -> Verdict {
    let deadline = Instant::now() + SETTLE;
    loop {
        let databases = Databases::open(guichet).await;
        let verdict = compare(guichet, &databases, sent, allowed).await;
        databases.close().await;
        if verdict.is_clean() || Instant::now() > deadline {
            return verdict;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn compare(guichet: &Guichet, databases: &Databases, sent: &[Sent], allowed: Allowed) -> Verdict {
    let promised: BTreeSet<&str> = sent.iter().filter_map(|one| one.id.as_deref()).collect();
    let acknowledged = sent.iter().filter(|one| one.id.is_some()).count();
    let stored = ids(&databases.intake, "SELECT id FROM requests").await;
    let worked: BTreeSet<String> =
        ids(&databases.routing, "SELECT request_id AS id FROM works").await.into_iter().collect();
    let held: BTreeSet<&str> = stored.iter().map(String::as_str).collect();
    let lost = promised.iter().filter(|id| !held.contains(**id) || !worked.contains(**id)).count();
    let keys = count(&databases.intake, "SELECT COUNT(*) AS n FROM dedupe_keys WHERE request_id IS NOT NULL").await;
    let unasked = stored.len().saturating_sub(sent.len() + allowed.others);
    let duplicated = (acknowledged - promised.len()) + stored.len().saturating_sub(keys) + unasked;
    Verdict {
        acknowledged,
        unanswered: sent.len() - acknowledged,
        resolved: count(&databases.routing, "SELECT COUNT(*) AS n FROM works WHERE state IN ('resolved', 'closed')")
            .await,
        lost,
        duplicated,
        double_assigned: count(&databases.routing, DOUBLE_ASSIGNED).await,
        over_capacity: count(&databases.routing, "SELECT COUNT(*) AS n FROM agent_loads WHERE used > capacity").await,
        out_of_step: out_of_step(databases).await,
        wrong_receipts: wrong_receipts(databases, stored.len()).await,
        undelivered: undelivered(guichet, databases).await,
        parked: parked(databases).await.abs_diff(allowed.parked),
    }
}

/// Two assignments of one request that overlap in time.
const DOUBLE_ASSIGNED: &str = "SELECT COUNT(*) AS n FROM assignments one JOIN assignments two
    ON one.request_id = two.request_id AND one.id < two.id
    WHERE one.started_at < COALESCE(two.ended_at, 9223372036854775807)
      AND two.started_at < COALESCE(one.ended_at, 9223372036854775807)";

async fn out_of_step(databases: &Databases) -> usize {
    let holes = "SELECT COUNT(*) AS n FROM
        (SELECT request_id FROM work_steps GROUP BY request_id HAVING COUNT(*) <> MAX(version) - MIN(version) + 1) AS holes";
    let versions = async |db: &Db, sql: &'static str| -> BTreeMap<String, (String, i64)> {
        let rows = db.fetch_all(sql, args![]).await.expect("the database answers");
        let read = |row: &Row| {
            let id: guichet_core::id::ServiceRequestId = row.get("id").expect("an id");
            (id.to_string(), (row.get("state").expect("a state"), row.get("version").expect("a version")))
        };
        rows.iter().map(read).collect()
    };
    let ours = versions(&databases.routing, "SELECT request_id AS id, state, version FROM works").await;
    let shown =
        versions(&databases.intake, "SELECT id, work_state AS state, work_version AS version FROM requests").await;
    let behind = ours.iter().filter(|(id, work)| shown.get(*id) != Some(work)).count();
    count(&databases.routing, holes).await + behind
}

async fn wrong_receipts(databases: &Databases, requests: usize) -> usize {
    let once = "SELECT COUNT(*) AS n FROM (SELECT request_id FROM deliveries
        WHERE notice IN ('registration_ack', 'receipt_ack') GROUP BY request_id HAVING COUNT(*) = 1) AS once";
    count(&databases.notification, once).await.abs_diff(requests)
}

async fn undelivered(guichet: &Guichet, databases: &Databases) -> usize {
    let waiting = "SELECT COUNT(*) AS n FROM deliveries WHERE state NOT IN ('accepted', 'to_print')";
    let accepted = "SELECT COUNT(*) AS n FROM deliveries WHERE state = 'accepted' AND medium = 'email'";
    let files = files(&guichet.data_dir().join("mail"));
    count(&databases.notification, waiting).await + count(&databases.notification, accepted).await.abs_diff(files)
}

fn files(folder: &Path) -> usize {
    let ends_well = |entry: &std::fs::DirEntry| entry.path().extension().is_some_and(|ending| ending == "eml");
    std::fs::read_dir(folder).map_or(0, |entries| entries.flatten().filter(ends_well).count())
}

/// Returns how many events are set aside.
///
/// # Panics
/// When the database does not answer.
pub async fn set_aside(guichet: &Guichet) -> usize {
    parked(&Databases::open(guichet).await).await
}

async fn parked(databases: &Databases) -> usize {
    let mut parked = 0;
    for db in [&databases.intake, &databases.routing, &databases.notification] {
        parked += count(db, "SELECT COUNT(*) AS n FROM parked_events").await;
    }
    parked
}
