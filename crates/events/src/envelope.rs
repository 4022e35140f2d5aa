//! What every event carries around its own fields.

use guichet_core::id::{AuthorityId, EventId, ServiceRequestId};
use guichet_core::{Clock, Rng, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A place in one producer's log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// Raised at each start of the producer's relay, so that a restored database never gives a number out again.
    pub generation: i64,
    /// Gap-free within a generation; the first one is 1.
    pub seq: i64,
}

impl Position {
    /// Returns whether `next` follows this position with nothing between.
    pub const fn is_followed_by(self, next: Self) -> bool {
        self.generation == next.generation && self.seq + 1 == next.seq
    }
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.generation, self.seq)
    }
}

/// One fact as the log keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// Unique over all logs.
    pub id: EventId,
    /// Where it stands in its producer's log.
    pub position: Position,
    /// Past tense, dotted: `request.received`.
    pub name: String,
    /// Version of the data, from 1.
    pub version: u16,
    /// The tenant.
    pub authority_id: AuthorityId,
    /// The request it is about, if any: what parking goes by.
    pub request_id: Option<ServiceRequestId>,
    /// When it became true.
    pub occurred_at: Timestamp,
    /// W3C trace context of the work that caused it.
    pub traceparent: Option<String>,
    /// JSON of the event's own fields.
    pub data: String,
}

/// An event whose data does not read as its name and version promise.
#[derive(Debug, thiserror::Error)]
#[error("event {id} ({name}.v{version}) cannot be decoded")]
pub struct UndecodableEvent {
    id: EventId,
    name: String,
    version: u16,
    source: serde_json::Error,
}

impl Envelope {
    /// Returns whether this envelope carries an `E`.
    pub fn is<E: EventData>(&self) -> bool {
        self.name == E::NAME && self.version == E::VERSION
    }

    /// Returns the event's own fields.
    pub fn decode<E: DeserializeOwned>(&self) -> Result<E, UndecodableEvent> {
        serde_json::from_str(&self.data).map_err(|source| UndecodableEvent {
            id: self.id,
            name: self.name.clone(),
            version: self.version,
            source,
        })
    }
}

/// The fields of one event.
pub trait EventData: Serialize + DeserializeOwned {
    /// Past tense, dotted.
    const NAME: &'static str;
    /// From 1; a new version is a new struct.
    const VERSION: u16;
}

/// An event about to be appended to its producer's outbox; the relay gives it its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// Unique over all logs.
    pub id: EventId,
    /// Past tense, dotted.
    pub name: &'static str,
    /// Version of the data.
    pub version: u16,
    /// The tenant.
    pub authority_id: AuthorityId,
    /// The request it is about.
    pub request_id: Option<ServiceRequestId>,
    /// When it became true.
    pub occurred_at: Timestamp,
    /// JSON of the event's own fields.
    pub data: String,
}

impl NewEvent {
    /// Returns the event that says `data` about an authority, now.
    pub fn new<E: EventData>(clock: &dyn Clock, rng: &dyn Rng, authority_id: AuthorityId, data: &E) -> Self {
        Self {
            id: EventId::new(clock, rng),
            name: E::NAME,
            version: E::VERSION,
            authority_id,
            request_id: None,
            occurred_at: clock.now(),
            data: serde_json::to_string(data).expect("an event is plain data: maps with text keys only"),
        }
    }

    /// Returns the same event, said about a request.
    #[must_use]
    pub fn about(mut self, request_id: ServiceRequestId) -> Self {
        self.request_id = Some(request_id);
        self
    }
}

/// Names an event's struct.
macro_rules! event {
    ($type:ty, $name:literal, $version:literal) => {
        impl $crate::EventData for $type {
            const NAME: &'static str = $name;
            const VERSION: u16 = $version;
        }
    };
}
pub(crate) use event;
