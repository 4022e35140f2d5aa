//! What happens in a simulated day whoever decides: who comes, for what, for how long, who is at work when.

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, ServiceRequestId};
use guichet_core::work::{Channel, PresenceState};
use guichet_events::SkillLevel;
use uuid::Uuid;

use crate::domain::engine::{Continuity, Entry, Need, Step};
use crate::domain::town::Town;
use crate::domain::widening;

/// How long a contact about a known file waits for whoever knows it, while they are at work and busy: half a day.
const CONTINUITY_MS: i64 = 4 * 3_600_000;

/// One kind of contact: a procedure that arrives by a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// Skills asked instead once nobody has taken it for so many minutes of opening, in order.
    pub widen: Vec<(u32, Vec<SkillLevel>)>,
}

/// One contact.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// Who knows the file from before.
    pub known_to: Option<AgentId>,
    /// When the law wants it done.
    pub legal_at: Option<Timestamp>,
    /// What is known of it from before the day, or from the record of it.
    pub past: Option<Box<Past>>,
}

impl Arrival {
    /// Returns a contact that waits as long as it takes, known to nobody.
    pub const fn new(at: Timestamp, kind: usize, handling_ms: i64) -> Self {
        Self { at, kind, truly: None, handling_ms, patience_ms: None, known_to: None, legal_at: None, past: None }
    }
}

/// What happened to a contact before it comes, or is sure to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// Since when it waits: its urgency counts from there.
    pub since: Timestamp,
    /// When its internal date passes; `None` = not that day.
    pub late_at: Option<Timestamp>,
    /// Agents never offered it.
    pub excluded: Vec<AgentId>,
    /// It was handed on before.
    pub handed_on: bool,
    /// The steps of its search as they were recorded, while it is held to be what it asked then; empty = one.
    pub steps: Vec<Step>,
}

/// How agents work on what they have accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// One thing at a time, live contacts first: a length is a length of work.
    OneAtATime,
    /// Everything in hand goes on together: a length is how long somebody has it in hand, as records tell it.
    InHand,
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
    /// How they work on what they accepted.
    pub pace: Pace,
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
        let arrival = &self.arrivals[place];
        match &arrival.past {
            Some(past) => past.late_at,
            None => Some(arrival.at.plus_millis(self.kinds[kind].target_ms?)),
        }
    }

    /// Returns whom a contact may be kept for at `now`, because they know its file.
    pub(super) fn kept_for(&self, now: Timestamp, place: usize) -> Option<AgentId> {
        let arrival = &self.arrivals[place];
        arrival.known_to.filter(|_| now < arrival.at.plus_millis(CONTINUITY_MS))
    }

    /// Returns the steps of a search that begins at `now`: those recorded, else those of the kind.
    fn steps(&self, now: Timestamp, past: Option<&Past>, kind: &Kind) -> Vec<Step> {
        let recorded = past.map_or(&[][..], |past| &past.steps);
        if recorded.first().is_some_and(|first| *first.need == kind.need) {
            return recorded.to_vec();
        }
        widening::steps(&kind.need, &widening::from(&kind.widen, &kind.need, &self.town, now))
    }

    /// Returns a contact as it waits at `now`, being of a kind.
    pub(super) fn entry(&self, now: Timestamp, place: usize, version: i64, kind: usize) -> Entry {
        let late = self.due(place, kind).is_some_and(|due| due <= now);
        let (arrival, kind) = (&self.arrivals[place], &self.kinds[kind]);
        let past = arrival.past.as_deref();
        let until = arrival.at.plus_millis(CONTINUITY_MS);
        Entry {
            request_id: request_id(place),
            version,
            steps: self.steps(now, past, kind),
            channel: kind.channel,
            slope: kind.slope,
            since: past.map_or(arrival.at, |past| past.since),
            late,
            excluded: past.map(|past| past.excluded.clone()).unwrap_or_default(),
            continuity: arrival.known_to.map(|agent_id| Continuity { agent_id, until }),
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
