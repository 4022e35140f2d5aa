//! What routing tells.

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, DecisionId, OfferId};
use guichet_core::work::{Outcome, SilenceRule, Tier, WorkState};
use serde::{Deserialize, Serialize};

use crate::Directory;
use crate::envelope::event;

/// An authority's directory was replaced; every service keeps it as a read model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryPublished {
    /// Strictly increasing per authority.
    pub version: i64,
    /// The whole directory.
    pub directory: Directory,
}
event!(DirectoryPublished, "directory.published", 1);

/// A request has a department, a tier and its dates: notification acknowledges.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestRegistered {
    /// Code of the department in charge.
    pub department: String,
    /// Code of the procedure; `None` while a person has not yet looked (triage).
    pub procedure: Option<String>,
    /// Level that treats it.
    pub tier: Tier,
    /// When the authority had it.
    pub received_at: Timestamp,
    /// The delay told to the usager.
    pub announced_due: Option<Timestamp>,
    /// The delay of the law, for the silence sentence.
    pub legal_due: Option<Timestamp>,
    /// The authority's own target.
    pub internal_due: Option<Timestamp>,
    /// Ten business days after receipt: the latest a receipt may go out.
    pub receipt_due: Timestamp,
    /// What silence means; `None` when nobody has said.
    pub silence: Option<SilenceRule>,
}
event!(RequestRegistered, "request.registered", 1);

/// What every change of the work says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkChange {
    /// The state reached.
    pub state: WorkState,
    /// Strictly increasing per request.
    pub version: i64,
    /// Code of the department in charge.
    pub department: String,
    /// Who holds it.
    pub assignee_id: Option<AgentId>,
    /// The announced date as it stands.
    pub due_at: Option<Timestamp>,
    /// Only those who hold the procedure's clearances may read it.
    pub confidential: bool,
}

/// Declares an event that is a change of the work and nothing else.
macro_rules! work_event {
    ($(#[$meta:meta] $name:ident = $text:literal;)+) => {
        $(
            #[$meta]
            #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
            pub struct $name {
                /// What the work has become.
                pub work: WorkChange,
            }
            event!($name, $text, 1);
        )+

        /// Names of the events that carry a `work` field, for projections.
        pub const WORK_EVENTS: &[&str] = &[
            $($text,)+
            "request.waiting", "request.forwarded", "request.resolved", "request.dismissed", "request.offered",
        ];
    };
}

work_event! {
    /// It waits for an agent (first time, after a decline, a transfer).
    RequestQueued = "request.queued";
    /// An agent holds it.
    RequestAssigned = "request.assigned";
    /// The agent has begun.
    RequestStarted = "request.started";
    /// It is with level 2.
    RequestEscalated = "request.escalated";
    /// Level 2 gave it back to level 1, or it came back by itself.
    RequestReturned = "request.returned";
    /// It was confided to level 2 or to an outside body, who has not answered: whoever has it is reminded.
    RequestReminded = "request.reminded";
    /// The usager answered: the work goes on.
    RequestResumed = "request.resumed";
    /// The usager gave it up.
    RequestWithdrawn = "request.withdrawn";
    /// Fourteen days have passed since the answer.
    RequestClosed = "request.closed";
    /// It is open again.
    RequestReopened = "request.reopened";
    /// The announced date was moved: the usager is told before the old one.
    RequestDelayed = "request.delayed";
}

/// One agent was proposed a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferMade {
    /// Which.
    pub offer_id: OfferId,
    /// To whom.
    pub agent_id: AgentId,
    /// Until when.
    pub expires_at: Timestamp,
    /// Why.
    pub decision_id: DecisionId,
}
event!(OfferMade, "offer.made", 1);

/// An agent has begun to write an answer: open pages say so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestWriting {
    /// Who.
    pub agent_id: AgentId,
}
event!(RequestWriting, "request.writing", 1);

/// An offer ended without an acceptance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferEnded {
    /// Which.
    pub offer_id: OfferId,
    /// To whom.
    pub agent_id: AgentId,
    /// True when the agent said no, false when time ran out.
    pub declined: bool,
}
event!(OfferEnded, "offer.ended", 1);

/// The work reached `offered`: what lists show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestOffered {
    /// What the work has become.
    pub work: WorkChange,
}
event!(RequestOffered, "request.offered", 1);

/// The usager has to send something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestWaiting {
    /// What the work has become.
    pub work: WorkChange,
    /// Until when.
    pub until: Option<Timestamp>,
    /// What silence means for this request, for the sentence about the clock.
    pub silence: Option<SilenceRule>,
}
event!(RequestWaiting, "request.waiting", 1);

/// An outside body has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestForwarded {
    /// What the work has become.
    pub work: WorkChange,
    /// Name of the body.
    pub organisation: String,
    /// Its telephone, as printed.
    pub phone: String,
}
event!(RequestForwarded, "request.forwarded", 1);

/// It is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestResolved {
    /// What the work has become.
    pub work: WorkChange,
    /// The result.
    pub outcome: Outcome,
    /// Until when a reply reopens it.
    pub reopen_until: Timestamp,
}
event!(RequestResolved, "request.resolved", 1);

/// The authority gave it up; the reason is always told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestDismissed {
    /// What the work has become.
    pub work: WorkChange,
    /// Why, for the usager: one of the authority's published reasons.
    pub reason: String,
}
event!(RequestDismissed, "request.dismissed", 1);

/// What a desk is told today was changed: open pages look again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayNotesChanged {
    /// The day, `2026-11-25`, of the authority's own time zone.
    pub day: String,
}
event!(DayNotesChanged, "day_notes.changed", 1);
