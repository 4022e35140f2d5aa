//! What became of a played day: its contacts, its agents, and how busy they were.

use guichet_core::Timestamp;
use guichet_core::id::AgentId;

use super::scenario::Arrival;
use super::slots::Slot;

/// How a contact ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It has not.
    Open,
    /// Done.
    Done,
    /// The usager left.
    GaveUp,
    /// Too many waited.
    TurnedAway,
}

/// What became of one contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// When it came.
    pub arrived_at: Timestamp,
    /// Place of its kind as known in the end.
    pub kind: usize,
    /// When it was first offered to an agent.
    pub offered_at: Option<Timestamp>,
    /// When an agent first accepted it.
    pub taken_at: Option<Timestamp>,
    /// When an agent began it.
    pub started_at: Option<Timestamp>,
    /// Who did.
    pub begun_by: Option<AgentId>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How it ended.
    pub ending: Ending,
    /// Times it was handed on because it was of another kind.
    pub transfers: u32,
    /// Times it was offered.
    pub offers: u32,
    pub(super) version: i64,
    pub(super) stand: Stand,
    pub(super) left_ms: i64,
    pub(super) refused_by: Vec<AgentId>,
}

impl Contact {
    /// Returns a contact that has not come yet.
    pub(super) const fn of(arrival: &Arrival) -> Self {
        Self {
            arrived_at: arrival.at,
            kind: arrival.kind,
            offered_at: None,
            taken_at: None,
            started_at: None,
            begun_by: None,
            ended_at: None,
            ending: Ending::Open,
            transfers: 0,
            offers: 0,
            version: 1,
            stand: Stand::Coming,
            left_ms: 0,
            refused_by: Vec::new(),
        }
    }
}

/// Where a contact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    Coming,
    Waiting,
    Offered(usize),
    OnDesk(usize),
    Gone,
}

/// What became of one agent's day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentDay {
    /// Who.
    pub agent_id: AgentId,
    /// How long they were available.
    pub present_ms: i64,
    /// How long they worked on contacts.
    pub busy_ms: i64,
    /// Offers made to them.
    pub offers: u32,
    /// Offers they accepted.
    pub accepted: u32,
    /// Offers they declined.
    pub declined: u32,
    /// Offers they did not answer in time.
    pub expired: u32,
}

/// Everything that was measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Each contact, in the order of the scenario.
    pub contacts: Vec<Contact>,
    /// Each agent.
    pub agents: Vec<AgentDay>,
    /// When the last thing happened.
    pub ended_at: Timestamp,
    /// Waiting contacts that a free agent could have been offered and that were kept for nobody, over all audits.
    pub idle_beside_waiting: u32,
    /// The oldest wait that an audit met.
    pub oldest_waiting_ms: i64,
    /// How busy everybody is together, quarter of an hour by quarter of an hour.
    pub slots: Vec<Slot>,
}
