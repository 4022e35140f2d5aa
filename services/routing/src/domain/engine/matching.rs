//! Who for this request, what for this agent, and the account of why.

use std::borrow::Cow;
use std::cmp::Reverse;

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, ServiceRequestId};
use guichet_events::SkillLevel;

use super::Engine;
use super::agents::{AgentIx, AgentState};
use super::bucket::{Bucket, BucketIx, Place};
use super::message::Decision;
use super::need::Need;
use super::needs::{KNOWN_PERMILLE, NeedIx};
use super::record::{self, Candidate, Kind, NAMED_MAX, Named, POLICY, Reason, Record, TOP_MAX};
use super::waiting::{Slot, Stand, Wait};

/// A request that waits, and what there is to know of it.
struct Waiting<'a> {
    request_id: ServiceRequestId,
    slot: &'a Slot,
    bucket: &'a Bucket,
    place: Place,
    /// The one agent it waits for.
    lane: Option<AgentIx>,
}

/// The most urgent request seen so far; of equally urgent ones the older, then the smaller id.
#[derive(Default)]
struct MostUrgent(Option<(i128, Place)>);

impl MostUrgent {
    /// Considers one more; where it waits is asked when it matters.
    #[inline]
    fn consider(&mut self, urgency: i128, place: impl Fn() -> Place) {
        if self.0.is_none_or(|(most, oldest)| urgency > most || (urgency == most && place() < oldest)) {
            self.0 = Some((urgency, place()));
        }
    }
}

impl Engine {
    /// Offers a waiting request to the best free agent, if there is one.
    pub(super) fn offer(&mut self, now: Timestamp, request_id: ServiceRequestId) -> Option<Decision> {
        let waiting = self.waiting_request(request_id)?;
        if self.opens_at(waiting.bucket).is_some() {
            return None;
        }
        let top = self.candidates(&waiting);
        let agent_id = top.first()?.agent_id;
        let agent = self.agents.find(agent_id)?;
        let lesson = self.lesson(agent, waiting.bucket.key.need);
        let is_lesson = lesson.is_some();
        let record = Box::new(Record { lesson, ..self.record(now, &waiting, top) });
        let (version, weight, since) = (waiting.slot.version, waiting.bucket.weight, waiting.place.0);
        self.release(request_id);
        self.agents.update(agent, |state| {
            state.used += weight;
            state.given_today += weight;
            state.learned_today += u32::from(is_lesson);
            state.served_at = state.served_at.max(now);
            if let Some(share) = state.share.as_mut().filter(|share| since < share.arrived_at) {
                share.left = share.left.saturating_sub(weight);
            }
        });
        let slot = self.slots.get_mut(&request_id)?;
        slot.stand = Stand::Taken { agent: Some(agent), weight };
        slot.wait.iter_mut().for_each(|wait| wait.is_lesson = is_lesson);
        slot.version = version + 1;
        Some(Decision::Offer { request_id, version, agent_id, record })
    }

    /// Offers a request that has just begun to wait, or says why it waits.
    pub(super) fn offer_or_wait(&mut self, now: Timestamp, request_id: ServiceRequestId) -> Option<Decision> {
        if let Some(offered) = self.offer(now, request_id) {
            return Some(offered);
        }
        let waiting = self.waiting_request(request_id)?;
        let is_widest = waiting.slot.wait.as_ref().is_none_or(Wait::is_widest);
        let record = Box::new(self.record(now, &waiting, Vec::new()));
        Some(if record.capable == 0 && is_widest {
            Decision::Unroutable { request_id, record }
        } else {
            Decision::Wait { request_id, record }
        })
    }

    /// Offers what waits for an agent who may have become free, until nothing fits.
    pub(super) fn serve_all(&mut self, now: Timestamp, agent: Option<AgentIx>) -> Vec<Decision> {
        let mut decisions = Vec::new();
        let Some(agent) = agent else { return decisions };
        while let Some(decision) = self.most_urgent_for(now, agent).and_then(|request| self.offer(now, request)) {
            decisions.push(decision);
        }
        decisions
    }

    /// Returns when the department that a bucket waits for opens; `None` when its requests may be offered now.
    pub(super) fn opens_at(&self, bucket: &Bucket) -> Option<Timestamp> {
        bucket.hours.and_then(|place| self.hours.opens_at(place))
    }

