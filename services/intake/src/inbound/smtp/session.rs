//! One SMTP session, without its socket: a line in, a step out.

use std::borrow::Cow;

use smtp_proto::{Error as SyntaxError, MAIL_BODY_BINARYMIME, MAIL_REQUIRETLS, MailFrom, Request};

use super::reply::{self, Reply};
use crate::app::mail::Envelope;
use crate::domain::limits;

/// Refused commands after which a session ends: a person with telnet makes fewer.
const REFUSALS_MAX: u32 = 20;
/// Messages of one session; a mail server with more opens another.
const MESSAGES_MAX: u32 = 1_000;

/// What the server says of itself and takes.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Name in the greeting.
    pub hostname: String,
    /// Octets of the largest message.
    pub octets_max: usize,
}

/// What a session has to know of the desk while it decides.
pub trait Desk {
    /// Returns whether an address is one of its mailboxes; `None` before its first directory.
    fn knows(&self, address: &str) -> Option<bool>;
    /// Returns whether there is room for a message.
    fn has_room(&self) -> bool;
}

/// What to do after a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Answer and go on.
    Reply(Reply),
    /// Answer and read a message.
    Data(Reply),
    /// Answer and close.
    Close(Reply),
}

/// A session.
#[derive(Debug)]
pub struct Session {
    policy: Policy,
    greeted: bool,
    from: Option<String>,
    to: Vec<String>,
    refusals: u32,
    messages: u32,
}

impl Session {
    /// Returns a session that has just begun.
    pub const fn new(policy: Policy) -> Self {
        Self { policy, greeted: false, from: None, to: Vec::new(), refusals: 0, messages: 0 }
    }

    /// Returns the greeting.
    pub fn greeting(&self) -> Reply {
        Reply::bare(220, vec![format!("{} ESMTP Guichet", self.policy.hostname)])
    }

    /// Returns what to do after a command line, its line end included.
    pub fn command(&mut self, line: &[u8], desk: &impl Desk) -> Step {
        let step = match Request::parse(&mut line.iter()) {
            Ok(request) => self.request(request, desk),
            Err(error) => Step::Reply(syntax(&error)),
        };
        self.counted(step)
    }

    /// Returns what to do after a line longer than any command.
    pub fn line_too_long(&mut self) -> Step {
        self.counted(Step::Reply(Reply::new(500, "5.5.2", "Ligne trop longue")))
    }

    /// Returns the envelope of the message that has been read, and is ready for the next.
    pub fn take_envelope(&mut self) -> Envelope {
        self.messages += 1;
        Envelope { from: self.from.take(), to: std::mem::take(&mut self.to) }
    }

    fn counted(&mut self, step: Step) -> Step {
        let Step::Reply(reply) = &step else { return step };
        self.refusals += u32::from(reply.code >= 500);
        if self.refusals >= REFUSALS_MAX {
            return Step::Close(Reply::new(421, "4.7.0", "Trop d'erreurs, au revoir"));
        }
        step
    }

    fn request(&mut self, request: Request<Cow<'_, str>>, desk: &impl Desk) -> Step {
        Step::Reply(match request {
            Request::Ehlo { .. } => {
                self.reset();
                self.greeted = true;
                self.extensions()
            }
            Request::Helo { .. } => {
                self.reset();
                self.greeted = true;
                Reply::bare(250, vec![self.policy.hostname.clone()])
            }
            Request::Mail { from } => self.mail(&from, desk),
            Request::Rcpt { to } => self.recipient(&to.address, desk),
            Request::Data => return self.data(),
            Request::Rset => {
                self.reset();
                ok()
            }
            Request::Noop { .. } => ok(),
            // Saying yes or no would let anybody list the mailboxes.
            Request::Vrfy { .. } => Reply::new(252, "2.5.0", "Ecrivez, et nous verrons"),
            Request::Help { .. } => Reply::new(214, "2.0.0", "RFC 5321"),
            Request::Quit => return Step::Close(Reply::new(221, "2.0.0", "Au revoir")),
            _ => Reply::new(502, "5.5.1", "Commande non prise en charge"),
        })
    }

    fn extensions(&self) -> Reply {
        let size = format!("SIZE {}", self.policy.octets_max);
        let extensions = ["PIPELINING", &size, "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "HELP"];
        let name = std::iter::once(self.policy.hostname.clone());
        Reply::bare(250, name.chain(extensions.map(str::to_owned)).collect())
    }

    fn mail(&mut self, from: &MailFrom<Cow<'_, str>>, desk: &impl Desk) -> Reply {
        if !self.greeted {
            return Reply::new(503, "5.5.1", "Commencez par EHLO");
        }
        if self.from.is_some() {
            return Reply::new(503, "5.5.1", "Un message est deja commence");
        }
        if self.messages >= MESSAGES_MAX {
            return Reply::new(421, "4.7.0", "Trop de messages, ouvrez une autre session");
        }
        if from.flags & (MAIL_BODY_BINARYMIME | MAIL_REQUIRETLS) != 0 {
            return Reply::new(555, "5.5.4", "Parametre non pris en charge");
        }
        if from.size > self.policy.octets_max {
            return reply::too_big(self.policy.octets_max as u64);
        }
        if !desk.has_room() {
            return reply::full();
        }
        if desk.knows("").is_none() {
            return reply::not_ready();
        }
        self.from = Some(from.address.clone().into_owned());
        Reply::new(250, "2.1.0", "Expediteur note")
    }

    fn recipient(&mut self, address: &str, desk: &impl Desk) -> Reply {
        if self.from.is_none() {
            return Reply::new(503, "5.5.1", "Commencez par MAIL FROM");
        }
        if self.to.len() >= limits::RECIPIENTS_MAX {
            return Reply::new(452, "4.5.3", "Trop de destinataires pour un message");
        }
        match desk.knows(address) {
            Some(true) => {
                self.to.push(address.to_owned());
                Reply::new(250, "2.1.5", "Destinataire note")
            }
            Some(false) => reply::unknown_mailbox(),
            None => reply::not_ready(),
        }
    }

    fn data(&self) -> Step {
        if self.to.is_empty() {
            return Step::Reply(Reply::new(503, "5.5.1", "Indiquez d'abord un destinataire (RCPT TO)"));
        }
        Step::Data(Reply::bare(354, vec!["Envoyez le message, puis une ligne avec un seul point".to_owned()]))
    }

    fn reset(&mut self) {
        self.from = None;
        self.to.clear();
    }
}

fn ok() -> Reply {
    Reply::new(250, "2.0.0", "Entendu")
}

fn syntax(error: &SyntaxError) -> Reply {
    match error {
        SyntaxError::UnsupportedParameter { .. } => Reply::new(555, "5.5.4", "Parametre non pris en charge"),
        SyntaxError::InvalidParameter { .. } => Reply::new(501, "5.5.4", "Parametre mal ecrit"),
        SyntaxError::SyntaxError { syntax } => Reply::new(501, "5.5.4", &format!("Ecrivez {syntax}")),
        SyntaxError::InvalidSenderAddress => Reply::new(553, "5.1.7", "Adresse d'expediteur mal ecrite"),
        SyntaxError::InvalidRecipientAddress => Reply::new(553, "5.1.3", "Adresse de destinataire mal ecrite"),
        _ => Reply::new(500, "5.5.2", "Commande inconnue"),
    }
}

#[cfg(test)]
mod tests;
