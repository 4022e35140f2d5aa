//! Who for this request, what for this agent, and the account of why.

use std::collections::BTreeMap;

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, ServiceRequestId};

use super::bucket::{Bucket, Place};
use super::message::Decision;
use super::need::Need;
use super::record::{self, Candidate, NAMED_MAX, Named, POLICY, Reason, Record, TOP_MAX};
use super::roster::tier_distance;
use super::{Block, Engine, Slot, Stand};

impl Engine {
    /// Offers a waiting request to the best free agent, if there is one.
    pub(super) fn offer(&mut self, now: Timestamp, request_id: ServiceRequestId) -> Option<Decision> {
        let (bucket, place, slot) = self.waiting_slot(request_id)?;
        if self.opens_at(bucket).is_some() {
            return None;
        }
        let top = self.candidates(now, bucket, slot, request_id);
        let chosen = top.first()?.agent_id;
        let record = self.record(now, bucket, place, slot, top);
        let (version, weight) = (slot.version, bucket.key.need.weight);
        self.release(request_id);
        self.agents.update(chosen, |state| {
            state.used += weight;
            state.served_at = state.served_at.max(now);
        });
        let slot = self.slots.get_mut(&request_id)?;
        slot.stand = Stand::Offered { agent_id: chosen, weight };
        slot.version = version + 1;
        Some(Decision::Offer { request_id, version, agent_id: chosen, record })
    }

    /// Offers a request that has just begun to wait, or says why it waits.
    pub(super) fn offer_or_wait(&mut self, now: Timestamp, request_id: ServiceRequestId) -> Option<Decision> {
        if let Some(offered) = self.offer(now, request_id) {
            return Some(offered);
        }
        let (bucket, place, slot) = self.waiting_slot(request_id)?;
        let record = self.record(now, bucket, place, slot, Vec::new());
        Some(if record.capable == 0 {
            Decision::Unroutable { request_id, record }
        } else {
            Decision::Wait { request_id, record }
        })
    }

    /// Offers what waits for an agent who may have become free, until nothing fits.
    pub(super) fn serve_all(&mut self, now: Timestamp, agent_id: Option<AgentId>) -> Vec<Decision> {
        let mut decisions = Vec::new();
        let Some(agent_id) = agent_id else { return decisions };
        while let Some(decision) = self.most_urgent_for(now, agent_id).and_then(|request| self.offer(now, request)) {
            decisions.push(decision);
        }
        decisions
    }

    /// Returns when the department that a bucket waits for opens; `None` when its requests may be offered now.
    fn opens_at(&self, bucket: &Bucket) -> Option<Timestamp> {
        bucket.hours.and_then(|place| self.hours.opens_at(place))
    }

    fn waiting_slot(&self, request_id: ServiceRequestId) -> Option<(&Bucket, Place, &Slot)> {
        let slot = self.slots.get(&request_id)?;
        match slot.stand {
            Stand::Waiting { bucket, place } => Some((self.queue.bucket(bucket), place, slot)),
            _ => None,
        }
    }

    /// Returns the most urgent request the agent could be offered: the heads of the buckets open to their profile.
    fn most_urgent_for(&self, now: Timestamp, agent_id: AgentId) -> Option<ServiceRequestId> {
        let agent = self.agents.get(agent_id)?;
        let open = self.queue.open_for(agent.profile).filter(|bucket| self.opens_at(bucket).is_none());
        let heads = open.filter(|bucket| agent.busy(now, bucket.key.need.weight).is_none());
        let open = heads.filter_map(|bucket| {
            let is_open =
                |place: &&Place| self.slots.get(&place.1).is_some_and(|slot| !slot.blocks.contains_key(&agent_id));
            let head = *bucket.waiting.iter().find(is_open)?;
            Some((bucket.urgency(head.0, now), head))
        });
        // Of equally urgent ones the older, then the smaller id.
        open.max_by(|(left, at), (right, other)| left.cmp(right).then_with(|| other.cmp(at))).map(|(_, place)| place.1)
    }

