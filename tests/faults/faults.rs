//! The faults, and the load under them.

use std::time::Duration;

use guichet_testkit::{RedisServer, setting};
use guichet_tests::load::{Verdict, check, pass, robots, submit};
use guichet_tests::{Guichet, Kind, Topology};
use tokio_util::sync::CancellationToken;

/// Requests a second: what CI's two cores carry beside the robots and the faults.
const RATE: u32 = 50;
/// How long the load lasts in CI, each kind of fault once at least; `FAULTS_SECONDS` makes it longer for a night.
const LOAD: Duration = Duration::from_secs(40);
/// Time between two faults.
const PAUSE: Duration = Duration::from_secs(4);
/// Time a killed process stays away.
const AWAY: Duration = Duration::from_millis(500);
/// Agents that robots play: those whose skills the load asks for.
const ROBOTS: [&str; 6] =
    ["aline.encre", "basile.tampon", "capucine.trombone", "edwige.calepin", "joseph.pave", "leon.virgule"];

/// Runs the load with robots while `faults` does its worst, then checks the history.
async fn under_load(mut guichet: Guichet, faults: impl AsyncFn(&mut Guichet, usize)) -> Verdict {
    let rate = u32::try_from(setting("FAULTS_RATE", RATE.into())).expect("a rate");
    let load = Duration::from_secs(setting("FAULTS_SECONDS", LOAD.as_secs()));
    let stop = CancellationToken::new();
    let (mut robots, answered) = robots(&guichet.url, &ROBOTS, &stop);
    let url = guichet.url.clone();
    let mut sending = tokio::task::JoinSet::new();
    sending.spawn(async move { submit(&url, rate, load).await });
    let mut round = 0;
    let end = tokio::time::Instant::now() + load;
    while tokio::time::Instant::now() + PAUSE < end {
        pass(PAUSE).await;
        faults(&mut guichet, round).await;
        round += 1;
    }
    let sent = sending.join_next().await.expect("one task").expect("the load runs to its end");
    let verdict = check(&guichet, &sent).await;
    stop.cancel();
    while robots.join_next().await.is_some() {}
    let tries: u32 = sent.iter().map(|one| one.tries).sum();
    let answered = *answered.lock().expect("no robot panicked");
    println!(
        "{rate}/s for {} s, {round} faults, {tries} tries, {answered} answered: {}",
        load.as_secs(),
        serde_json::to_string(&verdict).expect("plain data")
    );
    assert!(verdict.is_clean(), "{verdict:#?}\n{}", guichet.logs());
    assert!(verdict.acknowledged > 0 && verdict.unanswered == 0, "{verdict:?}");
    verdict
}

/// Kills one process as `kill -9` does and starts it again.
async fn kill(guichet: &mut Guichet, round: usize) {
    let place = round % guichet.processes.len();
    let (_, process) = &mut guichet.processes[place];
    process.kill();
    pass(AWAY).await;
    process.launch();
}

fn redis(guichet: &Guichet) -> &RedisServer {
    match &guichet.topology {
        Topology::Split { redis, .. } => redis,
        Topology::AllInOne => panic!("one process has no Redis"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_killed_again_and_again_loses_and_doubles_nothing() {
    under_load(Guichet::start(Kind::AllInOne).await, kill).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_process_killed_in_turn_redis_flushed_and_postgres_crashed_lose_and_double_nothing() {
    let guichet = Guichet::start_on_private_postgres(&[]).await;
    under_load(guichet, async |guichet, round| match round % 7 {
        5 => redis(guichet).flushall().await,
        6 => {
            if let Topology::Split { postgres: Some(postgres), .. } = &guichet.topology {
                postgres.crash().await;
                pass(AWAY).await;
                postgres.start().await;
            }
        }
        _ => kill(guichet, round % 7).await,
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_owner_of_the_queue_offers_nothing_twice_when_it_comes_back() {
    /// Longer than a lease lasts, so that another owner would take over.
    const ASLEEP: Duration = Duration::from_secs(5);
    let guichet = Guichet::start(Kind::Split).await;
    under_load(guichet, async |guichet, _| {
        guichet.process("routing").pause(true);
        pass(ASLEEP).await;
        guichet.process("routing").pause(false);
    })
    .await;
}
