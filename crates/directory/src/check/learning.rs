//! What is learnt is not held yet, and the tutor holds it.

use guichet_events::{Agent, Learning};

use crate::Bundle;
use crate::read::{Findings, Kind};
use crate::words;

/// Warns of skills that are learnt to no end.
pub(super) fn check(bundles: &[Bundle], findings: &Findings) {
    let everybody = || bundles.iter().flat_map(|bundle| &bundle.directory.agents);
    for (login, agent) in everybody() {
        for learning in &agent.learning {
            let tutor = everybody().find(|(code, _)| **code == learning.tutor).map(|(_, tutor)| tutor);
            if let Some(message) = wrong(agent, tutor, learning) {
                findings.warning(&findings.place_of(Kind::Agent, "", login), message);
            }
        }
    }
}

fn wrong(agent: &Agent, tutor: Option<&Agent>, Learning { skill, .. }: &Learning) -> Option<String> {
    let learnt = words::skill(skill);
    if agent.level_of(&skill.skill) >= skill.level {
        return Some(format!("{} a déjà {learnt} : retirez-la de ce qui s'apprend (« learning »).", agent.name));
    }
    let tutor = tutor.filter(|tutor| tutor.level_of(&skill.skill) < skill.level)?;
    Some(format!("{} apprend {learnt} auprès de {}, qui ne l'a pas.", agent.name, tutor.name))
}
