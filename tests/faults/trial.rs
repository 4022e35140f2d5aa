//! A trial: the product under load, with robots that accept and answer, while something is done to it; then the history of
//! what was promised is compared with what is stored.

use std::time::{Duration, Instant};

use guichet_testkit::{setting, wait_until};
use guichet_tests::load::{Allowed, OF_VALORME, Sent, check, offered_to_nobody, pass, robots, submit};
use guichet_tests::{Guichet, PATIENCE};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Requests a second: what CI's two cores work off as fast as it comes, beside the robots and the faults.
const RATE: u32 = 8;
/// How long the load lasts in CI, each kind of fault once at least; `FAULTS_SECONDS` makes it longer for a night.
const LOAD: Duration = Duration::from_secs(20);
/// Time between two faults.
const PAUSE: Duration = Duration::from_millis(1_500);
/// Agents that robots play: those whose skills the load asks for.
pub(crate) const ROBOTS: [&str; 6] =
    ["aline.encre", "basile.tampon", "capucine.trombone", "edwige.calepin", "joseph.pave", "leon.virgule"];

/// What is asked, how often, and who answers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trial<'t> {
    pub(crate) asked: &'static [(&'static str, &'static str)],
    pub(crate) logins: &'t [&'t str],
    pub(crate) rate: u32,
    /// What is done beside the load.
    pub(crate) allowed: Allowed,
}

impl Default for Trial<'_> {
    fn default() -> Self {
        Self { asked: OF_VALORME, logins: &ROBOTS, rate: RATE, allowed: Allowed::default() }
    }
}

/// What a trial leaves to look at.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Each submission as its sender knows it.
    pub(crate) sent: Vec<Sent>,
    /// How long the product took, after the last submission, until nothing was behind.
    pub(crate) settled: Duration,
}

impl Outcome {
    /// Returns how many submissions were refused at least once.
    pub(crate) fn refused(&self) -> usize {
        self.sent.iter().filter(|one| !one.refused.is_empty()).count()
    }

    /// Returns how many submissions were acknowledged a second, between two instants.
    pub(crate) fn acknowledged_a_second(&self, from: Instant, to: Instant) -> f64 {
        let moments = self.sent.iter().filter_map(Sent::acknowledged_at);
        let within = u32::try_from(moments.filter(|at| (from..to).contains(at)).count()).expect("a count");
        f64::from(within) / (to - from).as_secs_f64()
    }

    /// Returns how long the acknowledgements took of what was asked between two instants, the shortest first.
    pub(crate) fn times(&self, from: Instant, to: Instant) -> Vec<Duration> {
        let asked = self.sent.iter().filter(|one| (from..to).contains(&one.asked_at));
        let mut times: Vec<Duration> = asked.map(|one| one.took).collect();
        times.sort_unstable();
        times
    }
}

impl Trial<'_> {
    /// Runs the load until `what` has been done, then checks the history.
    pub(crate) async fn during(self, guichet: &mut Guichet, what: impl AsyncFnOnce(&mut Guichet)) -> Outcome {
        let rate = u32::try_from(setting("FAULTS_RATE", self.rate.into())).expect("a rate");
        let (end, stop) = (CancellationToken::new(), CancellationToken::new());
        let (mut robots, answered) = robots(&guichet.url, self.logins, &stop);
        let (url, asked, ends, started) = (guichet.url.clone(), self.asked, end.clone(), Instant::now());
        let mut sending = JoinSet::new();
        sending.spawn(async move { submit(&url, asked, rate, &ends).await });
        what(guichet).await;
        end.cancel();
        let sent = sending.join_next().await.expect("one task").expect("the load runs to its end");
        let (seconds, sent_at) = (started.elapsed().as_secs(), Instant::now());
        let verdict = check(guichet, &sent, self.allowed).await;
        let settled = sent_at.elapsed();
        wait_until(PATIENCE * 4, async || offered_to_nobody(guichet).await == 0).await;
        stop.cancel();
        while robots.join_next().await.is_some() {}
        let tries: usize = sent.iter().map(Sent::tries).sum();
        let answered = *answered.lock().expect("no robot panicked");
        println!(
            "{rate}/s for {seconds} s, {tries} tries, {answered} answered, settled after {} ms: {}",
            settled.as_millis(),
            serde_json::to_string(&verdict).expect("plain data")
        );
        assert!(verdict.is_clean(), "{verdict:#?}\n{}", guichet.logs());
        assert!(verdict.acknowledged > 0 && verdict.unanswered == 0, "{verdict:?}");
        Outcome { sent, settled }
    }

    /// Runs the load as long as CI or a night wants it, with a fault every few seconds.
    pub(crate) async fn rounds(self, guichet: &mut Guichet, faults: impl AsyncFn(&mut Guichet, usize)) -> Outcome {
        let load = Duration::from_secs(setting("FAULTS_SECONDS", LOAD.as_secs()));
        self.during(guichet, async |guichet| {
            let (end, mut round) = (Instant::now() + load, 0);
            while Instant::now() + PAUSE < end {
                pass(PAUSE).await;
                faults(guichet, round).await;
                round += 1;
            }
            pass(end.saturating_duration_since(Instant::now())).await;
            println!("{round} faults");
        })
        .await
    }
}

/// Prints what was seen beside what a row of the fault table asks for.
pub(crate) fn tell(row: &str, seen: &str, mark: &str) {
    println!("{row}: {seen} (mark: {mark})");
}

/// Returns the value below which a share of sorted times lies.
pub(crate) fn percentile(times: &[Duration], percent: usize) -> Duration {
    times.get((times.len() * percent / 100).min(times.len().saturating_sub(1))).copied().unwrap_or_default()
}
