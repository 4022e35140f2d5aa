//! Who learns what, how far they are, and what they have in hand: shown to themselves, to their tutor and to who may grant
//! the skill, and to nobody else (ADR 0010).

use guichet_core::id::{AgentId, ServiceRequestId};
use guichet_events::{Agent, Directory, Role, SkillLevel};

use super::{App, Result};
use crate::domain::lesson::ANSWERED_ENOUGH;
use crate::error::Error;
use crate::store::lessons;

/// How far somebody is with a skill they learn.
#[derive(Debug)]
pub(crate) struct Progress {
    pub(crate) agent_id: AgentId,
    pub(crate) skill: SkillLevel,
    /// Name of the skill.
    pub(crate) name: String,
    pub(crate) tutor_id: AgentId,
    pub(crate) answered: u32,
    pub(crate) needed: u32,
    /// Learning cases they have been offered or have in hand.
    pub(crate) open: Vec<ServiceRequestId>,
}

impl App {
    /// Returns who learns what, as far as one agent is to know: what they learn, what they teach, and for supervisors
    /// what is learnt in their authority.
    pub(crate) async fn learning(&self, agent_id: AgentId) -> Result<Vec<Progress>> {
        let mut db = &self.db;
        let town = self.town(&mut db).await?;
        let (employer, me) = town.agent(agent_id).ok_or(Error::SessionOver)?;
        let grants = |directory: &Directory| me.role != Role::Agent && directory.authority.id == employer.authority.id;
        let answered = lessons::count_answered(&mut db).await?;
        let open = lessons::list_open(&mut db).await?;
        let mut told = Vec::new();
        for directory in town.all() {
            let agents = directory.agents.values();
            for (agent, learning) in agents.flat_map(|agent| agent.learning.iter().map(move |known| (agent, known))) {
                let (skill, tutor_id) = (&learning.skill, AgentId::of_login(&learning.tutor));
                let concerned = agent.id == agent_id || tutor_id == agent_id || grants(directory);
                if !concerned || holds(agent, skill) {
                    continue;
                }
                let of = |taught: &crate::domain::lesson::Taught| {
                    taught.agent_id == agent.id && taught.skills.iter().any(|taught| taught.skill == skill.skill)
                };
                told.push(Progress {
                    agent_id: agent.id,
                    skill: skill.clone(),
                    name: directory.skills.get(&skill.skill).unwrap_or(&skill.skill).clone(),
                    tutor_id,
                    answered: answered
                        .iter()
                        .filter(|((who, what), _)| *who == agent.id && what.skill == skill.skill)
                        .map(|(_, count)| count)
                        .sum(),
                    needed: ANSWERED_ENOUGH,
                    open: open.iter().filter(|(_, taught)| of(taught)).map(|(request_id, _)| *request_id).collect(),
                });
            }
        }
        Ok(told)
    }
}

fn holds(agent: &Agent, skill: &SkillLevel) -> bool {
    agent.level_of(&skill.skill) >= skill.level
}
