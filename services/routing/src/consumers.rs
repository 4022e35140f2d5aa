//! What routing reads: the log of intake.

use guichet_bus::{Handler, HandlerError};
use guichet_core::id::ServiceRequestId;
use guichet_core::{Coded, ErrorKind};
use guichet_events::Envelope;
use guichet_events::intake::{InteractionReceived, ReplyPosted, RequestClassified, RequestReceived};

use crate::app::{App, Tx};
use crate::error::Error;

/// Applies intake's events to the work.
#[derive(Clone, Debug)]
pub(crate) struct IntakeEvents {
    app: App,
}

impl IntakeEvents {
    /// Returns the handler over the use cases.
    pub(crate) const fn new(app: App) -> Self {
        Self { app }
    }
}

impl Handler for IntakeEvents {
    async fn handle(&self, tx: &mut Tx, event: &Envelope) -> Result<(), HandlerError> {
        let Some(request_id) = event.request_id else { return Ok(()) };
        Ok(self.apply(tx, event, request_id).await?)
    }

    async fn committed(&self) {
        self.app.wake();
    }
}

impl IntakeEvents {
    async fn apply(&self, tx: &mut Tx, event: &Envelope, request_id: ServiceRequestId) -> Result<(), Failure> {
        if event.is::<RequestReceived>() {
            self.app.receive(tx, (event.authority_id, request_id), event.decode()?).await?;
        } else if event.is::<RequestClassified>() {
            self.app.classify(tx, request_id, event.decode()?).await?;
        } else if event.is::<InteractionReceived>() {
            self.app.message(tx, request_id, event.occurred_at).await?;
        } else if event.is::<ReplyPosted>() {
            self.app.reply(tx, request_id, event.decode()?).await?;
        }
        Ok(())
    }
}

/// Why an event could not be applied.
enum Failure {
    Undecodable(guichet_events::UndecodableEvent),
    Refused(Error),
}

impl From<guichet_events::UndecodableEvent> for Failure {
    fn from(error: guichet_events::UndecodableEvent) -> Self {
        Self::Undecodable(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<Failure> for HandlerError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Undecodable(error) => error.into(),
            // A command of the same moment was quicker: applied again, the event finds the new version.
            Failure::Refused(error @ Error::Stale) => Self::Unavailable(error.into()),
            Failure::Refused(error) if error.kind() == ErrorKind::Unavailable => Self::Unavailable(error.into()),
            Failure::Refused(error) => Self::Poison(error.into()),
        }
    }
}
