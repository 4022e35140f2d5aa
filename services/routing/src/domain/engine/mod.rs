//! The routing engine: facts in, decisions out. Deterministic: integer arithmetic, time passed in, a hash for the last
//! tie, so the same inputs give the same decisions on every machine. The same code serves live traffic, replay and
//! what-if.
//!
//! An offer needs, of the agent: everything the request's [`Need`] asks (scope, clearances, level, skills, language),
//! presence, room in their capacity, and no recent refusal of that request; of a request in writing, that the department
//! in charge is open. Among the requests an agent could serve the
//! most urgent goes first; among the agents a request could go to: the preferred level, the least loaded, the longest
//! idle, then the hash.
//!
//! Events only, no periodic scan: an arrival looks at the free agents of the profiles that may serve its bucket, a freed
//! agent looks at the heads of the buckets open to their profile. Hence the invariant that tests check: never a free
//! agent beside a waiting request they could be offered.

mod agents;
mod bits;
mod bucket;
mod hours;
mod matching;
mod message;
mod need;
mod record;
mod roster;
#[cfg(test)]
mod tests;
pub(crate) mod urgency;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, ServiceRequestId};
use guichet_core::work::PresenceState;

use self::agents::Agents;
use self::bucket::{Bucket, BucketIx, Key, Place, Queue};
use self::hours::{Hours, HoursIx};
pub use self::message::{AgentSnapshot, Decision, Ended, Entry, HeldEntry, Input, Snapshot, Step};
pub(crate) use self::need::{Abilities, Requirement};
pub use self::need::{DepartmentRef, Need, TierRule};
pub use self::record::{Candidate, DecidedBy, Named, Reason, Record};
pub use self::roster::Roster;

/// What an authority or an operator may choose about offers.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// After « Passer ».
    pub after_decline_ms: i64,
    /// After an offer nobody answered: shorter, the agent may only have been away from the screen.
    pub after_expiry_ms: i64,
    /// Opening hours do not count: work is offered whenever somebody is there.
    pub always_open: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self { after_decline_ms: 600_000, after_expiry_ms: 60_000, always_open: true }
    }
}

/// Why an agent is kept from a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Block {
    Excluded,
    Declined(Timestamp),
    Expired(Timestamp),
}

/// Where a request stands for the engine.
#[derive(Clone, Debug)]
enum Stand {
    Waiting { bucket: BucketIx, place: Place },
    Offered { agent_id: AgentId, weight: u32 },
    Held { agent_id: AgentId, weight: u32 },
    Nobody,
}

/// A request the engine knows.
#[derive(Clone, Debug)]
struct Slot {
    version: i64,
    stand: Stand,
    /// Kept through an offer: what waits again after a refusal.
    entry: Option<Entry>,
    step: usize,
    blocks: BTreeMap<AgentId, Block>,
}

/// The engine of one shard.
#[derive(Debug)]
pub struct Engine {
    policy: Policy,
    roster: Roster,
    queue: Queue,
    agents: Agents,
    slots: HashMap<ServiceRequestId, Slot>,
    /// When a step widens or a refusal lapses.
    wakes: BTreeSet<(Timestamp, ServiceRequestId)>,
    hours: Hours,
    /// When somebody on leave is back.
    returns: BTreeSet<(Timestamp, AgentId)>,
}

