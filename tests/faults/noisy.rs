//! One who asks far too much, and many who come back at once (rows F27 and F41).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use guichet_testkit::{setting, wait_until};
use guichet_tests::load::{Allowed, home, pass};
use guichet_tests::{Guichet, Kind, PATIENCE};
use serde_json::json;
use tokio::task::JoinSet;

use crate::trial::{ROBOTS, Trial, percentile, tell};

/// Requests a second of the quiet authority.
const RATE: u32 = 4;
const PHASE: Duration = Duration::from_secs(8);
/// Requests a second of the noisy one: a hundred times what it asks for on a usual day, a request every four seconds.
const NOISE: u32 = 25;
/// Requests that the noise may leave behind.
const NOISE_MAX: usize = 600;

/// Asks on behalf of the CCAS for a while, from one address or from many; returns how many were taken and refused.
async fn noise(guichet: &Guichet, name: &str, address: impl Fn(usize) -> String) -> (usize, usize) {
    let mut pace = tokio::time::interval(Duration::from_secs(1) / NOISE);
    let (start, mut asking, mut number) = (Instant::now(), JoinSet::new(), 0_usize);
    while start.elapsed() < PHASE {
        pace.tick().await;
        let body = json!({
            "authority": "ccas", "procedure": "question", "subject": format!("Bruit {name} {number}"), "body": "Encore.",
            "requester": {"name": "Awa", "email": format!("{name}.{number}@citoyen.example")},
        });
        let request = guichet.http().post(format!("{}/api/v1/requests", guichet.url)).json(&body);
        let request =
            request.header("x-forwarded-for", address(number)).header("idempotency-key", format!("{name}-{number}"));
        asking.spawn(async move { request.send().await.map_or(0, |answer| answer.status().as_u16()) });
        number += 1;
    }
    let statuses = asking.join_all().await;
    let of = |wanted: u16| statuses.iter().filter(|status| **status == wanted).count();
    (of(201), of(429))
}

#[tokio::test(flavor = "multi_thread")]
async fn one_noisy_sender_is_told_to_wait_and_a_noisy_authority_stops_no_other() {
    // The limit of real life by the address that the proxy in front tells, and one that the quiet authority stays below.
    let settings = [
        "gateway.rates.submit_per_minute=30",
        &format!("gateway.rates.authority_submit_per_minute={}", 2 * 60 * RATE),
        "gateway.trusted_proxies=[\"127.0.0.1\"]",
    ];
    let mut guichet = Guichet::start_with(Kind::Split, &settings).await;
    let everybody: Vec<&str> = ROBOTS.into_iter().chain(["katell.buvard"]).collect();
    let allowed = Allowed { others: NOISE_MAX, parked: 0 };
    let trial = Trial { rate: RATE, logins: &everybody, allowed, ..Trial::default() };
    let mut phases = vec![Instant::now()];
    let outcome = trial
        .during(&mut guichet, async |guichet| {
            pass(PHASE).await;
            phases.push(Instant::now());
            let (taken, refused) = noise(guichet, "un", |_| "203.0.113.9".to_owned()).await;
            tell("F41", &format!("one sender: {taken} taken, {refused} told 429"), "429");
            assert!(refused > 0, "the limit holds");
            phases.push(Instant::now());
            let (taken, refused) = noise(guichet, "tous", |number| home(number + NOISE_MAX * 1_000)).await;
            tell("F41", &format!("a whole authority: {taken} taken, {refused} told 429"), "429");
            assert!(refused > 0, "the quota holds");
            phases.push(Instant::now());
        })
        .await;
    let times: Vec<Vec<Duration>> = phases.windows(2).map(|ends| outcome.times(ends[0], ends[1])).collect();
    for (name, times_of) in ["calm", "one noisy sender", "one noisy authority"].iter().zip(&times) {
        let (half, most) = (percentile(times_of, 50), percentile(times_of, 99));
        let ratio = most.as_secs_f64() / percentile(&times[0], 99).as_secs_f64();
        let seen =
            format!("the others' p50 {} ms, p99 {} ms, ratio {ratio:.2}: {name}", half.as_millis(), most.as_millis());
        tell("F41", &seen, "ratio of p99 below 1.20");
    }
    assert_eq!(outcome.refused(), 0, "nobody else is refused");
}

/// Listens for changes as a page does: comes back, as browsers do, when it is cut off.
async fn listen(request: reqwest::RequestBuilder, open: Arc<AtomicUsize>) {
    /// Pause of a browser that is told nothing else.
    const RETRY: Duration = Duration::from_secs(3);
    loop {
        let mut retry = RETRY;
        let asked = request.try_clone().expect("a request without a body").send().await;
        if let Ok(mut answer) = asked
            && answer.status().is_success()
        {
            let mut is_open = false;
            while let Ok(Some(chunk)) = answer.chunk().await {
                let text = String::from_utf8_lossy(&chunk);
                if let Some((_, told)) = text.split_once("retry:") {
                    let millis = told.lines().next().and_then(|line| line.trim().parse().ok());
                    retry = millis.map_or(retry, Duration::from_millis);
                }
                if !is_open {
                    is_open = true;
                    open.fetch_add(1, Ordering::SeqCst);
                }
            }
            open.fetch_sub(usize::from(is_open), Ordering::SeqCst);
        }
        pass(retry).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_many_agents_come_back_after_the_gateway_was_replaced() {
    let pages = usize::try_from(setting("FAULTS_PAGES", 300)).expect("a count");
    let mut guichet = Guichet::start(Kind::Split).await;
    let agent = guichet.agent("aline.encre").await;
    let open = Arc::new(AtomicUsize::new(0));
    let mut listening = JoinSet::new();
    for _ in 0..pages {
        listening.spawn(listen(agent.page("/api/v1/events"), Arc::clone(&open)));
    }
    let all_are_open = async || open.load(Ordering::SeqCst) == pages;
    wait_until(PATIENCE, all_are_open).await;
    let trial = Trial { rate: RATE, ..Trial::default() };
    trial
        .during(&mut guichet, async |guichet| {
            for how in ["told to leave", "killed"] {
                let gateway = guichet.process("gateway");
                if how == "killed" {
                    gateway.kill();
                } else {
                    assert!(gateway.terminate().await.success(), "open pages hold no process up");
                }
                wait_until(PATIENCE, async || open.load(Ordering::SeqCst) == 0).await;
                let back_at = Instant::now();
                guichet.process("gateway").launch();
                wait_until(PATIENCE, all_are_open).await;
                let seen = format!(
                    "{pages} pages open again {} ms after the start of a gateway that was {how}",
                    back_at.elapsed().as_millis()
                );
                tell("F27", &seen, "30 s");
            }
        })
        .await;
}
