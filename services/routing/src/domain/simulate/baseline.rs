//! Three usual ways of dispatching, to compare with: they offer under the same eligibility and the same capacities, to
//! the least loaded agents, and differ in which request goes first and which of equally loaded agents it goes to.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, ServiceRequestId};
use guichet_core::work::PresenceState;

use super::dispatcher::{Dispatcher, Offer};
use super::eligibility::{Eligibility, people};
use super::scenario::Scenario;
use crate::domain::engine::{Ended, Entry, Input, Policy};

/// Which of the three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The oldest request, to the first agent of the list.
    Fifo,
    /// The highest class of urgency whatever the wait, then the oldest, to the first agent of the list.
    StrictPriority,
    /// The oldest request, to the agent who has been idle longest.
    LongestIdle,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 3] = [Self::Fifo, Self::StrictPriority, Self::LongestIdle];

    /// Returns its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fifo => "fifo",
            Self::StrictPriority => "strict priority",
            Self::LongestIdle => "longest idle",
        }
    }
}

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
    takers: Arc<BTreeSet<AgentId>>,
    version: i64,
    /// Who holds it or has been offered it.
    holder: Option<AgentId>,
}

/// Order of the waiting requests: priority first, then age.
type Turn = (Reverse<u8>, Timestamp, ServiceRequestId);

/// A dispatcher by one of the [`Rule`]s.
#[derive(Debug)]
pub struct Baseline {
    rule: Rule,
    policy: Policy,
    eligibility: Eligibility,
    workers: BTreeMap<AgentId, Worker>,
    requests: BTreeMap<ServiceRequestId, Known>,
    waiting: BTreeSet<Turn>,
    /// Those who are there and have room, as far as is known.
    free: BTreeSet<AgentId>,
    refusals: BTreeMap<(ServiceRequestId, AgentId), Timestamp>,
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
            workers: workers.collect(),
            requests: BTreeMap::new(),
            waiting: BTreeSet::new(),
            free: BTreeSet::new(),
            refusals: BTreeMap::new(),
        }
    }

    fn turn(&self, entry: &Entry) -> Turn {
        let priority = if self.rule == Rule::StrictPriority { entry.slope } else { 0 };
        (Reverse(priority), entry.since, entry.request_id)
    }

    fn wait(&mut self, entry: Entry) {
        self.release(entry.request_id);
        self.waiting.insert(self.turn(&entry));
        let takers = entry.steps.first().map(|step| self.eligibility.takers(&step.need)).unwrap_or_default();
        let version = entry.version;
        self.requests.insert(entry.request_id, Known { entry, takers, version, holder: None });
    }

    fn wait_again(&mut self, ended: Ended, refused_until: Option<Timestamp>) {
        if let Some(until) = refused_until {
            self.refusals.insert((ended.request_id, ended.agent_id), until);
        }
        if let Some(known) = self.requests.get(&ended.request_id) {
            let entry = Entry { version: ended.version, ..known.entry.clone() };
            self.wait(entry);
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
        let Known { entry, takers, .. } = self.requests.get(&request_id)?;
        let weight = entry.steps.first()?.need.weight;
        let refused = |id: &AgentId| self.refusals.get(&(request_id, *id)).is_some_and(|until| *until > now);
        let open = self.free.iter().filter(|id| takers.contains(id) && !refused(id) && !entry.excluded.contains(id));
        let fitting = open.filter_map(|id| {
            let worker = self.workers.get(id).filter(|worker| worker.used + weight <= worker.capacity)?;
            let idle_since = if self.rule == Rule::LongestIdle { worker.served_at } else { Timestamp::default() };
            Some((u64::from(worker.used) * 1_000 / u64::from(worker.capacity), idle_since, *id))
        });
        fitting.min().map(|(_, _, id)| id)
    }
}

impl Dispatcher for Baseline {
    fn apply(&mut self, now: Timestamp, input: Input) -> Vec<Offer> {
        match input {
            Input::Arrived(entry) => self.wait(entry),
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
            Input::Tick => self.refusals.retain(|_, until| *until > now),
        }
        self.dispatch(now)
    }

    fn next_wake(&self) -> Option<Timestamp> {
        self.refusals.values().min().copied()
    }
}
