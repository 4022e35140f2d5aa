//! What waits, as an agent sees it.

use std::sync::Arc;

use crate::store::Row;
use guichet_core::Timestamp;
use guichet_core::id::{AgentId, AuthorityId, ServiceRequestId};
use guichet_core::work::WorkState;

use super::{App, Result};
use crate::domain::access::{Access, access, missing};
use crate::domain::engine::urgency::factor_of;
use crate::domain::town::Town;
use crate::domain::work::Work;
use crate::error::Error;
use crate::store::works;

/// Entries of a page when nothing is asked, and at most (DESIGN §11).
const PAGE_DEFAULT: usize = 25;
const PAGE_MAX: usize = 100;

/// One waiting request and what the agent lacks to take it.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) work: Work,
    pub(crate) authority: String,
    pub(crate) missing: Vec<String>,
    /// Somebody else has been asked first.
    pub(crate) offered_elsewhere: bool,
    pub(crate) hidden: bool,
}

/// A page of the queue.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) entries: Vec<Entry>,
    pub(crate) next: Option<usize>,
}

/// The desk in figures.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Stats {
    pub(crate) waiting: u64,
    pub(crate) oldest_seconds: u64,
    pub(crate) offered: u64,
    pub(crate) assigned: u64,
    pub(crate) unroutable: u64,
    pub(crate) outbox_lag: u64,
}

impl App {
    /// Returns a page of what waits, the most urgent first, within what the agent may see.
    pub(crate) async fn list_queue(
        &self,
        agent_id: AgentId,
        department: &str,
        offset: usize,
        limit: u32,
    ) -> Result<Page> {
        let town = self.town(&mut &self.db).await?;
        let limit = page_size(limit);
        let now = self.clock.now();
        let mut waiting = works::list_queue(&self.db, authorities_of(&town, Some(agent_id))?).await?;
        waiting.retain(|work| department.is_empty() || work.filing.department == department);
        waiting.retain(|work| access(&town, agent_id, work) != Access::None);
        waiting.sort_by_cached_key(|work| (std::cmp::Reverse(urgency_of(work, now)), work.since, work.request_id));
        let next = (waiting.len() > offset + limit).then_some(offset + limit);
        let page = waiting.into_iter().skip(offset).take(limit);
        let entries = page.map(|work| entry(&town, agent_id, work, now)).collect();
        Ok(Page { entries, next })
    }

    /// Returns how many requests of the same bucket are ahead of a request; `None` when it does not wait.
    pub(crate) async fn position(&self, request_id: ServiceRequestId) -> Result<Option<u64>> {
        let mut db = &self.db;
        let work = works::find(&mut db, request_id).await?.ok_or(Error::RequestNotFound)?;
        if work.queue.is_none() {
            return Ok(None);
        }
        Ok(Some(works::count_ahead(&mut db, &work).await?))
    }

    /// Returns the figures of the authorities an agent works for; of all without an agent.
    pub(crate) async fn stats(&self, agent_id: Option<AgentId>) -> Result<Stats> {
        let town = self.town(&mut &self.db).await?;
        let now = self.clock.now();
        let mut stats = Stats { outbox_lag: self.log.waiting().await?, ..Stats::default() };
        for row in works::count_states(&self.db, authorities_of(&town, agent_id)?).await? {
            add(&mut stats, &row, now)?;
        }
        Ok(stats)
    }
}

fn add(stats: &mut Stats, row: &Row, now: Timestamp) -> Result<()> {
    let count: u64 = row.get("entries")?;
    let oldest: Timestamp = row.get("oldest")?;
    let state: String = row.get("state")?;
    let queued: bool = row.get("queued")?;
    let offered: bool = row.get("offered")?;
    if queued && !offered {
        stats.waiting += count;
        stats.unroutable += row.get::<u64>("unroutable")?;
        stats.oldest_seconds = stats.oldest_seconds.max(u64::try_from(now.millis_since(oldest) / 1_000).unwrap_or(0));
    } else if queued {
        stats.offered += count;
    } else if [WorkState::Assigned, WorkState::InProgress, WorkState::Escalated]
        .iter()
        .any(|open| open.as_str() == state)
    {
        stats.assigned += count;
    }
    Ok(())
}

fn urgency_of(work: &Work, now: Timestamp) -> i128 {
    i128::from(factor_of(work.filing.slope, work.late)) * i128::from(now.millis_since(work.since))
}

fn entry(town: &Arc<Town>, agent_id: AgentId, work: Work, now: Timestamp) -> Entry {
    let hidden = access(town, agent_id, &work) != Access::Full;
    let missing = missing(town, agent_id, &work.need_at(now));
    let offered_elsewhere = work.offer.is_some_and(|offer| offer.agent_id != agent_id);
    let authority = work.need.authority.clone();
    Entry { work, authority, missing, offered_elsewhere, hidden }
}

/// Returns how many entries a page holds.
pub(super) fn page_size(asked: u32) -> usize {
    match usize::try_from(asked).unwrap_or(PAGE_MAX) {
        0 => PAGE_DEFAULT,
        asked => asked.min(PAGE_MAX),
    }
}

/// Returns the authorities whose work an agent may see; all without an agent.
pub(super) fn authorities_of(town: &Town, agent_id: Option<AgentId>) -> Result<Vec<AuthorityId>> {
    let Some(agent_id) = agent_id else { return Ok(town.all().map(|directory| directory.authority.id).collect()) };
    let (employer, agent) = town.agent(agent_id).ok_or(Error::SessionOver)?;
    let mut codes = town.authorities_of(employer, agent);
    // A shared department works on the requests of others.
    codes.extend(town.all().map(|directory| directory.authority.code.clone()).filter(|code| {
        town.agreement(code, &employer.authority.code)
            .is_some_and(|pooling| pooling.shared_departments.iter().any(|shared| agent.departments.contains(shared)))
    }));
    codes.sort();
    codes.dedup();
    Ok(codes.iter().filter_map(|code| Some(town.by_code(code)?.authority.id)).collect())
}
