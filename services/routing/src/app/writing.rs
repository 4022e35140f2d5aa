//! « Une collègue écrit déjà une réponse »: a soft lock, which tells and never refuses.

use guichet_bus::outbox;
use guichet_core::id::{AgentId, ServiceRequestId};
use guichet_events::routing::RequestWriting;

use super::{App, Result};
use crate::domain::access::{Access, access};
use crate::error::Error;
use crate::store::{works, writings};

/// How long one sign of writing counts: a page sends the next one well before, a closed one is forgotten soon.
pub(crate) const WRITING_MILLIS: i64 = 30_000;

impl App {
    /// Notes that an agent is writing an answer; colleagues are told when it begins, not at each sign.
    pub(crate) async fn typing(&self, request_id: ServiceRequestId, agent_id: AgentId) -> Result<()> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let town = self.town(&mut tx).await?;
        let work = works::find(&mut tx, request_id).await?.ok_or(Error::RequestNotFound)?;
        match access(&town, agent_id, &work) {
            Access::None => return Err(Error::RequestNotFound),
            Access::Existence => return Err(Error::Confidential),
            Access::Full => {}
        }
        let begins = writings::until(&mut tx, request_id, agent_id).await?.is_none_or(|until| until < now);
        writings::put(&mut tx, request_id, agent_id, now.plus_millis(WRITING_MILLIS)).await?;
        if begins {
            writings::forget(&mut tx, now).await?;
            outbox::append(&mut tx, &[self.event(&work, &RequestWriting { agent_id })]).await?;
        }
        tx.commit().await?;
        if begins {
            self.wake();
        }
        Ok(())
    }
}
