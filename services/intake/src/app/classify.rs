//! An agent says what a request really is.

use guichet_bus::outbox;
use guichet_core::Violation;
use guichet_core::id::{AgentId, ServiceRequestId};
use guichet_core::work::Nature;
use guichet_events::NewEvent;
use guichet_events::intake::RequestClassified;

use super::{App, agent};
use crate::Error;
use crate::domain::request::nature_of;
use crate::store::requests;

impl App {
    /// Changes the procedure of a request; routing registers it again.
    #[tracing::instrument(skip_all, fields(request.id = %id))]
    pub async fn classify_request(
        &self,
        id: ServiceRequestId,
        procedure: &str,
        agent_id: Option<AgentId>,
        said: Option<Nature>,
    ) -> Result<(), Error> {
        let agent_id = agent(agent_id)?;
        let request = self.existing(id).await?;
        let directory = self.directory(&request.authority).await?;
        if !directory.procedures.contains_key(procedure) {
            let detail = "Cette démarche n'existe pas dans l'annuaire de la collectivité.";
            return Err(Error::Invalid(vec![Violation::new("/procedure", detail)]));
        }
        let nature = match (said, nature_of(None, Some(procedure), &directory)) {
            (Some(said), _) => said,
            (None, Nature::Complaint) => Nature::Complaint,
            (None, _) => request.nature,
        };
        let mut tx = self.db.begin().await?;
        requests::classify(&mut tx, &request, procedure, nature).await?;
        let event = RequestClassified { procedure: procedure.to_owned(), nature, agent_id };
        let event = NewEvent::new(&*self.clock, &*self.rng, request.authority_id, &event).about(id);
        outbox::append(&mut tx, &[event]).await?;
        tx.commit().await?;
        self.log.wake();
        Ok(())
    }
}
