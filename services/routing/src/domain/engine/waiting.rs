//! What the engine keeps of each request, and how a request goes in and out of its bucket, a lane or a desk.

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, ServiceRequestId};
use guichet_core::work::Channel;

use super::agents::{AgentIx, Block};
use super::bucket::{Bucket, BucketIx, Key, Place};
use super::needs::NeedIx;
use super::{Engine, Entry, HeldEntry, Step};

/// Where a request stands for the engine.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stand {
    /// In its bucket, or in the lane of the one agent it waits for.
    Waiting {
        bucket: BucketIx,
        lane: Option<AgentIx>,
    },
    /// Offered to an agent, or held by one; `None` = they are not in the directory any more.
    Taken {
        agent: Option<AgentIx>,
        weight: u32,
    },
    Nobody,
}

/// One step of a search.
#[derive(Clone, Copy, Debug)]
struct Ask {
    need: NeedIx,
    until: Option<Timestamp>,
}

/// What waits, or waits again after a refusal. What few requests have is kept apart: a million of them wait in a large town.
#[derive(Clone, Debug)]
pub(super) struct Wait {
    pub(super) since: Timestamp,
    /// What is asked now.
    pub(super) need: NeedIx,
    channel: Channel,
    slope: u8,
    pub(super) late: bool,
    /// Offered to somebody who learns with it.
    pub(super) is_lesson: bool,
    rest: Option<Box<Rest>>,
}

/// What few requests have.
#[derive(Clone, Debug, Default)]
struct Rest {
    /// The steps of the search when there are several, and which of them applies.
    asks: Box<[Ask]>,
    step: usize,
    /// Who knows the file, and until when it waits for them.
    continuity: Option<(AgentIx, Timestamp)>,
    /// Agents who may not be offered it for now: [`super::agents::AgentState::blocks`] says why.
    kept_from: Vec<AgentIx>,
}

impl Wait {
    /// Returns what was asked at first.
    pub(super) fn first_need(&self) -> NeedIx {
        self.rest.as_ref().and_then(|rest| rest.asks.first()).map_or(self.need, |ask| ask.need)
    }

    /// Returns which step of the search applies, from 0.
    pub(super) fn step(&self) -> usize {
        self.rest.as_ref().map_or(0, |rest| rest.step)
    }

    /// Returns whether nothing less will be asked.
    pub(super) fn is_widest(&self) -> bool {
        self.rest.as_ref().is_none_or(|rest| rest.step + 1 >= rest.asks.len())
    }

    /// Goes on past the steps that are over; returns whether there was one.
    pub(super) fn widen(&mut self, now: Timestamp) -> bool {
        let before = self.step();
        while self.step_ends().is_some_and(|until| until <= now)
            && let Some(rest) = &mut self.rest
        {
            rest.step += 1;
            self.need = rest.asks[rest.step].need;
        }
        self.step() > before
    }

    /// Returns when the present step is over.
    fn step_ends(&self) -> Option<Timestamp> {
        let rest = self.rest.as_ref().filter(|_| !self.is_widest())?;
        rest.asks[rest.step].until
    }

    /// Returns who knows the file, and until when it waits for them.
    pub(super) fn continuity(&self) -> Option<(AgentIx, Timestamp)> {
        self.rest.as_ref()?.continuity
    }

    /// Waits no longer for who knows the file once the time is over.
    pub(super) fn let_go(&mut self, now: Timestamp) {
        if let Some(rest) = &mut self.rest {
            rest.continuity = rest.continuity.filter(|&(_, until)| until > now);
        }
    }

    /// Returns the agents who may not be offered it for now.
    fn kept_from(&self) -> &[AgentIx] {
        self.rest.as_ref().map_or(&[], |rest| &rest.kept_from)
    }
}

/// A request the engine knows.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub(super) version: i64,
    pub(super) stand: Stand,
    /// Kept through an offer.
    pub(super) wait: Option<Wait>,
}

