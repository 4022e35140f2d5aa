//! The work on a request: where it stands, who has it, and the changes the desk itself makes (offers, expiries,
//! messages from the usager, time). What people ask for is in [`super::command`].
//!
//! A change is a pair: the work before and after. Everything else (loads, assignments, offers, events) follows from
//! comparing the two, so nothing can be forgotten in one command and not in another.

use std::borrow::Cow;

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, AuthorityId, OfferId, ServiceRequestId};
use guichet_core::work::{Channel, Nature, Outcome, WorkState};
use guichet_events::routing::WorkChange;

use super::access::Access;
use super::clock::Clock;
use super::engine::{Continuity, Ended, Entry, Input, Need};
use super::filing::Filing;
use super::follow_up::FollowUp;
use super::lesson::Taught;
use super::widening::{self, Wider};

/// Days after an answer when the work is closed.
pub(crate) const CLOSE_AFTER_DAYS: i64 = 14;
/// Days after an answer during which a reply reopens it.
pub(crate) const REOPEN_DAYS: i64 = 30;
const DAY_SECONDS: i64 = 86_400;

/// Which queue a request waits in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Desk {
    /// Its own.
    Main,
    /// The level-2 sub-entry of an escalated request.
    Level2,
}

/// A proposal somebody has not answered yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpenOffer {
    pub(crate) offer_id: OfferId,
    pub(crate) agent_id: AgentId,
}

/// The work on one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Work {
    pub(crate) request_id: ServiceRequestId,
    pub(crate) authority_id: AuthorityId,
    pub(crate) state: WorkState,
    /// Strictly increasing.
    pub(crate) version: i64,
    pub(crate) filing: Filing,
    /// What has held up its dates.
    pub(crate) clock: Clock,
    pub(crate) channel: Channel,
    pub(crate) nature: Nature,
    /// BCP 47.
    pub(crate) language: String,
    pub(crate) danger: bool,
    /// Agents it is about.
    pub(crate) excluded: Vec<AgentId>,
    pub(crate) received_at: Timestamp,
    /// What the present queue entry asks.
    pub(crate) need: Need,
    /// What it will ask instead, if nobody takes it, in the order of the instants.
    pub(crate) wider: Vec<Wider>,
    /// Set while it waits or is offered.
    pub(crate) queue: Option<Desk>,
    /// Since when it waits: declines, expiries and transfers do not change it.
    pub(crate) since: Timestamp,
    /// Past its internal date.
    pub(crate) late: bool,
    pub(crate) offer: Option<OpenOffer>,
    /// Who it is offered to or held by learns with it.
    pub(crate) lesson: Option<Taught>,
    /// Who knows it from before, while it waits for them.
    pub(crate) continuity: Option<Continuity>,
    /// Who has it, or had it before level 2.
    pub(crate) assignee: Option<AgentId>,
    /// Who has it at level 2.
    pub(crate) level2: Option<AgentId>,
    /// Level 2 has given its answer back.
    pub(crate) returned: bool,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) forwarded_to: Option<String>,
    pub(crate) forwarded_phone: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) wait_until: Option<Timestamp>,
    pub(crate) resolved_at: Option<Timestamp>,
    /// While it is confided to level 2 or to an outside body.
    pub(crate) followed: Option<FollowUp>,
}

/// Somebody who asks for a change, as far as one request is concerned.
#[derive(Clone, Debug)]
pub(crate) struct Actor {
    pub(crate) agent_id: AgentId,
    pub(crate) access: Access,
    /// Supervisor or administrator of the request's authority.
    pub(crate) oversees: bool,
    /// What they lack to take it, in French.
    pub(crate) missing: Vec<String>,
    /// Who has it is on leave, and they stand in for them.
    pub(crate) stands_in: bool,
}

/// What a change is, for those who are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fact {
    Queued,
    Offered,
    Assigned,
    Started,
    Escalated,
    Returned,
    Reminded,
    Resumed,
    Waiting,
    Forwarded,
    Resolved,
    Withdrawn,
    Dismissed,
    Closed,
    Reopened,
}

/// One change of the work.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// `None` when the work begins.
    pub(crate) before: Option<Work>,
    pub(crate) after: Work,
    pub(crate) fact: Fact,
    /// Name of the command or of the cause, for the history.
    pub(crate) how: &'static str,
    /// Who did it; `None` = the desk itself.
    pub(crate) agent_id: Option<AgentId>,
}

/// The table of states has no such move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IllegalMove;

