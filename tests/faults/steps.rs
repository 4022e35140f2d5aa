//! Processes that die before and after each step of their work, one step after the other (rows F1 to F3).

use std::time::Duration;

use guichet_testkit::{setting, wait_until};
use guichet_tests::load::{Allowed, pass, requests_by_mail};
use guichet_tests::mail::Outgoing;
use guichet_tests::{Guichet, Kind, PATIENCE};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::trial::{Trial, tell};

/// The points that the services pass, in the order of their work: `guichet_core::crash` ends a process there. Notification dies
/// first: what a sender that died had claimed is free again half a minute later.
const STEPS: [(&str, &[&str]); 3] = [
    (
        "notification",
        &[
            "notification.heard",
            "notification.queued",
            "notification.claimed",
            "notification.composed",
            "notification.handed_over",
            "notification.left",
            "notification.settling",
            "notification.settled",
        ],
    ),
    (
        "intake",
        &[
            "intake.read",
            "intake.recognised",
            "intake.blob_flushed",
            "intake.blob_kept",
            "intake.claimed",
            "intake.written",
            "intake.committed",
            "intake.answering",
            "intake.answered",
        ],
    ),
    (
        "routing",
        &[
            "routing.heard",
            "routing.queued",
            "routing.decided",
            "routing.written",
            "routing.committed",
            "routing.accepting",
            "routing.accepted",
        ],
    ),
];
/// Passages of a point before the process dies there, by turns.
const PASSAGES: u64 = 3;
/// Pause before a mail that was not taken is sent again.
const MAIL_PAUSE: Duration = Duration::from_millis(300);
/// Mails a trial may bring beside its forms, at most: a night's.
const MAILS_MAX: usize = 1_000_000;
/// Requests a second, beside the mails.
const RATE: u32 = 4;

/// Sends one mail after the other, each until it is taken, and returns how many were.
async fn mails(first: Outgoing, stop: CancellationToken) -> usize {
    let mut taken = 0;
    while !stop.is_cancelled() {
        let from = format!("mail{taken}@citoyen.example");
        let message_id = format!("<{taken}.{}", first.message_id.trim_start_matches('<'));
        let mail = Outgoing { from, message_id, subject: format!("Courriel {taken}"), ..first.clone() };
        while mail.send().await.is_err() {
            pass(MAIL_PAUSE).await;
        }
        taken += 1;
    }
    taken
}

async fn nothing_is_lost_or_doubled_whatever_step_a_process_dies_at(kind: Kind) {
    let mut guichet = Guichet::start(kind).await;
    let first = Outgoing::new(&guichet, "mail@citoyen.example", "Courriel", "Un nid-de-poule devant chez moi.");
    let (stop, mut writing) = (CancellationToken::new(), JoinSet::new());
    writing.spawn(mails(first, stop.clone()));
    let rounds = setting("FAULTS_SEEDS", 1);
    let allowed = Allowed { others: MAILS_MAX, ..Allowed::default() };
    let trial = Trial { allowed, rate: RATE, ..Trial::default() };
    let (mut deaths, mut taken) = (0, 0);
    let dying = async |guichet: &mut Guichet| {
        for round in 0..rounds {
            for (service, points) in STEPS {
                let process = guichet.process(service);
                for (place, point) in (0..).zip(points) {
                    process.kill();
                    process.launch_to_crash_at(point, 1 + (round + place) % PASSAGES);
                    let died = || std::future::ready(process.has_ended());
                    wait_until(PATIENCE, died).await;
                    deaths += 1;
                }
                process.kill();
                process.launch();
            }
        }
        stop.cancel();
        taken = writing.join_next().await.expect("one task").expect("mails are sent to the end");
        assert_eq!(requests_by_mail(guichet).await, taken, "each mail is one request");
    };
    trial.during(&mut guichet, dying).await;
    let seen = format!("{deaths} deaths at {} steps, {taken} mails beside the forms, 0 lost, 0 doubled", steps());
    tell("F1, F2, F3", &seen, "0 lost, 0 doubled");
}

fn steps() -> usize {
    STEPS.iter().map(|(_, points)| points.len()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_that_dies_at_any_step_loses_and_doubles_nothing() {
    nothing_is_lost_or_doubled_whatever_step_a_process_dies_at(Kind::AllInOne).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_dies_at_any_step_loses_and_doubles_nothing() {
    nothing_is_lost_or_doubled_whatever_step_a_process_dies_at(Kind::Split).await;
}
