//! How much of a request an agent may see, and what they lack to take it.

use guichet_core::Timestamp;
use guichet_core::id::AgentId;
use guichet_events::{Agent, Role};

use super::engine::{Abilities, Need, Requirement};
use super::french;
use super::town::Town;
use super::work::{Actor, Work};

/// How much of a request somebody may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Access {
    /// Nothing, not even that it exists.
    None,
    /// « Vous voyez qu'une demande existe, pas son contenu. »
    Existence,
    /// Everything.
    Full,
}

/// Returns what an agent may see of a request. The agent a complaint is about sees nothing of it; whoever was given it
/// sees it whole.
pub(crate) fn access(town: &Town, agent_id: AgentId, work: &Work) -> Access {
    let Some((employer, agent)) = town.agent(agent_id) else { return Access::None };
    if work.excluded.contains(&agent_id) {
        return Access::None;
    }
    let was_given = [work.assignee, work.level2, work.offer.map(|offer| offer.agent_id)].contains(&Some(agent_id));
    if was_given {
        return Access::Full;
    }
    let authority = &work.need.authority;
    let code = &employer.authority.code;
    if !town.authorities_of(employer, agent).contains(authority) && !has_scope(town, code, agent, work) {
        return Access::None;
    }
    let cleared = work.filing.clearances.iter().all(|asked| agent.clearances.contains(asked));
    if !has_scope(town, code, agent, work) || (work.filing.confidential && !cleared) {
        return Access::Existence;
    }
    Access::Full
}

fn has_scope(town: &Town, employer: &str, agent: &Agent, work: &Work) -> bool {
    let authority = work.need.authority.clone();
    let agreement = town.agreement(&authority, employer);
    let scope = Requirement::Scope {
        authority,
        department: work.filing.department.clone(),
        confidential: work.filing.confidential,
    };
    let opened = Abilities::of(employer, agent).meet(&scope, agreement);
    // Somebody cleared may read a confidential file of an authority they are pooled for, whatever the department.
    opened || (work.filing.confidential && agent.pooled_for.contains(&work.need.authority) && agreement.is_some())
}

/// Returns what an agent lacks to take a request, in French; empty when nothing. Presence and capacity do not count:
/// people may take more than they would be offered.
pub(crate) fn missing(town: &Town, agent_id: AgentId, need: &Need) -> Vec<String> {
    let Some((employer, agent)) = town.agent(agent_id) else { return vec!["un compte en service".to_owned()] };
    let code = &employer.authority.code;
    let abilities = Abilities::of(code, agent);
    let agreement = town.agreement(&need.authority, code);
    // The language is a preference once a person decides.
    let asked =
        need.requirements().into_iter().filter(|asked| !matches!(asked, Requirement::Language(_) | Requirement::Live));
    asked
        .filter(|asked| !abilities.meet(asked, agreement))
        .map(|lacking| french::requirement(town, need, &lacking))
        .collect()
}

/// Returns the person behind a command, as far as a request is concerned.
pub(crate) fn actor(town: &Town, agent_id: AgentId, work: &Work, now: Timestamp) -> Actor {
    let access = access(town, agent_id, work);
    let oversees = town.agent(agent_id).is_some_and(|(employer, agent)| {
        agent.role != Role::Agent && employer.authority.id == work.authority_id && access == Access::Full
    });
    let stands_in = work.holder().is_some_and(|holder| town.stands_in(agent_id, holder, now));
    Actor { agent_id, access, oversees, missing: missing(town, agent_id, &work.need_at(now)), stands_in }
}
