//! Commands on the work, and what an agent may see and do.

use guichet_core::id::{AgentId, ServiceRequestId};

use super::changes::clocked;
use super::orders::{Order, prepare};
use super::{App, Result, Tx};
use crate::domain::access::{Access, actor};
use crate::domain::command::{Refusal, allowed, decide, withdrawn_by_usager};
use crate::domain::town::Town;
use crate::domain::work::{Change, Work};
use crate::error::Error;
use crate::store::{works, writings};

/// Characters of a note kept with a command.
const NOTE_CHARS_MAX: usize = 2_000;

/// What every command says first.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) request_id: ServiceRequestId,
    /// `None` = the usager, by the signed link of the request: they may only withdraw it.
    pub(crate) agent_id: Option<AgentId>,
    /// The version the person has seen.
    pub(crate) version: i64,
    pub(crate) note: String,
}

/// The work on a request as one agent may see it.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) work: Work,
    pub(crate) access: Access,
    pub(crate) allowed: Vec<&'static str>,
    /// The others who are writing an answer now.
    pub(crate) writing: Vec<AgentId>,
}

impl App {
    /// Carries out a person's command; returns the work as it has become.
    ///
    /// The database may undo one of two transactions that wait for each other: the command is tried once more. It
    /// counts once all the same, since the version it names is gone once it has.
    pub(crate) async fn command(&self, head: Head, order: Order) -> Result<Work> {
        match self.carry_out(&head, order.clone()).await {
            Err(Error::Storage(error)) if error.is_unavailable() => self.carry_out(&head, order).await,
            outcome => outcome,
        }
    }

    async fn carry_out(&self, head: &Head, order: Order) -> Result<Work> {
        let note = head.note.trim();
        if note.chars().count() > NOTE_CHARS_MAX {
            return Err(Error::field("/note", "Raccourcissez la note à 2 000 caractères."));
        }
        let mut tx = self.db.begin().await?;
        let town = self.town(&mut tx).await?;
        let work = works::find(&mut tx, head.request_id).await?.ok_or(Error::RequestNotFound)?;
        let change = match head.agent_id {
            Some(agent_id) => self.by_agent(&mut tx, &town, (&work, head.version), agent_id, order).await?,
            None => self.by_usager((&work, head.version), &order)?,
        };
        let change = clocked(&town, &change, self.clock.now())?;
        self.write_change(&mut tx, &change, note).await?;
        tx.commit().await?;
        self.wake();
        let agent_id = head.agent_id.map(tracing::field::display);
        tracing::info!(request.id = %head.request_id, agent.id = agent_id, command = change.how, version = change.after.version, "work changed");
        Ok(change.after)
    }

    /// Returns what an agent's command makes of the work they have seen at `version`.
    async fn by_agent(
        &self,
        tx: &mut Tx,
        town: &Town,
        (work, version): (&Work, i64),
        agent_id: AgentId,
        order: Order,
    ) -> Result<Change> {
        let now = self.clock.now();
        let actor = actor(town, agent_id, work, now);
        if actor.access == Access::None {
            return Err(Error::RequestNotFound);
        }
        if work.version != version {
            return Err(Error::Stale);
        }
        let command = prepare(tx, town, work, order, now).await?;
        Ok(decide(work, &actor, command, now)?)
    }

    /// Returns what the usager's order makes of their own request; the gateway has checked the signed link.
    fn by_usager(&self, (work, version): (&Work, i64), order: &Order) -> Result<Change> {
        if !matches!(order, Order::Withdraw) {
            return Err(Error::field("/command/agent_id", "Indiquez qui donne cet ordre."));
        }
        if work.version != version {
            return Err(Error::Stale);
        }
        Ok(withdrawn_by_usager(work, self.clock.now())?)
    }

    /// Returns the work on a request, what an agent may see of it and do with it; without an agent, everything and
    /// nothing (for calls that no person is behind).
    pub(crate) async fn view(&self, request_id: ServiceRequestId, agent_id: Option<AgentId>) -> Result<View> {
        let mut db = &self.db;
        let town = self.town(&mut db).await?;
        let work = works::find(&mut db, request_id).await?.ok_or(Error::RequestNotFound)?;
        let Some(agent_id) = agent_id else {
            return Ok(View { work, access: Access::Full, allowed: Vec::new(), writing: Vec::new() });
        };
        let now = self.clock.now();
        let actor = actor(&town, agent_id, &work, now);
        let allowed = allowed(&work, &actor, now);
        let mut writing = match actor.access {
            Access::Full => writings::list(&mut db, request_id, now).await?,
            Access::Existence | Access::None => Vec::new(),
        };
        writing.retain(|writer| *writer != agent_id);
        Ok(View { work, access: actor.access, allowed, writing })
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Hidden => Self::RequestNotFound,
            Refusal::Confidential => Self::Confidential,
            Refusal::NotInCharge => Self::NotInCharge,
            Refusal::Lacks(missing) => Self::Lacks(missing),
            Refusal::MustReturn => Self::MustReturn,
            Refusal::TooOld => Self::TooOld,
            Refusal::State => Self::State,
        }
    }
}
