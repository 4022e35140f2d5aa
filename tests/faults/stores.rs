//! What the product stands on goes away, comes back, forgets, or refuses (rows F7, F8, F10 and F11).

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures::future::join_all;
use guichet_testkit::{PostgresServer, wait_until};
use guichet_tests::links::{POSTGRES, REDIS};
use guichet_tests::load::{Allowed, Sent, everything_is_heard, pass};
use guichet_tests::{Guichet, PATIENCE, Plan, Topology};
use serde_json::{Value, json};

use crate::trial::{Trial, tell};

/// Requests a second.
const RATE: u32 = 6;

#[tokio::test(flavor = "multi_thread")]
async fn a_bus_that_is_away_then_trimmed_under_a_slow_consumer_loses_nothing() {
    const PHASE: Duration = Duration::from_secs(7);
    /// Streams of the producers that notification reads.
    const STREAMS: [&str; 2] = ["guichet:intake", "guichet:routing"];
    let mut guichet = Guichet::start_split(Plan { has_links: true, ..Plan::default() }).await;
    let start = Instant::now();
    let (mut away_at, mut back_at, mut dialled) = (start, start, 0);
    let trial = Trial { rate: RATE, ..Trial::default() };
    let outcome = trial
        .during(&mut guichet, async |guichet| {
            pass(PHASE).await;
            let redis = guichet.redis().expect("it is split");
            redis.stop().await;
            let before: u64 = guichet.links.to(REDIS).map(guichet_testkit::TcpProxy::accepted).sum();
            away_at = Instant::now();
            pass(PHASE).await;
            back_at = Instant::now();
            redis.start().await;
            dialled = guichet.links.to(REDIS).map(guichet_testkit::TcpProxy::accepted).sum::<u64>() - before;
            let heard = everything_is_heard(guichet).await;
            tell("F7", &format!("everything heard {} ms after it came back", heard.as_millis()), "no loss");
            guichet.process("notification").pause(true);
            pass(PHASE).await;
            for stream in STREAMS {
                guichet.redis().expect("it is split").trim(stream, 1).await;
            }
            guichet.process("notification").pause(false);
            let heard = everything_is_heard(guichet).await;
            tell(
                "F8",
                &format!("the slow consumer was told the rest by the producer in {} ms", heard.as_millis()),
                "all of it",
            );
        })
        .await;
    let (calm, away) = (outcome.acknowledged_a_second(start, away_at), outcome.acknowledged_a_second(away_at, back_at));
    tell("F7", &format!("{away:.1} requests/s without the bus, {calm:.1} with it"), "80 %");
    let a_second = f64::from(u32::try_from(dialled).expect("few")) / (back_at - away_at).as_secs_f64() / 5.0;
    tell("F7", &format!("each process dials {a_second:.1} times a second meanwhile"), "no storm");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_fails_over_to_its_standby_loses_nothing_that_was_promised() {
    /// Time for which the copy is read by those who came to it before it takes changes.
    const READ_ONLY: Duration = Duration::from_secs(3);
    let plan = Plan { has_links: true, has_private_postgres: true, ..Plan::default() };
    let mut guichet = Guichet::start_split(plan).await;
    let Topology::Split { postgres: Some(primary), .. } = &guichet.topology else { unreachable!("it has its own") };
    let standby = primary.standby().await;
    let mut crashed_at = Instant::now();
    let trial = Trial { rate: RATE, ..Trial::default() };
    let outcome = trial
        .during(&mut guichet, async |guichet| {
            pass(READ_ONLY * 2).await;
            crashed_at = Instant::now();
            fail_over(guichet, &standby, READ_ONLY).await;
            pass(READ_ONLY * 2).await;
        })
        .await;
    let asked_after = outcome.sent.iter().filter(|one| one.asked_at > crashed_at + READ_ONLY);
    let first = asked_after.filter_map(Sent::acknowledged_at).min().expect("somebody asked");
    let seen = format!("acknowledges again {} ms after the crash", (first - crashed_at).as_millis());
    tell("F10", &seen, "30 s, 0 acknowledged lost");
}

/// Crashes the primary, sends everybody to the standby, too early as it happens, and promotes it.
async fn fail_over(guichet: &mut Guichet, standby: &PostgresServer, read_only: Duration) {
    let Topology::Split { postgres: Some(primary), database, .. } = &mut guichet.topology else { return };
    primary.crash().await;
    *database = standby.address_of(database);
    for link in guichet.links.to(POSTGRES) {
        link.point_to(SocketAddr::from(([127, 0, 0, 1], standby.port())));
        link.reset();
    }
    pass(read_only).await;
    standby.promote().await;
}

/// Makes one transaction in five that says something fail at its commit, in one of three ways.
const FAIL_AT_COMMIT: &str = "CREATE FUNCTION public.fail_at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE drawn BIGINT := abs(hashtext(pg_current_xact_id()::text));
  BEGIN
    IF drawn % 5 = 0 THEN
      RAISE EXCEPTION 'a fault' USING ERRCODE = (ARRAY['40001', '40P01', '57014'])[1 + (drawn / 5) % 3];
    END IF;
    RETURN NULL;
  END $$";
const SCHEMAS: [&str; 3] = ["intake", "routing", "notification"];

/// What the product's database is asked by a session beside it.
struct Session(String);

impl Session {
    fn of(guichet: &Guichet) -> Self {
        let Topology::Split { database, .. } = &guichet.topology else { unreachable!("it is split") };
        // The limits that a trial puts on the product's sessions are not for this one.
        Self(format!("{database}?options=-c%20statement_timeout%3D0%20-c%20lock_timeout%3D0"))
    }

    async fn run(&self, sql: &str) -> String {
        guichet_testkit::postgres().await.query(&self.0, sql).await
    }

    async fn end_every_session(&self) {
        let all = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()";
        self.run(all).await;
    }

    /// Holds a table of intake while `meanwhile` runs.
    async fn while_locked<T>(&self, seconds: u32, meanwhile: impl Future<Output = T>) -> T {
        let hold =
            format!("BEGIN; LOCK TABLE intake.requests IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep({seconds}); COMMIT");
        let held = "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted
            AND relation = 'intake.requests'::regclass";
        let then = async {
            wait_until(PATIENCE, async || self.run(held).await.trim() == "1").await;
            meanwhile.await
        };
        tokio::join!(self.run(&hold), then).1
    }
}

/// Submits so many requests at once and returns the longest answer; each must be a promise or an honest refusal.
async fn answers_at_once(guichet: &Guichet, name: &str, requests: usize) -> (Duration, usize) {
    let ask = async |number: usize| {
        let key = format!("{}-{number}", name.split(' ').next().unwrap_or_default());
        let body = json!({
            "authority": "valorme", "procedure": "acte", "subject": format!("Pendant {name} {number}"), "body": "Une demande.",
            "requester": {"name": "Awa", "email": format!("awa.{key}@citoyen.example")},
        });
        let (asked_at, url) = (Instant::now(), format!("{}/api/v1/requests", guichet.url));
        let answer =
            guichet.http().post(url).header("idempotency-key", &key).json(&body).send().await.expect("it never hangs");
        let status = answer.status().as_u16();
        let later = answer.headers().contains_key("retry-after");
        let text: Value = answer.json().await.expect("JSON");
        assert!(status == 201 || (status == 503 && later), "{name}: {status} {text}\n{}", guichet.logs());
        (asked_at.elapsed(), status == 503)
    };
    let answers = join_all((0..requests).map(ask)).await;
    let refused = answers.iter().filter(|(_, refused)| *refused).count();
    (answers.iter().map(|(took, _)| *took).max().unwrap_or_default(), refused)
}

#[tokio::test(flavor = "multi_thread")]
async fn commits_that_fail_and_sessions_that_are_ended_are_made_good() {
    const PHASE: Duration = Duration::from_secs(10);
    let mut guichet = Guichet::start_split(Plan::default()).await;
    let beside = Session::of(&guichet);
    let trial = Trial { rate: RATE, ..Trial::default() };
    let outcome = trial
        .during(&mut guichet, async |_| {
            beside.run(FAIL_AT_COMMIT).await;
            for schema in SCHEMAS {
                let sql = format!(
                    "CREATE CONSTRAINT TRIGGER a_fault AFTER INSERT ON {schema}.outbox DEFERRABLE INITIALLY DEFERRED
                     FOR EACH ROW EXECUTE FUNCTION public.fail_at_commit()"
                );
                beside.run(&sql).await;
            }
            pass(PHASE).await;
            for schema in SCHEMAS {
                beside.run(&format!("DROP TRIGGER a_fault ON {schema}.outbox")).await;
            }
            for _ in 0..3 {
                beside.end_every_session().await;
                pass(PHASE / 5).await;
            }
        })
        .await;
    let refused: usize = outcome.sent.iter().map(|one| one.refused.len()).sum();
    let honest = outcome.sent.iter().flat_map(|one| &one.refused).all(|refusal| refusal.status == 503);
    tell("F11", &format!("{refused} answers of {} were 503", refused + outcome.sent.len()), "no partial effect");
    assert!(honest, "{:?}", outcome.sent.iter().map(|one| &one.refused).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_locked_and_a_pool_that_is_empty_answer_503_and_park_nothing() {
    /// More than intake has connections.
    const CALLERS: usize = 20;
    const HELD_SECONDS: u32 = 8;
    /// The line for a connection has stood long enough for everybody to know.
    const STUCK: Duration = Duration::from_millis(2_500);
    let mut guichet = Guichet::start_split(Plan::default()).await;
    let beside = Session::of(&guichet);
    let trial = Trial { rate: 4, allowed: Allowed { others: 4 * CALLERS, parked: 0 }, ..Trial::default() };
    trial
        .during(&mut guichet, async |guichet| {
            // The first find out that the database is stuck; the others come while it is.
            let asked = async {
                let first = answers_at_once(guichet, "un verrou", CALLERS);
                let later = async {
                    pass(STUCK).await;
                    answers_at_once(guichet, "verrou encore", CALLERS).await
                };
                tokio::join!(first, later)
            };
            let (first, later) = beside.while_locked(HELD_SECONDS, asked).await;
            assert!(
                later.1 > 0 && 3 * later.0 < first.0,
                "whoever comes while it is stuck is told at once: {first:?}, {later:?}"
            );
            for (who, (longest, refused)) in [("first", first), ("later", later)] {
                let seen =
                    format!("{refused} of the {who} {CALLERS} told 503, the last after {} ms", longest.as_millis());
                tell("F11, pool exhausted", &seen, "503 + Retry-After within 100 ms, never hangs");
            }
            for limit in ["lock_timeout = '300ms'", "statement_timeout = '300ms'"] {
                let database = beside.run("SELECT current_database()").await;
                let database = database.trim();
                beside.run(&format!("ALTER DATABASE {database} SET {limit}")).await;
                beside.end_every_session().await;
                everything_is_heard(guichet).await;
                let asked = answers_at_once(guichet, limit, CALLERS);
                let (longest, refused) = beside.while_locked(HELD_SECONDS / 2, asked).await;
                let seen = format!("{refused} of {CALLERS} told 503, the last after {} ms", longest.as_millis());
                tell(&format!("F11, {limit}"), &seen, "503 + Retry-After, never hangs");
                beside.run(&format!("ALTER DATABASE {database} RESET ALL")).await;
            }
            beside.end_every_session().await;
        })
        .await;
}
