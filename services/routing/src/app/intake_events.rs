//! What intake tells, made into work. Every function runs in the transaction that moves the cursor, so each event counts
//! once; applied again all the same, it changes nothing.

use crate::store::Tx;
use guichet_bus::outbox;
use guichet_core::id::{AgentId, AuthorityId, ServiceRequestId};
use guichet_core::work::{Outcome, ReplyThen, WorkState};
use guichet_core::{Timestamp, crash};
use guichet_events::Directory;
use guichet_events::intake::{ReplyPosted, RequestClassified, RequestReceived};
use guichet_events::routing::RequestRegistered;

use super::changes::{clocked, rules};
use super::orders::ask;
use super::{App, Result, Town};
use crate::domain::access;
use crate::domain::engine::{Continuity, Need};
use crate::domain::filing::{self, Ask, Filing, file};
use crate::domain::work::{Change, Desk, Fact, Work};
use crate::error::Error;
use crate::store::{works, writings};

impl App {
    /// A request exists: it is filed, dated and queued.
    pub(crate) async fn receive(
        &self,
        tx: &mut Tx,
        (authority_id, request_id): (AuthorityId, ServiceRequestId),
        event: RequestReceived,
    ) -> Result<()> {
        if works::find(tx, request_id).await?.is_some() {
            return Ok(());
        }
        crash::point("routing.heard");
        let town = self.town(tx).await?;
        let directory = town.by_id(authority_id).ok_or(Error::UnknownAuthority)?;
        let (filing, need) = file(
            &town,
            directory,
            &Ask {
                procedure: event.procedure.as_deref(),
                channel: event.channel,
                language: &event.language,
                danger: event.danger,
                received_at: event.received_at,
            },
        );
        let continuity = self.known(tx, (&town, directory), (&filing, &need), &event).await?;
        let work = Work {
            continuity,
            channel: event.channel,
            nature: event.nature,
            language: event.language,
            danger: event.danger,
            excluded: event.excluded_agents,
            ..Work::received((request_id, authority_id), (filing, need), event.received_at)
        };
        let change = Change { before: None, after: work, fact: Fact::Queued, how: "receive", agent_id: None };
        self.register(tx, &change.after).await?;
        self.write_change(tx, &change, "").await?;
        works::note_party(tx, request_id, event.party_id).await?;
        crash::point("routing.queued");
        Ok(())
    }

    /// Returns whom a new request in writing waits for a while: who answered this usager in that department lately, unless it
    /// is about them.
    async fn known(
        &self,
        tx: &mut Tx,
        (town, directory): (&Town, &Directory),
        (filing, need): (&Filing, &Need),
        event: &RequestReceived,
    ) -> Result<Option<Continuity>> {
        if need.live {
            return Ok(None);
        }
        let now = self.clock.now();
        let of = (directory.authority.id, filing.department.as_str());
        let known = works::last_to_answer(tx, event.party_id, of, filing::known_since(now)).await?;
        let known = known.filter(|agent_id| !event.excluded_agents.contains(agent_id));
        let until = filing::known_until(town, directory, &need.department, now);
        Ok(known.map(|agent_id| Continuity { agent_id, until }))
    }

    /// Tells the department and the dates: what acknowledgements are made of.
    async fn register(&self, tx: &mut Tx, work: &Work) -> Result<()> {
        let filing = &work.filing;
        let registered = RequestRegistered {
            department: filing.department.clone(),
            procedure: filing.procedure.clone(),
            tier: filing.tier,
            received_at: work.received_at,
            announced_due: filing.announced_due,
            legal_due: filing.legal_due,
            internal_due: filing.internal_due,
            receipt_due: filing.receipt_due,
            silence: filing.silence,
        };
        Ok(outbox::append(tx, &[self.event(work, &registered)]).await?)
    }

