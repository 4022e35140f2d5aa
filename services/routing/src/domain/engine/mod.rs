//! The routing engine: facts in, decisions out. Deterministic: integer arithmetic, time passed in, a hash for the last
//! tie, so the same inputs give the same decisions on every machine. The same code serves live traffic, replay and
//! what-if.
//!
//! An offer needs, of the agent: everything the request's [`Need`] asks (scope, clearances, level, skills, language),
//! presence, room in their capacity, and no recent refusal of that request; of a request in writing, that the department
//! in charge is open. Among the requests an agent could serve the most urgent goes first ([`bucket`], [`urgency`]); among
//! the agents a request could go to, the order is that of [`Candidate`]'s fields. A request whose agent knows it already
//! waits a while for them ([`Continuity`]), and then competes for them with everything else.
//!
//! Events only, no periodic scan: an arrival looks at the free agents of the profiles that may serve its bucket, a freed
//! agent looks at the heads of the buckets open to their profile. Hence the invariant that tests and [`Engine::audit`]
//! check: never a free agent beside a waiting request they could be offered.

mod agents;
mod audit;
mod bits;
mod bucket;
mod hours;
mod lessons;
mod matching;
mod message;
mod need;
mod needs;
mod record;
mod roster;
mod shifts;
mod tally;
#[cfg(test)]
mod tests;
pub(crate) mod urgency;
mod variety;
mod waiting;

use std::cmp::Reverse;
use std::collections::BTreeSet;

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, ServiceRequestId};
use guichet_core::work::PresenceState;
use serde::{Deserialize, Serialize};

use self::agents::{AgentIx, Agents, Block, Share};
use self::bucket::{Bucket, Place, Queue};
use self::hours::{Hours, HoursIx};
pub use self::message::{AgentSnapshot, Continuity, Decision, Ended, Entry, HeldEntry, Input, Snapshot, Step};
pub(crate) use self::need::{Abilities, Requirement};
pub use self::need::{DepartmentRef, Need, TierRule};
use self::needs::Needs;
pub use self::record::{Candidate, Counts, DecidedBy, Kind, Lesson, Named, Reason, Record};
pub use self::roster::Roster;
use self::shifts::{Shifts, Turn};
use self::waiting::{Slot, Stand};

/// A table of the hot path, by ids and needs that are our own. Its order is never looked at.
type Map<K, V> = std::collections::HashMap<K, V, foldhash::fast::RandomState>;

/// What an authority or an operator may choose about offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// After « Passer ».
    pub after_decline_ms: i64,
    /// After an offer nobody answered: shorter, the agent may only have been away from the screen.
    pub after_expiry_ms: i64,
    /// Opening hours do not count: work is offered whenever somebody is there.
    pub always_open: bool,
    /// How long whoever arrives leaves to colleagues their share of what waits: the morning backlog is not for the
    /// first to sign in.
    pub share_ms: i64,
}

impl Default for Policy {
    fn default() -> Self {
        Self { after_decline_ms: 600_000, after_expiry_ms: 60_000, always_open: true, share_ms: 15 * 60_000 }
    }
}

/// The engine of one shard.
#[derive(Debug)]
pub struct Engine {
    policy: Policy,
    roster: Roster,
    needs: Needs,
    queue: Queue,
    agents: Agents,
    slots: Map<ServiceRequestId, Slot>,
    /// When a step widens, a refusal lapses or a request stops waiting for one agent.
    wakes: BTreeSet<(Timestamp, ServiceRequestId)>,
    hours: Hours,
    shifts: Shifts,
}

impl Engine {
    /// Returns an engine that knows the town's people and what the database says they are doing. It decides nothing
    /// yet: [`Engine::settle`] does.
    pub fn new(policy: Policy, roster: Roster, snapshot: Snapshot) -> Self {
        let hours = if policy.always_open { Hours::default() } else { roster.hours().clone() };
        let mut engine = Self {
            policy,
            needs: Needs::new(roster.profile_count()),
            queue: Queue::new(roster.profile_count()),
            agents: Agents::new(&roster),
            slots: Map::default(),
            wakes: BTreeSet::new(),
            hours,
            shifts: Shifts::of(&roster),
            roster,
        };
        for known in snapshot.agents {
            let Some(agent) = engine.agents.find(known.agent_id) else { continue };
            engine.agents.update(agent, |state| {
                (state.presence, state.serial) = (known.presence, known.serial);
                (state.served_at, state.given_today) = (known.served_at, known.given_today);
                state.learned_today = known.learned_today;
            });
        }
        engine.slots.reserve(snapshot.waiting.len() + snapshot.held.len());
        let mut waiting = snapshot.waiting;
        // Buckets are lines: whoever waits longest goes in first.
        waiting.sort_unstable_by_key(|entry| (entry.since, entry.request_id));
        waiting.into_iter().for_each(|entry| engine.enter(entry));
        for held in snapshot.held {
            engine.take_in(held);
        }
        for (request_id, agent_id, until) in snapshot.refusals {
            engine.block(request_id, agent_id, Block::Declined(until));
        }
        engine
    }

