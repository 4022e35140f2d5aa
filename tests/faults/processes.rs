//! Processes that die, sleep, or live by another clock (rows F1 to F4, F6, F9, F19 and F36).

use std::path::Path;
use std::time::{Duration, Instant};

use guichet_testkit::{RedisServer, wait_until};
use guichet_tests::links::POSTGRES;
use guichet_tests::load::{pass, shards_by_owner};
use guichet_tests::{Guichet, Kind, PATIENCE, Plan, SECOND_ROUTING, Topology, World};

use crate::trial::{ROBOTS, Trial, tell};

/// Time a killed process stays away.
const AWAY: Duration = Duration::from_millis(500);
/// Requests a second of a product with six processes.
const RATE_OF_TWO_POOLS: u32 = 10;

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
    let mut guichet = Guichet::start(Kind::AllInOne).await;
    Trial::default().rounds(&mut guichet, kill).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_process_killed_in_turn_redis_flushed_and_postgres_crashed_lose_and_double_nothing() {
    let mut guichet = Guichet::start_on_private_postgres(&[]).await;
    let faults = async |guichet: &mut Guichet, round| match round % 7 {
        5 => redis(guichet).flushall().await,
        6 => {
            if let Topology::Split { postgres: Some(postgres), .. } = &guichet.topology {
                postgres.crash().await;
                pass(AWAY).await;
                postgres.start().await;
            }
        }
        _ => kill(guichet, round % 7).await,
    };
    Trial::default().rounds(&mut guichet, faults).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_owner_of_the_queue_offers_nothing_twice_when_it_comes_back() {
    /// Longer than a lease lasts, so that another owner would take over.
    const ASLEEP: Duration = Duration::from_secs(5);
    let mut guichet = Guichet::start(Kind::Split).await;
    let faults = async |guichet: &mut Guichet, _| {
        guichet.process("routing").pause(true);
        pass(ASLEEP).await;
        guichet.process("routing").pause(false);
    };
    Trial::default().rounds(&mut guichet, faults).await;
}

/// The demo town with a CCAS that shares nobody, so that there are two pools, and two processes that decide.
async fn two_pools_and_two_owners(plan: Plan<'_>, world: World) -> Guichet {
    let mut guichet = Guichet::start_split(plan).await;
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
    guichet.start_second_routing_in(world).await;
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

async fn of_two_pools(guichet: &mut Guichet, faults: impl AsyncFn(&mut Guichet, usize)) {
    let everybody: Vec<&str> = ROBOTS.into_iter().chain(["katell.buvard"]).collect();
    let trial = Trial { asked: OF_TWO_POOLS, logins: &everybody, rate: RATE_OF_TWO_POOLS, ..Trial::default() };
    trial.rounds(guichet, faults).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_owner_is_replaced_by_the_other_routing_process() {
    let mut guichet = two_pools_and_two_owners(Plan::default(), World::default()).await;
    let faults = async |guichet: &mut Guichet, _| {
        guichet.process(SECOND_ROUTING).kill();
        let killed_at = Instant::now();
        wait_until(PATIENCE, async || shards_by_owner(guichet).await == [2]).await;
        let seen =
            format!("both pools have the same owner {} ms after the other was killed", killed_at.elapsed().as_millis());
        tell("F2", &seen, "5 s");
        guichet.process(SECOND_ROUTING).launch();
        wait_until(PATIENCE, async || shards_by_owner(guichet).await == [1, 1]).await;
    };
    of_two_pools(&mut guichet, faults).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_owner_whose_pool_was_taken_over_decides_nothing_when_it_comes_back() {
    /// Longer than a lease lasts.
    const ASLEEP: Duration = Duration::from_secs(5);
    let mut guichet = two_pools_and_two_owners(Plan::default(), World::default()).await;
    let faults = async |guichet: &mut Guichet, _| {
        guichet.process(SECOND_ROUTING).pause(true);
        pass(ASLEEP).await;
        wait_until(PATIENCE, async || shards_by_owner(guichet).await == [2]).await;
        guichet.process(SECOND_ROUTING).pause(false);
        wait_until(PATIENCE, async || shards_by_owner(guichet).await == [1, 1]).await;
    };
    of_two_pools(&mut guichet, faults).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_cut_off_from_its_database_is_replaced_and_decides_nothing_when_it_comes_back() {
    let mut guichet = two_pools_and_two_owners(Plan { has_links: true, ..Plan::default() }, World::default()).await;
    let faults = async |guichet: &mut Guichet, _| {
        guichet.links.part(SECOND_ROUTING, POSTGRES);
        let cut_at = Instant::now();
        wait_until(PATIENCE, async || shards_by_owner(guichet).await == [2]).await;
        let seen = format!("the other owner has its pool {} ms after the cut", cut_at.elapsed().as_millis());
        tell("F12, F36", &seen, "one owner can commit");
        guichet.links.heal().await;
        wait_until(PATIENCE, async || shards_by_owner(guichet).await == [1, 1]).await;
    };
    of_two_pools(&mut guichet, faults).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_whose_clock_jumps_an_hour_shares_no_pool_with_the_other() {
    /// What libfaketime reads, by turns: an hour early, right, an hour late, right.
    const OFFSETS: [&str; 4] = ["+3600", "+0", "-3600", "+0"];
    let clock = guichet_testkit::temp_dir();
    let file = clock.path().join("clock");
    std::fs::write(&file, OFFSETS[1]).expect("the folder is ours");
    let world = World { clock: Some(file.clone()), ..World::default() };
    let mut guichet = two_pools_and_two_owners(Plan::default(), world).await;
    let faults = async |guichet: &mut Guichet, round: usize| {
        std::fs::write(&file, OFFSETS[round % OFFSETS.len()]).expect("the folder is ours");
        wait_until(PATIENCE, async || shards_by_owner(guichet).await == [1, 1]).await;
    };
    of_two_pools(&mut guichet, faults).await;
    tell("F19", "0 double owners over jumps of an hour either way", "0 double owners");
}
