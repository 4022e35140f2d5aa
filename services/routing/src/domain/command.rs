//! What people may do with a request, and what becomes of it: role, charge, access and skills first, then the table of
//! states.

use guichet_core::Timestamp;
use guichet_core::id::AgentId;
use guichet_core::work::{Outcome, Tier, WorkState};

use super::access::Access;
use super::clock::Clock;
use super::engine::Need;
use super::filing::Filing;
use super::work::{Actor, Change, Desk, Fact, IllegalMove, Work};

/// The commands of the contract, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Take,
    Start,
    Transfer,
    Escalate,
    Return,
    Forward,
    Pause,
    Resume,
    Resolve,
    Withdraw,
    Dismiss,
    Reopen,
}

impl Verb {
    /// Every command, in the order pages show them.
    pub(crate) const ALL: [(Self, &'static str); 12] = [
        (Self::Take, "take"),
        (Self::Start, "start"),
        (Self::Resolve, "resolve"),
        (Self::Pause, "pause"),
        (Self::Resume, "resume"),
        (Self::Escalate, "escalate"),
        (Self::Return, "return"),
        (Self::Transfer, "transfer"),
        (Self::Forward, "forward"),
        (Self::Withdraw, "withdraw"),
        (Self::Dismiss, "dismiss"),
        (Self::Reopen, "reopen"),
    ];

    /// Returns the name of the command.
    pub(crate) fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(verb, _)| *verb == self).map_or("", |(_, name)| name)
    }
}

/// A command with what it needs to know; what depends on the directory was looked up before.
#[derive(Clone, Debug)]
pub(crate) enum Command {
    Take,
    Start,
    /// To another department or procedure.
    Transfer {
        filing: Box<Filing>,
        clock: Clock,
        need: Need,
    },
    Escalate {
        need: Need,
    },
    /// `holder_present`: level 1 is at work; `need`: for level 1's queue otherwise.
    Return {
        holder_present: bool,
        need: Need,
    },
    Forward {
        organisation: String,
        phone: String,
    },
    Pause {
        until: Option<Timestamp>,
    },
    Resume,
    Resolve {
        outcome: Outcome,
    },
    Withdraw,
    /// `reason`: as told to the usager.
    Dismiss {
        reason: String,
    },
    /// `need`: what the procedure asks today.
    Reopen {
        need: Need,
        /// Until when it waits for whoever answered it.
        known_until: Timestamp,
    },
}

impl Command {
    /// Returns which command it is.
    pub(crate) const fn verb(&self) -> Verb {
        match self {
            Self::Take => Verb::Take,
            Self::Start => Verb::Start,
            Self::Transfer { .. } => Verb::Transfer,
            Self::Escalate { .. } => Verb::Escalate,
            Self::Return { .. } => Verb::Return,
            Self::Forward { .. } => Verb::Forward,
            Self::Pause { .. } => Verb::Pause,
            Self::Resume => Verb::Resume,
            Self::Resolve { .. } => Verb::Resolve,
            Self::Withdraw => Verb::Withdraw,
            Self::Dismiss { .. } => Verb::Dismiss,
            Self::Reopen { .. } => Verb::Reopen,
        }
    }
}

/// Why a command is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The request is not for this person's eyes: it does not exist for them.
    Hidden,
    /// It exists, its content is not for them.
    Confidential,
    /// Somebody else has it.
    NotInCharge,
    /// They lack these, in French.
    Lacks(Vec<String>),
    /// Level 1 gives this answer.
    MustReturn,
    /// More than thirty days have passed.
    TooOld,
    /// The present state does not allow it.
    State,
}

impl From<IllegalMove> for Refusal {
    fn from(_: IllegalMove) -> Self {
        Self::State
    }
}

/// Returns the names of the commands that would be accepted now.
pub(crate) fn allowed(work: &Work, actor: &Actor, now: Timestamp) -> Vec<&'static str> {
    Verb::ALL.iter().filter(|(verb, _)| permit(work, actor, *verb, now).is_ok()).map(|(_, name)| *name).collect()
}

/// Checks that a person may give a command now.
pub(crate) fn permit(work: &Work, actor: &Actor, verb: Verb, now: Timestamp) -> Result<(), Refusal> {
    match actor.access {
        Access::None => return Err(Refusal::Hidden),
        Access::Existence => return Err(Refusal::Confidential),
        Access::Full => {}
    }
    if !is_possible(work, verb) {
        return Err(Refusal::State);
    }
    let me = Some(actor.agent_id);
    // Before level 2 takes it, level 1 may still do everything itself.
    let asked_level2 = work.state == WorkState::Escalated && work.level2.is_none() && work.assignee == me;
    let in_charge = work.holder() == me || asked_level2;
    let may = match verb {
        Verb::Take if work.queue.is_none() && !actor.stands_in => return Err(Refusal::State),
        Verb::Take if work.offer.is_some_and(|offer| offer.agent_id != actor.agent_id) => {
            return Err(Refusal::NotInCharge);
        }
        Verb::Take if !actor.missing.is_empty() => return Err(Refusal::Lacks(actor.missing.clone())),
        Verb::Dismiss if work.queue == Some(Desk::Main) => actor.oversees || actor.missing.is_empty(),
        Verb::Reopen if work.reopen_until().is_some_and(|until| until < now) => return Err(Refusal::TooOld),
        Verb::Resolve if in_charge && must_return(work) => return Err(Refusal::MustReturn),
        Verb::Take | Verb::Withdraw | Verb::Reopen => true,
        Verb::Start | Verb::Return => in_charge,
        _ => in_charge || actor.oversees,
    };
    if may { Ok(()) } else { Err(Refusal::NotInCharge) }
}