    /// Applies one fact that became known at `now` and returns what follows from it, and from what time has brought
    /// meanwhile: doors that opened, people back from leave.
    pub fn apply(&mut self, now: Timestamp, input: Input) -> Vec<Decision> {
        if input == Input::Reloaded {
            return self.settle(now);
        }
        let (opened, turned) = (self.hours.look(now), self.shifts.look(now));
        if opened.is_empty() && turned.is_empty() {
            return self.learn(now, input);
        }
        // All that time has brought is noted before anything is offered: whoever is back from one leave may have begun
        // another.
        turned.iter().for_each(|&turn| self.note(now, turn));
        let mut decisions = self.serve_opened(now, &opened);
        for turn in turned {
            decisions.extend(self.follow(now, turn));
        }
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
                self.forget(request_id);
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
        let turns = self.shifts.look(now);
        turns.iter().for_each(|&turn| self.note(now, turn));
        for turn in turns {
            self.move_lanes(turn);
        }
        self.lapse(now);
        let waiting = self.most_urgent_first(now, |_| true);
        waiting.into_iter().filter_map(|request_id| self.offer_or_wait(now, request_id)).collect()
    }

    /// Offers what waited for doors that have opened.
    fn serve_opened(&mut self, now: Timestamp, opened: &[HoursIx]) -> Vec<Decision> {
        if opened.is_empty() {
            return Vec::new();
        }
        let waited = self.most_urgent_first(now, |bucket| bucket.hours.is_some_and(|place| opened.contains(&place)));
        waited.into_iter().filter_map(|request_id| self.offer(now, request_id)).collect()
    }

    /// Returns the requests that wait in some of the buckets, the most urgent first.
    fn most_urgent_first(&self, now: Timestamp, of: impl Fn(&Bucket) -> bool) -> Vec<ServiceRequestId> {
        let waiting = self.all_waiting().filter(|(bucket, _)| of(bucket));
        let mut waiting: Vec<_> =
            waiting.map(|(bucket, place)| (Reverse(bucket.urgency(place.0, now)), place)).collect();
        waiting.sort_unstable();
        waiting.into_iter().map(|(_, (_, request_id))| request_id).collect()
    }

    /// Returns when [`Input::Tick`] is next of use.
    pub fn next_wake(&self) -> Option<Timestamp> {
        let wake = self.wakes.first().map(|&(at, _)| at);
        // Only doors that somebody waits behind: the others are looked at when there is something to offer.
        let opening = self.queue.waited_for().filter_map(|place| self.hours.opens_at(place)).min();
        wake.into_iter().chain(self.shifts.next_turn()).chain(opening).min()
    }

    /// Returns how many requests wait.
    pub fn waiting(&self) -> usize {
        self.queue.len() + self.agents.all().map(|(_, agent)| agent.lane.len()).sum::<usize>()
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
        self.forget(request_id);
        self.enter(entry);
        // It may come back to the queue later than its steps.
        self.widen(now, request_id);
        let mut decisions: Vec<_> = self.offer_or_wait(now, request_id).into_iter().collect();
        decisions.extend(self.serve_all(now, freed));
        decisions
    }

    fn offer_ended(&mut self, now: Timestamp, ended: Ended, block: Option<Block>) -> Vec<Decision> {
        let Ended { request_id, version, agent_id } = ended;
        if !self.is_news(request_id, version) || self.slots.get(&request_id).is_none_or(|slot| slot.wait.is_none()) {
            return Vec::new();
        }
        let freed = self.release(request_id);
        self.give_back(request_id, freed);
        if let Some(slot) = self.slots.get_mut(&request_id) {
            slot.version = version;
            if let Some(wait) = &mut slot.wait {
                wait.widen(now);
            }
        }
        if let Some(block) = block {
            self.block(request_id, agent_id, block);
        }
        self.enqueue(request_id);
        let mut decisions: Vec<_> = self.offer_or_wait(now, request_id).into_iter().collect();
        decisions.extend(self.serve_all(now, freed));
        decisions
    }

