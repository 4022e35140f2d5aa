//! The time from an e-mail accepted (SMTP 250) to its row on an open desk: the desk hears of it by server-sent events and
//! asks for its page again, as its script does.

use std::time::{Duration, Instant};

use guichet_tests::mail::Outgoing;
use guichet_tests::{Agent, EVERYBODY, Guichet};

/// E-mails sent one after the other.
const MAILS: usize = 30;
/// How long one may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long the desk stays open: longer than the whole measure.
const LISTENING: Duration = Duration::from_secs(900);

/// From accepted to seen.
#[derive(serde::Serialize)]
pub(crate) struct Arrival {
    topology: &'static str,
    mails: usize,
    p50_ms: f64,
    worst_ms: f64,
}

impl std::fmt::Display for Arrival {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { topology, mails, p50_ms, worst_ms } = self;
        write!(
            f,
            "{topology:<12} {mails} e-mails, accepted to seen on an open desk: p50 {p50_ms:.0} ms, worst {worst_ms:.0} ms"
        )
    }
}

/// Sends e-mails to a desk that one agent keeps open, each declined once it is seen so that the next one fits.
pub(crate) async fn measure(guichet: &Guichet, topology: &'static str) -> Arrival {
    for colleague in EVERYBODY.into_iter().filter(|login| *login != "basile.tampon") {
        guichet.agent(colleague).await.is("away").await;
    }
    let basile = guichet.agent("basile.tampon").await;
    let mut events = basile.page("/api/v1/events").timeout(LISTENING).send().await.expect("the desk listens");
    let mut times = Vec::with_capacity(MAILS);
    for number in 0..MAILS {
        let subject = format!("Lampadaire éteint, banc d'essai {number}");
        let from = format!("banc{number}@citoyen.example");
        let mail = Outgoing::new(guichet, &from, &subject, "Le lampadaire du 4 rue des Lilas est éteint.");
        mail.send().await.expect("the mail is accepted");
        let start = Instant::now();
        while !shows(&basile, &subject).await {
            assert!(start.elapsed() < PATIENCE, "{subject} does not show");
            let heard = tokio::time::timeout(PATIENCE, events.chunk()).await.expect("the desk is told");
            heard.expect("the stream stays open");
        }
        times.push(start.elapsed().as_secs_f64() * 1_000.0);
        for offer in basile.offers().await {
            let id = offer["id"].as_str().expect("an offer has an id");
            basile.post(&format!("/offers/{id}/decline"), &serde_json::json!({})).await;
        }
    }
    for colleague in EVERYBODY {
        guichet.agent(colleague).await.is("available").await;
    }
    times.sort_by(f64::total_cmp);
    Arrival { topology, mails: MAILS, p50_ms: times[MAILS / 2], worst_ms: times[MAILS - 1] }
}

async fn shows(agent: &Agent, subject: &str) -> bool {
    let page = agent.page("/agent").send().await.expect("the desk answers").text().await.expect("a page");
    // The page escapes the apostrophe.
    page.contains(&subject.replace('\'', "&#39;")) || page.contains(subject)
}
