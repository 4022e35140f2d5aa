//! What each agent is doing; for each profile its free agents, the least loaded first, and how many are doing what.

use std::collections::{BTreeMap, BTreeSet};

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, ServiceRequestId};
use guichet_core::work::PresenceState;
use guichet_events::SkillLevel;

use super::Map;
use super::bits::Bits;
use super::bucket::Place;
use super::record::Reason;
use super::roster::{ProfileIx, Roster, SkillIx};
use super::shifts::ShiftIx;
use super::tally::{Census, Status, Tallies};
use super::variety::Streak;

/// No request weighs more than this in capacity units (`guichet-directory` refuses it).
const WEIGHT_MAX: u32 = 20;

/// Place of an agent in the engine.
pub(crate) type AgentIx = u32;

/// Returns the place of the agent who comes after so many others.
pub(crate) fn agent_ix(before: usize) -> AgentIx {
    AgentIx::try_from(before).unwrap_or(AgentIx::MAX)
}

/// Why an agent is kept from a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    Excluded,
    Declined(Timestamp),
    Expired(Timestamp),
}

impl Block {
    /// Returns when it lapses; `None` = never.
    pub(crate) const fn until(self) -> Option<Timestamp> {
        match self {
            Self::Excluded => None,
            Self::Declined(until) | Self::Expired(until) => Some(until),
        }
    }

    /// Returns what a record says of it.
    pub(crate) const fn reason(self) -> Reason {
        match self {
            Self::Excluded => Reason::Excluded,
            Self::Declined(_) => Reason::Declined,
            Self::Expired(_) => Reason::DidNotAnswer,
        }
    }
}

/// The share of what waited when an agent arrived that is theirs, until the colleagues are there too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Share {
    /// Only what waited then is shared.
    pub(crate) arrived_at: Timestamp,
    pub(crate) until: Timestamp,
    /// Capacity units still to be given.
    pub(crate) left: u32,
}

/// A skill somebody learns, and their tutor's place; `None` = the tutor has left.
#[derive(Clone, Debug)]
pub(crate) struct Learnt {
    pub(crate) skill: SkillLevel,
    pub(crate) tutor: Option<AgentIx>,
}

/// What the engine knows of one agent.
#[derive(Clone, Debug)]
pub(crate) struct AgentState {
    pub(crate) id: AgentId,
    pub(crate) profile: ProfileIx,
    pub(crate) capacity: u32,
    pub(crate) shift: Option<ShiftIx>,
    pub(crate) used: u32,
    /// Capacity units given since midnight.
    pub(crate) given_today: u32,
    /// Learning cases given since midnight, and how many there may be.
    pub(crate) learned_today: u32,
    pub(crate) lessons_a_day: u32,
    pub(crate) learning: Vec<Learnt>,
    pub(crate) presence: PresenceState,
    pub(crate) serial: i64,
    pub(crate) served_at: Timestamp,
    /// Leave that has begun and not ended: two may overlap.
    pub(crate) leave: u32,
    /// Who stands in for them while they are on leave.
    pub(crate) substitute: Option<AgentIx>,
    /// Their shift is about to end.
    pub(crate) ending: bool,
    pub(crate) share: Option<Share>,
    /// What they began last, since the engine was loaded.
    pub(crate) streak: Streak,
    /// Requests that wait for this agent alone.
    pub(crate) lane: BTreeSet<Place>,
    /// Requests this agent is kept from.
    pub(crate) blocks: BTreeMap<ServiceRequestId, Block>,
}

impl AgentState {
    /// Returns the share of the capacity in use, in thousandths.
    pub(crate) fn load_permille(&self) -> u32 {
        permille(self.used, self.capacity)
    }

    /// Returns how often the capacity was filled today, in thousandths.
    pub(crate) fn effort_permille(&self) -> u32 {
        permille(self.given_today, self.capacity)
    }

    /// Returns how many more units fit.
    pub(crate) const fn room(&self) -> u32 {
        self.capacity.saturating_sub(self.used)
    }

    /// Returns what they are doing.
    pub(crate) const fn status(&self) -> Status {
        match self.presence {
            PresenceState::Away => Status::Away,
            _ if self.leave > 0 => Status::Absent,
            PresenceState::Available if self.ending => Status::Ending,
            PresenceState::Available => Status::Available,
            PresenceState::Counter => Status::AtCounter,
            PresenceState::Phone => Status::OnPhone,
            PresenceState::Break => Status::OnBreak,
        }
    }

