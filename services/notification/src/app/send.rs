//! The sender: claims deliveries that are due, has them written, hands them over and records what the relay said. A
//! delivery is `sending` only while a relay may have it: a crash before costs nothing, a crash during is visible.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use guichet_core::id::new_uuid;
use guichet_core::{Timestamp, crash};
use guichet_rpc::BoxError;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span, field};
use uuid::Uuid;

use super::prepare::{Outgoing, Preparation, Wire};
use super::{App, Told};
use crate::Error;
use crate::domain::notice::Medium;
use crate::domain::schedule::{next_attempt, postponed};
use crate::domain::state::{Attempt, DeliveryState};
use crate::store::{Claimed, Outcome, Sending};

/// Deliveries claimed at a time.
const BATCH: u32 = 32;
/// Deliveries written and handed over at a time: a slow relay must not hold the others.
const CONCURRENT: usize = 8;
/// The net under lost wake-ups.
const POLL: Duration = Duration::from_millis(500);
/// Milliseconds a claim lasts while a batch is written: a few deadlines of intake for each of its deliveries.
const WRITING_MS: i64 = 30_000;
/// Milliseconds between the longest attempt and the end of its claim.
const GRACE_MS: i64 = 5_000;
/// Characters kept of what a relay said.
const ERROR_CHARACTERS_MAX: usize = 300;

impl App {
    /// Sends what is due until cancelled.
    pub async fn run_sender(self: Arc<Self>, cancel: CancellationToken) -> Result<(), BoxError> {
        if Sending::is_alone(&self.db) {
            self.recover(Timestamp::from_millis(i64::MAX)).await?;
        }
        while !cancel.is_cancelled() {
            self.recover(self.clock.now()).await?;
            if self.send_due_until(&cancel).await? > 0 {
                continue;
            }
            tokio::select! {
                () = cancel.cancelled() => {}
                () = self.wake.notified() => {}
                () = tokio::time::sleep(POLL) => {}
            }
        }
        Ok(())
    }

    /// Sends a batch of what is due; returns how many deliveries it took.
    pub async fn send_due(&self) -> Result<usize, Error> {
        self.send_due_until(&CancellationToken::new()).await
    }

    /// As [`App::send_due`]; once cancelled it puts back what it has not begun, for another process.
    async fn send_due_until(&self, cancel: &CancellationToken) -> Result<usize, Error> {
        let now = self.clock.now();
        if Sending::next_due(&self.db).await?.is_none_or(|due| due > now) {
            return Ok(0);
        }
        let claim = new_uuid(&*self.clock, &*self.rng);
        let mut tx = self.db.begin().await?;
        let claimed = Sending::claim(&mut tx, claim, now.plus_millis(WRITING_MS), now, BATCH).await?;
        tx.commit().await?;
        crash::point("notification.claimed");
        let count = claimed.len();
        let begun = futures::stream::iter(claimed).take_while(|_| std::future::ready(!cancel.is_cancelled()));
        let work = begun.for_each_concurrent(CONCURRENT, |claimed| async move {
            if let Err(error) = self.send_one(&claimed, claim).instrument(span(&claimed)).await {
                // The claim ends by itself, then the delivery is due again.
                tracing::warn!(
                    delivery.id = %claimed.id, error = &error as &dyn std::error::Error, "could not send the notice"
                );
            }
        });
        work.await;
        if cancel.is_cancelled() {
            let mut tx = self.db.begin().await?;
            Sending::put_back(&mut tx, claim).await?;
            tx.commit().await?;
        }
        self.log.wake();
        Ok(count)
    }

    async fn send_one(&self, claimed: &Claimed, claim: Uuid) -> Result<(), Error> {
        let prepared = Box::pin(self.prepare(claimed)).await?;
        crash::point("notification.composed");
        match prepared {
            Preparation::Ready(outgoing) => self.hand_over(claimed, claim, &outgoing).await,
            Preparation::Unneeded => {
                let mut tx = self.db.begin().await?;
                Sending::drop_unneeded(&mut tx, (claimed.id, claim)).await?;
                Ok(tx.commit().await?)
            }
            Preparation::Hopeless(reason) => {
                let outcome =
                    Outcome { state: DeliveryState::Failed, error: Some(reason.to_owned()), next_attempt_at: None };
                self.settle(claimed, claim, None, &outcome).await
            }
            Preparation::Later(reason) => {
                let mut tx = self.db.begin().await?;
                let until = postponed(self.clock.now(), self.rng.below(2_001));
                Sending::postpone(&mut tx, (claimed.id, claim), reason, until).await?;
                Ok(tx.commit().await?)
            }
        }
    }

