//! Other ways of dispatching, to compare with: they offer under the same eligibility and the same capacities, and differ in
//! which request goes first, to which agents in turn, and which of these gets it. What each does is in `baseline_rules`.

use std::collections::{BTreeMap, BTreeSet};

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, ServiceRequestId};
use guichet_core::work::PresenceState;

use super::baseline_rules::{Circle, Priorities, Rule, Turn, circles, turn};
use super::dispatcher::{Dispatcher, Offer};
use super::eligibility::{Eligibility, people};
use super::scenario::Scenario;
use crate::domain::engine::{Ended, Entry, Input, Policy};
use crate::domain::town::Town;

#[derive(Clone, Debug)]
struct Worker {
    present: bool,
    capacity: u32,
    used: u32,
    serial: i64,
    served_at: Timestamp,
}

#[derive(Clone, Debug)]
struct Known {
    entry: Entry,
    /// To whom it goes in turn, the last circle being all who may take it.
    circles: Vec<Circle>,
    version: i64,
    /// Who holds it or has been offered it.
    holder: Option<AgentId>,
}

/// A dispatcher by one of the [`Rule`]s.
#[derive(Debug)]
pub struct Baseline {
    rule: Rule,
    policy: Policy,
    eligibility: Eligibility,
    town: Town,
    priorities: Priorities,
    workers: BTreeMap<AgentId, Worker>,
    requests: BTreeMap<ServiceRequestId, Known>,
    waiting: BTreeSet<Turn>,
    /// Those who are there and have room, as far as is known.
    free: BTreeSet<AgentId>,
    refusals: BTreeMap<(ServiceRequestId, AgentId), Timestamp>,
    /// When requests go to a wider circle.
    widenings: BTreeSet<(Timestamp, ServiceRequestId)>,
}

impl Baseline {
    /// Returns the dispatcher for the people of a scenario, nobody at work yet.
    pub fn new(scenario: &Scenario, eligibility: &Eligibility, rule: Rule, policy: Policy) -> Self {
        let capacity = |id| scenario.town.agent(id).map_or(0, |(_, agent)| agent.capacity);
        let served_at = Timestamp::default();
        let workers = people(scenario)
            .map(|id| (id, Worker { present: false, capacity: capacity(id), used: 0, serial: 0, served_at }));
        Self {
            rule,
            policy,
            eligibility: eligibility.clone(),
            town: scenario.town.clone(),
            priorities: Priorities::of(&scenario.kinds),
            workers: workers.collect(),
            requests: BTreeMap::new(),
            waiting: BTreeSet::new(),
            free: BTreeSet::new(),
            refusals: BTreeMap::new(),
            widenings: BTreeSet::new(),
        }
    }

    fn turn(&self, entry: &Entry) -> Turn {
        turn(self.rule, &self.priorities, entry)
    }

    fn wait(&mut self, now: Timestamp, entry: Entry) {
        let takers = entry.steps.first().map(|step| self.eligibility.takers(&step.need)).unwrap_or_default();
        let circles = circles(self.rule, &self.town, &entry, (takers, now));
        self.widenings.extend(circles.iter().filter_map(|circle| Some((circle.until?, entry.request_id))));
        self.wait_in(entry, circles);
    }

    fn wait_in(&mut self, entry: Entry, circles: Vec<Circle>) {
        let (request_id, version) = (entry.request_id, entry.version);
        self.release(request_id);
        self.waiting.insert(self.turn(&entry));
        self.requests.insert(request_id, Known { entry, circles, version, holder: None });
    }

    fn wait_again(&mut self, ended: Ended, refused_until: Option<Timestamp>) {
        if let Some(until) = refused_until {
            self.refusals.insert((ended.request_id, ended.agent_id), until);
        }
        if let Some(known) = self.requests.get(&ended.request_id) {
            let entry = Entry { version: ended.version, ..known.entry.clone() };
            self.wait_in(entry, known.circles.clone());
        }
    }

    /// Takes a request off the queue or off an agent.
    fn release(&mut self, request_id: ServiceRequestId) {
        let Some(known) = self.requests.get_mut(&request_id) else { return };
        let weight = known.entry.steps.first().map_or(0, |step| step.need.weight);
        let holder = known.holder.take();
        let turn = self.requests.get(&request_id).map(|known| self.turn(&known.entry));
        turn.map(|turn| self.waiting.remove(&turn));
        if let Some(agent_id) = holder {
            self.change(agent_id, |worker| worker.used = worker.used.saturating_sub(weight));
        }
    }

