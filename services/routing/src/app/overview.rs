//! What is open, counted and listed for supervisors.

use guichet_core::Timestamp;
use guichet_core::id::AgentId;
use guichet_core::work::PresenceState;

use super::forecasts::Told;
use super::queue::{authorities_of, page_size};
use super::{App, Result};
use crate::domain::forecast::Bucket;
pub(crate) use crate::domain::overview::{Cut, Figure, Figures, Missing};
use crate::domain::overview::{DepartmentFigures, OpenWork, by_cut, by_department, missing};
use crate::store::{loads, works};

/// The figures of a moment.
#[derive(Debug)]
pub(crate) struct Overview {
    pub(crate) at: Timestamp,
    pub(crate) departments: Vec<(String, DepartmentFigures)>,
    /// What whoever comes now may be told.
    pub(crate) forecasts: Vec<(Bucket, Told)>,
    pub(crate) cuts: Vec<(Cut, Figures)>,
    pub(crate) missing: Vec<Missing>,
}

/// Which open requests to list.
#[derive(Debug)]
pub(crate) struct Selection<'a> {
    pub(crate) figure: Figure,
    /// Code; empty = all.
    pub(crate) authority: &'a str,
    /// Code; empty = all.
    pub(crate) department: &'a str,
    /// `None` = whatever its skills, channel and nature.
    pub(crate) cut: Option<Cut>,
}

impl App {
    /// Returns the figures of the authorities an agent works for (all without an agent), by authority and department.
    pub(crate) async fn overview(&self, agent_id: Option<AgentId>) -> Result<Overview> {
        let town = self.town(&mut &self.db).await?;
        let at = self.clock.now();
        let authorities = authorities_of(&town, agent_id)?;
        let forecasts = self.forecasts(&town, authorities.clone()).await?;
        let open = works::list_open(&self.db, authorities).await?;
        let named = by_department(&open, at).into_iter().filter_map(|figures| {
            let directory = town.all().find(|directory| directory.authority.id == figures.authority_id)?;
            Some((directory.authority.code.clone(), figures))
        });
        let departments = named.collect();
        let loads = loads::list(&mut &self.db).await?.into_iter();
        let at_work = loads.filter(|load| load.presence != PresenceState::Away).map(|load| load.agent_id).collect();
        let (cuts, missing) = (by_cut(&open, at), missing(&town, &open, &at_work));
        Ok(Overview { at, departments, forecasts, cuts, missing })
    }

    /// Returns a page of the requests that one figure counts, the nearest announced date first.
    pub(crate) async fn list_open(
        &self,
        agent_id: Option<AgentId>,
        selection: &Selection<'_>,
        offset: usize,
        limit: u32,
    ) -> Result<(Vec<OpenWork>, Option<usize>)> {
        let town = self.town(&mut &self.db).await?;
        let limit = page_size(limit);
        let mut authorities = authorities_of(&town, agent_id)?;
        if !selection.authority.is_empty() {
            let asked = town.by_code(selection.authority).map(|directory| directory.authority.id);
            authorities.retain(|id| Some(*id) == asked);
        }
        let now = self.clock.now();
        let mut open = works::list_open(&self.db, authorities).await?;
        open.retain(|work| selection.department.is_empty() || work.department == selection.department);
        open.retain(|work| selection.cut.as_ref().is_none_or(|cut| cut.holds(work)));
        open.retain(|work| selection.figure.counts(work, now));
        open.sort_by_key(|work| (work.announced_due.is_none(), work.announced_due, work.received_at));
        let next = (open.len() > offset + limit).then_some(offset + limit);
        Ok((open.into_iter().skip(offset).take(limit).collect(), next))
    }
}
