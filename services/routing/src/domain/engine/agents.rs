//! What each agent is doing, and for each profile its free agents, least loaded and longest idle first.

use std::collections::{BTreeMap, BTreeSet};

use guichet_core::Timestamp;
use guichet_core::id::AgentId;
use guichet_core::work::PresenceState;

use super::record::Reason;
use super::roster::{ProfileIx, Roster, Span};

/// What the engine knows of one agent.
#[derive(Clone, Debug)]
pub(crate) struct AgentState {
    pub(crate) profile: ProfileIx,
    pub(crate) capacity: u32,
    pub(crate) absences: Vec<Span>,
    pub(crate) used: u32,
    pub(crate) presence: PresenceState,
    pub(crate) serial: i64,
    pub(crate) served_at: Timestamp,
}

impl AgentState {
    /// Returns the share of the capacity in use, in thousandths.
    pub(crate) fn load_permille(&self) -> u32 {
        let permille = u64::from(self.used) * 1_000 / u64::from(self.capacity.max(1));
        u32::try_from(permille).unwrap_or(u32::MAX)
    }

    /// Returns whether `weight` more units fit.
    pub(crate) const fn has_room_for(&self, weight: u32) -> bool {
        self.used.saturating_add(weight) <= self.capacity
    }

    /// Returns why the agent may not be offered something of this weight at `now`.
    pub(crate) fn busy(&self, now: Timestamp, weight: u32) -> Option<Reason> {
        match self.presence {
            PresenceState::Away => Some(Reason::Away),
            _ if self.absences.iter().any(|absence| absence.contains(&now)) => Some(Reason::Absent),
            PresenceState::Available if self.has_room_for(weight) => None,
            PresenceState::Available => Some(Reason::Full),
            PresenceState::Counter => Some(Reason::AtCounter),
            PresenceState::Phone => Some(Reason::OnPhone),
            PresenceState::Break => Some(Reason::OnBreak),
        }
    }

    fn is_free(&self) -> bool {
        self.presence == PresenceState::Available && self.used < self.capacity
    }
}

/// Order of the free agents of a profile.
pub(crate) type FreeKey = (u32, Timestamp, AgentId);

/// Every agent of the roster.
#[derive(Clone, Debug, Default)]
pub(crate) struct Agents {
    states: BTreeMap<AgentId, AgentState>,
    free: Vec<BTreeSet<FreeKey>>,
    members: Vec<Vec<AgentId>>,
}

impl Agents {
    /// Returns the agents of a roster, all away and empty-handed.
    pub(crate) fn new(roster: &Roster) -> Self {
        let mut members = vec![Vec::new(); roster.profile_count()];
        let mut states = BTreeMap::new();
        for (id, person) in roster.people() {
            members[person.profile].push(id);
            let state = AgentState {
                profile: person.profile,
                capacity: person.capacity,
                absences: person.absences.clone(),
                used: 0,
                presence: PresenceState::Away,
                serial: 0,
                served_at: Timestamp::default(),
            };
            states.insert(id, state);
        }
        Self { states, free: vec![BTreeSet::new(); roster.profile_count()], members }
    }

    /// Returns an agent's state.
    pub(crate) fn get(&self, id: AgentId) -> Option<&AgentState> {
        self.states.get(&id)
    }

    /// Returns the agents of a profile.
    pub(crate) fn members(&self, profile: ProfileIx) -> &[AgentId] {
        &self.members[profile]
    }

    /// Returns the free agents of a profile in the order they are preferred.
    pub(crate) fn free(&self, profile: ProfileIx) -> impl Iterator<Item = &FreeKey> {
        self.free[profile].iter()
    }

    /// Changes an agent and keeps the free sets right; an agent who is not in the roster has nothing to change.
    pub(crate) fn update(&mut self, id: AgentId, change: impl FnOnce(&mut AgentState)) {
        let Some(state) = self.states.get_mut(&id) else { return };
        let free = &mut self.free[state.profile];
        if state.is_free() {
            free.remove(&(state.load_permille(), state.served_at, id));
        }
        change(state);
        if state.is_free() {
            free.insert((state.load_permille(), state.served_at, id));
        }
    }
}