impl Engine {
    /// Returns an engine that knows the town's people and what the database says they are doing. It decides nothing
    /// yet: [`Engine::settle`] does.
    pub fn new(policy: Policy, roster: Roster, snapshot: Snapshot) -> Self {
        let queue = Queue::new(roster.profile_count());
        let agents = Agents::new(&roster);
        let away =
            roster.people().flat_map(|(id, person)| person.absences.iter().map(move |absence| (absence.end, id)));
        let returns = away.collect();
        let (slots, wakes) = (HashMap::new(), BTreeSet::new());
        let hours = if policy.always_open { Hours::default() } else { roster.hours().clone() };
        let mut engine = Self { policy, roster, queue, agents, slots, wakes, hours, returns };
        for known in snapshot.agents {
            engine.agents.update(known.agent_id, |state| {
                (state.presence, state.serial, state.served_at) = (known.presence, known.serial, known.served_at);
            });
        }
        for entry in snapshot.waiting {
            engine.enqueue(entry);
        }
        for held in snapshot.held {
            let (agent_id, weight) = (held.agent_id, held.weight);
            engine.agents.update(agent_id, |state| state.used += weight);
            let stand = match held.offered {
                Some(_) => Stand::Offered { agent_id, weight },
                None => Stand::Held { agent_id, weight },
            };
            let blocks = held.offered.as_ref().map(excluded).unwrap_or_default();
            engine
                .slots
                .insert(held.request_id, Slot { version: held.version, stand, entry: held.offered, step: 0, blocks });
        }
        for (request_id, agent_id, until) in snapshot.refusals {
            engine.block(request_id, agent_id, Block::Declined(until));
        }
        engine
    }

    /// Applies one fact that became known at `now` and returns what follows from it, and from the doors that have opened
    /// meanwhile.
    pub fn apply(&mut self, now: Timestamp, input: Input) -> Vec<Decision> {
        let opened = self.hours.look(now);
        // An engine just loaded looks at all that waits, calls among it, in its own order.
        let settles = opened.is_empty() || input == Input::Reloaded;
        let mut decisions = if settles { Vec::new() } else { self.serve_opened(now, &opened) };
        decisions.extend(self.learn(now, input));
        decisions
    }

    fn learn(&mut self, now: Timestamp, input: Input) -> Vec<Decision> {
        match input {
            Input::Arrived(entry) => self.arrive(now, entry),
            Input::Declined(ended) => {
                let until = now.plus_millis(self.policy.after_decline_ms);
                self.offer_ended(now, ended, Some(Block::Declined(until)))
            }
            Input::Expired(ended) => {
                let until = now.plus_millis(self.policy.after_expiry_ms);
                self.offer_ended(now, ended, Some(Block::Expired(until)))
            }
            Input::Rescinded(ended) => self.offer_ended(now, ended, None),
            Input::Held { request_id, version, agent_id, weight } => {
                self.hold(now, request_id, version, agent_id, weight)
            }
            Input::Freed { request_id, version } => {
                if !self.is_news(request_id, version) {
                    return Vec::new();
                }
                let freed = self.release(request_id);
                self.slots.remove(&request_id);
                self.serve_all(now, freed)
            }
            Input::PresenceChanged { agent_id, state, serial } => self.presence_changed(now, agent_id, state, serial),
            Input::BecameLate { request_id, version } => self.become_late(now, request_id, version),
            Input::Tick => self.tick(now),
            Input::Reloaded => self.settle(now),
        }
    }

    /// Decides about everything that waits, the most urgent first: whoever loaded the engine has forgotten what was said
    /// before.
    pub fn settle(&mut self, now: Timestamp) -> Vec<Decision> {
        self.hours.look(now);
        let waiting = self.most_urgent_first(now, |_| true);
        waiting.into_iter().filter_map(|request_id| self.offer_or_wait(now, request_id)).collect()
    }

    /// Offers what waited for doors that have opened.
    fn serve_opened(&mut self, now: Timestamp, opened: &[HoursIx]) -> Vec<Decision> {
        let waited = self.most_urgent_first(now, |bucket| bucket.hours.is_some_and(|place| opened.contains(&place)));
        waited.into_iter().filter_map(|request_id| self.offer(now, request_id)).collect()
    }

    /// Returns the requests that wait in some of the buckets, the most urgent first.
    fn most_urgent_first(&self, now: Timestamp, of: impl Fn(&Bucket) -> bool) -> Vec<ServiceRequestId> {
        let waiting = self.queue.places().filter(|(bucket, _)| of(bucket));
        let mut waiting: Vec<_> =
            waiting.map(|(bucket, place)| (std::cmp::Reverse(bucket.urgency(place.0, now)), place)).collect();
        waiting.sort_unstable();
        waiting.into_iter().map(|(_, (_, request_id))| request_id).collect()
    }

