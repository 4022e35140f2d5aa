//! Crashes, refusals and rivals: nothing lost, nothing twice.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use guichet_core::work::Channel;
use guichet_core::{Clock, Timestamp};
use guichet_notification::app::ports::{Email, MailTransport, Transport};
use guichet_notification::domain::state::{Attempt, DeliveryState};
use tokio_util::sync::CancellationToken;

use crate::desk::Desk;
use crate::scenarios;

const AWA: &str = "awa@example.fr";
/// Longer than any claim.
const LATER_MS: i64 = 3_600_000;

scenarios!(
    a_sender_killed_while_writing_a_file_leaves_one_file,
    a_sender_killed_while_the_relay_had_the_message_leaves_it_unknown_and_visible,
    a_paused_sender_changes_nothing_once_its_claim_has_ended,
    a_deferred_delivery_is_tried_again_on_schedule,
    a_refusal_is_final_and_visible,
    two_senders_never_send_the_same_delivery,
    what_was_about_to_be_written_is_taken_up_again,
    the_sender_is_woken_by_a_fact_and_stops_when_told,
);

/// A relay that says what it is told to, one answer an attempt; without an answer left, it never answers.
#[derive(Debug)]
struct Relay {
    answers: Mutex<Vec<Attempt>>,
    took: Mutex<Vec<String>>,
    repeats_safely: bool,
}

impl Relay {
    fn says(mut answers: Vec<Attempt>) -> Arc<Self> {
        answers.reverse();
        Arc::new(Self { answers: Mutex::new(answers), took: Mutex::default(), repeats_safely: false })
    }

    fn took(&self) -> Vec<String> {
        self.took.lock().expect("not poisoned").clone()
    }
}

impl Transport for Relay {
    fn repeats_safely(&self) -> bool {
        self.repeats_safely
    }

    fn longest(&self) -> Duration {
        Duration::from_secs(60)
    }
}

impl MailTransport for Relay {
    fn send<'a>(&'a self, mail: &'a Email) -> BoxFuture<'a, Attempt> {
        self.took.lock().expect("not poisoned").push(mail.message_id.clone());
        let answer = self.answers.lock().expect("not poisoned").pop();
        async move {
            match answer {
                Some(answer) => answer,
                None => std::future::pending().await,
            }
        }
        .boxed()
    }
}

/// Runs a sender until it waits for its relay, then drops it.
async fn killed_in_the_middle(desk: &Desk, relay: Arc<Relay>) {
    let app = desk.with_mail(Arc::clone(&relay) as Arc<dyn MailTransport>).await;
    let mut sending = app.send_due().boxed();
    let reached = guichet_testkit::wait_until(Duration::from_secs(10), async || !relay.took().is_empty());
    tokio::select! {
        _ = &mut sending => panic!("the relay never answers"),
        () = reached => {}
    }
}

async fn a_sender_killed_while_writing_a_file_leaves_one_file(desk: Desk) {
    let request = desk.has_request(Channel::Email, AWA, "");
    desk.registers(request, Some("acte")).await;
    killed_in_the_middle(&desk, Relay::says(Vec::new())).await;
    assert_eq!(desk.only_delivery(request).await.state, DeliveryState::Sending);

    // The next process has `file:` again.
    desk.app.recover(Timestamp::from_millis(i64::MAX)).await.expect("storage answers");
    desk.sends().await;
    let row = desk.only_delivery(request).await;
    assert_eq!((row.state, row.attempts), (DeliveryState::Accepted, 2));
    assert_eq!(desk.files("mail").len(), 1);
}

async fn a_sender_killed_while_the_relay_had_the_message_leaves_it_unknown_and_visible(desk: Desk) {
    let request = desk.has_request(Channel::Email, AWA, "");
    desk.registers(request, Some("acte")).await;
    let relay = Relay::says(Vec::new());
    killed_in_the_middle(&desk, Arc::clone(&relay)).await;

    let second = Relay::says(vec![Attempt::Accepted]);
    let app = desk.with_mail(Arc::clone(&second) as Arc<dyn MailTransport>).await;
    app.recover(desk.clock.now()).await.expect("storage answers");
    assert_eq!(desk.only_delivery(request).await.state, DeliveryState::Sending, "its claim has not ended");
    desk.clock.advance_millis(LATER_MS);
    app.recover(desk.clock.now()).await.expect("storage answers");
    app.send_due().await.expect("storage answers");
    let unknown = desk.only_delivery(request).await;
    assert_eq!(unknown.state, DeliveryState::Unknown);
    assert_eq!(app.stats().await.expect("storage answers").counts.unknown, 1);
    assert!(second.took().is_empty(), "nothing leaves again by itself");

    app.retry_delivery(unknown.id).await.expect("a person decides");
    app.send_due().await.expect("storage answers");
    assert_eq!(desk.only_delivery(request).await.state, DeliveryState::Accepted);
    assert_eq!(second.took(), relay.took(), "the same Message-ID");
}

async fn a_paused_sender_changes_nothing_once_its_claim_has_ended(desk: Desk) {
    let request = desk.has_request(Channel::Email, AWA, "");
    desk.registers(request, Some("acte")).await;
    let relay = Relay::says(vec![Attempt::Failed("550 no".to_owned())]);
    let slow = desk
        .with_mail(Arc::new(Paused {
            relay,
            until: desk.clock.now().plus_millis(LATER_MS + 1),
            desk_clock: desk.clock.clone(),
        }))
        .await;
    let other = desk.with_mail(Relay::says(vec![Attempt::Accepted])).await;
    // While the slow sender waits for its relay the clock jumps past its claim, and another one notices.
    let (sent, ()) = tokio::join!(slow.send_due(), async {
        while desk.only_delivery(request).await.state == DeliveryState::Queued {
            tokio::task::yield_now().await;
        }
        desk.clock.advance_millis(LATER_MS);
        other.recover(desk.clock.now()).await.expect("storage answers");
        desk.clock.advance_millis(1);
    });
    sent.expect("storage answers");
    assert_eq!(desk.only_delivery(request).await.state, DeliveryState::Unknown, "the late answer is not recorded");
}