impl Slot {
    /// Returns a request on somebody's desk.
    pub(super) const fn taken(version: i64, agent: Option<AgentIx>, weight: u32) -> Self {
        Self { version, stand: Stand::Taken { agent, weight }, wait: None }
    }

    /// Returns the agents who may not be offered it for now.
    pub(super) fn kept_from(&self) -> &[AgentIx] {
        self.wait.as_ref().map_or(&[], Wait::kept_from)
    }
}

impl Engine {
    /// Puts a request that waits in.
    pub(super) fn enter(&mut self, entry: Entry) {
        let Some(wait) = self.wait_of(&entry) else { return };
        let Entry { request_id, version, excluded, .. } = entry;
        let slot = Slot { version, stand: Stand::Nobody, wait: Some(wait) };
        self.slots.insert(request_id, slot);
        for agent_id in excluded {
            self.block(request_id, agent_id, Block::Excluded);
        }
        self.enqueue(request_id);
    }

    /// Puts a request in that is on somebody's desk.
    pub(super) fn take_in(&mut self, held: HeldEntry) {
        let agent = self.agents.find(held.agent_id);
        if let Some(agent) = agent {
            self.agents.update(agent, |state| state.used += held.weight);
        }
        let wait = held.offered.as_ref().and_then(|entry| self.wait_of(entry));
        let wait = wait.map(|wait| Wait { is_lesson: held.lesson, ..wait });
        let slot = Slot { wait, ..Slot::taken(held.version, agent, held.weight) };
        self.slots.insert(held.request_id, slot);
        for agent_id in held.offered.into_iter().flat_map(|entry| entry.excluded) {
            self.block(held.request_id, agent_id, Block::Excluded);
        }
    }

    fn wait_of(&mut self, entry: &Entry) -> Option<Wait> {
        let mut place_of = |step: &Step| self.needs.place_of(&step.need, &mut self.roster, &self.agents);
        let need = place_of(entry.steps.first()?);
        let asks: Box<[Ask]> = match entry.steps.as_slice() {
            [_] => Box::default(),
            several => several.iter().map(|step| Ask { need: place_of(step), until: step.expires_at }).collect(),
        };
        let continuity = entry.continuity.and_then(|known| Some((self.agents.find(known.agent_id)?, known.until)));
        let rest =
            (!asks.is_empty() || continuity.is_some()).then(|| Box::new(Rest { asks, continuity, ..Rest::default() }));
        let (channel, slope, since, late) = (entry.channel, entry.slope, entry.since, entry.late);
        Some(Wait { since, need, channel, slope, late, is_lesson: false, rest })
    }

    /// Puts a request where it waits: the lane of the agent who knows it while they are at work, or of whoever stands in for
    /// them, else its bucket.
    pub(super) fn enqueue(&mut self, request_id: ServiceRequestId) {
        let Some(slot) = self.slots.get_mut(&request_id) else { return };
        let Some(wait) = &slot.wait else { return };
        let key = Key { need: wait.need, channel: wait.channel, slope: wait.slope, late: wait.late };
        let (place, continuity, ends) = ((wait.since, request_id), wait.continuity(), wait.step_ends());
        let card = self.needs.get(key.need);
        let bucket = self.queue.place_of(key, card, &self.hours);
        let known = continuity.and_then(|(agent, _)| self.agents.stand_in(agent));
        let lane = known.filter(|&agent| {
            let state = self.agents.get(agent);
            state.is_present() && !state.blocks.contains_key(&request_id) && card.profile_bits.contains(state.profile)
        });
        match lane {
            Some(agent) => self.agents.update(agent, |state| {
                state.lane.insert(place);
            }),
            None => self.queue.insert(bucket, place, &card.profiles),
        }
        slot.stand = Stand::Waiting { bucket, lane };
        let waited_for = continuity.filter(|_| lane.is_some()).map(|(_, until)| until);
        self.wakes.extend(ends.into_iter().chain(waited_for).map(|at| (at, request_id)));
    }

