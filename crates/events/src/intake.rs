//! What intake tells.

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, InteractionId, PartyId, ServiceRequestId};
use guichet_core::work::{Channel, Nature, Outcome, ReplyThen};
use serde::{Deserialize, Serialize};

use crate::envelope::event;

/// A request exists: routing queues it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestReceived {
    /// How it came.
    pub channel: Channel,
    /// What kind of contact it is.
    pub nature: Nature,
    /// Who asks.
    pub party_id: PartyId,
    /// Code of the procedure, when the form or the classifier was sure of one.
    pub procedure: Option<String>,
    /// Confidence of the classifier in thousandths, 1000 when a person chose.
    pub confidence_permille: u16,
    /// BCP 47.
    pub language: String,
    /// Code of the site where it was taken, for a visit.
    pub site: Option<String>,
    /// Danger was reported (a fallen cable, a hole in the road).
    pub danger: bool,
    /// The agent a complaint is about, never offered it.
    pub excluded_agents: Vec<AgentId>,
    /// When the authority had it: clocks start here.
    pub received_at: Timestamp,
    /// The closed request it continues.
    pub linked_request_id: Option<ServiceRequestId>,
}
event!(RequestReceived, "request.received", 1);

/// A person said what a request really is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestClassified {
    /// Code of the procedure.
    pub procedure: String,
    /// What kind of contact it is.
    pub nature: Nature,
    /// Who said so.
    pub agent_id: AgentId,
}
event!(RequestClassified, "request.classified", 1);

/// The usager wrote or called again about a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InteractionReceived {
    /// Which.
    pub interaction_id: InteractionId,
    /// How it came.
    pub channel: Channel,
    /// Who wrote.
    pub party_id: PartyId,
    /// Files came with it.
    pub has_attachments: bool,
}
event!(InteractionReceived, "interaction.received", 1);

/// An agent wrote to the usager: notification sends it, routing moves the work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyPosted {
    /// Which.
    pub interaction_id: InteractionId,
    /// Who wrote.
    pub agent_id: AgentId,
    /// What it asks of the work.
    pub then: ReplyThen,
    /// The result, with `resolve`.
    pub outcome: Option<Outcome>,
    /// When the papers are due, with `wait`.
    pub wait_until: Option<Timestamp>,
}
event!(ReplyPosted, "reply.posted", 1);

/// An agent left a note or wrote down a call on a request: open pages show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteAdded {
    /// Which.
    pub interaction_id: InteractionId,
    /// Who wrote.
    pub agent_id: AgentId,
    /// Colleagues it addresses.
    pub mentions: Vec<AgentId>,
}
event!(NoteAdded, "note.added", 1);

/// A contact was answered on the spot: counted, never queued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactRecorded {
    /// Which.
    pub interaction_id: InteractionId,
    /// How it came.
    pub channel: Channel,
    /// What kind of contact it was.
    pub nature: Nature,
    /// Who answered.
    pub agent_id: Option<AgentId>,
    /// Code of the procedure.
    pub procedure: Option<String>,
    /// The result told.
    pub outcome: Outcome,
}
event!(ContactRecorded, "contact.recorded", 1);

/// A party's addresses or its links changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartyChanged {
    /// Which.
    pub party_id: PartyId,
}
event!(PartyChanged, "party.changed", 1);

/// A delivery report came by mail (RFC 3464 or a common non-standard one): notification's receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BounceReceived {
    /// Message-ID of the message that came back, without angle brackets.
    pub original_message_id: String,
    /// `failed`, `delayed`, `delivered`, `relayed` or `expanded`.
    pub action: String,
    /// Enhanced status code (RFC 3463), `5.1.1`.
    pub status: String,
}
event!(BounceReceived, "bounce.received", 1);
