//! « Consignes du jour »: what supervisors tell their desk, today.

use guichet_bus::outbox;
use guichet_core::french::Dates;
use guichet_core::id::AgentId;
use guichet_events::routing::DayNotesChanged;
use guichet_events::{Directory, NewEvent, Role};

use super::{App, Result};
use crate::error::Error;
use crate::store::day_notes;
pub(crate) use crate::store::day_notes::DayNotes;

/// Characters of the notes of a day: what is read at a glance at the head of the desk.
const TEXT_CHARS_MAX: usize = 2_000;

impl App {
    /// Returns what the desks an agent works for are told today; all desks without an agent.
    pub(crate) async fn day_notes(&self, agent_id: Option<AgentId>) -> Result<Vec<DayNotes>> {
        let mut db = &self.db;
        let town = self.town(&mut db).await?;
        let codes = match agent_id {
            Some(agent_id) => {
                let (employer, agent) = town.agent(agent_id).ok_or(Error::SessionOver)?;
                town.authorities_of(employer, agent)
            }
            None => town.all().map(|directory| directory.authority.code.clone()).collect(),
        };
        let mut told = Vec::new();
        for directory in codes.iter().filter_map(|code| town.by_code(code)) {
            told.extend(day_notes::find(&mut db, &directory.authority.code, &self.today(directory)).await?);
        }
        Ok(told)
    }

    /// Replaces what a desk is told on a day (today when empty); an empty text takes it back. Supervisors tell their
    /// own desk.
    pub(crate) async fn set_day_notes(&self, agent_id: AgentId, authority: &str, day: &str, text: &str) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let town = self.town(&mut tx).await?;
        let directory = town.by_code(authority).ok_or(Error::UnknownAuthority)?;
        let supervises = town.agent(agent_id).is_some_and(|(employer, agent)| {
            agent.role != Role::Agent && employer.authority.id == directory.authority.id
        });
        if !supervises {
            return Err(Error::NotSupervisor);
        }
        let body = text.replace("\r\n", "\n").trim().to_owned();
        if body.chars().count() > TEXT_CHARS_MAX {
            return Err(Error::field("/text", "Raccourcissez les consignes à 2 000 caractères."));
        }
        let day = match day {
            "" => self.today(directory),
            day if day.parse::<jiff::civil::Date>().is_ok() => day.to_owned(),
            _ => return Err(Error::field("/day", "Écrivez le jour comme 2026-11-25.")),
        };
        let notes = DayNotes { authority: authority.to_owned(), day, body, agent_id, updated_at: self.clock.now() };
        day_notes::put(&mut tx, &notes).await?;
        let told = DayNotesChanged { day: notes.day };
        outbox::append(&mut tx, &[NewEvent::new(&*self.clock, &*self.rng, directory.authority.id, &told)]).await?;
        tx.commit().await?;
        self.wake();
        Ok(())
    }

    /// Returns today's date where the authority is.
    fn today(&self, directory: &Directory) -> String {
        Dates::of_zone(&directory.authority.time_zone).local(self.clock.now()).date().to_string()
    }
}
