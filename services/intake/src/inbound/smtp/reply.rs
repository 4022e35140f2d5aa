//! Replies: code, enhanced status code (RFC 3463) and a sentence. They end up in the report that the sender's own mail
//! server writes, so they say what to do, in French without accents since only ASCII is sure to arrive.

use crate::Error;

/// One reply; several lines for EHLO.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Three digits.
    pub code: u16,
    /// At least one.
    lines: Vec<String>,
}

impl Reply {
    /// Returns a reply with its enhanced status code and sentence.
    pub fn new(code: u16, status: &str, sentence: &str) -> Self {
        Self { code, lines: vec![format!("{status} {sentence}")] }
    }

    /// Returns a reply without an enhanced status code: the greeting, EHLO and 354 have none (RFC 2034 §4).
    pub const fn bare(code: u16, lines: Vec<String>) -> Self {
        Self { code, lines }
    }

    /// Returns whether it says no.
    pub const fn is_refusal(&self) -> bool {
        self.code >= 400
    }

    /// Returns the reply as it goes over the wire.
    pub fn wire(&self) -> String {
        let mut wire = String::new();
        for (position, line) in self.lines.iter().enumerate() {
            let mark = if position + 1 == self.lines.len() { ' ' } else { '-' };
            wire.push_str(&format!("{}{mark}{line}\r\n", self.code));
        }
        wire
    }
}

/// Returns the reply to a message that could not be taken.
pub fn of_error(error: &Error) -> Reply {
    match error {
        Error::TooLarge { max } => too_big(*max),
        Error::MalformedMail(reason) => {
            let sentence = format!("Message illisible ({reason}) : verifiez l'expediteur (From) et renvoyez-le");
            Reply::new(550, "5.6.0", &sentence)
        }
        Error::UnknownMailbox => unknown_mailbox(),
        Error::NoDirectory => not_ready(),
        Error::Full(_) => full(),
        Error::Crowded => crowded(),
        _ => Reply::new(451, "4.3.0", "Message non enregistre, il sera represente dans un moment"),
    }
}

/// Returns the reply to a message over the limit.
pub fn too_big(max: u64) -> Reply {
    Reply::new(552, "5.3.4", &format!("Message trop gros : {} Mo au plus, pieces jointes comprises", max / 1_048_576))
}

/// Returns the reply to a recipient that is not ours.
pub fn unknown_mailbox() -> Reply {
    Reply::new(550, "5.1.1", "Cette adresse n'existe pas au guichet : verifiez-la")
}

/// Returns the reply of a desk whose directory has not come yet.
pub fn not_ready() -> Reply {
    Reply::new(451, "4.3.2", "Le guichet n'est pas encore pret, reessayez dans un moment")
}

/// Returns the reply of a desk that takes as much at the moment as its memory holds.
pub fn crowded() -> Reply {
    Reply::new(452, "4.3.1", "Trop de gros messages a la fois, reessayez dans un moment")
}

/// Returns the reply of a desk whose disk is full.
pub fn full() -> Reply {
    Reply::new(452, "4.3.1", "Le guichet ne peut rien enregistrer pour l'instant, reessayez plus tard")
}
