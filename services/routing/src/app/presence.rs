//! What agents are doing: presence alone decides who may be offered work.

use crate::store::Tx;
use guichet_core::id::AgentId;
use guichet_core::work::PresenceState;

use super::{App, Result};
use crate::domain::engine::Input;
use crate::error::Error;
use crate::store::loads::{self, Load};
use crate::store::{inputs, works};

impl App {
    /// Changes what an agent is doing. Whoever leaves gives back the offers they have not answered.
    pub(crate) async fn set_presence(&self, agent_id: AgentId, state: PresenceState) -> Result<()> {
        let mut tx = self.db.begin().await?;
        self.change_presence(&mut tx, agent_id, state).await?;
        tx.commit().await?;
        // A transaction of its own: the engine must hear that the agent has left before it has the offers back, or it
        // would make them again; and works are locked before agents, everywhere. No offer slips in between: the matcher
        // commits one only while the agent's row still says available.
        if matches!(state, PresenceState::Away | PresenceState::Break) {
            let mut tx = self.db.begin().await?;
            self.rescind_offers(&mut tx, agent_id).await?;
            tx.commit().await?;
        }
        self.wake();
        Ok(())
    }

    /// Changes an agent's presence in a transaction, and tells the engine.
    pub(crate) async fn change_presence(&self, tx: &mut Tx, agent_id: AgentId, state: PresenceState) -> Result<()> {
        let Some((serial, authority)) = loads::set_presence(tx, agent_id, state).await? else {
            return Err(Error::field("/agent_id", "Cette personne n'est pas dans l'annuaire."));
        };
        let input = Input::PresenceChanged { agent_id, state, serial };
        Ok(inputs::push(tx, authority, self.clock.now(), &input).await?)
    }

    async fn rescind_offers(&self, tx: &mut Tx, agent_id: AgentId) -> Result<()> {
        let loaded = works::list_loaded_by(tx, agent_id).await?;
        for work in loaded.iter().filter(|work| work.offer.is_some()) {
            let change = work.offer_ended("rescind").map_err(|_| Error::State)?;
            self.write_change(tx, &change, "").await?;
        }
        Ok(())
    }

    /// Returns the agents who work for an authority (all when `None`) with their loads, by name.
    pub(crate) async fn list_presence(&self, authority: Option<&str>) -> Result<Vec<(String, String, Load)>> {
        let mut db = &self.db;
        let town = self.town(&mut db).await?;
        let mut agents = Vec::new();
        for load in loads::list(&mut db).await? {
            let Some((employer, agent)) = town.agent(load.agent_id) else { continue };
            let works_there =
                authority.is_none_or(|code| town.authorities_of(employer, agent).iter().any(|own| own == code));
            if works_there {
                agents.push((agent.name.clone(), employer.authority.code.clone(), load));
            }
        }
        agents.sort_by(|left, right| left.0.cmp(&right.0));
        Ok(agents)
    }
}
