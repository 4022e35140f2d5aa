//! Links that are cut both ways or one way, and links that are slow (rows F12 and F22).

use std::time::{Duration, Instant};

use guichet_testkit::setting;
use guichet_tests::links::{POSTGRES, REDIS};
use guichet_tests::load::{everything_is_heard, pass};
use guichet_tests::{Guichet, Plan};

use crate::trial::{Trial, percentile, tell};

/// Requests a second, lower than elsewhere: each octet passes through the test as well.
const RATE: u32 = 6;
/// How long a cut lasts in CI, longer than a read may take; `FAULTS_CUT_SECONDS` makes it longer for a night.
const CUT: Duration = Duration::from_millis(2_500);
/// Who is parted from whom: each pair that talks.
const PAIRS: [(&str, &str); 12] = [
    ("gateway", "intake"),
    ("intake", "routing"),
    ("gateway", "routing"),
    ("notification", "intake"),
    ("routing", POSTGRES),
    ("notification", "routing"),
    ("intake", POSTGRES),
    ("gateway", "notification"),
    ("intake", REDIS),
    ("intake", "knowledge"),
    ("routing", REDIS),
    ("knowledge", "routing"),
];

fn cut(guichet: &Guichet, (one, other): (&str, &str), way: usize) {
    match way {
        0 => guichet.links.part(one, other),
        1 => guichet.links.silence(one, other),
        _ => guichet.links.silence(other, one),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_pair_that_is_parted_both_ways_or_one_way_finds_together_again() {
    let mut guichet = Guichet::start_split(Plan { has_links: true, ..Plan::default() }).await;
    let cut_for = setting("FAULTS_CUT_SECONDS", 0);
    // A night parts each pair in each way; CI each pair once, in one way or another.
    let (cut_for, ways) = if cut_for > 0 { (Duration::from_secs(cut_for), 3) } else { (CUT, 1) };
    let mut longest = Duration::ZERO;
    let trial = Trial { rate: RATE, ..Trial::default() };
    let outcome = trial
        .during(&mut guichet, async |guichet| {
            for (number, pair) in PAIRS.into_iter().enumerate() {
                for way in 0..ways {
                    cut(guichet, pair, (number + way) % 3);
                    pass(cut_for).await;
                    guichet.links.heal().await;
                    let heard = everything_is_heard(guichet).await;
                    println!("{pair:?} parted in way {}: heard {} ms after", (number + way) % 3, heard.as_millis());
                    longest = longest.max(heard);
                }
            }
        })
        .await;
    tell("F12", &format!("everything heard {} ms after the last of a cut, at most", longest.as_millis()), "10 s");
    tell("F12", &format!("{} of {} requests were asked twice", outcome.refused(), outcome.sent.len()), "0 lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_is_slow_slows_nobody_else_down() {
    /// A hundred times what loopback takes, and more.
    const LATENCY: Duration = Duration::from_millis(150);
    const PHASE: Duration = Duration::from_secs(8);
    let mut guichet = Guichet::start_split(Plan { has_links: true, ..Plan::default() }).await;
    let (mut slow_at, mut end) = (Instant::now(), Instant::now());
    let start = Instant::now();
    let trial = Trial { rate: RATE, ..Trial::default() };
    let outcome = trial
        .during(&mut guichet, async |guichet| {
            pass(PHASE).await;
            slow_at = Instant::now();
            for (consumer, ends) in [("knowledge", ["routing", POSTGRES]), ("notification", ["intake", POSTGRES])] {
                for end in ends {
                    guichet.links.between(consumer, end).slow_down(LATENCY);
                }
            }
            pass(PHASE).await;
            end = Instant::now();
            guichet.links.heal().await;
        })
        .await;
    let (before, during) = (outcome.times(start, slow_at), outcome.times(slow_at, end));
    for percent in [50, 99] {
        let (before, during) = (percentile(&before, percent), percentile(&during, percent));
        let ratio = during.as_secs_f64() / before.as_secs_f64();
        let seen = format!(
            "p{percent} of acknowledgements {} ms before, {} ms beside a slow consumer, ratio {ratio:.2}",
            before.as_millis(),
            during.as_millis()
        );
        tell("F22", &seen, "ratio below 1.10 at p99");
    }
    tell("F22", &format!("caught up {} ms after the load", outcome.settled.as_millis()), "bounded");
    assert_eq!(outcome.refused(), 0, "nobody waits for a consumer");
}
