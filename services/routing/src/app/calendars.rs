//! How a delay is counted on a department's calendar, step by step: the count that gives due dates.

use guichet_core::french::Dates;
use guichet_events::Delay;
use jiff::civil::DateTime;

use super::{App, Result};
pub(crate) use crate::domain::calendar::{Told, ToldStep};
use crate::error::Error;

/// A delay to count.
#[derive(Debug)]
pub(crate) struct Asked {
    /// Code.
    pub(crate) authority: String,
    /// Code.
    pub(crate) department: String,
    /// As the wall shows it there, `2026-11-24T10:00`; empty = now.
    pub(crate) from: String,
    pub(crate) delay: Delay,
}

/// A delay counted.
#[derive(Debug)]
pub(crate) struct Counted {
    /// « Urbanisme (Val d'Orvance Agglomération) – horaires « B », Europe/Paris. »
    pub(crate) calendar: String,
    pub(crate) told: Told,
}

impl App {
    /// Returns when a delay ends and why.
    pub(crate) async fn count_delay(&self, asked: Asked) -> Result<Counted> {
        let mut db = &self.db;
        let town = self.town(&mut db).await?;
        let directory = town
            .by_code(&asked.authority)
            .ok_or_else(|| Error::field("/authority", "Cette collectivité n'existe pas dans l'annuaire."))?;
        let (owner, department) = town
            .department(&asked.authority, &asked.department)
            .ok_or_else(|| Error::field("/department", "Ce service n'existe pas dans l'annuaire."))?;
        let calendar = town.calendar(directory, &asked.department);
        let from = match asked.from.trim() {
            "" => self.clock.now(),
            typed => {
                let wrong = "Écrivez la date et l'heure comme 2026-11-24T10:00.";
                calendar.instant_of(typed.parse::<DateTime>().map_err(|_| Error::field("/from", wrong))?)
            }
        };
        let zone = &owner.authority.time_zone;
        let hours = match department.calendar.as_str() {
            known if owner.calendars.contains_key(known) => format!("horaires « {known} »"),
            _ => "horaires de bureau".to_owned(),
        };
        let (name, of) = (&department.name, &owner.authority.name);
        Ok(Counted {
            calendar: format!("{name} ({of}) – {hours}, heure de {zone}."),
            told: calendar.tell(from, asked.delay, &Dates::of_zone(zone)),
        })
    }
}