    /// Takes a request off the queue or the agent's desk; returns the agent it freed.
    pub(super) fn release(&mut self, request_id: ServiceRequestId) -> Option<AgentIx> {
        let slot = self.slots.get_mut(&request_id)?;
        let since = slot.wait.as_ref().map(|wait| wait.since);
        match std::mem::replace(&mut slot.stand, Stand::Nobody) {
            Stand::Waiting { lane: Some(agent), .. } => {
                let place = (since?, request_id);
                self.agents.update(agent, |state| {
                    state.lane.remove(&place);
                });
                None
            }
            Stand::Waiting { bucket, lane: None } => {
                let place = (since?, request_id);
                let need = self.queue.bucket(bucket).key.need;
                self.queue.remove(bucket, place, &self.needs.get(need).profiles);
                None
            }
            Stand::Taken { agent, weight } => {
                let agent = agent?;
                self.agents.update(agent, |state| state.used = state.used.saturating_sub(weight));
                Some(agent)
            }
            Stand::Nobody => None,
        }
    }

    /// Forgets a request that was released.
    pub(super) fn forget(&mut self, request_id: ServiceRequestId) {
        let rest = self.slots.remove(&request_id).and_then(|slot| slot.wait?.rest);
        for agent in rest.into_iter().flat_map(|rest| rest.kept_from) {
            self.agents.update(agent, |state| {
                state.blocks.remove(&request_id);
            });
        }
    }

    /// Keeps an agent from a request; somebody excluded stays so.
    pub(super) fn block(&mut self, request_id: ServiceRequestId, agent_id: AgentId, block: Block) {
        // What is on a desk waits for nobody: its refusals are over.
        let wait = self.slots.get_mut(&request_id).and_then(|slot| slot.wait.as_mut());
        let (Some(agent), Some(wait)) = (self.agents.find(agent_id), wait) else { return };
        if self.agents.get(agent).blocks.get(&request_id) == Some(&Block::Excluded) {
            return;
        }
        if !wait.kept_from().contains(&agent) {
            wait.rest.get_or_insert_default().kept_from.push(agent);
        }
        self.agents.update(agent, |state| {
            state.blocks.insert(request_id, block);
        });
        self.wakes.extend(block.until().map(|until| (until, request_id)));
    }

    /// Lets go of the refusals of a request that have lapsed.
    pub(super) fn unblock(&mut self, request_id: ServiceRequestId, now: Timestamp) {
        let wait = self.slots.get_mut(&request_id).and_then(|slot| slot.wait.as_mut());
        let Some(rest) = wait.and_then(|wait| wait.rest.as_mut()) else { return };
        let agents = &mut self.agents;
        rest.kept_from.retain(|&agent| {
            let until = agents.get(agent).blocks.get(&request_id).and_then(|block| block.until());
            let lapsed = until.is_some_and(|until| until <= now);
            if lapsed {
                agents.update(agent, |state| {
                    state.blocks.remove(&request_id);
                });
            }
            !lapsed
        });
    }

    /// Returns everything that waits, with the bucket whose rules apply to it.
    pub(super) fn all_waiting(&self) -> impl Iterator<Item = (&Bucket, Place)> {
        let in_buckets = self
            .queue
            .buckets()
            .flat_map(|(index, bucket)| self.queue.waiting(index).iter().map(move |&place| (bucket, place)));
        let lanes = self.agents.all().flat_map(|(_, agent)| agent.lane.iter().copied());
        let in_lanes = lanes.filter_map(|place| match self.slots.get(&place.1)?.stand {
            Stand::Waiting { bucket, .. } => Some((self.queue.bucket(bucket), place)),
            _ => None,
        });
        in_buckets.chain(in_lanes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_most_requests_have_is_in_one_cache_line_with_their_id() {
        assert_eq!(size_of::<(ServiceRequestId, Slot)>(), 64);
    }
}
