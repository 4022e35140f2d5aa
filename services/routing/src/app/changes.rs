//! Writing changes of the work: the row at its version, the agents' loads, offers, the one active assignment, the
//! history, the events and the engine's inputs.
//!
//! Rows are locked in one order everywhere (works first, then agents by id), so that two transactions never wait for
//! each other.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::store::Tx;
use guichet_bus::outbox;
use guichet_core::Timestamp;
use guichet_core::id::{AgentId, AssignmentId};
use guichet_core::work::Outcome;
use guichet_events::{EventData, NewEvent, routing};

use super::{App, Result};
use crate::domain::clock::Rules;
use crate::domain::engine::Input;
use crate::domain::forecast::Bucket;
use crate::domain::town::Town;
use crate::domain::widening;
use crate::domain::work::{Change, Desk, Fact, Work};
use crate::domain::{follow_up, lesson};
use crate::error::Error;
use crate::store::loads::{self, Delta};
use crate::store::{inputs, lessons, offers, steps, waits, works};

/// Who tells the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Teller {
    /// An input row does: the change was made outside the matcher.
    Inputs,
    /// The matcher itself, which made the change.
    Matcher,
}

impl App {
    /// Writes one change made by a person or by an event.
    pub(crate) async fn write_change(&self, tx: &mut Tx, change: &Change, note: &str) -> Result<()> {
        self.write_changes(tx, std::slice::from_ref(change), note, Teller::Inputs).await
    }

    /// Writes changes; [`Error::Stale`] when one of them no longer fits, and then nothing of the transaction may stand.
    pub(crate) async fn write_changes(
        &self,
        tx: &mut Tx,
        changes: &[Change],
        note: &str,
        teller: Teller,
    ) -> Result<()> {
        let now = self.clock.now();
        let dated = self.dated(tx, changes, now).await?;
        let changes = &*dated;
        for change in changes {
            if !works::apply(tx, change).await? {
                return Err(Error::Stale);
            }
        }
        for (agent, delta) in deltas(changes) {
            if !loads::change(tx, agent, delta, now).await? {
                return Err(Error::Stale);
            }
        }
        let mut events = Vec::new();
        for change in changes {
            steps::insert(tx, change, now, note).await?;
            self.follow_up(tx, change, now).await?;
            if let Some(ending) = lesson::ended(change) {
                lessons::keep(tx, change, ending, now).await?;
            }
            self.events_of(change, &mut events);
            if teller == Teller::Inputs {
                inputs::push(tx, change.after.authority_id, now, &change.input()).await?;
            }
            self.tell_elsewhere(tx, change, teller, now).await?;
        }
        Ok(outbox::append(tx, &events).await?)
    }

    /// Tells the engine of an agent's employer what the agent has, when the request is of another pool.
    async fn tell_elsewhere(&self, tx: &mut Tx, change: &Change, teller: Teller, now: Timestamp) -> Result<()> {
        let (request_id, version) = (change.after.request_id, change.after.version);
        let (had, has) = (change.before.as_ref().and_then(Work::loaded), change.after.loaded());
        let input = match has {
            Some(agent_id) => Input::Held { request_id, version, agent_id, weight: change.after.need.weight },
            None => Input::Freed { request_id, version },
        };
        // The matcher offers to agents of its own pool only.
        let has = has.filter(|agent| teller == Teller::Inputs && had != Some(*agent));
        for agent in had.into_iter().chain(has) {
            inputs::push_elsewhere(tx, agent, change.after.authority_id, now, &input).await?;
        }
        Ok(())
    }

