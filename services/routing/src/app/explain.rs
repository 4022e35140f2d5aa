//! Why a request went where it went.

use guichet_core::french::Dates;
use guichet_core::id::ServiceRequestId;

use super::forecasts::Told;
use super::{App, Result};
use crate::domain::explain::{Event, story};
use crate::error::Error;
use crate::store::decisions::{self, DecisionRow};
use crate::store::steps;
pub(crate) use crate::store::steps::StepRow;
use crate::store::works;

/// Lines of history and decisions read for one request: a request tossed about more than that is told from its start.
const EVENTS_MAX: i64 = 1_000;

impl App {
    /// Returns the decision records of a request, oldest first, each with what could then be told of the wait.
    pub(crate) async fn list_decisions(
        &self,
        request_id: ServiceRequestId,
    ) -> Result<Vec<(DecisionRow, Option<Told>)>> {
        let town = self.town(&mut &self.db).await?;
        let told = |row: DecisionRow| {
            let told = row.forecast.map(|announced| Told::of(&town, row.authority_id, announced));
            (row, told)
        };
        Ok(self.decisions(request_id).await?.into_iter().map(told).collect())
    }

    async fn decisions(&self, request_id: ServiceRequestId) -> Result<Vec<DecisionRow>> {
        Ok(decisions::list(&mut &self.db, request_id, EVENTS_MAX).await?)
    }

    /// Returns every change of the work on a request, oldest first.
    pub(crate) async fn list_steps(&self, request_id: ServiceRequestId) -> Result<Vec<StepRow>> {
        Ok(steps::list(&mut &self.db, request_id, EVENTS_MAX).await?)
    }

    /// Returns the story of a request in plain French, one sentence a line.
    pub(crate) async fn explain(&self, request_id: ServiceRequestId) -> Result<Vec<String>> {
        let mut db = &self.db;
        let town = self.town(&mut db).await?;
        let work = works::find(&mut db, request_id).await?.ok_or(Error::RequestNotFound)?;
        let directory = town.by_id(work.authority_id).ok_or(Error::UnknownAuthority)?;
        let events = told_in_order(self.list_steps(request_id).await?, self.decisions(request_id).await?);
        Ok(story(&town, &Dates::of_zone(&directory.authority.time_zone), &work, &events, self.clock.now()))
    }
}

/// Returns what happened and what was decided, in order: an offer is told by its decision, where the history has it.
fn told_in_order(steps: Vec<StepRow>, decided: Vec<DecisionRow>) -> Vec<Event> {
    let (offered, other): (Vec<_>, Vec<_>) = decided.into_iter().partition(|row| row.kind == "offered");
    let (mut offered, mut other) = (offered.into_iter(), other.into_iter().peekable());
    let mut events = Vec::new();
    for step in steps {
        while let Some(row) = other.next_if(|row| row.at < step.at) {
            events.push(decision(row));
        }
        if step.how == "offer" {
            events.extend(offered.next().map(decision));
        } else {
            let StepRow { at, how, agent_id, department, note, .. } = step;
            events.push(Event::Step { at, how, agent_id, department, note });
        }
    }
    events.extend(other.chain(offered).map(decision));
    events
}

fn decision(row: DecisionRow) -> Event {
    let record = serde_json::from_str(&row.record).ok();
    Event::Decision { at: row.at, kind: row.kind, agent_id: row.agent_id, record, forecast: row.forecast }
}
