//! What goes into the engine and what comes out of it.

use std::sync::Arc;

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, ServiceRequestId};
use guichet_core::work::{Channel, PresenceState};
use serde::{Deserialize, Serialize};

use super::need::Need;
use super::record::{Record, shared};

/// One step of the search: what is asked, and until when before the next, wider step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What is asked during this step.
    #[serde(with = "shared")]
    pub need: Arc<Need>,
    /// When the next step begins; `None` = never, as for the last one.
    pub expires_at: Option<Timestamp>,
}

/// A request that waits for an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Which.
    pub request_id: ServiceRequestId,
    /// The version of the work that says so; an input of an older version is ignored.
    pub version: i64,
    /// At least one; language and clearances are the same in all.
    pub steps: Vec<Step>,
    /// How it came.
    pub channel: Channel,
    /// Class of urgency.
    pub slope: u8,
    /// Since when it waits: kept through declines, expiries and transfers.
    pub since: Timestamp,
    /// Past its internal date: its waiting counts more.
    pub late: bool,
    /// Agents never offered it.
    pub excluded: Vec<AgentId>,
    /// Who knows the file, and for how long it waits for them.
    #[serde(default)]
    pub continuity: Option<Continuity>,
}

/// The agent who knows a file already. It waits for them while they are at work and busy, and goes to anybody once they
/// leave, say no, or the time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Continuity {
    /// Who.
    pub agent_id: AgentId,
    /// Until when.
    pub until: Timestamp,
}

/// A fact that may change who should be offered what. Facts about a request carry the version of its work: applying one
/// twice, or after a newer one, changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "input", rename_all = "snake_case")]
pub enum Input {
    /// A request waits: new, transferred, escalated, reopened.
    Arrived(Entry),
    /// The agent it was offered to said no.
    Declined(Ended),
    /// The agent it was offered to did not answer in time.
    Expired(Ended),
    /// The offer was taken back: the agent left.
    Rescinded(Ended),
    /// An agent holds it: offer accepted, taken by hand, given back, resumed.
    Held {
        /// Which.
        request_id: ServiceRequestId,
        /// Version of the work.
        version: i64,
        /// Who.
        agent_id: AgentId,
        /// Capacity units.
        weight: u32,
    },
    /// Nobody has to do anything for now: resolved, withdrawn, waiting for the usager.
    Freed {
        /// Which.
        request_id: ServiceRequestId,
        /// Version of the work.
        version: i64,
    },
    /// An agent's presence changed.
    PresenceChanged {
        /// Who.
        agent_id: AgentId,
        /// To what.
        state: PresenceState,
        /// Strictly increasing per agent.
        serial: i64,
    },
    /// The internal date of a request has passed.
    BecameLate {
        /// Which.
        request_id: ServiceRequestId,
        /// Version of the work.
        version: i64,
    },
    /// A time the engine asked for ([`super::Engine::next_wake`]) has come: steps widen, refusals lapse, absences end.
    Tick,
    /// The engine was loaded again (start, take-over, failed commit, new directory).
    Reloaded,
}

impl Input {
    /// Returns the request that began to wait with this fact.
    pub const fn arrived(&self) -> Option<ServiceRequestId> {
        match self {
            Self::Arrived(entry) => Some(entry.request_id),
            _ => None,
        }
    }
}

/// An offer that ended without an acceptance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// Which request.
    pub request_id: ServiceRequestId,
    /// Version of the work once it waits again.
    pub version: i64,
    /// Who had been offered it.
    pub agent_id: AgentId,
}

/// What the engine decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Offer the request, whose work is at `version`, to the agent; it is at `version + 1` once that is done.
    Offer {
        /// Which.
        request_id: ServiceRequestId,
        /// Expected version of the work.
        version: i64,
        /// To whom.
        agent_id: AgentId,
        /// Why.
        record: Box<Record>,
    },
    /// Somebody could, nobody can now: it waits.
    Wait {
        /// Which.
        request_id: ServiceRequestId,
        /// Why.
        record: Box<Record>,
    },
    /// Nobody in the directory has what it takes.
    Unroutable {
        /// Which.
        request_id: ServiceRequestId,
        /// Why.
        record: Box<Record>,
    },
}

impl Decision {
    /// Returns the request decided about.
    pub const fn request_id(&self) -> ServiceRequestId {
        match self {
            Self::Offer { request_id, .. } | Self::Wait { request_id, .. } | Self::Unroutable { request_id, .. } => {
                *request_id
            }
        }
    }
}

/// What the database knows, to start an engine from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Requests that wait.
    pub waiting: Vec<Entry>,
    /// Requests somebody holds or has been offered.
    pub held: Vec<HeldEntry>,
    /// Presence of agents; absent from it = away.
    pub agents: Vec<AgentSnapshot>,
    /// Refusals and expiries that still count: request, agent, until when.
    pub refusals: Vec<(ServiceRequestId, AgentId, Timestamp)>,
}

/// A request on somebody's desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldEntry {
    /// Which.
    pub request_id: ServiceRequestId,
    /// Version of the work.
    pub version: i64,
    /// Who.
    pub agent_id: AgentId,
    /// Capacity units.
    pub weight: u32,
    /// Not accepted yet: the entry it becomes again if it is declined.
    pub offered: Option<Entry>,
    /// Offered to somebody who learns with it.
    #[serde(default)]
    pub lesson: bool,
}

/// What an agent is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentSnapshot {
    /// Who.
    pub agent_id: AgentId,
    /// What.
    pub presence: PresenceState,
    /// Of the presence.
    pub serial: i64,
    /// When they were last given work.
    pub served_at: Timestamp,
    /// Capacity units given since midnight.
    pub given_today: u32,
    /// Learning cases given since midnight.
    #[serde(default)]
    pub learned_today: u32,
}