impl Work {
    /// Returns the work on a request that was just received on the web in French, and waits for anybody.
    pub(crate) fn received(
        (request_id, authority_id): (ServiceRequestId, AuthorityId),
        (filing, need): (Filing, Need),
        received_at: Timestamp,
    ) -> Self {
        Self {
            request_id,
            authority_id,
            state: WorkState::Queued,
            version: 1,
            filing,
            clock: Clock::default(),
            channel: Channel::Web,
            nature: Nature::Request,
            language: "fr".to_owned(),
            danger: false,
            excluded: Vec::new(),
            received_at,
            need,
            wider: Vec::new(),
            queue: Some(Desk::Main),
            since: received_at,
            late: false,
            offer: None,
            lesson: None,
            continuity: None,
            assignee: None,
            level2: None,
            returned: false,
            outcome: None,
            forwarded_to: None,
            forwarded_phone: None,
            reason: None,
            wait_until: None,
            resolved_at: None,
            followed: None,
        }
    }

    /// Returns who has it now: level 2 once it took it.
    pub(crate) fn holder(&self) -> Option<AgentId> {
        use WorkState::{Assigned, Escalated, Forwarded, InProgress, WaitingRequester};
        match self.state {
            Assigned | InProgress | WaitingRequester | Forwarded => self.level2.or(self.assignee),
            Escalated => self.level2,
            _ => None,
        }
    }

    /// Returns the code of the department that has it, as the usager is told: level 2's once it was asked.
    pub(crate) fn department(&self) -> &str {
        let with_level2 = self.state == WorkState::Escalated || (self.level2.is_some() && !self.returned);
        if with_level2 { &self.need.department } else { &self.filing.department }
    }

    /// Returns whose capacity it uses: who was offered it, or who works on it.
    pub(crate) fn loaded(&self) -> Option<AgentId> {
        let working = matches!(self.state, WorkState::Assigned | WorkState::InProgress | WorkState::Escalated);
        self.offer.map(|offer| offer.agent_id).or_else(|| self.holder().filter(|_| working))
    }

