//! What notification asks of the world, behind small traits: intake for the request and its thread, a transport for
//! mails and one for text messages.

use std::time::Duration;

use futures::future::BoxFuture;
use guichet_core::id::{AttachmentId, DeliveryId, PartyId, ServiceRequestId};
use guichet_core::{EmailAddress, PhoneNumber, Timestamp};

use crate::domain::gsm::SmsText;
use crate::domain::request::{Contacts, RequestView};
use crate::domain::state::Attempt;

/// Intake does not answer: what it would have said is asked again later.
#[derive(Debug, thiserror::Error)]
#[error("intake does not answer")]
pub struct Unavailable(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// The requests, as intake has them.
pub trait Requests: Send + Sync + std::fmt::Debug {
    /// Returns a request with its thread and the headers of the message known by `thread_key`: an interaction or a
    /// notice.
    fn find<'a>(
        &'a self,
        id: ServiceRequestId,
        thread_key: &'a str,
    ) -> BoxFuture<'a, Result<Option<RequestView>, Unavailable>>;

    /// Returns by what a party can be reached, whatever each request of theirs gave; `None` when intake does not know them.
    fn contacts(&self, party: PartyId) -> BoxFuture<'_, Result<Option<Contacts>, Unavailable>>;

    /// Returns the bytes of a file, at most `limit` of them; `None` when it does not exist or is larger.
    fn attachment(
        &self,
        request: ServiceRequestId,
        attachment: AttachmentId,
        limit: usize,
    ) -> BoxFuture<'_, Result<Option<Vec<u8>>, Unavailable>>;
}

/// A mail ready to leave. Every text is one line where it becomes a header.
#[derive(Clone, Debug)]
pub struct Email {
    /// Without angle brackets: the same at every attempt.
    pub message_id: String,
    /// Display name of From.
    pub from_name: String,
    /// Address of From.
    pub from: EmailAddress,
    /// Where bounces go: recognised there by its token, and never answered (RFC 3834 §3.3).
    pub envelope_from: EmailAddress,
    /// Where the usager's answer goes.
    pub reply_to: Option<EmailAddress>,
    /// The usager.
    pub to: EmailAddress,
    /// In clear; encoded by the transport.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// HTML.
    pub html: String,
    /// In angle brackets, or empty.
    pub in_reply_to: String,
    /// In angle brackets, or empty.
    pub references: String,
    /// `auto-replied` or `auto-generated` (RFC 3834 §5).
    pub auto_submitted: &'static str,
    /// When it was written.
    pub date: Timestamp,
    /// Files.
    pub files: Vec<File>,
}

/// A file that goes with a mail.
#[derive(Clone, Debug)]
pub struct File {
    /// Without folder.
    pub name: String,
    /// `application/pdf`.
    pub media_type: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A text message ready to leave.
#[derive(Clone, Debug)]
pub struct Sms {
    /// Which delivery: providers are given it as the message's key.
    pub id: DeliveryId,
    /// Code of the authority that sends it.
    pub authority: String,
    /// A mobile.
    pub to: PhoneNumber,
    /// What is read.
    pub text: SmsText,
    /// When it was written.
    pub date: Timestamp,
}

/// What transports of both kinds promise.
pub trait Transport: Send + Sync + std::fmt::Debug {
    /// Returns whether handing the same message over twice leaves one message.
    fn repeats_safely(&self) -> bool;

    /// Returns the longest an attempt takes.
    fn longest(&self) -> Duration;
}

/// Where mails leave.
pub trait MailTransport: Transport {
    /// Hands a mail over once.
    fn send<'a>(&'a self, mail: &'a Email) -> BoxFuture<'a, Attempt>;
}

/// Where text messages leave.
pub trait SmsTransport: Transport {
    /// Returns whether there is one at all.
    fn is_there(&self) -> bool {
        true
    }

    /// Hands a text message over once.
    fn send<'a>(&'a self, sms: &'a Sms) -> BoxFuture<'a, Attempt>;
}