    /// Somebody said what the request really is. Whoever has it keeps it if they may treat it; otherwise it goes to those
    /// who may.
    pub(crate) async fn classify(
        &self,
        tx: &mut Tx,
        request_id: ServiceRequestId,
        event: RequestClassified,
    ) -> Result<()> {
        let Some(work) = works::find(tx, request_id).await? else { return Ok(()) };
        if !work.state.is_open() || work.filing.procedure.as_deref() == Some(&event.procedure) {
            return Ok(());
        }
        let town = self.town(tx).await?;
        let directory = town.by_id(work.authority_id).ok_or(Error::UnknownAuthority)?;
        let (filing, need) = file(&town, directory, &ask(&work, Some(&event.procedure)));
        let rules = rules(&town, &work, filing.procedure.as_deref())?;
        let known = Work { nature: event.nature, ..work.refiled(filing, &rules) };
        let keeps = work.queue.is_none()
            && work.holder().is_some_and(|holder| access::missing(&town, holder, &need).is_empty());
        let (after, fact) = match work.state {
            // Level 2 was asked by a person: it stays asked.
            WorkState::Escalated => (known.moved(work.state), Fact::Escalated),
            state if keeps || state == WorkState::Forwarded => (known.moved(state), fact_of(state)),
            _ => (known.requeued(need.clone()), Fact::Queued),
        };
        let mut after = after.map_err(|_| Error::State)?;
        if after.queue != Some(Desk::Level2) {
            after.need = need;
        }
        let change = work.change(after, fact, "classify", Some(event.agent_id));
        let change = clocked(&town, &change, self.clock.now())?;
        self.register(tx, &change.after).await?;
        self.write_change(tx, &change, "").await
    }

    /// The usager wrote again: waiting work resumes, finished work reopens.
    pub(crate) async fn message(&self, tx: &mut Tx, request_id: ServiceRequestId, written_at: Timestamp) -> Result<()> {
        let Some(work) = works::find(tx, request_id).await? else { return Ok(()) };
        let town = self.town(tx).await?;
        let change = match work.state {
            WorkState::WaitingRequester => work.resumed("message", None),
            WorkState::Resolved | WorkState::Closed | WorkState::Withdrawn | WorkState::Dismissed => {
                let directory = town.by_id(work.authority_id).ok_or(Error::UnknownAuthority)?;
                let (_, need) = file(&town, directory, &ask(&work, work.filing.procedure.as_deref()));
                let now = self.clock.now();
                let known_until = filing::known_until(&town, directory, &need.department, now);
                work.reopened(need, (now, known_until), "message", None)
            }
            _ => return self.late_papers(tx, &town, &work, written_at).await,
        };
        // The day it came counts, however late it is heard of.
        let change = clocked(&town, &change.map_err(|_| Error::State)?, written_at)?;
        self.write_change(tx, &change, "").await
    }

    /// The usager wrote after the time given was over: where silence accepts, the legal delay starts now.
    async fn late_papers(&self, tx: &mut Tx, town: &Town, work: &Work, written_at: Timestamp) -> Result<()> {
        let rules = rules(town, work, work.filing.procedure.as_deref())?;
        let Some(dated) = work.with_late_papers(&rules, written_at) else { return Ok(()) };
        if works::note_papers(tx, &dated).await? { Ok(()) } else { Err(Error::Stale) }
    }

    /// An agent wrote to the usager: the work follows what the reply asked. The reply has gone out, so it is never refused.
    pub(crate) async fn reply(&self, tx: &mut Tx, request_id: ServiceRequestId, event: ReplyPosted) -> Result<()> {
        writings::end(tx, request_id, event.agent_id).await?;
        let Some(mut work) = works::find(tx, request_id).await? else { return Ok(()) };
        if !work.state.is_open() {
            return Ok(());
        }
        if event.then == ReplyThen::Continue {
            return self.begin(tx, &work, event.agent_id).await;
        }
        // Answered straight from the queue: whoever answered had it.
        if matches!(work.state, WorkState::Queued | WorkState::Offered) {
            let change = work.given_to(event.agent_id, "take").map_err(|_| Error::State)?;
            self.write_change(tx, &change, "").await?;
            work = change.after;
        }
        let (agent, now) = (Some(event.agent_id), self.clock.now());
        let change = match event.then {
            ReplyThen::Resolve => work.resolved(event.outcome.unwrap_or(Outcome::Informed), now, agent),
            // Asked again without another date: it waits already.
            _ if work.state == WorkState::WaitingRequester
                && (event.wait_until.is_none() || event.wait_until == work.wait_until) =>
            {
                return Ok(());
            }
            _ => work.paused(event.wait_until, agent),
        };
        self.write_change(tx, &change.map_err(|_| Error::State)?, "").await
    }

    /// A first reply that changes nothing else means that the agent has begun.
    async fn begin(&self, tx: &mut Tx, work: &Work, agent_id: AgentId) -> Result<()> {
        if work.state != WorkState::Assigned || work.holder() != Some(agent_id) {
            return Ok(());
        }
        let after = work.moved(WorkState::InProgress).map_err(|_| Error::State)?;
        self.write_change(tx, &work.change(after, Fact::Started, "start", Some(agent_id)), "").await
    }
}

/// Returns what to tell when only the filing changed: never a fact about which the usager is written to.
const fn fact_of(state: WorkState) -> Fact {
    match state {
        WorkState::InProgress => Fact::Started,
        _ => Fact::Assigned,
    }
}
