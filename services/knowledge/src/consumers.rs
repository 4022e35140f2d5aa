//! Events in: the directories, as routing publishes them.

use guichet_bus::directory::ReadModel;
use guichet_bus::{Handler, HandlerError};
use guichet_db::Tx;
use guichet_events::Envelope;

use crate::app::Memory;

/// Keeps the directories and rebuilds what follows from them.
#[derive(Clone, Debug)]
pub(crate) struct Directories {
    pub(crate) directories: ReadModel,
    pub(crate) memory: Memory,
}

impl Handler for Directories {
    async fn handle(&self, tx: &mut Tx, event: &Envelope) -> Result<(), HandlerError> {
        self.directories.apply(tx, event).await
    }

    async fn committed(&self) {
        self.directories.refresh().await;
        self.memory.wake();
    }
}