    /// Returns when [`Input::Tick`] is next of use.
    pub fn next_wake(&self) -> Option<Timestamp> {
        let (wake, back) = (self.wakes.first().map(|&(at, _)| at), self.returns.first().map(|&(at, _)| at));
        // Only doors that somebody waits behind: the others are looked at when there is something to offer.
        let opening = self.queue.waited_for().filter_map(|place| self.hours.opens_at(place)).min();
        wake.into_iter().chain(back).chain(opening).min()
    }

    /// Returns how many requests wait.
    pub const fn waiting(&self) -> usize {
        self.queue.len()
    }

    fn is_news(&self, request_id: ServiceRequestId, version: i64) -> bool {
        self.slots.get(&request_id).is_none_or(|slot| slot.version < version)
    }

    fn arrive(&mut self, now: Timestamp, entry: Entry) -> Vec<Decision> {
        let request_id = entry.request_id;
        if !self.is_news(request_id, entry.version) {
            return Vec::new();
        }
        let freed = self.release(request_id);
        self.enqueue(entry);
        let mut decisions: Vec<_> = self.offer_or_wait(now, request_id).into_iter().collect();
        decisions.extend(self.serve_all(now, freed));
        decisions
    }

    fn offer_ended(&mut self, now: Timestamp, ended: Ended, block: Option<Block>) -> Vec<Decision> {
        let Ended { request_id, version, agent_id } = ended;
        if !self.is_news(request_id, version) {
            return Vec::new();
        }
        let Some(entry) = self.slots.get(&request_id).and_then(|slot| slot.entry.clone()) else { return Vec::new() };
        let (step, blocks) =
            self.slots.get(&request_id).map(|slot| (slot.step, slot.blocks.clone())).unwrap_or_default();
        let freed = self.release(request_id);
        self.enqueue_at(Entry { version, ..entry }, step, blocks);
        if let Some(block) = block {
            self.block(request_id, agent_id, block);
        }
        let mut decisions: Vec<_> = self.offer_or_wait(now, request_id).into_iter().collect();
        decisions.extend(self.serve_all(now, freed));
        decisions
    }

    fn hold(
        &mut self,
        now: Timestamp,
        request_id: ServiceRequestId,
        version: i64,
        agent_id: AgentId,
        weight: u32,
    ) -> Vec<Decision> {
        if !self.is_news(request_id, version) {
            return Vec::new();
        }
        let freed = self.release(request_id);
        self.agents.update(agent_id, |state| {
            state.used += weight;
            state.served_at = state.served_at.max(now);
        });
        let stand = Stand::Held { agent_id, weight };
        self.slots.insert(request_id, Slot { version, stand, entry: None, step: 0, blocks: BTreeMap::new() });
        self.serve_all(now, freed)
    }

    fn presence_changed(
        &mut self,
        now: Timestamp,
        agent_id: AgentId,
        state: PresenceState,
        serial: i64,
    ) -> Vec<Decision> {
        if self.agents.get(agent_id).is_none_or(|known| known.serial >= serial) {
            return Vec::new();
        }
        self.agents.update(agent_id, |known| (known.presence, known.serial) = (state, serial));
        self.serve_all(now, Some(agent_id))
    }

    fn become_late(&mut self, now: Timestamp, request_id: ServiceRequestId, version: i64) -> Vec<Decision> {
        let Some(slot) = self.slots.get_mut(&request_id).filter(|slot| slot.version <= version) else {
            return Vec::new();
        };
        slot.version = version;
        let Some(entry) = slot.entry.as_mut().filter(|entry| !entry.late) else { return Vec::new() };
        (entry.late, entry.version) = (true, version);
        let (entry, step, blocks) = (entry.clone(), slot.step, slot.blocks.clone());
        if matches!(slot.stand, Stand::Waiting { .. }) {
            self.release(request_id);
            self.enqueue_at(entry, step, blocks);
        }
        self.offer(now, request_id).into_iter().collect()
    }