    fn waiting_request(&self, request_id: ServiceRequestId) -> Option<Waiting<'_>> {
        let slot = self.slots.get(&request_id)?;
        match slot.stand {
            Stand::Waiting { bucket, lane } => {
                let place = (slot.wait.as_ref()?.since, request_id);
                Some(Waiting { request_id, slot, bucket: self.queue.bucket(bucket), place, lane })
            }
            _ => None,
        }
    }

    /// Returns the most urgent request the agent could be offered, of what waits for them alone and of the heads of the
    /// buckets open to their profile.
    fn most_urgent_for(&self, now: Timestamp, agent: AgentIx) -> Option<ServiceRequestId> {
        let state = self.agents.get(agent);
        if !state.is_free() {
            return None;
        }
        let (status, room) = (state.status(), state.room());
        let (gains, departments) = (self.needs.gains_permille(state.profile), self.needs.departments());
        let gain =
            |need: NeedIx| i64::from(gains[need as usize]) + state.streak.gain_permille(|| departments[need as usize]);
        let mut best = MostUrgent::default();
        for own in state.lane.iter().filter_map(|place| self.waiting_request(place.1)) {
            let (bucket, since) = (own.bucket, own.place.0);
            let may = status.takes(room, bucket.weight, bucket.live)
                && self.opens_at(bucket).is_none()
                && self.lesson_refusal(agent, bucket.key.need).is_none()
                && !state.leaves_to_colleagues(since, bucket.weight);
            if may {
                best.consider(bucket.urgency_for(KNOWN_PERMILLE + gain(bucket.key.need), since, now), || own.place);
            }
        }
        // Most agents are kept from nothing and learn nothing: then the head is known without a look.
        let (is_kept, learns) = (!state.blocks.is_empty(), !state.learning.is_empty());
        self.queue.look_at(state.profile, |index, front| {
            let weight = u32::from(front.weight);
            if !status.takes(room, weight, front.live)
                || (front.has_hours && self.opens_at(self.queue.bucket(index)).is_some())
                || (learns && self.lesson_refusal(agent, front.need).is_some())
            {
                return;
            }
            if is_kept || state.has_had_share(weight) {
                let Some(place) = self.first_open_to(state, index) else { return };
                best.consider(self.queue.urgency(front, gain(front.need), place.0, now), || place);
            } else {
                let head = || self.queue.bucket(index).head();
                best.consider(self.queue.urgency(front, gain(front.need), front.since, now), head);
            }
        });
        best.0.map(|(_, place)| place.1)
    }

    /// Returns the free and eligible agents that come first for a request: the best three of each profile are enough,
    /// with all those level with the third, since only the hash separates them.
    fn candidates(&self, waiting: &Waiting<'_>) -> Vec<Candidate> {
        if let Some(known) = waiting.lane {
            let may = self.refusal(waiting, known).is_none();
            return may.then(|| self.candidate(waiting, known)).into_iter().collect();
        }
        let card = self.needs.get(waiting.bucket.key.need);
        let mut found = Vec::new();
        for profile in self.agents.free_profiles().common(&card.profile_bits) {
            let mut taken = 0;
            let mut last = None;
            for &(load_permille, effort_permille, served_at, agent) in self.agents.free(profile) {
                if self.refusal(waiting, agent).is_some() {
                    continue;
                }
                let key = (load_permille, effort_permille, served_at);
                if taken >= TOP_MAX && last != Some(key) {
                    break;
                }
                (taken, last) = (taken + 1, Some(key));
                found.push(self.candidate(waiting, agent));
            }
        }
        found.sort_unstable();
        found.truncate(TOP_MAX);
        found
    }

    fn candidate(&self, waiting: &Waiting<'_>, agent: AgentIx) -> Candidate {
        let state = self.agents.get(agent);
        let card = self.needs.get(waiting.bucket.key.need);
        let fit = self.needs.fit(state.profile, waiting.bucket.key.need);
        Candidate {
            newcomer: u8::from(waiting.lane != Some(agent)),
            tier_distance: fit.tier_distance,
            scarcity: self.agents.scarcity(state.profile, &card.skills),
            load_permille: state.load_permille(),
            effort_permille: state.effort_permille(),
            surplus_permille: Reverse(fit.surplus_permille),
            served_at: state.served_at,
            hash: record::tie_break(waiting.request_id.uuid().as_u128(), state.id.uuid().as_u128()),
            agent_id: state.id,
        }
    }

    /// Returns why an agent who has everything it takes may not be offered a request now.
    pub(super) fn refusal_of(&self, request_id: ServiceRequestId, agent: AgentIx) -> Option<Reason> {
        self.waiting_request(request_id).and_then(|waiting| self.refusal(&waiting, agent))
    }

    fn refusal(&self, waiting: &Waiting<'_>, agent: AgentIx) -> Option<Reason> {
        let state = self.agents.get(agent);
        let blocked = state.blocks.get(&waiting.request_id).map(|block| block.reason());
        let bucket = waiting.bucket;
        let awaited = waiting.lane.is_some_and(|lane| lane != agent);
        let leaves = || state.leaves_to_colleagues(waiting.place.0, bucket.weight).then_some(Reason::Share);
        let busy = state.busy(bucket.weight, bucket.live);
        let learns = || self.lesson_refusal(agent, bucket.key.need);
        blocked.or(busy).or_else(leaves).or_else(learns).or_else(|| awaited.then_some(Reason::Awaited))
    }

    fn record(&self, now: Timestamp, waiting: &Waiting<'_>, top: Vec<Candidate>) -> Record {
        let Waiting { slot, bucket, place, .. } = *waiting;
        let card = self.needs.get(bucket.key.need);
        let mut refused = card.lacking;
        let mut eligible = self.agents.census(bucket.weight, &card.profiles).tell(bucket.live, &mut refused);
        // The few whose refusal depends on the request were counted by what they are doing.
        let kept = slot.kept_from().iter().copied();
        let sharing = self.agents.sharing(&card.profile_bits);
        let sharing = sharing.filter(|agent| !slot.kept_from().contains(agent));
        let learners = card.learners.iter().flat_map(|&profile| self.agents.members(profile)).copied();
        let learners = learners.filter(|agent| !slot.kept_from().contains(agent) && !self.agents.is_sharing(*agent));
        for agent in kept.chain(sharing).chain(learners) {
            let state = self.agents.get(agent);
            let own = self.refusal(waiting, agent).filter(|own| *own != Reason::Awaited);
            let doing = state.busy(bucket.weight, bucket.live);
            let counted = card.profile_bits.contains(state.profile);
            let Some(own) = own.filter(|own| counted && Some(own) != doing.as_ref()) else { continue };
            match doing {
                Some(doing) => refused.remove(doing.kind()),
                None => eligible -= 1,
            }
            refused.add(own.kind(), 1);
        }
        let others = eligible - u32::from(!top.is_empty());
        refused.add(if waiting.lane.is_some() { Kind::Awaited } else { Kind::NotChosen }, others);
        Record {
            policy: Cow::Borrowed(POLICY),
            at: now,
            step: slot.wait.as_ref().map_or(0, Wait::step),
            relaxed: self.relaxed(slot, &card.need),
            since: place.0,
            opens_at: self.opens_at(bucket),
            awaited: waiting.lane.filter(|_| top.is_empty()).map(|agent| self.agents.get(agent).id),
            in_place_of: waiting.lane.and_then(|lane| self.absent_behind(waiting, lane)),
            lesson: None,
            urgency: bucket.urgency(place.0, now),
            need: card.need.clone(),
            capable: card.capable,
            eligible,
            refused,
            named: self.named(waiting, &top),
            lacking: card.lacking_named.clone(),
            decided_by: record::decided_by(&top),
            top,
        }
    }

    /// Returns who knows the file, when it waits for somebody who stands in for them.
    fn absent_behind(&self, waiting: &Waiting<'_>, lane: AgentIx) -> Option<AgentId> {
        let (known, _) = waiting.slot.wait.as_ref()?.continuity()?;
        (known != lane).then(|| self.agents.get(known).id)
    }

    /// Returns the skills asked at first that are asked less now, or not at all.
    fn relaxed(&self, slot: &Slot, asked: &Need) -> Vec<SkillLevel> {
        let Some(wait) = slot.wait.as_ref().filter(|wait| wait.step() > 0) else { return Vec::new() };
        let first = &self.needs.get(wait.first_need()).need.skills;
        first.iter().filter(|skill| !asked.skills.contains(skill)).cloned().collect()
    }

    /// Names up to twenty agents who have everything it takes and were not chosen, the next best first. In a larger
    /// pool the first twenty would tell nothing: there only the next best and those kept from the request are named.
    fn named(&self, waiting: &Waiting<'_>, top: &[Candidate]) -> Vec<Named> {
        let card = self.needs.get(waiting.bucket.key.need);
        let next = top.iter().skip(1).map(|candidate| candidate.agent_id);
        let mut named: Vec<Named> = next.map(|agent_id| Named { agent_id, reason: Reason::NotChosen }).collect();
        let few = card.capable as usize <= NAMED_MAX;
        let members = card.profiles.iter().filter(|_| few).flat_map(|&profile| self.agents.members(profile));
        let kept = waiting.slot.kept_from().iter().filter(|_| !few);
        let kept = kept.filter(|&&agent| card.profile_bits.contains(self.agents.get(agent).profile));
        for &agent in members.chain(kept) {
            if named.len() >= NAMED_MAX {
                break;
            }
            let agent_id = self.agents.get(agent).id;
            if top.iter().all(|candidate| candidate.agent_id != agent_id) {
                let reason = self.refusal(waiting, agent).unwrap_or(Reason::NotChosen);
                named.push(Named { agent_id, reason });
            }
        }
        named
    }

    /// Returns the first request of a bucket that the agent may be offered.
    fn first_open_to(&self, state: &AgentState, index: BucketIx) -> Option<Place> {
        let shared = state.share.filter(|_| state.has_had_share(self.queue.bucket(index).weight));
        let from = shared.map_or(Timestamp::from_millis(i64::MIN), |share| share.arrived_at);
        self.queue.waiting_from(index, from).find(|place| !state.blocks.contains_key(&place.1))
    }
}
