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

/// The steps of a search. Most searches have one, which is kept in place: a million of them wait in a large town.
#[derive(Clone, Debug)]
enum Asks {
    One(NeedIx),
    Several(Box<[Ask]>),
}

/// What waits, or waits again after a refusal.
#[derive(Clone, Debug)]
pub(super) struct Wait {
    asks: Asks,
    /// Which of them applies.
    step: u16,
    channel: Channel,
    slope: u8,
    pub(super) since: Timestamp,
    pub(super) late: bool,
    /// Who knows the file, and until when it waits for them.
    pub(super) continuity: Option<(AgentIx, Timestamp)>,
}

impl Wait {
    /// Returns what is asked now.
    pub(super) fn need(&self) -> NeedIx {
        match &self.asks {
            Asks::One(need) => *need,
            Asks::Several(asks) => asks[self.step()].need,
        }
    }

    /// Returns what was asked at first.
    pub(super) fn first_need(&self) -> NeedIx {
        match &self.asks {
            Asks::One(need) => *need,
            Asks::Several(asks) => asks[0].need,
        }
    }

    /// Returns which step of the search applies, from 0.
    pub(super) fn step(&self) -> usize {
        usize::from(self.step)
    }

    /// Returns whether nothing less will be asked.
    pub(super) fn is_widest(&self) -> bool {
        match &self.asks {
            Asks::One(_) => true,
            Asks::Several(asks) => self.step() + 1 == asks.len(),
        }
    }

    /// Goes on past the steps that are over; returns whether there was one.
    pub(super) fn widen(&mut self, now: Timestamp) -> bool {
        let before = self.step;
        while self.step_ends().is_some_and(|until| until <= now) {
            self.step += 1;
        }
        self.step > before
    }

    /// Returns when the present step is over.
    fn step_ends(&self) -> Option<Timestamp> {
        match &self.asks {
            Asks::One(_) => None,
            Asks::Several(asks) => asks[self.step()].until.filter(|_| !self.is_widest()),
        }
    }
}

/// A request the engine knows.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub(super) version: i64,
    pub(super) stand: Stand,
    /// Offered to somebody who learns with it.
    pub(super) is_lesson: bool,
    /// Kept through an offer.
    pub(super) wait: Option<Wait>,
    /// Agents who may not be offered it for now: [`super::agents::AgentState::blocks`] says why.
    pub(super) kept_from: Vec<AgentIx>,
}

impl Slot {
    /// Returns a request on somebody's desk.
    pub(super) const fn taken(version: i64, agent: Option<AgentIx>, weight: u32) -> Self {
        Self { version, stand: Stand::Taken { agent, weight }, is_lesson: false, wait: None, kept_from: Vec::new() }
    }
}

impl Engine {
    /// Puts a request that waits in.
    pub(super) fn enter(&mut self, entry: Entry) {
        let Some(wait) = self.wait_of(&entry) else { return };
        let Entry { request_id, version, excluded, .. } = entry;
        let slot = Slot { version, stand: Stand::Nobody, is_lesson: false, wait: Some(wait), kept_from: Vec::new() };
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
        let is_lesson = held.lesson;
        let slot = Slot { wait, is_lesson, ..Slot::taken(held.version, agent, held.weight) };
        self.slots.insert(held.request_id, slot);
        for agent_id in held.offered.into_iter().flat_map(|entry| entry.excluded) {
            self.block(held.request_id, agent_id, Block::Excluded);
        }
    }

    fn wait_of(&mut self, entry: &Entry) -> Option<Wait> {
        let mut place_of = |step: &Step| self.needs.place_of(&step.need, &mut self.roster, &self.agents);
        let asks = match entry.steps.as_slice() {
            [] => return None,
            [only] => Asks::One(place_of(only)),
            [..] => {
                let ask = |step: &Step| Ask { need: place_of(step), until: step.expires_at };
                Asks::Several(entry.steps.iter().map(ask).collect())
            }
        };
        let continuity = entry.continuity.and_then(|known| Some((self.agents.find(known.agent_id)?, known.until)));
        let (channel, slope, since, late) = (entry.channel, entry.slope, entry.since, entry.late);
        Some(Wait { asks, step: 0, channel, slope, since, late, continuity })
    }

    /// Puts a request where it waits: the lane of the agent who knows it while they are at work, or of whoever stands in for
    /// them, else its bucket.
    pub(super) fn enqueue(&mut self, request_id: ServiceRequestId) {
        let Some(slot) = self.slots.get_mut(&request_id) else { return };
        let Some(wait) = &slot.wait else { return };
        let key = Key { need: wait.need(), channel: wait.channel, slope: wait.slope, late: wait.late };
        let (place, continuity, ends) = ((wait.since, request_id), wait.continuity, wait.step_ends());
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
        let kept_from = self.slots.remove(&request_id).map(|slot| slot.kept_from).unwrap_or_default();
        for agent in kept_from {
            self.agents.update(agent, |state| {
                state.blocks.remove(&request_id);
            });
        }
    }

    /// Keeps an agent from a request; somebody excluded stays so.
    pub(super) fn block(&mut self, request_id: ServiceRequestId, agent_id: AgentId, block: Block) {
        let (Some(agent), Some(slot)) = (self.agents.find(agent_id), self.slots.get_mut(&request_id)) else { return };
        if self.agents.get(agent).blocks.get(&request_id) == Some(&Block::Excluded) {
            return;
        }
        if !slot.kept_from.contains(&agent) {
            slot.kept_from.push(agent);
        }
        self.agents.update(agent, |state| {
            state.blocks.insert(request_id, block);
        });
        self.wakes.extend(block.until().map(|until| (until, request_id)));
    }

    /// Lets go of the refusals of a request that have lapsed.
    pub(super) fn unblock(&mut self, request_id: ServiceRequestId, now: Timestamp) {
        let Some(slot) = self.slots.get_mut(&request_id) else { return };
        let agents = &mut self.agents;
        slot.kept_from.retain(|&agent| {
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
