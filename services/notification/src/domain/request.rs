//! What notification needs to know of a request to write about it: asked of intake each time, never kept.

use guichet_core::id::{AttachmentId, AuthorityId, InteractionId, PartyId, ServiceRequestId};
use guichet_core::work::{Channel, ReplyThen};
use guichet_core::{EmailAddress, PhoneNumber, Timestamp};

/// A request as intake tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestView {
    /// Which.
    pub id: ServiceRequestId,
    /// The tenant.
    pub authority_id: AuthorityId,
    /// `V7KM-4T9R`.
    pub reference: String,
    /// How it came.
    pub channel: Channel,
    /// Code of the procedure, empty in triage.
    pub procedure: String,
    /// In the usager's words.
    pub subject: String,
    /// Code of the department in charge, empty before routing has said.
    pub department: String,
    /// When the authority had it.
    pub received_at: Timestamp,
    /// BCP 47.
    pub language: String,
    /// Who asks.
    pub requester: Requester,
    /// What was said, oldest first.
    pub messages: Vec<Message>,
    /// How the message that carries this notice is threaded.
    pub thread: ThreadHeaders,
}

/// Who asks, and how they can be reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requester {
    /// The party, when intake has one.
    pub party_id: Option<PartyId>,
    /// As given, possibly empty.
    pub name: String,
    /// E-mail.
    pub email: Option<EmailAddress>,
    /// Mobile or landline.
    pub phone: Option<PhoneNumber>,
    /// As given, possibly empty.
    pub postal_address: String,
}

/// By what a party can be reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contacts {
    /// Theirs alone.
    pub emails: Vec<EmailAddress>,
    /// Theirs alone; mobiles and landlines.
    pub phones: Vec<PhoneNumber>,
}

/// One message of the thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Which.
    pub id: InteractionId,
    /// Who wrote.
    pub author: Author,
    /// What is new in it.
    pub text: String,
    /// Files that came or go with it.
    pub attachments: Vec<Attachment>,
    /// What an agent's message asked of the work.
    pub then: ReplyThen,
    /// When.
    pub occurred_at: Timestamp,
}

/// Who wrote a message of the thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Author {
    /// The usager, or an agent who typed in their call.
    Usager,
    /// An agent, to the usager.
    Agent,
    /// An agent, to other agents: never told.
    Internal,
}

/// A file of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Which.
    pub id: AttachmentId,
    /// As sent.
    pub file_name: String,
    /// `application/pdf`.
    pub media_type: String,
    /// Bytes.
    pub size: u64,
}

/// How a message joins its thread, minted by intake.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThreadHeaders {
    /// Without angle brackets.
    pub message_id: String,
    /// Plus-address with the signed token.
    pub reply_to: String,
    /// Oldest first, without angle brackets.
    pub references: Vec<String>,
    /// Without angle brackets, possibly empty.
    pub in_reply_to: String,
    /// Opens the thread at /suivi, possibly empty.
    pub link_token: String,
}

impl RequestView {
    /// Returns one message of the thread.
    pub fn message(&self, id: InteractionId) -> Option<&Message> {
        self.messages.iter().find(|message| message.id == id)
    }

    /// Returns whether the last agent's message already said `then` and the usager has not written since: the change of
    /// the work that follows from it needs no message of its own.
    pub fn was_told_by_a_reply(&self, then: ReplyThen) -> bool {
        let last = self.messages.iter().rev().find(|message| message.author != Author::Internal);
        last.is_some_and(|message| message.author == Author::Agent && message.then == then)
    }
}