    /// Returns the changes with the dates that follow from them, those by which what is confided is followed up, and those
    /// from which on what waits asks less.
    async fn dated<'a>(&self, tx: &mut Tx, changes: &'a [Change], now: Timestamp) -> Result<Cow<'a, [Change]>> {
        let is_touched = |change: &Change| {
            let follows = follow_up::is_news(change) || widening::is_news(change);
            follows || change.touches_clocks() || lesson::ended(change).is_some()
        };
        if !changes.iter().any(is_touched) {
            return Ok(Cow::Borrowed(changes));
        }
        let town = self.town(tx).await?;
        let mut dated = Vec::with_capacity(changes.len());
        for change in changes {
            let mut change = clocked(&town, change, now)?;
            if follow_up::is_news(&change) {
                change.after.followed = follow_up::of(&change, &town, now);
            }
            if widening::is_news(&change) {
                change.after.wider = widening::of(&change.after, &town, now);
            }
            if lesson::ended(&change).is_some() {
                change.after.lesson = None;
            }
            dated.push(change);
        }
        Ok(Cow::Owned(dated))
    }

    /// Ends the offer and the wait that a change ends, and moves the assignment that it moves.
    async fn follow_up(&self, tx: &mut Tx, change: &Change, now: Timestamp) -> Result<()> {
        let (before, after) = (change.before.as_ref(), &change.after);
        if let Some(ended) = ended_offer(change) {
            offers::end(tx, ended.offer_id, offer_state(change, ended.agent_id), now).await?;
        }
        let working = |work: &Work| work.loaded().filter(|_| work.offer.is_none());
        let (had, has) = (before.and_then(working), working(after));
        if had != has {
            let id = AssignmentId::new(&*self.clock, &*self.rng);
            let key = (after.authority_id, after.request_id);
            offers::assign(tx, id, key, has.map(|agent| (agent, after.need.weight)), now).await?;
        }
        if let Some(taken) = ended_wait(change) {
            waits::end(tx, after.request_id, now, taken).await?;
        }
        Ok(())
    }

    /// Returns an event about a request.
    pub(crate) fn event<E: EventData>(&self, work: &Work, data: &E) -> NewEvent {
        NewEvent::new(&*self.clock, &*self.rng, work.authority_id, data).about(work.request_id)
    }

    fn events_of(&self, change: &Change, events: &mut Vec<NewEvent>) {
        let after = &change.after;
        if let Some(ended) = ended_offer(change)
            && offer_state(change, ended.agent_id) != "accepted"
        {
            let declined = change.how == "decline";
            events.push(
                self.event(
                    after,
                    &routing::OfferEnded { offer_id: ended.offer_id, agent_id: ended.agent_id, declined },
                ),
            );
        }
        // Level 1 sees that it is with level 2; how level 2 shares it out is nobody else's news.
        if after.queue == Some(Desk::Level2) && matches!(change.fact, Fact::Offered | Fact::Queued) {
            return;
        }
        events.push(self.work_event(change));
    }

    fn work_event(&self, change: &Change) -> NewEvent {
        let after = &change.after;
        let work = after.summary();
        match change.fact {
            Fact::Queued => self.event(after, &routing::RequestQueued { work }),
            Fact::Offered => self.event(after, &routing::RequestOffered { work }),
            Fact::Assigned => self.event(after, &routing::RequestAssigned { work }),
            Fact::Started => self.event(after, &routing::RequestStarted { work }),
            Fact::Escalated => self.event(after, &routing::RequestEscalated { work }),
            Fact::Returned => self.event(after, &routing::RequestReturned { work }),
            Fact::Reminded => self.event(after, &routing::RequestReminded { work }),
            Fact::Resumed => self.event(after, &routing::RequestResumed { work }),
            Fact::Withdrawn => self.event(after, &routing::RequestWithdrawn { work }),
            Fact::Closed => self.event(after, &routing::RequestClosed { work }),
            Fact::Reopened => self.event(after, &routing::RequestReopened { work }),
            Fact::Waiting => {
                let (until, silence) = (after.wait_until, after.filing.silence);
                self.event(after, &routing::RequestWaiting { work, until, silence })
            }
            Fact::Forwarded => {
                let organisation = after.forwarded_to.clone().unwrap_or_default();
                let phone = after.forwarded_phone.clone().unwrap_or_default();
                self.event(after, &routing::RequestForwarded { work, organisation, phone })
            }
            Fact::Resolved => {
                let outcome = after.outcome.unwrap_or(Outcome::Informed);
                let reopen_until = after.reopen_until().unwrap_or_default();
                self.event(after, &routing::RequestResolved { work, outcome, reopen_until })
            }
            Fact::Dismissed => {
                let reason = after.reason.clone().unwrap_or_default();
                self.event(after, &routing::RequestDismissed { work, reason })
            }
        }
    }
}

/// Returns a change with the dates that follow from it.
pub(super) fn clocked(town: &Town, change: &Change, at: Timestamp) -> Result<Change> {
    if !change.touches_clocks() {
        return Ok(change.clone());
    }
    Ok(change.clocked(&rules(town, &change.after, change.after.filing.procedure.as_deref())?, at))
}

/// Returns what the dates of a request are counted with, if it is filed under `procedure`.
pub(super) fn rules(town: &Town, work: &Work, procedure: Option<&str>) -> Result<Rules> {
    let directory = town.by_id(work.authority_id).ok_or(Error::UnknownAuthority)?;
    Ok(Rules::of(town, directory, procedure, work.danger))
}

/// Returns the open offer that a change ends.
fn ended_offer(change: &Change) -> Option<crate::domain::work::OpenOffer> {
    let before = change.before.as_ref()?.offer?;
    (change.after.offer != Some(before)).then_some(before)
}

/// Returns whether a change ends the wait in a bucket because somebody takes the request; `None` when it waits on there.
fn ended_wait(change: &Change) -> Option<bool> {
    let (before, after) = (change.before.as_ref().filter(|work| work.queue.is_some())?, &change.after);
    let bucket = |work: &Work| Bucket::of(work.authority_id, &work.need);
    let waits_on = after.queue.is_some() && bucket(before) == bucket(after);
    (!waits_on).then(|| after.queue.is_none() && after.holder().is_some())
}

fn offer_state(change: &Change, offered_to: AgentId) -> &'static str {
    match change.how {
        "decline" => "declined",
        "expire" => "expired",
        _ if change.after.holder() == Some(offered_to) => "accepted",
        _ => "rescinded",
    }
}

/// Returns how the agents' loads change, added up: one row an agent, in the order of their ids.
fn deltas(changes: &[Change]) -> BTreeMap<AgentId, Delta> {
    let mut deltas: BTreeMap<AgentId, Delta> = BTreeMap::new();
    for change in changes {
        let before = change.before.as_ref().and_then(|work| Some((work.loaded()?, i64::from(work.need.weight))));
        let after = change.after.loaded().map(|agent| (agent, i64::from(change.after.need.weight)));
        if before == after {
            continue;
        }
        if let Some((agent, weight)) = before {
            deltas.entry(agent).or_default().units -= weight;
        }
        if let Some((agent, weight)) = after {
            let delta = deltas.entry(agent).or_default();
            delta.units += weight;
            delta.served = true;
            delta.guarded |= change.after.offer.is_some();
        }
    }
    deltas
}