    fn change(&mut self, agent_id: AgentId, change: impl FnOnce(&mut Worker)) {
        let Some(worker) = self.workers.get_mut(&agent_id) else { return };
        change(worker);
        if worker.present && worker.used < worker.capacity {
            self.free.insert(agent_id);
        } else {
            self.free.remove(&agent_id);
        }
    }

    fn give(&mut self, now: Timestamp, request_id: ServiceRequestId, version: i64, agent_id: AgentId) {
        let Some(known) = self.requests.get_mut(&request_id) else { return };
        (known.version, known.holder) = (version, Some(agent_id));
        let weight = known.entry.steps.first().map_or(0, |step| step.need.weight);
        self.change(agent_id, |worker| {
            worker.used += weight;
            worker.served_at = now;
        });
    }

    /// Offers everything that can be, in turn.
    fn dispatch(&mut self, now: Timestamp) -> Vec<Offer> {
        let mut offers = Vec::new();
        let mut turns = self.waiting.range(..);
        while let Some(&turn) = turns.next().filter(|_| !self.free.is_empty()) {
            let request_id = turn.2;
            let Some(agent_id) = self.choose(now, request_id) else { continue };
            let Some(version) = self.requests.get(&request_id).map(|known| known.version) else { continue };
            self.release(request_id);
            self.give(now, request_id, version + 1, agent_id);
            offers.push(Offer { request_id, version, agent_id });
            turns = self.waiting.range(turn..);
        }
        offers
    }

    fn choose(&self, now: Timestamp, request_id: ServiceRequestId) -> Option<AgentId> {
        let Known { entry, circles, .. } = self.requests.get(&request_id)?;
        let is_there = |id: &AgentId| self.workers.get(id).is_some_and(|worker| worker.present);
        // There is no use in waiting for a circle in which nobody is at work.
        let is_asked = |circle: &&Circle| match circle.until {
            None => true,
            Some(until) => until > now && circle.agents.iter().any(is_there),
        };
        let takers = &circles.iter().find(is_asked)?.agents;
        let weight = entry.steps.first()?.need.weight;
        let refused = |id: &AgentId| self.refusals.get(&(request_id, *id)).is_some_and(|until| *until > now);
        let open = self.free.iter().filter(|id| takers.contains(id) && !refused(id) && !entry.excluded.contains(id));
        let fitting = open.filter_map(|id| {
            let worker = self.workers.get(id).filter(|worker| worker.used + weight <= worker.capacity)?;
            Some((self.rule.preference((worker.used, worker.capacity), worker.served_at), *id))
        });
        fitting.min().map(|(_, id)| id)
    }
}

impl Dispatcher for Baseline {
    fn apply(&mut self, now: Timestamp, input: Input) -> Vec<Offer> {
        match input {
            Input::Arrived(entry) => self.wait(now, entry),
            Input::Declined(ended) => self.wait_again(ended, Some(now.plus_millis(self.policy.after_decline_ms))),
            Input::Expired(ended) => self.wait_again(ended, Some(now.plus_millis(self.policy.after_expiry_ms))),
            Input::Rescinded(ended) => self.wait_again(ended, None),
            Input::Held { request_id, version, agent_id, .. } => {
                self.release(request_id);
                self.give(now, request_id, version, agent_id);
            }
            Input::Freed { request_id, .. } => {
                self.release(request_id);
                self.requests.remove(&request_id);
            }
            Input::PresenceChanged { agent_id, state, serial } => {
                let present = state == PresenceState::Available;
                self.change(agent_id, |worker| {
                    if worker.serial < serial {
                        (worker.present, worker.serial) = (present, serial);
                    }
                });
            }
            Input::BecameLate { .. } | Input::Reloaded => {}
            Input::Tick => {
                self.refusals.retain(|_, until| *until > now);
                self.widenings.retain(|(until, _)| *until > now);
            }
        }
        self.dispatch(now)
    }

    fn next_wake(&self) -> Option<Timestamp> {
        let widens_at = self.widenings.first().map(|(until, _)| *until);
        self.refusals.values().min().copied().into_iter().chain(widens_at).min()
    }
}
