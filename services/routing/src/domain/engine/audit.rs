//! A second pair of eyes on the engine: everything looked at again, without the structures that make it fast.

use guichet_core::id::{AgentId, ServiceRequestId};

use super::Engine;
use super::agents::AgentIx;

impl Engine {
    /// Returns waiting requests beside which a free agent stands who could be offered them, one agent each, as things were
    /// when the engine last looked at the clock: the work is not conserved there, so there must be none. It looks at
    /// every free agent for every waiting request: for an auditor that runs now and then, not for the path of a
    /// decision.
    pub fn audit(&self) -> Vec<(ServiceRequestId, AgentId)> {
        let idle: Vec<AgentIx> =
            self.agents.all().filter(|(_, state)| state.is_free()).map(|(agent, _)| agent).collect();
        let mut found = Vec::new();
        for (bucket, (_, request_id)) in self.all_waiting() {
            if self.opens_at(bucket).is_some() {
                continue;
            }
            let asked = &self.needs.get(bucket.key.need).asked;
            let has_all = |agent: AgentIx| {
                let profile = self.agents.get(agent).profile;
                self.roster.missing(profile, asked).is_empty() || self.roster.learns(profile, asked)
            };
            let could =
                idle.iter().copied().find(|&agent| self.refusal_of(request_id, agent).is_none() && has_all(agent));
            found.extend(could.map(|agent| (request_id, self.agents.get(agent).id)));
        }
        found
    }
}