/// Level 2 answers through level 1 for this procedure, and has not done so yet.
fn must_return(work: &Work) -> bool {
    let at_level2 = work.level2.is_some() || work.filing.tier == Tier::L2;
    work.filing.returns_to_level1 && !work.returned && at_level2
}

fn is_possible(work: &Work, verb: Verb) -> bool {
    use WorkState::{
        Assigned, Closed, Dismissed, Escalated, Forwarded, InProgress, Resolved, WaitingRequester, Withdrawn,
    };
    let held = matches!(work.state, Assigned | InProgress | WaitingRequester | Forwarded | Escalated);
    match verb {
        // What waits; what is held too, by whoever stands in for the holder.
        Verb::Take => work.queue.is_some() || work.holder().is_some(),
        Verb::Start => work.state == Assigned,
        Verb::Transfer => held,
        Verb::Escalate => matches!(work.state, Assigned | InProgress) && work.level2.is_none(),
        Verb::Return => {
            let from_level2 = work.level2.is_some() && matches!(work.state, Escalated | InProgress);
            from_level2 || (must_return(work) && matches!(work.state, Assigned | InProgress))
        }
        Verb::Forward => work.state.can_become(Forwarded),
        Verb::Pause => work.state.can_become(WaitingRequester),
        Verb::Resume => matches!(work.state, WaitingRequester | Forwarded),
        Verb::Resolve => work.state.can_become(Resolved),
        Verb::Withdraw => work.state.can_become(Withdrawn),
        Verb::Dismiss => work.state.can_become(Dismissed),
        Verb::Reopen => matches!(work.state, Resolved | Closed | Withdrawn | Dismissed),
    }
}

/// Returns what a person's command makes of the work.
pub(crate) fn decide(work: &Work, actor: &Actor, command: Command, now: Timestamp) -> Result<Change, Refusal> {
    let verb = command.verb();
    permit(work, actor, verb, now)?;
    let me = Some(actor.agent_id);
    let told = |after: Work, fact: Fact| Ok(work.change(after, fact, verb.as_str(), me));
    match command {
        Command::Take if work.queue.is_none() => Ok(work.taken_over(actor.agent_id)?),
        Command::Take => Ok(work.given_to(actor.agent_id, verb.as_str())?),
        Command::Start => told(work.moved(WorkState::InProgress)?, Fact::Started),
        Command::Transfer { filing, clock, need } => {
            told(Work { filing: *filing, clock, returned: false, ..work.requeued(need)? }, Fact::Queued)
        }
        Command::Escalate { need } => {
            let after = Work { need, queue: Some(Desk::Level2), returned: false, ..work.moved(WorkState::Escalated)? };
            told(after, Fact::Escalated)
        }
        Command::Return { holder_present, need } => told(given_back(work, holder_present, need)?, Fact::Returned),
        Command::Forward { organisation, phone } => {
            let after = Work {
                forwarded_to: Some(organisation),
                forwarded_phone: Some(phone),
                // Whoever sends it out follows it up.
                assignee: work.assignee.or(me),
                ..work.ended(WorkState::Forwarded)?
            };
            told(after, Fact::Forwarded)
        }
        Command::Pause { until } => Ok(work.paused(until, me)?),
        Command::Resume => Ok(work.resumed(verb.as_str(), me)?),
        Command::Resolve { outcome } => Ok(work.resolved(outcome, now, me)?),
        Command::Withdraw => Ok(withdrawn(work, now, me)?),
        Command::Dismiss { reason } => {
            let after = Work { reason: Some(reason), resolved_at: Some(now), ..work.ended(WorkState::Dismissed)? };
            told(after, Fact::Dismissed)
        }
        Command::Reopen { need, known_until } => Ok(work.reopened(need, (now, known_until), verb.as_str(), me)?),
    }
}

/// Returns what becomes of the work when the usager gives their request up by themselves: nobody else is behind it.
pub(crate) fn withdrawn_by_usager(work: &Work, now: Timestamp) -> Result<Change, Refusal> {
    if !is_possible(work, Verb::Withdraw) {
        return Err(Refusal::State);
    }
    Ok(withdrawn(work, now, None)?)
}

fn withdrawn(work: &Work, now: Timestamp, agent_id: Option<AgentId>) -> Result<Change, IllegalMove> {
    let after = Work { resolved_at: Some(now), ..work.ended(WorkState::Withdrawn)? };
    Ok(work.change(after, Fact::Withdrawn, Verb::Withdraw.as_str(), agent_id))
}

/// Level 2 gives it back: to the level-1 holder when they are at work, else to level 1's queue.
fn given_back(work: &Work, holder_present: bool, need: Need) -> Result<Work, IllegalMove> {
    let holder: Option<AgentId> = work.assignee.filter(|_| holder_present && work.level2.is_some());
    if holder.is_none() {
        return Ok(Work { returned: true, ..work.requeued(need)? });
    }
    let need = Need { ..work.need.clone() };
    Ok(Work { need, level2: None, queue: None, offer: None, returned: true, ..work.moved(WorkState::InProgress)? })
}
