//! How promises to usagers were kept, counted and listed for supervisors and auditors.

use std::ops::Range;

use guichet_core::Timestamp;
use guichet_core::id::AgentId;

use super::queue::{authorities_of, page_size};
use super::{App, Result};
use crate::domain::commitment::scores;
pub(crate) use crate::domain::commitment::{Commitment, Promise, Score};
use crate::store::works;

/// Which requests of a figure to list.
#[derive(Debug)]
pub(crate) struct Counted<'a> {
    pub(crate) commitment: Commitment,
    /// `None` = the denominator.
    pub(crate) kept: Option<bool>,
    /// Code; empty = all.
    pub(crate) authority: &'a str,
    /// Code; empty = all.
    pub(crate) department: &'a str,
    pub(crate) period: Range<Timestamp>,
}

impl App {
    /// Returns how promises were kept in a period in the authorities an agent works for (all without an agent), each
    /// with its authority's code.
    pub(crate) async fn commitments(
        &self,
        agent_id: Option<AgentId>,
        period: &Range<Timestamp>,
    ) -> Result<Vec<(String, Score)>> {
        let town = self.town(&mut &self.db).await?;
        let promises = works::list_promises(&self.db, authorities_of(&town, agent_id)?, period).await?;
        let named = scores(&promises, period, self.clock.now()).into_iter().filter_map(|score| {
            let directory = town.by_id(score.authority_id)?;
            Some((directory.authority.code.clone(), score))
        });
        Ok(named.collect())
    }

    /// Returns a page of the requests that one figure counts with the verdict on each, the newest answer first.
    pub(crate) async fn list_commitment(
        &self,
        agent_id: Option<AgentId>,
        counted: &Counted<'_>,
        offset: usize,
        limit: u32,
    ) -> Result<(Vec<(Promise, bool)>, Option<usize>)> {
        let town = self.town(&mut &self.db).await?;
        let now = self.clock.now();
        let limit = page_size(limit);
        let mut authorities = authorities_of(&town, agent_id)?;
        if !counted.authority.is_empty() {
            let asked = town.by_code(counted.authority).map(|directory| directory.authority.id);
            authorities.retain(|id| Some(*id) == asked);
        }
        let promises = works::list_promises(&self.db, authorities, &counted.period).await?;
        let mut listed: Vec<(Promise, bool)> = promises
            .into_iter()
            .filter(|promise| counted.department.is_empty() || promise.department == counted.department)
            .filter_map(|promise| {
                let kept = counted.commitment.verdict(&promise, &counted.period, now)?;
                Some((promise, kept))
            })
            .filter(|(_, kept)| counted.kept.is_none_or(|wanted| wanted == *kept))
            .collect();
        listed.sort_by_key(|(promise, _)| {
            std::cmp::Reverse((promise.resolved_at, promise.received_at, promise.request_id))
        });
        let next = (listed.len() > offset + limit).then_some(offset + limit);
        Ok((listed.into_iter().skip(offset).take(limit).collect(), next))
    }
}