    fn tick(&mut self, now: Timestamp) -> Vec<Decision> {
        let mut decisions = Vec::new();
        while let Some(&(at, request_id)) = self.wakes.first().filter(|(at, _)| *at <= now) {
            self.wakes.remove(&(at, request_id));
            self.widen(now, request_id);
            if let Some(slot) = self.slots.get_mut(&request_id) {
                slot.blocks.retain(
                    |_, block| !matches!(block, Block::Declined(until) | Block::Expired(until) if *until <= now),
                );
            }
            decisions.extend(self.offer(now, request_id));
        }
        while let Some(&(at, agent_id)) = self.returns.first().filter(|(at, _)| *at <= now) {
            self.returns.remove(&(at, agent_id));
            decisions.extend(self.serve_all(now, Some(agent_id)));
        }
        decisions
    }

    /// Moves a waiting request to its next step when the present one is over.
    fn widen(&mut self, now: Timestamp, request_id: ServiceRequestId) {
        let Some(slot) = self.slots.get(&request_id) else { return };
        let (Stand::Waiting { .. }, Some(entry)) = (&slot.stand, &slot.entry) else { return };
        let over = entry.steps[slot.step].expires_at.is_some_and(|at| at <= now) && slot.step + 1 < entry.steps.len();
        if over {
            let (entry, step, blocks) = (entry.clone(), slot.step + 1, slot.blocks.clone());
            self.release(request_id);
            self.enqueue_at(entry, step, blocks);
        }
    }

    fn enqueue(&mut self, entry: Entry) {
        let blocks = excluded(&entry);
        self.enqueue_at(entry, 0, blocks);
    }

    fn enqueue_at(&mut self, entry: Entry, step: usize, blocks: BTreeMap<AgentId, Block>) {
        let Some(current) = entry.steps.get(step) else { return };
        if let Some(at) = current.expires_at.filter(|_| step + 1 < entry.steps.len()) {
            self.wakes.insert((at, entry.request_id));
        }
        let key = Key { need: current.need.clone(), channel: entry.channel, slope: entry.slope, late: entry.late };
        let place = (entry.since, entry.request_id);
        let hours = self.hours.place_of(&key.need, key.channel);
        let bucket = self.queue.insert(key, place, hours, &mut self.roster);
        let slot =
            Slot { version: entry.version, stand: Stand::Waiting { bucket, place }, step, blocks, entry: Some(entry) };
        self.slots.insert(place.1, slot);
    }

    fn block(&mut self, request_id: ServiceRequestId, agent_id: AgentId, block: Block) {
        let Some(slot) = self.slots.get_mut(&request_id) else { return };
        // Somebody excluded stays so.
        if slot.blocks.get(&agent_id) == Some(&Block::Excluded) {
            return;
        }
        slot.blocks.insert(agent_id, block);
        if let Block::Declined(until) | Block::Expired(until) = block {
            self.wakes.insert((until, request_id));
        }
    }

    /// Takes a request off the queue or the agent's desk; returns the agent it freed.
    fn release(&mut self, request_id: ServiceRequestId) -> Option<AgentId> {
        let slot = self.slots.get_mut(&request_id)?;
        match std::mem::replace(&mut slot.stand, Stand::Nobody) {
            Stand::Waiting { bucket, place } => {
                self.queue.remove(bucket, place);
                None
            }
            Stand::Offered { agent_id, weight } | Stand::Held { agent_id, weight } => {
                self.agents.update(agent_id, |state| state.used = state.used.saturating_sub(weight));
                Some(agent_id)
            }
            Stand::Nobody => None,
        }
    }
}

fn excluded(entry: &Entry) -> BTreeMap<AgentId, Block> {
    entry.excluded.iter().map(|&agent| (agent, Block::Excluded)).collect()
}
