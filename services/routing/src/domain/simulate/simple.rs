//! Desks that are all alike but for who can take which kind: what queueing models speak of.

use guichet_core::Timestamp;
use guichet_core::work::{Channel, PresenceState, Tier};
use guichet_events::{Agent, Authority, Department, Directory, SkillLevel};

use super::scenario::{Kind, PresenceChange};
use crate::domain::engine::Need;

const AUTHORITY: &str = "valorme";
const DEPARTMENT: &str = "GU";

/// Returns the directory of agents who each do one thing at a time; for each, the kinds they can take.
pub(super) fn directory(agents: impl IntoIterator<Item = Vec<usize>>) -> Directory {
    let mut directory = Directory::new(Authority::new(AUTHORITY, "Ville de Valorme"));
    directory.departments.insert(DEPARTMENT.to_owned(), Department::new("Guichet unique"));
    for (number, kinds) in agents.into_iter().enumerate() {
        let login = format!("agent.{number:02}");
        let skills = kinds.into_iter().map(skill).collect();
        let agent = Agent { skills, ..Agent::new(&login, &login, Tier::L1, 1) };
        directory.agents.insert(login, agent);
    }
    directory
}

/// Returns the presence of everybody, from the beginning of time.
pub(super) fn everybody(directory: &Directory) -> Vec<PresenceChange> {
    let present = |agent: &Agent| PresenceChange {
        at: Timestamp::default(),
        agent_id: agent.id,
        state: PresenceState::Available,
    };
    directory.agents.values().map(present).collect()
}

/// Returns a kind of contact in writing, which asks its own skill and is never late.
pub(super) fn kind(number: usize, slope: u8) -> Kind {
    let need = Need { skills: vec![skill(number)], ..Need::of(AUTHORITY, DEPARTMENT) };
    Kind {
        procedure: format!("Sujet {number}"),
        channel: Channel::Web,
        need,
        slope,
        target_ms: None,
        widen: Vec::new(),
    }
}

fn skill(number: usize) -> SkillLevel {
    SkillLevel::new(&format!("S{number}"), 1)
}