    /// Returns what it asks at an instant: less and less while nobody takes it.
    pub(crate) fn need_at(&self, now: Timestamp) -> Cow<'_, Need> {
        let step = self.wider.iter().rfind(|step| step.from <= now);
        step.map_or(Cow::Borrowed(&self.need), |step| Cow::Owned(step.of(&self.need)))
    }

    /// Returns what the engine is told while it waits.
    pub(crate) fn entry(&self) -> Entry {
        let mut excluded = self.excluded.clone();
        // Whoever asked level 2 for help does not get their own question.
        excluded.extend(self.assignee.filter(|_| self.queue == Some(Desk::Level2)));
        Entry {
            request_id: self.request_id,
            version: self.version,
            steps: widening::steps(&self.need, &self.wider),
            channel: self.channel,
            slope: self.filing.slope,
            since: self.since,
            late: self.late,
            excluded,
            continuity: self.continuity.filter(|_| self.queue == Some(Desk::Main)),
        }
    }

    /// Returns what every event about it says.
    pub(crate) fn summary(&self) -> WorkChange {
        WorkChange {
            state: self.state,
            version: self.version,
            department: self.department().to_owned(),
            assignee_id: self.level2.or(self.assignee),
            due_at: self.filing.announced_due,
            confidential: self.filing.confidential,
        }
    }

    /// Returns when it is closed, once answered.
    pub(crate) fn close_at(&self) -> Option<Timestamp> {
        let resolved_at = self.resolved_at.filter(|_| self.state == WorkState::Resolved)?;
        Some(resolved_at.plus_seconds(CLOSE_AFTER_DAYS * DAY_SECONDS))
    }

    /// Returns until when a reply reopens it.
    pub(crate) fn reopen_until(&self) -> Option<Timestamp> {
        Some(self.resolved_at?.plus_seconds(REOPEN_DAYS * DAY_SECONDS))
    }

    /// Returns the next version of this work in `state`.
    pub(crate) fn moved(&self, state: WorkState) -> Result<Self, IllegalMove> {
        if state != self.state && !self.state.can_become(state) {
            return Err(IllegalMove);
        }
        Ok(Self { state, version: self.version + 1, ..self.clone() })
    }

    /// Returns the next version, waiting in a queue with nobody's name on it.
    pub(crate) fn requeued(&self, need: Need) -> Result<Self, IllegalMove> {
        Ok(Self {
            need,
            queue: Some(Desk::Main),
            offer: None,
            assignee: None,
            level2: None,
            wait_until: None,
            ..self.moved(WorkState::Queued)?
        })
    }

    /// Returns the change that ends here.
    pub(crate) fn change(&self, after: Self, fact: Fact, how: &'static str, agent_id: Option<AgentId>) -> Change {
        Change { before: Some(self.clone()), after, fact, how, agent_id }
    }

    /// An agent is proposed it.
    pub(crate) fn offered(&self, offer: OpenOffer) -> Result<Change, IllegalMove> {
        let state = if self.queue == Some(Desk::Level2) { self.state } else { WorkState::Offered };
        if self.queue.is_none() || self.offer.is_some() {
            return Err(IllegalMove);
        }
        let after = Self { offer: Some(offer), ..self.moved(state)? };
        Ok(self.change(after, Fact::Offered, "offer", Some(offer.agent_id)))
    }

    /// The proposal ended without a yes: it waits again where it did.
    pub(crate) fn offer_ended(&self, how: &'static str) -> Result<Change, IllegalMove> {
        let offer = self.offer.ok_or(IllegalMove)?;
        let state = if self.queue == Some(Desk::Level2) { self.state } else { WorkState::Queued };
        let after = Self { offer: None, ..self.moved(state)? };
        Ok(self.change(after, Fact::Queued, how, Some(offer.agent_id)))
    }

    /// An agent gets it, by a yes or by hand.
    pub(crate) fn given_to(&self, agent_id: AgentId, how: &'static str) -> Result<Change, IllegalMove> {
        let after = match self.queue.ok_or(IllegalMove)? {
            Desk::Main => Self { assignee: Some(agent_id), ..self.moved(WorkState::Assigned)? },
            Desk::Level2 => Self { level2: Some(agent_id), ..self.moved(self.state)? },
        };
        let after = Self { queue: None, offer: None, continuity: None, ..after };
        Ok(self.change(after, Fact::Assigned, how, Some(agent_id)))
    }

    /// Whoever stands in for its absent holder goes on with it.
    pub(crate) fn taken_over(&self, agent_id: AgentId) -> Result<Change, IllegalMove> {
        let holder = self.holder().ok_or(IllegalMove)?;
        let after = self.moved(self.state)?;
        let after = if self.level2 == Some(holder) {
            Self { level2: Some(agent_id), ..after }
        } else {
            Self { assignee: Some(agent_id), ..after }
        };
        Ok(self.change(after, Fact::Assigned, "take_over", Some(agent_id)))
    }

    /// The usager wrote, the outside body answered or the wait is over: whoever had it goes on.
    pub(crate) fn resumed(&self, how: &'static str, agent_id: Option<AgentId>) -> Result<Change, IllegalMove> {
        if self.holder().is_none() {
            let after = self.requeued(self.need.clone())?;
            return Ok(self.change(after, Fact::Resumed, how, agent_id));
        }
        let after = Self { wait_until: None, ..self.moved(WorkState::InProgress)? };
        Ok(self.change(after, Fact::Resumed, how, agent_id))
    }

    /// It is open again, and waits from now on: for whoever answered it first, until `known_until`, then for anybody.
    pub(crate) fn reopened(
        &self,
        need: Need,
        (now, known_until): (Timestamp, Timestamp),
        how: &'static str,
        agent_id: Option<AgentId>,
    ) -> Result<Change, IllegalMove> {
        let fresh = Self {
            since: now,
            late: false,
            outcome: None,
            reason: None,
            resolved_at: None,
            returned: false,
            continuity: self.level2.or(self.assignee).map(|agent_id| Continuity { agent_id, until: known_until }),
            ..self.clone()
        };
        let after = fresh.requeued(need)?;
        Ok(self.change(after, Fact::Reopened, how, agent_id))
    }

    /// It is answered.
    pub(crate) fn resolved(
        &self,
        outcome: Outcome,
        now: Timestamp,
        agent_id: Option<AgentId>,
    ) -> Result<Change, IllegalMove> {
        let after = Self { outcome: Some(outcome), resolved_at: Some(now), ..self.ended(WorkState::Resolved)? };
        Ok(self.change(after, Fact::Resolved, "resolve", agent_id))
    }

    /// It waits for the usager.
    pub(crate) fn paused(&self, until: Option<Timestamp>, agent_id: Option<AgentId>) -> Result<Change, IllegalMove> {
        let after = Self { wait_until: until, queue: None, offer: None, ..self.moved(WorkState::WaitingRequester)? };
        Ok(self.change(after, Fact::Waiting, "pause", agent_id))
    }

    /// Fourteen days have passed since the answer.
    pub(crate) fn closed(&self) -> Result<Change, IllegalMove> {
        Ok(self.change(self.moved(WorkState::Closed)?, Fact::Closed, "close", None))
    }

    /// Returns the next version in a state in which nobody has to do anything; who had it stays known.
    pub(crate) fn ended(&self, state: WorkState) -> Result<Self, IllegalMove> {
        Ok(Self { queue: None, offer: None, wait_until: None, ..self.moved(state)? })
    }
}

impl Change {
    /// Returns what the engine has to know of this change.
    pub(crate) fn input(&self) -> Input {
        let after = &self.after;
        let (request_id, version) = (after.request_id, after.version);
        let ended = self.agent_id.map(|agent_id| Ended { request_id, version, agent_id });
        match (self.how, ended, after.loaded()) {
            ("decline", Some(ended), _) => Input::Declined(ended),
            ("expire", Some(ended), _) => Input::Expired(ended),
            ("rescind", Some(ended), _) => Input::Rescinded(ended),
            _ if after.queue.is_some() && after.offer.is_none() => Input::Arrived(after.entry()),
            (_, _, Some(agent_id)) => Input::Held { request_id, version, agent_id, weight: after.need.weight },
            _ => Input::Freed { request_id, version },
        }
    }
}