    /// What was not accepted was not given: it counts neither for the day nor for the share.
    fn give_back(&mut self, request_id: ServiceRequestId, agent: Option<AgentIx>) {
        let Some(slot) = self.slots.get_mut(&request_id) else { return };
        let (Some(agent), Some(wait)) = (agent, slot.wait.as_mut()) else { return };
        let was_lesson = std::mem::take(&mut wait.is_lesson);
        let (since, weight) = (wait.since, self.needs.get(wait.need).need.weight);
        self.agents.update(agent, |state| {
            state.given_today = state.given_today.saturating_sub(weight);
            state.learned_today = state.learned_today.saturating_sub(u32::from(was_lesson));
            if let Some(share) = state.share.as_mut().filter(|share| since < share.arrived_at) {
                share.left += weight;
            }
        });
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
        let begun = self.slots.get(&request_id).and_then(|slot| slot.wait.as_ref()).map(|wait| wait.need);
        let begun = begun.map(|need| self.needs.departments()[need as usize]);
        self.forget(request_id);
        let agent = self.agents.find(agent_id);
        if let Some(agent) = agent {
            self.agents.update(agent, |state| {
                begun.into_iter().for_each(|department| state.streak.begin(department));
                state.used += weight;
                state.served_at = state.served_at.max(now);
                // An offer accepted was counted when it was made.
                state.given_today += if freed == Some(agent) { 0 } else { weight };
            });
        }
        self.slots.insert(request_id, Slot::taken(version, agent, weight));
        self.serve_all(now, freed)
    }

    fn presence_changed(
        &mut self,
        now: Timestamp,
        agent_id: AgentId,
        presence: PresenceState,
        serial: i64,
    ) -> Vec<Decision> {
        let Some(agent) = self.agents.find(agent_id).filter(|&agent| self.agents.get(agent).serial < serial) else {
            return Vec::new();
        };
        let was_present = self.agents.get(agent).is_present();
        self.agents.update(agent, |state| (state.presence, state.serial) = (presence, serial));
        let is_present = self.agents.get(agent).is_present();
        if is_present && !was_present && self.policy.share_ms > 0 {
            let share = self.share_of(now, agent);
            self.agents.update(agent, |state| state.share = share);
            share.into_iter().for_each(|share| self.shifts.share_until(share.until, agent));
        }
        let mut decisions = if is_present { Vec::new() } else { self.leave_lane(now, agent) };
        decisions.extend(self.serve_all(now, Some(agent)));
        decisions.extend(self.serve_learners_of(now, agent));
        decisions
    }

    /// Returns the share of what waits that is this agent's: in each bucket what waits over this agent and the colleagues
    /// who are about to arrive. `None` when nobody is.
    fn share_of(&self, now: Timestamp, agent: AgentIx) -> Option<Share> {
        if !self.shifts.are_declared() {
            return None;
        }
        let (mut units_permille, mut shares) = (0, false);
        for (index, bucket) in self.queue.open_for(self.agents.get(agent).profile) {
            let profiles = self.needs.get(bucket.key.need).profiles.iter();
            let due = profiles.map(|&profile| self.due(profile)).sum::<usize>() as u64;
            units_permille += self.queue.waiting(index).len() as u64 * u64::from(bucket.weight) * 1_000 / (1 + due);
            shares |= due > 0;
        }
        let left = u32::try_from(units_permille.div_ceil(1_000)).unwrap_or(u32::MAX);
        shares.then_some(Share { arrived_at: now, until: now.plus_millis(self.policy.share_ms), left })
    }

    /// Returns how many agents of a profile are about to arrive by the hours they declare.
    fn due(&self, profile: roster::ProfileIx) -> usize {
        let due = |&&agent: &&AgentIx| {
            let state = self.agents.get(agent);
            let expected = state.shift.is_some_and(|shift| self.shifts.is_expected(shift));
            expected && state.leave == 0 && !state.is_present()
        };
        self.agents.members(profile).iter().filter(due).count()
    }

    fn become_late(&mut self, now: Timestamp, request_id: ServiceRequestId, version: i64) -> Vec<Decision> {
        let Some(slot) = self.slots.get_mut(&request_id).filter(|slot| slot.version <= version) else {
            return Vec::new();
        };
        slot.version = version;
        let Some(wait) = slot.wait.as_mut().filter(|wait| !wait.late) else { return Vec::new() };
        wait.late = true;
        if matches!(slot.stand, Stand::Waiting { .. }) {
            self.release(request_id);
            self.enqueue(request_id);
        }
        self.offer(now, request_id).into_iter().collect()
    }

    fn tick(&mut self, now: Timestamp) -> Vec<Decision> {
        let stirred = self.lapse(now);
        let mut decisions = Vec::new();
        for (request_id, widened) in stirred {
            // That less is asked is told even when it finds nobody.
            let decided = if widened { self.offer_or_wait(now, request_id) } else { self.offer(now, request_id) };
            decisions.extend(decided);
        }
        decisions
    }

    /// Puts a request that waits past the steps that are over.
    fn widen(&mut self, now: Timestamp, request_id: ServiceRequestId) {
        let wait = self.slots.get_mut(&request_id).and_then(|slot| slot.wait.as_mut());
        if wait.is_some_and(|wait| wait.widen(now)) {
            self.release(request_id);
            self.enqueue(request_id);
        }
    }

