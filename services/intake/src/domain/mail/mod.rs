//! What an e-mail says: a raw RFC 5322 message becomes a [`NormalisedMail`]. Parsing never fails and never loses text:
//! what cannot be understood is kept as it came and flagged `truncated`; the raw message stays in the blobs besides.

mod attachments;
mod body;
mod bounce;
mod guard;
mod headers;
mod html;
mod machine;
mod quote;

use std::sync::Arc;

use guichet_core::{EmailAddress, Timestamp};
use mail_parser::MessageParser;

pub use attachments::{file_name, media_type_of};
pub use bounce::BounceReport;
pub(crate) use headers::is_authenticated;
pub use machine::{Machine, MachineFacts};
pub use quote::split as split_quoted;

use super::{limits, text};

/// An e-mail, understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NormalisedMail {
    /// Author (From), `None` when it cannot be read.
    pub from: Option<EmailAddress>,
    /// Name beside the author's address; empty when there is none.
    pub from_name: String,
    /// To and Cc.
    pub recipients: Vec<EmailAddress>,
    /// Decoded, on one line.
    pub subject: String,
    /// As the sender's machine said.
    pub date: Option<Timestamp>,
    /// Without angle brackets.
    pub message_id: Option<String>,
    /// Without angle brackets, oldest first: References, then In-Reply-To.
    pub references: Vec<String>,
    /// What is new in it.
    pub new_text: String,
    /// Everything it says.
    pub full_text: String,
    /// Files, in the order of the message.
    pub attachments: Vec<MailFile>,
    /// Signs that no person wrote it.
    pub machine: MachineFacts,
    /// Delivery reports it carries.
    pub bounces: Vec<BounceReport>,
    /// `Authentication-Results` fields, newest first, raw.
    pub authentication_results: Vec<String>,
    /// Something was cut or could not be understood: the raw message has it.
    pub truncated: bool,
    /// It has at least one readable header field and something that looks like an author or a subject.
    pub well_formed: bool,
}

/// A file of a mail, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailFile {
    /// Decoded, without path.
    pub file_name: String,
    /// Lower case, `application/pdf`.
    pub media_type: String,
    /// As its sender had it.
    pub content: Arc<Vec<u8>>,
}

/// Returns what a raw message says.
pub fn parse(raw: &[u8]) -> NormalisedMail {
    let guarded = guard::guard(raw);
    let parsed = if guarded.too_complex {
        MessageParser::default().parse_headers(guarded.bytes.as_ref())
    } else {
        MessageParser::default().parse(guarded.bytes.as_ref())
    };
    let Some(message) = parsed else {
        return unreadable(raw);
    };
    let mut mail = headers::read(&message);
    mail.truncated |= guarded.truncated || guarded.too_complex;
    mail.machine = machine::facts(&message, &mail);
    let body = if guarded.too_complex { body::raw(&guarded.source) } else { body::read(&message, &guarded) };
    mail.truncated |= body.truncated;
    mail.full_text = body.text;
    if !guarded.too_complex {
        let (files, dropped) = attachments::read(&message, &guarded);
        mail.attachments = files;
        mail.truncated |= dropped;
    }
    if mail.full_text.is_empty() && mail.attachments.is_empty() && !mail.well_formed {
        return unreadable(raw);
    }
    mail.bounces = bounce::read(&message, &mail);
    mail.new_text = split_quoted(&mail.full_text).new;
    mail
}

/// Returns a message that was too much for [`parse`] as text, flagged: nothing of it is understood.
pub fn keep_as_text(raw: &[u8]) -> NormalisedMail {
    NormalisedMail { truncated: true, well_formed: true, ..unreadable(raw) }
}

/// Keeps a message without a single header field as text.
fn unreadable(raw: &[u8]) -> NormalisedMail {
    let (shown, cut) = raw.split_at_checked(limits::TEXT_OCTETS_MAX).map_or((raw, false), |(shown, _)| (shown, true));
    let full_text = text::clean(&body::decode_unlabelled(shown)).trim().to_owned();
    NormalisedMail { new_text: full_text.clone(), full_text, truncated: cut, ..NormalisedMail::default() }
}

#[cfg(test)]
mod tests;
