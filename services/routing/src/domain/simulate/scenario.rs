//! What happens in a simulated day whoever decides: who comes, for what, for how long, who is at work when.

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, ServiceRequestId};
use guichet_core::work::{Channel, PresenceState};
use uuid::Uuid;

use crate::domain::engine::{Entry, Need, Step};
use crate::domain::town::Town;

/// One kind of contact: a procedure that arrives by a channel.
#[derive(Clone, Debug)]
pub struct Kind {
    /// Name of the procedure.
    pub procedure: String,
    /// How it comes.
    pub channel: Channel,
    /// What it asks of an agent.
    pub need: Need,
    /// Class of urgency.
    pub slope: u8,
    /// Within which time it should be offered to somebody; `None` = nobody has said.
    pub target_ms: Option<i64>,
}

/// One contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// When.
    pub at: Timestamp,
    /// Place of its kind, as the usager said it.
    pub kind: usize,
    /// Place of its real kind, when the usager was mistaken: whoever opens it hands it on.
    pub truly: Option<usize>,
    /// How long it keeps an agent.
    pub handling_ms: i64,
    /// How long the usager waits before they leave; `None` = as long as it takes.
    pub patience_ms: Option<i64>,
}

/// A change of an agent's presence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PresenceChange {
    /// When.
    pub at: Timestamp,
    /// Whose.
    pub agent_id: AgentId,
    /// To what.
    pub state: PresenceState,
}

/// How agents meet offers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answering {
    /// Mean time to accept or decline an offer in writing.
    pub reaction_ms: f64,
    /// Share of offers declined.
    pub declined: f64,
    /// Share of offers nobody answers in time.
    pub unanswered: f64,
    /// How long an offer stands.
    pub stands_ms: i64,
}

impl Answering {
    /// Every offer is accepted at once, as a queueing model has it.
    pub const AT_ONCE: Self = Self { reaction_ms: 0.0, declined: 0.0, unanswered: 0.0, stands_ms: 1 };
}

/// A whole day.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The directories: who can do what.
    pub town: Town,
    /// Kinds of contacts.
    pub kinds: Vec<Kind>,
    /// Contacts in the order they come.
    pub arrivals: Vec<Arrival>,
    /// Changes of presence in the order they come; before the first one an agent is away.
    pub presence: Vec<PresenceChange>,
    /// How agents meet offers.
    pub answering: Answering,
    /// How many may wait; who comes then is turned away. `None` = no limit.
    pub waiting_room: Option<usize>,
    /// How long it takes to see that a contact is of another kind.
    pub discovery_ms: i64,
    /// When the day ends, whatever still waits; `None` = when everything is done.
    pub ends_at: Option<Timestamp>,
    /// How often the desk is searched for a free agent beside a request they could take; `None` = never.
    pub audit_every_ms: Option<i64>,
    /// Of the hazards that are not yet drawn.
    pub seed: u64,
}

impl Scenario {
    /// Returns when the day begins: the first thing that happens.
    pub fn starts_at(&self) -> Timestamp {
        let first = self.arrivals.first().map(|arrival| arrival.at);
        first.into_iter().chain(self.presence.first().map(|change| change.at)).min().unwrap_or_default()
    }

    /// Returns when a contact that is of a kind is late.
    pub(super) fn due(&self, place: usize, kind: usize) -> Option<Timestamp> {
        Some(self.arrivals[place].at.plus_millis(self.kinds[kind].target_ms?))
    }

    /// Returns a contact as it waits at `now`, being of a kind.
    pub(super) fn entry(&self, now: Timestamp, place: usize, version: i64, kind: usize) -> Entry {
        let late = self.due(place, kind).is_some_and(|due| due <= now);
        let (since, kind) = (self.arrivals[place].at, &self.kinds[kind]);
        Entry {
            request_id: request_id(place),
            version,
            steps: vec![Step { need: kind.need.clone(), expires_at: None }],
            channel: kind.channel,
            slope: kind.slope,
            since,
            late,
            excluded: Vec::new(),
            continuity: None,
        }
    }
}

/// Returns the id of the contact at a place.
pub(super) fn request_id(place: usize) -> ServiceRequestId {
    ServiceRequestId::from(Uuid::from_u128(place as u128))
}

/// Returns the place of the contact with an id made by [`request_id`].
pub(super) fn place_of(request_id: ServiceRequestId) -> usize {
    usize::try_from(request_id.uuid().as_u128()).unwrap_or(usize::MAX)
}