    /// Returns whether they are at work, busy or not.
    pub(crate) const fn is_present(&self) -> bool {
        !matches!(self.status(), Status::Away | Status::Absent)
    }

    /// Returns why they may not be offered something of this weight, live or not.
    pub(crate) fn busy(&self, weight: u32, live: bool) -> Option<Reason> {
        self.status().refusal(self.room(), weight, live)
    }

    /// Returns whether a request that waits since `since` is the colleagues' share of what this agent found.
    pub(crate) fn leaves_to_colleagues(&self, since: Timestamp, weight: u32) -> bool {
        self.has_had_share(weight) && self.share.is_some_and(|share| since < share.arrived_at)
    }

    /// Returns whether nothing of this weight is left of their share of what they found.
    pub(crate) fn has_had_share(&self, weight: u32) -> bool {
        self.share.is_some_and(|share| share.left < weight)
    }

    /// Returns whether something light enough may be offered to them.
    pub(crate) fn is_free(&self) -> bool {
        matches!(self.status(), Status::Available | Status::Ending) && self.room() > 0
    }

    fn free_key(&self, index: AgentIx) -> FreeKey {
        (self.load_permille(), self.effort_permille(), self.served_at, index)
    }
}

fn permille(units: u32, capacity: u32) -> u32 {
    u32::try_from(u64::from(units) * 1_000 / u64::from(capacity.max(1))).unwrap_or(u32::MAX)
}

/// Order of the free agents of a profile: load, effort of the day, idle since, place.
pub(crate) type FreeKey = (u32, u32, Timestamp, AgentIx);

/// The agents of one profile.
#[derive(Clone, Debug, Default)]
struct Team {
    members: Vec<AgentIx>,
    skills: Vec<SkillIx>,
    free: BTreeSet<FreeKey>,
    /// Free agents who may have had their share of what they found waiting.
    sharing: BTreeSet<AgentIx>,
}

/// Every agent of the roster.
#[derive(Clone, Debug, Default)]
pub(crate) struct Agents {
    states: Vec<AgentState>,
    by_id: Map<AgentId, AgentIx>,
    teams: Vec<Team>,
    tallies: Tallies,
    /// Profiles with a free agent.
    free: Bits,
    /// Profiles with a free agent who may have had their share of what they found waiting.
    sharing: Bits,
    /// Tutors and those who learn under their eyes.
    learners: BTreeSet<(AgentIx, AgentIx)>,
    /// For each skill, how many free agents have it.
    free_with: Vec<u32>,
}

impl Agents {
    /// Returns the agents of a roster, all away and empty-handed.
    pub(crate) fn new(roster: &Roster) -> Self {
        let profiles = 0..roster.profile_count();
        let team = |profile| Team { skills: roster.skills_of(profile).to_vec(), ..Team::default() };
        let mut agents = Self {
            tallies: Tallies::of(profiles.len()),
            teams: profiles.map(team).collect(),
            free_with: vec![0; roster.skill_count()],
            ..Self::default()
        };
        for (index, (id, person)) in roster.people().enumerate() {
            let index = agent_ix(index);
            let state = AgentState {
                id,
                profile: person.profile,
                capacity: person.capacity,
                shift: person.shift,
                used: 0,
                given_today: 0,
                learned_today: 0,
                lessons_a_day: person.lessons_a_day,
                learning: person
                    .learning
                    .iter()
                    .map(|(skill, _)| Learnt { skill: skill.clone(), tutor: None })
                    .collect(),
                presence: PresenceState::Away,
                serial: 0,
                served_at: Timestamp::default(),
                leave: 0,
                substitute: None,
                ending: false,
                share: None,
                streak: Streak::default(),
                lane: BTreeSet::new(),
                blocks: BTreeMap::new(),
            };
            agents.teams[state.profile].members.push(index);
            agents.tallies.add(state.profile, state.status(), state.room());
            agents.by_id.insert(id, index);
            agents.states.push(state);
        }
        agents.name_tutors(roster);
        agents
    }

    fn name_tutors(&mut self, roster: &Roster) {
        for (index, (_, person)) in roster.people().enumerate() {
            for (place, (_, tutor)) in person.learning.iter().enumerate() {
                let tutor = self.find(*tutor);
                self.states[index].learning[place].tutor = tutor;
                if let Some(tutor) = tutor {
                    self.learners.insert((tutor, agent_ix(index)));
                }
            }
        }
    }

