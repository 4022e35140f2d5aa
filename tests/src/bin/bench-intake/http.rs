//! Submissions over HTTP, each client one at a time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use guichet_tests::Guichet;
use serde_json::json;
use tokio::task::JoinSet;

/// A usager of its own for every submission of the run.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// Returns the submissions acknowledged a second.
pub(crate) async fn rate(guichet: &Guichet, clients: usize, seconds: u64) -> f64 {
    let end = Instant::now() + Duration::from_secs(seconds);
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..clients {
        let url = format!("{}/api/v1/requests", guichet.url);
        let http = guichet.http().clone();
        tasks.spawn(async move {
            let mut done = 0_u32;
            while Instant::now() < end {
                let body = json!({
                    "authority": "valorme", "procedure": "voirie", "subject": "Nid-de-poule rue des Ormes",
                    "body": "Devant le 4, un trou de 30 cm depuis lundi.",
                    "requester": {"name": "Usager", "email": format!("u{}@citoyen.example", NEXT.fetch_add(1, Ordering::Relaxed))},
                });
                let answer = http.post(&url).json(&body).send().await.expect("the gateway answers");
                assert_eq!(answer.status().as_u16(), 201, "a submission is taken");
                done += 1;
            }
            done
        });
    }
    let done: u32 = tasks.join_all().await.into_iter().sum();
    f64::from(done) / started.elapsed().as_secs_f64()
}
