//! Who can serve a procedure, presence and load apart: the part of routing's rule that the directory alone decides.

use guichet_events::{Agent, Directory, Pooling, Procedure, SkillLevel};

/// Returns the agents who may be given a request of `procedure` (a code of `authority`): within reach of the authority,
/// and holding every skill and every clearance it asks for. The level of a desk is no bar: a specialist may answer a
/// simple request.
pub fn eligible_agents<'d>(directories: &[&'d Directory], authority: &str, procedure: &str) -> Vec<&'d Agent> {
    let Some(owner) = directories.iter().find(|directory| directory.authority.code == authority) else {
        return Vec::new();
    };
    let Some(procedure) = owner.procedures.get(procedure) else { return Vec::new() };
    let within = agents_within(directories, owner, procedure);
    within.into_iter().filter(|agent| lacks(agent, procedure).is_empty()).collect()
}

/// Returns the agents who work for the authority on such procedures: its own, and those whose employer has an agreement
/// that lets them come.
pub(super) fn agents_within<'d>(
    directories: &[&'d Directory],
    owner: &Directory,
    procedure: &Procedure,
) -> Vec<&'d Agent> {
    let mut agents = Vec::new();
    for employer in directories {
        if employer.authority.code == owner.authority.code {
            agents.extend(employer.agents.values());
            continue;
        }
        let agreement = owner.pooling.iter().find(|agreement| agreement.with == employer.authority.code);
        if let Some(agreement) = agreement {
            let comes = |agent: &&Agent| may_come(agent, &owner.authority.code, agreement, procedure);
            agents.extend(employer.agents.values().filter(comes));
        }
    }
    agents
}

/// Returns whether an agreement of `authority` lets an agent of its partner work on the procedure: as one of the pooled
/// agents to whom the department is open, or as a member of the partner's department in charge.
fn may_come(agent: &Agent, authority: &str, agreement: &Pooling, procedure: &Procedure) -> bool {
    let is_shared = agreement.shared_departments.contains(&procedure.department);
    let is_open = agreement.departments.contains(&procedure.department)
        || (agreement.departments.is_empty() && !procedure.confidential);
    let is_pooled = agent.pooled_for.iter().any(|code| code == authority);
    (is_pooled && (is_open || is_shared)) || (is_shared && agent.departments.contains(&procedure.department))
}

/// Returns what an agent lacks for a procedure: skills as « ECI 2 », then clearances.
pub(super) fn lacks(agent: &Agent, procedure: &Procedure) -> Vec<String> {
    let holds =
        |needed: &SkillLevel| agent.skills.iter().any(|held| held.skill == needed.skill && held.level >= needed.level);
    let skills = procedure.skills.iter().filter(|needed| !holds(needed)).map(crate::words::skill);
    let clearances = procedure.clearances.iter().filter(|needed| !agent.clearances.contains(needed)).cloned();
    skills.chain(clearances).collect()
}
