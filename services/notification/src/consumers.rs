//! Facts heard from intake and routing: each becomes at most one delivery, in the transaction of the cursor.

use std::sync::Arc;

use guichet_bus::{Handler, HandlerError};
use guichet_db::Tx;
use guichet_events::intake::{BounceReceived, ReplyPosted};
use guichet_events::routing::{
    RequestDelayed, RequestDismissed, RequestForwarded, RequestRegistered, RequestResolved, RequestWaiting,
    RequestWithdrawn,
};
use guichet_events::{Envelope, EventData};

use crate::app::App;
use crate::domain::notice::{Ending, Facts, Telling};

/// What intake tells.
#[derive(Clone, Debug)]
pub struct IntakeEvents(pub Arc<App>);

impl Handler for IntakeEvents {
    async fn handle(&self, tx: &mut Tx, event: &Envelope) -> Result<(), HandlerError> {
        if event.is::<ReplyPosted>() {
            let reply: ReplyPosted = event.decode()?;
            let telling = Telling::of_interaction(Facts::reply(&reply, event.occurred_at), reply.interaction_id);
            self.0.register(tx, event, &telling).await?;
        } else if event.is::<BounceReceived>() {
            self.0.apply_bounce(tx, &event.decode()?).await?;
        }
        Ok(())
    }

    async fn committed(&self) {
        self.0.wake.notify_one();
        self.0.log.wake();
    }
}

/// What routing tells.
#[derive(Clone, Debug)]
pub struct RoutingEvents(pub Arc<App>);

impl Handler for RoutingEvents {
    async fn handle(&self, tx: &mut Tx, event: &Envelope) -> Result<(), HandlerError> {
        self.0.directories.apply(tx, event).await?;
        if let Some(telling) = telling(event)? {
            self.0.register(tx, event, &telling).await?;
        }
        Ok(())
    }

    async fn committed(&self) {
        self.0.directories.refresh().await;
        self.0.wake.notify_one();
    }
}

/// Returns what the usager is to be told of a change of the work, if anything.
fn telling(event: &Envelope) -> Result<Option<Telling>, HandlerError> {
    let telling = match event.name.as_str() {
        RequestRegistered::NAME => Telling::once(Facts::registered(&event.decode()?)),
        RequestForwarded::NAME => {
            let forwarded: RequestForwarded = event.decode()?;
            Telling::of_version(Facts::forwarded(&forwarded, event.occurred_at), forwarded.work.version)
        }
        RequestDelayed::NAME => {
            let delayed: RequestDelayed = event.decode()?;
            let Some(due_at) = delayed.work.due_at else { return Ok(None) };
            Telling::of_version(Facts::Delayed { due_at }, delayed.work.version)
        }
        RequestWaiting::NAME => {
            let waiting: RequestWaiting = event.decode()?;
            Telling::of_version(Facts::Waiting { until: waiting.until }, waiting.work.version)
        }
        RequestWithdrawn::NAME => {
            let withdrawn: RequestWithdrawn = event.decode()?;
            Telling::of_version(Facts::Ended { ending: Ending::Withdrawn }, withdrawn.work.version)
        }
        RequestDismissed::NAME => {
            let dismissed: RequestDismissed = event.decode()?;
            let ending = Ending::Dismissed { reason: dismissed.reason };
            Telling::of_version(Facts::Ended { ending }, dismissed.work.version)
        }
        RequestResolved::NAME => {
            let resolved: RequestResolved = event.decode()?;
            let ending = Ending::Resolved { outcome: resolved.outcome, reopen_until: resolved.reopen_until };
            Telling::of_version(Facts::Ended { ending }, resolved.work.version)
        }
        _ => return Ok(None),
    };
    Ok(Some(telling))
}
