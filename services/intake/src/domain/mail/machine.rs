//! Machines are not people: the signs by which a mail says that nobody wrote it (RFC 3834, lists, loops). Such mail never
//! opens a request and is never answered.

use guichet_core::EmailAddress;
use mail_parser::Message;

use super::NormalisedMail;
use crate::domain::text;

/// Beginnings of subjects that only automatic replies have, folded; each is followed by a colon.
const AUTOMATIC_SUBJECTS: [&str; 7] = [
    "reponse automatique",
    "automatic reply",
    "auto reply",
    "autoreply",
    "out of office",
    "absence du bureau",
    "message d absence",
];

/// What the header says about its author being a machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MachineFacts {
    /// `Auto-Submitted` with any value but `no`, or one of the older signs of a vacation program.
    pub automatic: bool,
    /// `Precedence: bulk|junk|list` or a `List-*` field.
    pub bulk: bool,
    /// Values of `X-Loop`, in lower case.
    pub loops: Vec<String>,
    /// `Return-Path: <>`.
    pub null_return_path: bool,
    /// It is a delivery report or a complaint of a provider (`multipart/report`).
    pub report: bool,
    /// It comes from a mail system's own address (`mailer-daemon`, `postmaster`).
    pub daemon: bool,
}

/// Why a mail is not a person's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Machine {
    /// A delivery report.
    Bounce,
    /// A vacation message or another automatic one.
    AutoReply,
    /// A mailing.
    Bulk,
    /// Our own mail coming back.
    Loop,
    /// Mail without a sender to answer to.
    NullSender,
}

impl Machine {
    /// Returns the stable text of this reason.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bounce => "bounce",
            Self::AutoReply => "auto_reply",
            Self::Bulk => "bulk",
            Self::Loop => "loop",
            Self::NullSender => "null_sender",
        }
    }
}

impl NormalisedMail {
    /// Returns why this mail is a machine's, `None` when a person wrote it; `envelope_from` is `None` when nobody told the
    /// envelope, `is_own` knows the authority's mailboxes.
    pub fn machine_kind(&self, envelope_from: Option<&str>, is_own: impl Fn(&EmailAddress) -> bool) -> Option<Machine> {
        let own_loop =
            self.machine.loops.iter().any(|value| EmailAddress::parse(value).is_ok_and(|value| is_own(&value)));
        if self.from.as_ref().is_some_and(&is_own) || own_loop {
            return Some(Machine::Loop);
        }
        if !self.bounces.is_empty() || self.machine.report {
            return Some(Machine::Bounce);
        }
        if self.machine.automatic {
            return Some(Machine::AutoReply);
        }
        if self.machine.bulk {
            return Some(Machine::Bulk);
        }
        let null_envelope = envelope_from.is_some_and(|from| matches!(from.trim(), "" | "<>"));
        let null_sender = null_envelope || self.machine.null_return_path || self.machine.daemon;
        null_sender.then_some(Machine::NullSender)
    }
}

/// Returns the signs in a header that has been read.
pub(super) fn facts(message: &Message<'_>, mail: &NormalisedMail) -> MachineFacts {
    let mut facts = MachineFacts::default();
    for (name, value) in message.headers_raw() {
        let value = value.trim().to_lowercase();
        let word = value.split([';', ' ', '\t', '\r', '\n']).next().unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "auto-submitted" => facts.automatic |= !word.is_empty() && word != "no",
            "x-autoreply" | "x-autorespond" | "x-auto-reply-from" => facts.automatic |= word != "no",
            "precedence" => match word {
                "auto_reply" => facts.automatic = true,
                "bulk" | "junk" | "list" => facts.bulk = true,
                _ => {}
            },
            "list-id" | "list-unsubscribe" | "list-post" | "list-help" | "list-subscribe" => facts.bulk = true,
            "x-loop" => facts.loops.push(value.trim_matches(['<', '>']).to_owned()),
            "return-path" => facts.null_return_path |= value == "<>",
            "content-type" => facts.report |= value.starts_with("multipart/report"),
            _ => {}
        }
    }
    let local = mail.from.as_ref().map(|from| from.key()).unwrap_or_default();
    facts.daemon = ["mailer-daemon@", "postmaster@", "mail-daemon@"].iter().any(|daemon| local.starts_with(daemon))
        || (mail.from.is_none() && text::fold(&mail.from_name) == "mailer daemon");
    let prefix = mail.subject.split_once(':').map(|(prefix, _)| text::fold(prefix)).unwrap_or_default();
    facts.automatic |= AUTOMATIC_SUBJECTS.contains(&prefix.as_str());
    facts
}
