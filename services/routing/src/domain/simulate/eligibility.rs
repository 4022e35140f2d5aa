//! Who may take what, as the engine itself has it: everybody it offers a request to when each in turn says no. Other
//! ways of dispatching are thus compared under the very same rules.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use guichet_core::id::AgentId;
use guichet_core::work::{Channel, PresenceState};

use super::dispatcher::Offer;
use super::scenario::{Scenario, request_id};
use super::{Dispatcher, RealEngine};
use crate::domain::engine::{Ended, Entry, Input, Need, Policy, Step};

/// A refusal that outlasts the question.
const FOR_GOOD_MS: i64 = 365 * 86_400_000;

/// The agents who may take each need of a scenario, that day.
#[derive(Clone, Debug, Default)]
pub struct Eligibility(BTreeMap<Need, Arc<BTreeSet<AgentId>>>);

impl Eligibility {
    /// Asks the engine about every need of a scenario.
    pub fn of(scenario: &Scenario) -> Self {
        let mut known = Self::default();
        for kind in &scenario.kinds {
            if !known.0.contains_key(&kind.need) {
                known.0.insert(kind.need.clone(), Arc::new(takers(scenario, &kind.need, kind.channel)));
            }
        }
        known
    }

    /// Returns who may take a need; nobody for one that is not of the scenario.
    pub fn takers(&self, need: &Need) -> Arc<BTreeSet<AgentId>> {
        self.0.get(need).cloned().unwrap_or_default()
    }

    /// Returns whether an agent may take a need.
    pub fn may_take(&self, agent_id: AgentId, need: &Need) -> bool {
        self.0.get(need).is_some_and(|takers| takers.contains(&agent_id))
    }
}

fn takers(scenario: &Scenario, need: &Need, channel: Channel) -> BTreeSet<AgentId> {
    let now = scenario.starts_at();
    let policy = Policy { after_decline_ms: FOR_GOOD_MS, always_open: true, ..Policy::default() };
    let mut engine = RealEngine::new(scenario, policy);
    for agent_id in people(scenario) {
        engine.apply(now, Input::PresenceChanged { agent_id, state: PresenceState::Available, serial: 1 });
    }
    let steps = vec![Step { need: need.clone().into(), expires_at: None }];
    let (request_id, excluded) = (request_id(0), Vec::new());
    let entry =
        Entry { request_id, version: 1, steps, channel, slope: 0, since: now, late: false, excluded, continuity: None };
    let mut offers = engine.apply(now, Input::Arrived(entry));
    let mut takers = BTreeSet::new();
    while let Some(Offer { version, agent_id, .. }) = offers.pop().filter(|offer| takers.insert(offer.agent_id)) {
        offers = engine.apply(now, Input::Declined(Ended { request_id, version: version + 2, agent_id }));
    }
    takers
}

/// Returns everybody of the town.
pub(super) fn people(scenario: &Scenario) -> impl Iterator<Item = AgentId> {
    scenario.town.all().flat_map(|directory| directory.agents.values().map(|agent| agent.id))
}