/// A relay that answers only once the clock has moved past the claim and a millisecond more.
#[derive(Debug)]
struct Paused {
    relay: Arc<Relay>,
    /// Fixed before the clock moves: it may move before the message reaches the relay.
    until: guichet_core::Timestamp,
    desk_clock: guichet_core::ManualClock,
}

impl Transport for Paused {
    fn repeats_safely(&self) -> bool {
        false
    }

    fn longest(&self) -> Duration {
        self.relay.longest()
    }
}

impl MailTransport for Paused {
    fn send<'a>(&'a self, mail: &'a Email) -> BoxFuture<'a, Attempt> {
        async move {
            while self.desk_clock.now() < self.until {
                tokio::task::yield_now().await;
            }
            self.relay.send(mail).await
        }
        .boxed()
    }
}

async fn a_deferred_delivery_is_tried_again_on_schedule(desk: Desk) {
    let request = desk.has_request(Channel::Email, AWA, "");
    desk.registers(request, Some("acte")).await;
    let greylisted = Attempt::Deferred("451 come back".to_owned());
    let relay = Relay::says(vec![greylisted.clone(), greylisted, Attempt::Accepted]);
    let app = desk.with_mail(Arc::clone(&relay) as Arc<dyn MailTransport>).await;
    app.send_due().await.expect("storage answers");
    let first = desk.only_delivery(request).await;
    assert_eq!((first.state, first.last_error.as_deref()), (DeliveryState::Deferred, Some("451 come back")));
    let wait = first.next_attempt_at.expect("a time").millis_since(desk.clock.now());
    assert!((54_000..=66_000).contains(&wait), "one minute within a tenth, not {wait} ms");
    desk.clock.advance_millis(50_000);
    assert_eq!(app.send_due().await.expect("storage answers"), 0, "not before its time");
    desk.clock.advance_millis(20_000);
    app.send_due().await.expect("storage answers");
    desk.clock.advance_millis(6 * 60_000);
    app.send_due().await.expect("storage answers");
    let last = desk.only_delivery(request).await;
    assert_eq!((last.state, last.attempts, last.next_attempt_at), (DeliveryState::Accepted, 3, None));
    let took = relay.took();
    assert!(took.len() == 3 && took.iter().all(|id| *id == took[0]), "{took:?}");
}

async fn a_refusal_is_final_and_visible(desk: Desk) {
    let request = desk.has_request(Channel::Email, AWA, "");
    desk.registers(request, Some("acte")).await;
    let app = desk.with_mail(Relay::says(vec![Attempt::Failed("550 5.1.1 no such user".to_owned())])).await;
    app.send_due().await.expect("storage answers");
    desk.clock.advance_millis(LATER_MS);
    assert_eq!(app.send_due().await.expect("storage answers"), 0);
    let row = desk.only_delivery(request).await;
    assert_eq!((row.state, row.last_error.as_deref()), (DeliveryState::Failed, Some("550 5.1.1 no such user")));
}

async fn two_senders_never_send_the_same_delivery(desk: Desk) {
    for _ in 0..40 {
        let request = desk.has_request(Channel::Email, AWA, "");
        desk.registers(request, Some("acte")).await;
    }
    let relays = [Relay::says(vec![Attempt::Accepted; 40]), Relay::says(vec![Attempt::Accepted; 40])];
    let first = desk.with_mail(Arc::clone(&relays[0]) as Arc<dyn MailTransport>).await;
    let second = desk.with_mail(Arc::clone(&relays[1]) as Arc<dyn MailTransport>).await;
    let drain =
        async |app: &guichet_notification::app::App| while app.send_due().await.expect("storage answers") > 0 {};
    tokio::join!(drain(&first), drain(&second));
    let mut took: Vec<String> = relays.iter().flat_map(|relay| relay.took()).collect();
    assert_eq!(took.len(), 40);
    took.sort();
    took.dedup();
    assert_eq!(took.len(), 40);
}

async fn what_was_about_to_be_written_is_taken_up_again(desk: Desk) {
    let request = desk.has_request(Channel::Email, AWA, "");
    desk.registers(request, Some("acte")).await;
    {
        let app = desk.with_mail(Relay::says(Vec::new())).await;
        let claiming = app.send_due();
        // Dropped at its first await: whatever it holds then is given back.
        tokio::select! {
            biased;
            () = std::future::ready(()) => {}
            _ = claiming => {}
        }
    }
    desk.clock.advance_millis(LATER_MS);
    desk.app.recover(desk.clock.now()).await.expect("storage answers");
    desk.sends().await;
    assert_eq!(desk.only_delivery(request).await.state, DeliveryState::Accepted);
}

async fn the_sender_is_woken_by_a_fact_and_stops_when_told(desk: Desk) {
    let request = desk.has_request(Channel::Email, AWA, "");
    let cancel = CancellationToken::new();
    let told = async {
        desk.registers(request, Some("acte")).await;
        guichet_testkit::wait_until(Duration::from_secs(10), async || {
            desk.only_delivery(request).await.state == DeliveryState::Accepted
        })
        .await;
        cancel.cancel();
    };
    let (sender, ()) = tokio::join!(Arc::clone(&desk.app).run_sender(cancel.clone()), told);
    sender.expect("it ends when told, without error");
}
