//! Agents who work without thinking, and usagers who write without waiting.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use guichet_db::{Db, args};
use guichet_demo::Session;
use guichet_testkit::wait_until;
use guichet_tests::{EVERYBODY, PATIENCE, http_client};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Agents of level 1 who have the skill asked.
const LOGINS: [&str; 4] = ["aline.encre", "basile.tampon", "capucine.trombone", "edwige.calepin"];
/// What every one of them may be offered.
const PROCEDURE: &str = "question";
/// Pause of an agent who found nothing to do.
const IDLE_PAUSE: Duration = Duration::from_millis(5);
/// How long a measure may take to settle.
const SETTLE: Duration = Duration::from_secs(300);
/// A usager of its own for every submission of the run.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// Agents who are signed in.
pub(crate) struct Agents(Vec<Session>);

/// What was assigned, and in how long.
pub(crate) struct Measured {
    assigned: u64,
    took: Duration,
}

impl Measured {
    /// Returns the assignments a second.
    #[expect(clippy::cast_precision_loss, reason = "a count of a short run")]
    pub(crate) fn rate(&self) -> f64 {
        self.assigned as f64 / self.took.as_secs_f64()
    }
}

impl Agents {
    pub(crate) async fn sign_in(url: &str) -> Self {
        let http = http_client(PATIENCE);
        let mut sessions = Vec::new();
        for login in EVERYBODY {
            let session = Session::open(&http, url, login).await;
            let session = session.unwrap_or_else(|status| panic!("{login} cannot sign in: {status}"));
            if LOGINS.contains(&login) {
                sessions.push(session);
            } else {
                // Nobody would answer what they are offered.
                session.is("away").await;
            }
        }
        Self(sessions)
    }

    /// All of them say what they are doing.
    pub(crate) async fn are(&self, state: &str) {
        for session in &self.0 {
            session.is(state).await;
        }
    }

    /// Works off what waits; returns the assignments a second.
    pub(crate) async fn work_off(&self, routing: &Db, waiting: u64) -> f64 {
        let started = Instant::now();
        let done = async {
            wait_until(SETTLE, async || {
                count(routing, "SELECT COUNT(*) AS n FROM works WHERE queue IS NOT NULL").await == 0
            })
            .await;
        };
        self.are("available").await;
        self.work_while(done).await;
        Measured { assigned: waiting, took: started.elapsed() }.rate()
    }

    /// Works as long as something else lasts.
    pub(crate) async fn work_while(&self, something: impl Future<Output = ()>) -> Measured {
        let (stop, started) = (CancellationToken::new(), Instant::now());
        let mut tasks = JoinSet::new();
        for session in &self.0 {
            let (session, stop) = (session.clone(), stop.clone());
            tasks.spawn(async move {
                let mut assigned = 0;
                while !stop.is_cancelled() {
                    let done = accept_and_answer(&session).await;
                    assigned += done;
                    if done == 0 {
                        tokio::time::sleep(IDLE_PAUSE).await;
                    }
                }
                assigned
            });
        }
        something.await;
        stop.cancel();
        let took = started.elapsed();
        Measured { assigned: tasks.join_all().await.into_iter().sum(), took }
    }
}

/// Accepts every offer at hand at once and answers what was got; returns how many.
async fn accept_and_answer(session: &Session) -> u64 {
    let (_, offers) = session.get("/offers").await;
    let offers = offers["items"].as_array().cloned().unwrap_or_default();
    let done = offers.iter().map(async |offer| {
        let id = offer["id"].as_str().unwrap_or_default();
        let (status, work) = session.post(&format!("/offers/{id}/accept"), &json!({})).await;
        if !(200..300).contains(&status) {
            return 0;
        }
        let request = offer["request"].as_str().unwrap_or_default();
        let resolve = json!({"version": version_of(&work), "outcome": "done"});
        session.post(&format!("/requests/{request}/resolve"), &resolve).await;
        1
    });
    futures::future::join_all(done).await.into_iter().sum()
}

fn version_of(work: &Value) -> &Value {
    if work["version"].is_null() { &work["work"]["version"] } else { &work["version"] }
}

async fn submit(http: &reqwest::Client, url: &str) {
    let body = json!({
        "authority": "valorme", "procedure": PROCEDURE, "subject": "À quelle heure ouvre le guichet ?",
        "body": "Une demande comme une autre.",
        "requester": {"name": "Usager", "email": format!("a{}@citoyen.example", NEXT.fetch_add(1, Ordering::Relaxed))},
    });
    let answer = http.post(format!("{url}/api/v1/requests")).json(&body).send().await.expect("the gateway answers");
    assert_eq!(answer.status().as_u16(), 201, "a submission is taken");
}

/// How long each acknowledgement took, the shortest first, and all of them together.
pub(crate) struct Taken {
    each: Vec<Duration>,
    took: Duration,
}

impl Taken {
    /// Returns the acknowledgements a second.
    #[expect(clippy::cast_precision_loss, reason = "a count of a short run")]
    pub(crate) fn rate(&self) -> f64 {
        self.each.len() as f64 / self.took.as_secs_f64()
    }

    /// Returns the time below which so many in a hundred lie.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        self.each[(self.each.len() * percent / 100).min(self.each.len() - 1)]
    }
}

/// Submits so many requests with so many clients.
pub(crate) async fn submit_many(url: &str, clients: usize, requests: u64) -> Taken {
    let end = NEXT.load(Ordering::Relaxed) + requests;
    by_clients(url, clients, move || NEXT.load(Ordering::Relaxed) < end).await
}

/// Submits as fast as clients who wait for each answer can.
pub(crate) async fn submit_for(url: &str, clients: usize, seconds: u64) {
    let end = Instant::now() + Duration::from_secs(seconds);
    by_clients(url, clients, move || Instant::now() < end).await;
}

async fn by_clients(url: &str, clients: usize, goes_on: impl Fn() -> bool + Clone + Send + 'static) -> Taken {
    let (http, started) = (http_client(PATIENCE), Instant::now());
    let mut tasks = JoinSet::new();
    for _ in 0..clients {
        let (http, url, goes_on) = (http.clone(), url.to_owned(), goes_on.clone());
        tasks.spawn(async move {
            let mut times = Vec::new();
            while goes_on() {
                let asked_at = Instant::now();
                submit(&http, &url).await;
                times.push(asked_at.elapsed());
            }
            times
        });
    }
    let mut each = tasks.join_all().await.concat();
    each.sort_unstable();
    Taken { each, took: started.elapsed() }
}

/// Submits one request after each pause, whatever the answers take.
pub(crate) async fn submit_at(url: &str, pause: Duration, seconds: u64) {
    let http = http_client(PATIENCE);
    let mut pace = tokio::time::interval(pause);
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut tasks = JoinSet::new();
    while Instant::now() < end {
        pace.tick().await;
        let (http, url) = (http.clone(), url.to_owned());
        tasks.spawn(async move { submit(&http, &url).await });
    }
    tasks.join_all().await;
}

/// Waits until routing knows every request.
pub(crate) async fn settle(routing: &Db, requests: u64) {
    wait_until(SETTLE, async || count(routing, "SELECT COUNT(*) AS n FROM works").await >= requests).await;
}

async fn count(routing: &Db, sql: &'static str) -> u64 {
    let row = routing.fetch_optional(sql, args![]).await.expect("the database answers").expect("one row");
    u64::try_from(row.get::<i64>("n").expect("a count")).expect("a count is not negative")
}