    /// Returns who learns under somebody's eye.
    pub(crate) fn learners_of(&self, tutor: AgentIx) -> impl Iterator<Item = AgentIx> + '_ {
        self.learners.range((tutor, 0)..=(tutor, AgentIx::MAX)).map(|&(_, learner)| learner)
    }

    /// Returns everybody who learns, some perhaps twice.
    pub(crate) fn learners(&self) -> impl Iterator<Item = AgentIx> + '_ {
        self.learners.iter().map(|&(_, learner)| learner)
    }

    /// Returns whether an agent may have to leave the rest of what they found to colleagues.
    pub(crate) fn is_sharing(&self, agent: AgentIx) -> bool {
        self.teams[self.get(agent).profile].sharing.contains(&agent)
    }

    /// Returns the place of an agent, `None` when they are not in the roster.
    pub(crate) fn find(&self, id: AgentId) -> Option<AgentIx> {
        self.by_id.get(&id).copied()
    }

    /// Returns an agent's state.
    pub(crate) fn get(&self, index: AgentIx) -> &AgentState {
        &self.states[index as usize]
    }

    /// Returns who is waited for instead of an agent: themself unless they are on leave, else whoever stands in.
    pub(crate) fn stand_in(&self, agent: AgentIx) -> Option<AgentIx> {
        let state = self.get(agent);
        if state.leave > 0 { state.substitute } else { Some(agent) }
    }

    /// Returns every agent.
    pub(crate) fn all(&self) -> impl Iterator<Item = (AgentIx, &AgentState)> {
        self.states.iter().enumerate().map(|(index, state)| (agent_ix(index), state))
    }

    /// Returns the agents who declare a shift.
    pub(crate) fn of_shift(&self, shift: ShiftIx) -> impl Iterator<Item = AgentIx> + '_ {
        self.all().filter(move |(_, state)| state.shift == Some(shift)).map(|(agent, _)| agent)
    }

    /// Returns the agents of a profile.
    pub(crate) fn members(&self, profile: ProfileIx) -> &[AgentIx] {
        &self.teams[profile].members
    }

    /// Returns how many agents of some profiles are doing what, for a request of one weight.
    pub(crate) fn census(&self, weight: u32, profiles: &[ProfileIx]) -> Census {
        Census::of(weight, &self.tallies, profiles)
    }

    /// Returns the profiles that have a free agent.
    pub(crate) const fn free_profiles(&self) -> &Bits {
        &self.free
    }

    /// Returns the free agents of a profile in the order they are preferred.
    pub(crate) fn free(&self, profile: ProfileIx) -> impl Iterator<Item = &FreeKey> {
        self.teams[profile].free.iter()
    }

    /// Returns how scarce the other skills of a profile's agents are among who is free now, when one of them takes
    /// something that asks `asked`: 0 when at least four others have each of them, 3 when nobody else has one.
    pub(crate) fn scarcity(&self, profile: ProfileIx, asked: &[SkillIx]) -> u8 {
        let others = self.teams[profile].skills.iter().filter(|skill| !asked.contains(skill));
        match others.map(|&skill| self.free_with[skill].saturating_sub(1)).min() {
            Some(0) => 3,
            Some(1) => 2,
            Some(2 | 3) => 1,
            Some(_) | None => 0,
        }
    }

    /// Returns the free agents of some profiles who may have to leave the rest of what they found to colleagues.
    pub(crate) fn sharing<'a>(&'a self, profiles: &'a Bits) -> impl Iterator<Item = AgentIx> + 'a {
        self.sharing.common(profiles).flat_map(|profile| self.teams[profile].sharing.iter().copied())
    }

    /// Changes an agent and keeps the free sets and the counts right.
    pub(crate) fn update(&mut self, index: AgentIx, change: impl FnOnce(&mut AgentState)) {
        let state = &mut self.states[index as usize];
        let team = &mut self.teams[state.profile];
        self.tallies.remove(state.profile, state.status(), state.room());
        if state.is_free() {
            team.free.remove(&state.free_key(index));
            team.sharing.remove(&index);
            team.skills.iter().for_each(|&skill| self.free_with[skill] -= 1);
        }
        change(state);
        self.tallies.add(state.profile, state.status(), state.room());
        if state.is_free() {
            team.free.insert(state.free_key(index));
            team.skills.iter().for_each(|&skill| self.free_with[skill] += 1);
            if state.share.is_some_and(|share| share.left < WEIGHT_MAX) {
                team.sharing.insert(index);
            }
        }
        self.free.set(state.profile, !team.free.is_empty());
        self.sharing.set(state.profile, !team.sharing.is_empty());
    }
}