    /// Returns the free and eligible agents that come first for a request: the best three of each profile are enough,
    /// with all those level with the third, since only the hash separates them.
    fn candidates(&self, now: Timestamp, bucket: &Bucket, slot: &Slot, request_id: ServiceRequestId) -> Vec<Candidate> {
        let need = &bucket.key.need;
        let mut found = Vec::new();
        for &profile in &bucket.profiles {
            let tier_distance = tier_distance(need.tier, self.roster.tier(profile));
            let mut taken = Vec::new();
            for &(load_permille, served_at, agent_id) in self.agents.free(profile) {
                let fits = self.agents.get(agent_id).is_some_and(|agent| agent.busy(now, need.weight).is_none());
                if !fits || slot.blocks.contains_key(&agent_id) {
                    continue;
                }
                if taken.len() >= TOP_MAX && taken.last() != Some(&(load_permille, served_at)) {
                    break;
                }
                taken.push((load_permille, served_at));
                let hash = record::tie_break(request_id.uuid().as_u128(), agent_id.uuid().as_u128());
                found.push(Candidate { tier_distance, load_permille, served_at, hash, agent_id });
            }
        }
        found.sort_unstable();
        found.truncate(TOP_MAX);
        found
    }

    fn record(&self, now: Timestamp, bucket: &Bucket, place: Place, slot: &Slot, top: Vec<Candidate>) -> Record {
        let need = &bucket.key.need;
        let mut tally = Tally { chosen: top.first().map(|candidate| candidate.agent_id), ..Tally::default() };
        // Those who have what it takes are named first; then the others, until the record is full.
        for &profile in &bucket.profiles {
            for &agent_id in self.agents.members(profile) {
                tally.capable += 1;
                tally.count(agent_id, self.refusal(now, agent_id, slot, need));
            }
        }
        for profile in (0..self.roster.profile_count()).filter(|profile| !bucket.profiles.contains(profile)) {
            let Some(lacking) = self.roster.missing(profile, need).into_iter().next() else { continue };
            for &agent_id in self.agents.members(profile) {
                tally.count(agent_id, Some(Reason::from(lacking.clone())));
            }
        }
        Record {
            policy: POLICY.to_owned(),
            at: now,
            step: slot.step,
            since: place.0,
            opens_at: self.opens_at(bucket),
            urgency: bucket.urgency(place.0, now).to_string(),
            need: need.clone(),
            capable: tally.capable,
            eligible: tally.eligible,
            refused: tally.refused,
            named: tally.named,
            decided_by: record::decided_by(&top),
            top,
        }
    }

    fn refusal(&self, now: Timestamp, agent_id: AgentId, slot: &Slot, need: &Need) -> Option<Reason> {
        match slot.blocks.get(&agent_id) {
            Some(Block::Excluded) => Some(Reason::Excluded),
            Some(Block::Declined(_)) => Some(Reason::Declined),
            Some(Block::Expired(_)) => Some(Reason::DidNotAnswer),
            None => self.agents.get(agent_id)?.busy(now, need.weight),
        }
    }
}

/// The counts of a record in the making.
#[derive(Default)]
struct Tally {
    chosen: Option<AgentId>,
    capable: u32,
    eligible: u32,
    refused: BTreeMap<String, u32>,
    named: Vec<Named>,
}

impl Tally {
    fn count(&mut self, agent_id: AgentId, refusal: Option<Reason>) {
        if refusal.is_none() {
            self.eligible += 1;
        }
        if self.chosen == Some(agent_id) {
            return;
        }
        let reason = refusal.unwrap_or(Reason::NotChosen);
        *self.refused.entry(reason.kind().to_owned()).or_default() += 1;
        if self.named.len() < NAMED_MAX {
            self.named.push(Named { agent_id, reason });
        }
    }
}
