//! A mail in the Internet's own format (RFC 5322, MIME).

use std::time::{Duration, SystemTime};

use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart};
use lettre::{Address, Message};

use crate::app::ports::Email;
use crate::domain::header::{file_name, one_line};

/// A mail that cannot be put in the Internet's format.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unwritable {
    /// An address is not one a relay takes.
    #[error("address cannot be written to")]
    Address(#[from] lettre::address::AddressError),
    /// The parts do not make a message.
    #[error("message cannot be built")]
    Message(#[from] lettre::error::Error),
}

/// Declares a header whose value is one of ours.
macro_rules! own_header {
    ($(#[$meta:meta])* $type:ident = $name:literal) => {
        $(#[$meta])*
        #[derive(Clone)]
        struct $type(&'static str);

        impl Header for $type {
            fn name() -> HeaderName {
                HeaderName::new_from_ascii_str($name)
            }

            fn parse(_text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
                Err("this header is only written".into())
            }

            fn display(&self) -> HeaderValue {
                HeaderValue::new(Self::name(), self.0.to_owned())
            }
        }
    };
}

own_header!(
    /// No machine answers it (RFC 3834 §5).
    AutoSubmitted = "Auto-Submitted"
);
own_header!(
    /// The same for the servers that read this one instead ([MS-OXCMAIL] §2.2.3.2.14).
    AutoResponseSuppress = "X-Auto-Response-Suppress"
);
own_header!(
    /// The language of the text (RFC 3282).
    ContentLanguage = "Content-Language"
);

/// Returns a mail ready for the wire. Headers are made one line again here, whoever wrote them.
pub(super) fn build(mail: &Email) -> Result<Message, Unwritable> {
    let from_name = one_line(&mail.from_name);
    let millis = u64::try_from(mail.date.as_millis()).unwrap_or(0);
    let mut builder = Message::builder()
        .message_id(Some(format!("<{}>", mail.message_id)))
        .date(SystemTime::UNIX_EPOCH + Duration::from_millis(millis))
        .from(Mailbox::new(Some(from_name.clone()), address(mail.from.as_str())?))
        .to(Mailbox::new(None, address(mail.to.as_str())?))
        .subject(one_line(&mail.subject))
        .header(AutoSubmitted(mail.auto_submitted))
        .header(AutoResponseSuppress("All"))
        .header(ContentLanguage("fr"));
    if let Some(reply_to) = &mail.reply_to {
        builder = builder.reply_to(Mailbox::new(Some(from_name), address(reply_to.as_str())?));
    }
    if !mail.in_reply_to.is_empty() {
        builder = builder.in_reply_to(mail.in_reply_to.clone());
    }
    if !mail.references.is_empty() {
        builder = builder.references(mail.references.clone());
    }
    let envelope =
        lettre::address::Envelope::new(Some(address(mail.envelope_from.as_str())?), vec![address(mail.to.as_str())?])?;
    let texts = MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone());
    let builder = builder.envelope(envelope);
    if mail.files.is_empty() {
        return Ok(builder.multipart(texts)?);
    }
    let whole = mail.files.iter().fold(MultiPart::mixed().multipart(texts), |whole, file| {
        whole.singlepart(Attachment::new(file_name(&file.name)).body(file.bytes.clone(), media_type(&file.media_type)))
    });
    Ok(builder.multipart(whole)?)
}

fn address(text: &str) -> Result<Address, lettre::address::AddressError> {
    text.parse()
}

/// A part never claims to be a message or several parts: it is a file.
fn media_type(text: &str) -> ContentType {
    let is_file = !text.starts_with("multipart/") && !text.starts_with("message/") && !text.contains(['\r', '\n']);
    let parsed = ContentType::parse(text).ok().filter(|_| is_file);
    parsed.unwrap_or_else(|| ContentType::parse("application/octet-stream").expect("a media type"))
}
