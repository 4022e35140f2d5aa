//! What agents are doing: presence alone decides who may be offered work.

use crate::store::Tx;
use guichet_core::id::{AgentId, ServiceRequestId};
use guichet_core::work::PresenceState;

use super::{App, Result, again};
use crate::domain::call::Line;
pub(crate) use crate::domain::call::Phase;
use crate::domain::engine::Input;
use crate::error::Error;
use crate::store::loads::{self, Load};
use crate::store::{inputs, works};

/// Octets of a call's identifier: telephone systems use a UUID or a time with a counter.
const CALL_ID_BYTES_MAX: usize = 200;

fn unknown_agent() -> Error {
    Error::field("/agent_id", "Cette personne n'est pas dans l'annuaire.")
}

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
            for offer in self.list_offers(agent_id).await? {
                again(|| self.rescind(offer.request_id, agent_id)).await?;
            }
        }
        self.wake();
        Ok(())
    }

    /// Follows a telephone call of an agent; returns what they are doing now.
    pub(crate) async fn follow_call(&self, agent_id: AgentId, call_id: &str, phase: Phase) -> Result<PresenceState> {
        if call_id.is_empty() || call_id.len() > CALL_ID_BYTES_MAX {
            return Err(Error::field("/call_id", "Indiquez l'identifiant de l'appel, 200 caractères au plus."));
        }
        let mut tx = self.db.begin().await?;
        let line = loads::find_line(&mut tx, agent_id).await?.ok_or_else(unknown_agent)?;
        let Some(after) = line.follow(call_id, phase) else { return Ok(line.presence) };
        self.change_line(&mut tx, agent_id, &after).await?;
        tx.commit().await?;
        self.wake();
        Ok(after.presence)
    }

    /// Changes an agent's presence in a transaction, and tells the engine.
    pub(crate) async fn change_presence(&self, tx: &mut Tx, agent_id: AgentId, state: PresenceState) -> Result<()> {
        self.change_line(tx, agent_id, &Line { presence: state, call: None, ended: None }).await
    }

    async fn change_line(&self, tx: &mut Tx, agent_id: AgentId, line: &Line) -> Result<()> {
        let (serial, authority) = loads::set_line(tx, agent_id, line).await?.ok_or_else(unknown_agent)?;
        let state = line.presence;
        let input = Input::PresenceChanged { agent_id, state, serial };
        Ok(inputs::push(tx, authority, self.clock.now(), &input).await?)
    }

    /// Takes back the offer of a request that an agent has not answered, if there still is one.
    async fn rescind(&self, request_id: ServiceRequestId, agent_id: AgentId) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let work = works::find(&mut tx, request_id).await?;
        if let Some(work) = work.filter(|work| work.offer.is_some_and(|offer| offer.agent_id == agent_id)) {
            let change = work.offer_ended("rescind").map_err(|_| Error::State)?;
            self.write_change(&mut tx, &change, "").await?;
            tx.commit().await?;
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
