//! Events in: routing's directory becomes the read model, its work events the projection on requests.

use guichet_bus::directory::ReadModel;
use guichet_bus::{Handler, HandlerError};
use guichet_db::Tx;
use guichet_events::Envelope;

use crate::app::projection::project;

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

impl Handler for RoutingEvents {
    async fn handle(&self, tx: &mut Tx, event: &Envelope) -> Result<(), HandlerError> {
        self.directories.apply(tx, event).await?;
        project(tx, event).await
    }

    async fn committed(&self) {
        self.directories.refresh().await;
    }
}
