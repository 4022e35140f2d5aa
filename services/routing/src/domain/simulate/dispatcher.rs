//! Whatever decides who is offered what, seen from the simulation.

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, ServiceRequestId};

use super::baseline::Baseline;
use super::baseline_rules::Rule;
use super::eligibility::Eligibility;
use super::scenario::Scenario;
use crate::domain::engine::{Decision, Engine, Input, Policy, Roster, Snapshot};

/// A request offered to an agent; its work is at `version + 1` once that is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Which.
    pub request_id: ServiceRequestId,
    /// Version of the work the offer was decided on.
    pub version: i64,
    /// To whom.
    pub agent_id: AgentId,
}

/// Decides who is offered what: facts in, offers out, in virtual time.
pub trait Dispatcher {
    /// Applies one fact and returns the offers that follow.
    fn apply(&mut self, now: Timestamp, input: Input) -> Vec<Offer>;

    /// Returns when [`Input::Tick`] is next of use.
    fn next_wake(&self) -> Option<Timestamp>;
}

/// Returns a way of dispatching: by a rule, or by the engine of the product.
pub fn way(scenario: &Scenario, eligibility: &Eligibility, rule: Option<Rule>, policy: Policy) -> Box<dyn Dispatcher> {
    match rule {
        None => Box::new(RealEngine::new(scenario, policy)),
        Some(rule) => Box::new(Baseline::new(scenario, eligibility, rule, policy)),
    }
}

/// The engine of the product.
#[derive(Debug)]
pub struct RealEngine(Engine);

impl RealEngine {
    /// Returns the engine for the people of a scenario, nobody at work yet.
    pub fn new(scenario: &Scenario, policy: Policy) -> Self {
        Self(Engine::new(policy, Roster::of(&scenario.town), Snapshot::default()))
    }
}

impl Dispatcher for RealEngine {
    fn apply(&mut self, now: Timestamp, input: Input) -> Vec<Offer> {
        let decisions = self.0.apply(now, input).into_iter();
        let offers = decisions.filter_map(|decision| match decision {
            Decision::Offer { request_id, version, agent_id, .. } => Some(Offer { request_id, version, agent_id }),
            Decision::Wait { .. } | Decision::Unroutable { .. } => None,
        });
        offers.collect()
    }

    fn next_wake(&self) -> Option<Timestamp> {
        self.0.next_wake()
    }
}
