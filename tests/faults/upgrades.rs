//! A rolling restart and a rolling upgrade under load (rows F5 and F28): nobody who asks notices.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use guichet_tests::load::pass;
use guichet_tests::{DOUBLED, Guichet, Plan};

use crate::trial::{Trial, tell};

/// Requests a second: ten processes share CI's two cores.
const RATE: u32 = 8;
/// Time between a process that is ready and the next that leaves: callers look names up every 3 s.
const NEXT: Duration = Duration::from_secs(3);

/// Asks a process to leave and starts it again; returns how long it took to leave.
async fn replace(guichet: &mut Guichet, place: usize) -> Duration {
    let (name, process) = &mut guichet.processes[place];
    let (name, asked_at) = (name.clone(), Instant::now());
    let ended = process.terminate().await;
    let drained = asked_at.elapsed();
    assert!(ended.success(), "{name} ended with {ended}");
    process.launch();
    guichet.wait_until_process_is_ready(&name).await;
    drained
}

/// Replaces every process in turn; returns the longest time that one took to leave.
async fn replace_all(guichet: &mut Guichet) -> Duration {
    let mut longest = Duration::ZERO;
    for place in 0..guichet.processes.len() {
        // Newcomers are sent elsewhere before a process is told to leave.
        match guichet.processes[place].0.as_str() {
            "gateway" => guichet.send_to_gateway(true),
            "gateway-2" => guichet.send_to_gateway(false),
            _ => {}
        }
        longest = longest.max(replace(guichet, place).await);
        pass(NEXT).await;
    }
    longest
}

/// Rows F5 and, with the binary of another release in `FAULTS_BEFORE`, F28: from that one to this one with its migrations, and back.
#[tokio::test(flavor = "multi_thread")]
async fn each_process_of_a_doubled_product_is_replaced_in_turn_and_no_request_fails() {
    let before = std::env::var_os("FAULTS_BEFORE").map(PathBuf::from);
    let folder = guichet_testkit::temp_dir();
    let current = folder.path().join("guichet");
    let install = |binary: &Path| {
        let next = folder.path().join("next");
        std::os::unix::fs::symlink(binary, &next).and_then(|()| std::fs::rename(&next, &current)).expect("our folder");
    };
    install(before.as_deref().unwrap_or(&guichet_tests::binary()));
    // A place that both releases know.
    let blobs = format!("blobs.url=file:{}", folder.path().join("blobs").display());
    let settings: &[&str] = if before.is_some() { &[&blobs] } else { &[] };
    let plan = Plan { copies: DOUBLED, binary: Some(&current), settings, ..Plan::default() };
    let mut guichet = Guichet::start_split(plan).await;
    // Until each process has heard of the town, which an earlier release may do two seconds later: nobody upgrades in these.
    pass(NEXT).await;
    let mut longest = Duration::ZERO;
    let trial = Trial { rate: RATE, ..Trial::default() };
    let outcome = trial
        .during(&mut guichet, async |guichet| {
            install(&guichet_tests::binary());
            guichet.migrate().await;
            longest = replace_all(guichet).await;
            if let Some(before) = &before {
                install(before);
                longest = longest.max(replace_all(guichet).await);
            }
        })
        .await;
    let row = if before.is_some() { "F28" } else { "F5" };
    tell(row, &format!("longest drain {} ms", longest.as_millis()), "25 s");
    let refused: Vec<_> = outcome.sent.iter().filter(|one| !one.refused.is_empty()).collect();
    tell(row, &format!("{} of {} requests failed", refused.len(), outcome.sent.len()), "0");
    assert!(refused.is_empty(), "{refused:?}\n{}", guichet.logs());
}
