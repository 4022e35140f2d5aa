//! The closed list of things a usager is told, and the facts each one rests on as they are kept with the delivery.

use guichet_core::id::{AgentId, InteractionId};
use guichet_core::work::{Outcome, ReplyThen, SilenceRule};
use guichet_core::{Timestamp, codes};
use guichet_events::intake::ReplyPosted;
use guichet_events::routing::{RequestForwarded, RequestRegistered};
use serde::{Deserialize, Serialize};

codes! {
    /// Something a usager is told.
    Notice {
        /// Accusé d'enregistrement: it came, nobody has read it yet.
        RegistrationAck = "registration_ack",
        /// Accusé de réception: who takes care of it, until when, what silence means.
        ReceiptAck = "receipt_ack",
        /// An agent wrote.
        Answer = "answer",
        /// An agent needs something to go on.
        MissingPapers = "missing_papers",
        /// An outside body has it now.
        SentElsewhere = "sent_elsewhere",
        /// The announced date has moved.
        Delayed = "delayed",
        /// It is over without a written answer; the reason is always told.
        Closed = "closed",
        /// It waits for the usager, without a message from an agent.
        Wait = "wait",
    }
}

impl Notice {
    /// Returns whether a machine writes it at once on what a person sent (RFC 3834), rather than an agent's own words.
    pub const fn is_automatic_reply(self) -> bool {
        matches!(self, Self::RegistrationAck | Self::ReceiptAck)
    }
}

codes! {
    /// The way a notice reaches a usager.
    Medium {
        /// Text and HTML.
        Email = "email",
        /// One part of GSM-7.
        Sms = "sms",
        /// A page to print and post.
        Letter = "letter",
    }
}

/// Why a request ended without a written answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The usager gave it up.
    Withdrawn,
    /// The authority gave it up, for one of its published reasons.
    Dismissed {
        /// Code of the reason, or the reason itself.
        reason: String,
    },
    /// It was answered by voice.
    Resolved {
        /// The result.
        outcome: Outcome,
        /// Until when a message reopens it.
        reopen_until: Timestamp,
    },
}

/// What an event said, as kept with the delivery: ids, codes and instants, never a usager's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Facts {
    /// The request has a department and its dates.
    Registered {
        /// Code of the department in charge.
        department: String,
        /// Code of the procedure, `None` in triage.
        procedure: Option<String>,
        /// When the authority had it.
        received_at: Timestamp,
        /// The delay told.
        announced_due: Option<Timestamp>,
        /// The delay of the law.
        legal_due: Option<Timestamp>,
        /// The latest a receipt may go out.
        receipt_due: Timestamp,
        /// What silence means.
        silence: Option<SilenceRule>,
    },
    /// An agent wrote.
    Reply {
        /// Which message.
        interaction_id: InteractionId,
        /// Who.
        agent_id: AgentId,
        /// What it asks of the work.
        then: ReplyThen,
        /// The result, with `resolve`.
        outcome: Option<Outcome>,
        /// When the papers are due, with `wait`.
        wait_until: Option<Timestamp>,
        /// When it was written.
        posted_at: Timestamp,
    },
    /// An outside body has it.
    Forwarded {
        /// Name of the body.
        organisation: String,
        /// Its telephone, as printed.
        phone: String,
        /// Since when.
        forwarded_at: Timestamp,
    },
    /// The announced date has moved.
    Delayed {
        /// The new one.
        due_at: Timestamp,
    },
    /// It is over.
    Ended {
        /// Why.
        ending: Ending,
    },
    /// It waits for the usager.
    Waiting {
        /// Until when.
        until: Option<Timestamp>,
    },
}

impl Facts {
    /// Returns the facts of a registration.
    pub fn registered(event: &RequestRegistered) -> Self {
        Self::Registered {
            department: event.department.clone(),
            procedure: event.procedure.clone(),
            received_at: event.received_at,
            announced_due: event.announced_due,
            legal_due: event.legal_due,
            receipt_due: event.receipt_due,
            silence: event.silence,
        }
    }

    /// Returns the facts of an agent's message.
    pub fn reply(event: &ReplyPosted, posted_at: Timestamp) -> Self {
        Self::Reply {
            interaction_id: event.interaction_id,
            agent_id: event.agent_id,
            then: event.then,
            outcome: event.outcome,
            wait_until: event.wait_until,
            posted_at,
        }
    }

    /// Returns the facts of a hand-over outside.
    pub fn forwarded(event: &RequestForwarded, forwarded_at: Timestamp) -> Self {
        Self::Forwarded { organisation: event.organisation.clone(), phone: event.phone.clone(), forwarded_at }
    }

    /// Returns the notice these facts call for.
    pub fn notice(&self) -> Notice {
        match self {
            Self::Registered { procedure: None, .. } => Notice::RegistrationAck,
            Self::Registered { procedure: Some(_), .. } => Notice::ReceiptAck,
            Self::Reply { then: ReplyThen::Wait, .. } => Notice::MissingPapers,
            Self::Reply { .. } => Notice::Answer,
            Self::Forwarded { .. } => Notice::SentElsewhere,
            Self::Delayed { .. } => Notice::Delayed,
            Self::Ended { .. } => Notice::Closed,
            Self::Waiting { .. } => Notice::Wait,
        }
    }
}

/// One thing to tell about one request: `source` makes it unique beside the request and the notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Telling {
    /// What it rests on.
    pub facts: Facts,
    /// Empty for acknowledgements, which go out once a request; the interaction or the work's version for the others.
    pub source: String,
}

impl Telling {
    /// Returns the telling that happens once in the life of a request.
    pub const fn once(facts: Facts) -> Self {
        Self { facts, source: String::new() }
    }

    /// Returns the telling of one version of the work.
    pub fn of_version(facts: Facts, version: i64) -> Self {
        Self { facts, source: format!("v{version}") }
    }

    /// Returns the telling of one agent's message.
    pub fn of_interaction(facts: Facts, interaction: InteractionId) -> Self {
        Self { facts, source: interaction.to_string() }
    }

    /// Returns the key under which intake mints the headers of the message that carries it.
    pub fn thread_key(notice: Notice, source: &str) -> String {
        match notice {
            Notice::Answer | Notice::MissingPapers => source.to_owned(),
            _ if source.is_empty() => notice.as_str().to_owned(),
            _ => format!("{notice}:{source}"),
        }
    }
}
