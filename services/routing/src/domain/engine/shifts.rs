//! What time changes about agents: the working hours they declare, their leave, the day itself.

use std::collections::BTreeSet;

use guichet_core::Timestamp;
use jiff::tz::TimeZone;

use super::agents::{AgentIx, agent_ix};
use super::roster::Roster;
use crate::domain::calendar::{Opening, WorkCalendar, end_of_day};

/// Place of a set of working hours.
pub(crate) type ShiftIx = usize;

/// Whoever begins within this time is counted among those who will share what waits.
const EXPECTED_MS: i64 = 30 * 60_000;
/// Before the end of a shift nothing is offered that may last longer.
const ENDING_MS: i64 = 15 * 60_000;

/// What the working hours of a shift say at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Hour {
    /// At work, or about to begin.
    expected: bool,
    /// About to end.
    ending: bool,
    /// When either changes.
    until: Timestamp,
}

impl Hour {
    const UNKNOWN: Self = Self { expected: false, ending: false, until: Timestamp::from_millis(i64::MIN) };

    fn of(calendar: &WorkCalendar, now: Timestamp) -> Self {
        match calendar.opening(now) {
            Opening::OpenUntil(end) => {
                let last = end.plus_millis(-ENDING_MS);
                Self { expected: true, ending: last <= now, until: if last <= now { end } else { last } }
            }
            Opening::ClosedUntil(start) => {
                let soon = start.plus_millis(-EXPECTED_MS);
                Self { expected: soon <= now, ending: false, until: if soon <= now { start } else { soon } }
            }
        }
    }
}

/// What time changes about agents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Turn {
    /// Their leave begins (true) or ends (false).
    Leave(AgentIx, bool),
    /// The colleagues have had time to come: what waits is no longer shared.
    Shared(AgentIx),
    /// The shift is about to end (true), or is not any more (false).
    Ending(ShiftIx, bool),
    /// A new day begins.
    Midnight,
}

/// Every shift, and every turn to come of an agent.
#[derive(Clone, Debug)]
pub(crate) struct Shifts {
    shifts: Vec<(WorkCalendar, Hour)>,
    turns: BTreeSet<(Timestamp, Turn)>,
    zone: TimeZone,
    /// When the day of the last look ends.
    midnight: Option<Timestamp>,
}

impl Shifts {
    /// Returns the shifts and leave of a roster, at no instant yet.
    pub(crate) fn of(roster: &Roster) -> Self {
        let turns = roster.people().enumerate().flat_map(|(index, (_, person))| {
            let agent = agent_ix(index);
            let spans = person.absences.iter();
            spans.flat_map(move |span| [(span.start, Turn::Leave(agent, true)), (span.end, Turn::Leave(agent, false))])
        });
        let shifts = roster.shifts().iter().map(|calendar| (calendar.clone(), Hour::UNKNOWN));
        Self { turns: turns.collect(), shifts: shifts.collect(), zone: roster.zone(), midnight: None }
    }

    /// Looks at the clock; returns what has changed since the last look.
    pub(crate) fn look(&mut self, now: Timestamp) -> Vec<Turn> {
        let mut turns = Vec::new();
        if self.next().is_some_and(|next| now < next) {
            return turns;
        }
        for (index, (calendar, hour)) in self.shifts.iter_mut().enumerate().filter(|(_, (_, hour))| hour.until <= now) {
            let was = std::mem::replace(hour, Hour::of(calendar, now));
            if was.ending != hour.ending {
                turns.push(Turn::Ending(index, hour.ending));
            }
        }
        while let Some(&(at, turn)) = self.turns.first().filter(|(at, _)| *at <= now) {
            self.turns.remove(&(at, turn));
            turns.push(turn);
        }
        if self.midnight.is_none_or(|midnight| midnight <= now) {
            if self.midnight.is_some() {
                turns.push(Turn::Midnight);
            }
            self.midnight = Some(end_of_day(&self.zone, now));
        }
        turns
    }

    /// Returns whether whoever works this shift is at work, or begins within the half hour.
    pub(crate) fn is_expected(&self, shift: ShiftIx) -> bool {
        self.shifts[shift].1.expected
    }

    /// Returns whether anybody declares when they work.
    pub(crate) const fn are_declared(&self) -> bool {
        !self.shifts.is_empty()
    }

    /// Lets an agent have more than their share of what waits, from an instant on.
    pub(crate) fn share_until(&mut self, until: Timestamp, agent: AgentIx) {
        self.turns.insert((until, Turn::Shared(agent)));
    }

    /// Returns when the next turn is that may bring work to somebody.
    pub(crate) fn next_turn(&self) -> Option<Timestamp> {
        let turn = self.turns.first().map(|&(at, _)| at);
        self.shifts.iter().map(|(_, hour)| hour.until).chain(turn).min()
    }

    fn next(&self) -> Option<Timestamp> {
        // Before the first look nothing is known of the day.
        self.midnight.map(|midnight| self.next_turn().map_or(midnight, |turn| turn.min(midnight)))
    }
}