    async fn hand_over(&self, claimed: &Claimed, claim: Uuid, outgoing: &Outgoing) -> Result<(), Error> {
        let medium = outgoing.prepared.medium.as_str();
        Span::current().record("medium", medium);
        let now = self.clock.now();
        let longest = match &outgoing.wire {
            Wire::Email(_) => self.mail.longest(),
            Wire::Sms(_) => self.sms.longest(),
            Wire::Print => Duration::ZERO,
        };
        let until = now.plus_millis(i64::try_from(longest.as_millis()).unwrap_or(i64::MAX)).plus_millis(GRACE_MS);
        let mut tx = self.db.begin().await?;
        if !Sending::hand_over(&mut tx, (claimed.id, claim), &outgoing.prepared, until, now).await? {
            return Ok(());
        }
        if matches!(outgoing.wire, Wire::Print) {
            self.tell(&mut tx, told(claimed, Some(Medium::Letter)), DeliveryState::ToPrint).await?;
        }
        tx.commit().await?;
        crash::point("notification.handed_over");
        let attempt = match &outgoing.wire {
            Wire::Email(mail) => self.mail.send(mail).await,
            Wire::Sms(sms) => self.sms.send(sms).await,
            Wire::Print => return Ok(()),
        };
        crash::point("notification.left");
        let outcome = self.outcome(claimed, attempt);
        self.settle(claimed, claim, Some(outgoing.prepared.medium), &outcome).await
    }

    fn outcome(&self, claimed: &Claimed, attempt: Attempt) -> Outcome {
        let (state, error) = match attempt {
            Attempt::Accepted => (DeliveryState::Accepted, None),
            Attempt::Deferred(said) => (DeliveryState::Deferred, Some(said)),
            Attempt::Failed(said) => (DeliveryState::Failed, Some(said)),
            Attempt::Unknown(said) => (DeliveryState::Unknown, Some(said)),
        };
        let error = error.map(|said| said.chars().take(ERROR_CHARACTERS_MAX).collect());
        if state != DeliveryState::Deferred {
            return Outcome { state, error, next_attempt_at: None };
        }
        let chance = self.rng.below(2_001);
        match next_attempt(claimed.attempts + 1, claimed.created_at, self.clock.now(), chance) {
            Some(at) => Outcome { state, error, next_attempt_at: Some(at) },
            None => Outcome { state: DeliveryState::Failed, error, next_attempt_at: None },
        }
    }

    async fn settle(
        &self,
        claimed: &Claimed,
        claim: Uuid,
        medium: Option<Medium>,
        outcome: &Outcome,
    ) -> Result<(), Error> {
        let mut tx = self.db.begin().await?;
        if !Sending::settle(&mut tx, (claimed.id, claim), outcome, self.clock.now()).await? {
            tracing::warn!(delivery.id = %claimed.id, "attempt ended after its claim");
            return Ok(());
        }
        self.tell(&mut tx, told(claimed, medium), outcome.state).await?;
        crash::point("notification.settling");
        tx.commit().await?;
        crash::point("notification.settled");
        if outcome.state != DeliveryState::Accepted {
            let reason = outcome.error.as_deref().unwrap_or_default().split_whitespace().next().unwrap_or_default();
            tracing::info!(delivery.id = %claimed.id, state = %outcome.state, reason, "notice did not leave");
        }
        Ok(())
    }

    /// Takes back what a sender left half-way before `ended_before`: sent again where that leaves one message, else
    /// `unknown` for a person to see.
    pub async fn recover(&self, ended_before: Timestamp) -> Result<(), Error> {
        if Sending::earliest_claim(&self.db).await?.is_none_or(|claim| claim > ended_before) {
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        let now = self.clock.now();
        for (claimed, medium, claim) in Sending::list_abandoned(&mut tx, ended_before, BATCH).await? {
            let again = match medium {
                Some(Medium::Email) => self.mail.repeats_safely(),
                Some(Medium::Sms) => self.sms.repeats_safely(),
                _ => true,
            };
            let outcome = if again {
                Outcome { state: DeliveryState::Queued, error: None, next_attempt_at: Some(now) }
            } else {
                let error = Some("sender stopped while the relay had the message".to_owned());
                Outcome { state: DeliveryState::Unknown, error, next_attempt_at: None }
            };
            if Sending::settle(&mut tx, (claimed.id, claim), &outcome, now).await? {
                self.tell(&mut tx, told(&claimed, medium), outcome.state).await?;
            }
        }
        Sending::release(&mut tx, ended_before).await?;
        tx.commit().await?;
        self.log.wake();
        Ok(())
    }
}

/// Returns the span of one attempt, in the trace that called for the delivery.
fn span(claimed: &Claimed) -> Span {
    let span = tracing::info_span!(
        "send",
        otel.name = "send notice",
        otel.kind = "producer",
        delivery.id = %claimed.id,
        notice = %claimed.notice,
        medium = field::Empty,
    );
    guichet_telemetry::trace_context::set_parent(&span, claimed.traceparent.as_deref());
    span
}

fn told(claimed: &Claimed, medium: Option<Medium>) -> Told {
    Told {
        id: claimed.id,
        authority_id: claimed.authority_id,
        request_id: claimed.request_id,
        notice: claimed.notice,
        medium,
    }
}
