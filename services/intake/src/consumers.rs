//! Events in: routing's directory becomes the read model, its work events the projection on requests.

use guichet_bus::directory::ReadModel;
use guichet_bus::{Handler, HandlerError};
use guichet_core::Timestamp;
use guichet_core::work::Outcome;
use guichet_db::Tx;
use guichet_events::Envelope;
use guichet_events::routing::{RequestRegistered, WORK_EVENTS, WorkChange};
use serde::Deserialize;

use crate::store::work::{self, WorkUpdate};

/// Applies routing's events.
#[derive(Clone, Debug)]
pub(crate) struct RoutingEvents {
    directories: ReadModel,
}

impl RoutingEvents {
    /// Returns the handler that keeps `directories` up to date.
    pub(crate) const fn new(directories: ReadModel) -> Self {
        Self { directories }
    }
}

/// What any work event carries, and what some of them add.
#[derive(Debug, Deserialize)]
struct AnyWork {
    work: WorkChange,
    #[serde(default)]
    outcome: Option<Outcome>,
    #[serde(default)]
    organisation: Option<String>,
    #[serde(default)]
    reopen_until: Option<Timestamp>,
}

impl Handler for RoutingEvents {
    async fn handle(&self, tx: &mut Tx, event: &Envelope) -> Result<(), HandlerError> {
        self.directories.apply(tx, event).await?;
        let Some(request) = event.request_id else { return Ok(()) };
        if event.is::<RequestRegistered>() {
            let registered: RequestRegistered = event.decode()?;
            work::register(tx, event.authority_id, request, &registered).await?;
        } else if WORK_EVENTS.contains(&event.name.as_str()) {
            let AnyWork { work, outcome, organisation, reopen_until } = event.decode()?;
            let occurred_at = event.occurred_at;
            let update = WorkUpdate { work, occurred_at, outcome, forwarded_to: organisation, reopen_until };
            work::apply(tx, event.authority_id, request, &update).await?;
        }
        Ok(())
    }

    async fn committed(&self) {
        self.directories.refresh().await;
    }
}
