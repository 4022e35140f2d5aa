//! Real e-mail, to the desk's own mail server.

use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::PoolConfig;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use crate::Error;

/// Connections to the mail server at once: what a busy relay opens.
const CONNECTIONS_MAX: u32 = 8;
/// Port when the address names none.
const PORT: u16 = 2525;
/// A PDF of one empty page: enough to be one.
const PDF: &[u8] =
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";

/// An e-mail as its sender thinks of it.
#[derive(Clone, Debug, Default)]
pub struct Letter {
    /// Name of the sender.
    pub name: String,
    /// Address of the sender.
    pub from: String,
    /// The desk's mailbox, plus-address included.
    pub to: String,
    /// As typed.
    pub subject: String,
    /// As typed.
    pub text: String,
    /// Without angle brackets; the same twice is the same message.
    pub id: String,
    /// The message it answers, without angle brackets; empty for none.
    pub answers: String,
    /// Name of the file that goes with it; empty for none.
    pub file: String,
}

/// Why the desk's mail server did not take a message.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It said no.
    #[error("the mail server refused: {0}")]
    Refused(String),
    /// It does not answer, or not now.
    #[error("the mail server does not answer")]
    Away(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The way to the mail server.
#[derive(Clone, Debug)]
pub(crate) struct Post(AsyncSmtpTransport<Tokio1Executor>);

impl Post {
    /// Returns the way to `host:port`.
    pub(crate) fn new(address: &str) -> Result<Self, Error> {
        let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
        let port = if port.is_empty() { Some(PORT) } else { port.parse().ok() };
        let reason = "write HOST:PORT".to_owned();
        let port = port.ok_or_else(|| Error::NotADemo { address: address.to_owned(), reason })?;
        let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host.trim_matches(['[', ']'])).port(port);
        Ok(Self(builder.pool_config(PoolConfig::new().max_size(CONNECTIONS_MAX)).build()))
    }

    /// Sends a message; returns once the desk has taken it for good.
    pub(crate) async fn send(&self, letter: &Letter) -> Result<(), Refusal> {
        let message = message(letter).map_err(|error| Refusal::Refused(error.to_string()))?;
        match self.0.send(message).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() => Err(Refusal::Refused(error.to_string())),
            Err(error) => Err(Refusal::Away(Box::new(error))),
        }
    }

    /// Sends the very same message again and again, as a relay gone mad does; returns how many copies were taken.
    pub(crate) async fn send_copies(&self, letter: &Letter, copies: usize) -> usize {
        let Ok(message) = message(letter) else { return 0 };
        let mut taken = 0;
        for _ in 0..copies {
            taken += usize::from(self.0.send(message.clone()).await.is_ok());
        }
        taken
    }
}

/// Writes a message down as a mail program does.
fn message(letter: &Letter) -> Result<Message, Box<dyn std::error::Error + Send + Sync>> {
    let mailbox = |name: &str, address: &str| {
        let name = Some(name.to_owned()).filter(|name| !name.is_empty());
        Ok::<_, lettre::address::AddressError>(Mailbox::new(name, address.parse::<Address>()?))
    };
    let mut builder = Message::builder()
        .from(mailbox(&letter.name, &letter.from)?)
        .to(mailbox("", &letter.to)?)
        .subject(&letter.subject)
        .message_id(Some(format!("<{}>", letter.id)));
    if !letter.answers.is_empty() {
        builder = builder.references(format!("<{}>", letter.answers)).in_reply_to(format!("<{}>", letter.answers));
    }
    let text = SinglePart::plain(letter.text.clone());
    if letter.file.is_empty() {
        return Ok(builder.singlepart(text)?);
    }
    let file = Attachment::new(letter.file.clone()).body(PDF.to_vec(), ContentType::parse("application/pdf")?);
    Ok(builder.multipart(MultiPart::mixed().singlepart(text).singlepart(file))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_becomes_a_message_with_its_file_and_what_it_answers() {
        let letter = Letter {
            name: "Odette Lavande".to_owned(),
            from: "odette.lavande@citoyen.example".to_owned(),
            to: "guichet@valorme.example".to_owned(),
            subject: "Été".to_owned(),
            text: "Voilà.".to_owned(),
            id: "1@demo.example".to_owned(),
            answers: "0@demo.example".to_owned(),
            file: "pièce.pdf".to_owned(),
        };
        let raw = String::from_utf8_lossy(&message(&letter).expect("can be written").formatted()).into_owned();
        for part in
            ["Message-ID: <1@demo.example>", "References: <0@demo.example>", "application/pdf", "Odette Lavande"]
        {
            assert!(raw.contains(part), "{part} is not in {raw}");
        }
    }
}