    /// Lets pass what time has brought to requests: steps widen, refusals lapse, nobody in particular is waited for any
    /// more. Returns the requests it concerns, in the order of the times, and whether they ask less now.
    fn lapse(&mut self, now: Timestamp) -> Vec<(ServiceRequestId, bool)> {
        let mut stirred = Vec::new();
        while let Some(&(at, request_id)) = self.wakes.first().filter(|(at, _)| *at <= now) {
            self.wakes.remove(&(at, request_id));
            self.unblock(request_id, now);
            let mut widened = false;
            if let Some(slot) = self.slots.get_mut(&request_id) {
                if let Some(wait) = &mut slot.wait {
                    wait.let_go(now);
                    widened = wait.widen(now);
                }
                if matches!(slot.stand, Stand::Waiting { .. }) {
                    self.release(request_id);
                    self.enqueue(request_id);
                }
            }
            stirred.push((request_id, widened));
        }
        stirred
    }

    /// Offers what follows from what time has brought to people.
    fn follow(&mut self, now: Timestamp, turn: Turn) -> Vec<Decision> {
        match turn {
            Turn::Leave(agent, true) => self.leave_lane(now, agent),
            Turn::Leave(agent, false) => {
                self.move_lanes(turn);
                let mut decisions = self.serve_all(now, Some(agent));
                decisions.extend(self.serve_learners_of(now, agent));
                decisions
            }
            Turn::Shared(agent) => self.serve_all(now, Some(agent)),
            Turn::Ending(shift, false) => {
                let agents: Vec<AgentIx> = self.agents.of_shift(shift).collect();
                agents.into_iter().flat_map(|agent| self.serve_all(now, Some(agent))).collect()
            }
            Turn::Ending(_, true) => Vec::new(),
            Turn::Midnight => self.serve_learners(now),
        }
    }

    /// Writes down what time has brought to people.
    fn note(&mut self, now: Timestamp, turn: Turn) {
        let concerned: Vec<AgentIx> = match turn {
            Turn::Leave(agent, _) | Turn::Shared(agent) => vec![agent],
            Turn::Ending(shift, _) => self.agents.of_shift(shift).collect(),
            Turn::Midnight => self.agents.all().map(|(agent, _)| agent).collect(),
        };
        for agent in concerned {
            let substitute = self.roster.substitute(self.agents.get(agent).id, now);
            let substitute = substitute.and_then(|agent_id| self.agents.find(agent_id));
            self.agents.update(agent, |state| match turn {
                Turn::Leave(_, true) => (state.leave, state.substitute) = (state.leave + 1, substitute),
                Turn::Leave(_, false) => {
                    (state.leave, state.substitute) = (state.leave.saturating_sub(1), substitute);
                }
                Turn::Ending(_, ending) => state.ending = ending,
                // They may have left and come back: a later share is not over yet.
                Turn::Shared(_) => state.share = state.share.filter(|share| share.until > now),
                Turn::Midnight => (state.given_today, state.learned_today) = (0, 0),
            });
        }
    }

    /// Moves what waits for somebody when their leave begins or ends: to whoever stands in for them, and back.
    fn move_lanes(&mut self, turn: Turn) {
        let Turn::Leave(absent, begins) = turn else { return };
        let lanes: Vec<AgentIx> = if begins {
            vec![absent]
        } else {
            let stand_ins = self.roster.stand_ins(self.agents.get(absent).id);
            stand_ins.filter_map(|agent_id| self.agents.find(agent_id)).collect()
        };
        let waiting: Vec<ServiceRequestId> =
            lanes.into_iter().flat_map(|agent| self.agents.get(agent).lane.iter().map(|place| place.1)).collect();
        for request_id in waiting {
            if self.known_by(request_id) == Some(absent) {
                self.release(request_id);
                self.enqueue(request_id);
            }
        }
    }

    /// Returns who knows a request, and is waited for.
    fn known_by(&self, request_id: ServiceRequestId) -> Option<AgentIx> {
        let known = self.slots.get(&request_id)?.wait.as_ref()?.continuity();
        known.map(|(agent, _)| agent)
    }

    /// What waited for an agent who leaves goes to whoever stands in for them, else to anybody.
    fn leave_lane(&mut self, now: Timestamp, agent: AgentIx) -> Vec<Decision> {
        let waited: Vec<Place> = self.agents.get(agent).lane.iter().copied().collect();
        for &(_, request_id) in &waited {
            self.release(request_id);
            self.enqueue(request_id);
        }
        waited.into_iter().filter_map(|(_, request_id)| self.offer(now, request_id)).collect()
    }
}
