//! The faults, and the load under them.

use std::path::Path;
use std::time::{Duration, Instant};

use guichet_testkit::{RedisServer, setting, wait_until};
use guichet_tests::load::{OF_VALORME, Verdict, check, offered_to_nobody, pass, robots, shards_by_owner, submit};
use guichet_tests::{Guichet, Kind, PATIENCE, SECOND_ROUTING, Topology};
use tokio_util::sync::CancellationToken;

/// Requests a second: what CI's two cores carry beside the robots and the faults.
const RATE: u32 = 25;
/// How long the load lasts in CI, each kind of fault once at least; `FAULTS_SECONDS` makes it longer for a night.
const LOAD: Duration = Duration::from_secs(30);
/// Time between two faults.
const PAUSE: Duration = Duration::from_secs(3);
/// Time a killed process stays away.
const AWAY: Duration = Duration::from_millis(500);
/// Agents that robots play: those whose skills the load asks for.
const ROBOTS: [&str; 6] =
    ["aline.encre", "basile.tampon", "capucine.trombone", "edwige.calepin", "joseph.pave", "leon.virgule"];

/// What is asked of a town whose CCAS shares nobody, by turns: its one agent answers a tenth.
const OF_TWO_POOLS: &[(&str, &str)] = &[
    ("ccas", "question"),
    ("valorme", "acte"),
    ("valorme", "voirie"),
    ("valorme", "proprete"),
    ("valorme", "question"),
    ("valorme", "acte"),
    ("valorme", "voirie"),
    ("valorme", "proprete"),
    ("valorme", "question"),
    ("valorme", "acte"),
];

/// Runs the load with robots while `faults` does its worst, then checks the history.
async fn under_load(guichet: Guichet, faults: impl AsyncFn(&mut Guichet, usize)) -> Verdict {
    under_load_of(OF_VALORME, &ROBOTS, guichet, faults).await
}

/// The same, for what is asked and who answers.
async fn under_load_of(
    asked: &'static [(&str, &str)],
    logins: &[&str],
    mut guichet: Guichet,
    faults: impl AsyncFn(&mut Guichet, usize),
) -> Verdict {
    let rate = u32::try_from(setting("FAULTS_RATE", RATE.into())).expect("a rate");
    let load = Duration::from_secs(setting("FAULTS_SECONDS", LOAD.as_secs()));
    let stop = CancellationToken::new();
    let (mut robots, answered) = robots(&guichet.url, logins, &stop);
    let url = guichet.url.clone();
    let mut sending = tokio::task::JoinSet::new();
    sending.spawn(async move { submit(&url, asked, rate, load).await });
    let mut round = 0;
    let end = tokio::time::Instant::now() + load;
    while tokio::time::Instant::now() + PAUSE < end {
        pass(PAUSE).await;
        faults(&mut guichet, round).await;
        round += 1;
    }
    let sent = sending.join_next().await.expect("one task").expect("the load runs to its end");
    let verdict = check(&guichet, &sent).await;
    wait_until(PATIENCE * 4, async || offered_to_nobody(&guichet).await == 0).await;
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

/// The demo town with a CCAS that shares nobody, so that there are two pools, and two processes that decide.
async fn two_pools_and_two_owners() -> Guichet {
    let mut guichet = Guichet::start(Kind::Split).await;
    let folder = guichet_testkit::temp_dir();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests has a parent");
    copy(&root.join("demo/directory"), folder.path());
    let change = |file: &str, change: &dyn Fn(&str) -> String| {
        let file = folder.path().join(file);
        let text = std::fs::read_to_string(&file).expect("the demo has it");
        std::fs::write(&file, change(&text)).expect("the copy can be written");
    };
    change("pooling.toml", &|text| {
        text.split("[[agreement]]").filter(|part| !part.contains("\"ccas\"")).collect::<Vec<_>>().join("[[agreement]]")
    });
    change("valorme/agents.toml", &|text| text.replace(", \"ccas\"]", "]"));
    guichet.command(&["directory", "import", &folder.path().display().to_string(), "--demo"]).await;
    guichet.start_second_routing().await;
    wait_until(PATIENCE, async || shards_by_owner(&guichet).await == [1, 1]).await;
    guichet
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("the folder can be made");
    for entry in std::fs::read_dir(from).expect("a folder").flatten() {
        let (path, copied) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &copied);
        } else {
            std::fs::copy(&path, &copied).expect("the file can be copied");
        }
    }
}

fn everybody() -> Vec<&'static str> {
    ROBOTS.into_iter().chain(["katell.buvard"]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_owner_is_replaced_by_the_other_routing_process() {
    let guichet = two_pools_and_two_owners().await;
    under_load_of(OF_TWO_POOLS, &everybody(), guichet, async |guichet, _| {
        guichet.process(SECOND_ROUTING).kill();
        let killed_at = Instant::now();
        wait_until(PATIENCE, async || shards_by_owner(guichet).await == [2]).await;
        println!("both pools have the same owner {} ms after the other was killed", killed_at.elapsed().as_millis());
        guichet.process(SECOND_ROUTING).launch();
        wait_until(PATIENCE, async || shards_by_owner(guichet).await == [1, 1]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_owner_whose_pool_was_taken_over_decides_nothing_when_it_comes_back() {
    /// Longer than a lease lasts.
    const ASLEEP: Duration = Duration::from_secs(5);
    let guichet = two_pools_and_two_owners().await;
    under_load_of(OF_TWO_POOLS, &everybody(), guichet, async |guichet, _| {
        guichet.process(SECOND_ROUTING).pause(true);
        pass(ASLEEP).await;
        wait_until(PATIENCE, async || shards_by_owner(guichet).await == [2]).await;
        guichet.process(SECOND_ROUTING).pause(false);
        wait_until(PATIENCE, async || shards_by_owner(guichet).await == [1, 1]).await;
    })
    .await;
}
