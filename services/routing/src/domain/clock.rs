//! The three dates of a request (announced, legal, internal) while something holds them up: the wait for a paper, a
//! transmission to another administration.
//!
//! | | announced, internal | legal, silence accepts | legal, silence rejects | legal, no rule |
//! |---|---|---|---|---|
//! | a paper is awaited | stand still | starts again when it arrives (L.114-5) | stands still for the time given (L.114-5) | goes on |
//! | transmitted | go on | starts with the competent one (L.114-3) | goes on from the first one (L.114-3) | goes on |
//!
//! Articles are those of the code des relations entre le public et l'administration. A date already past when a wait
//! begins has done its effect: it stays.

use std::ops::Range;

use guichet_core::Timestamp;
use guichet_core::work::{SilenceRule, WorkState};
use guichet_events::{Delay, DelayUnit, Directory};
use serde::{Deserialize, Serialize};

use super::calendar::{WorkCalendar, internal_share};
use super::filing::Filing;
use super::town::Town;
use super::work::{Change, Work};

/// Waits kept with a request; a file asked for papers more often forgets its oldest wait, already counted in its dates.
const WAITS_MAX: usize = 50;
const PAPERS_LAW: &str = "L.114-5";
const TRANSMISSION_LAW: &str = "L.114-3";

/// What has held up the dates of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Clock {
    /// Oldest first; the last one may still go on.
    waits: Vec<Wait>,
    transmitted: Option<Transmission>,
}

/// A time during which the usager had to send something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Wait {
    since: Timestamp,
    /// The day given to the usager.
    until: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    /// When it came, if it did.
    papers_at: Option<Timestamp>,
    moved: Moved,
}

/// Which dates a wait has moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Moved {
    announced: bool,
    legal: bool,
    internal: bool,
}

/// Another administration has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Transmission {
    at: Timestamp,
    /// What the legal date is again if it comes back.
    legal_due: Option<Timestamp>,
}

/// How a date stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It runs, as it was given.
    Running,
    /// It runs although something is awaited.
    StillRunning,
    /// It stands still.
    Suspended { since: Timestamp, until: Option<Timestamp> },
    /// It runs again, later by the time waited.
    Shifted,
    /// There is none: it starts again when the paper arrives.
    AwaitingPapers { since: Timestamp },
    /// It started again with the paper.
    Restarted { at: Timestamp },
    /// It starts when the competent administration receives the request: this is the earliest date.
    Transmitted { at: Timestamp },
}

/// A date as it is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    /// `None` while it has no date.
    pub(crate) due: Option<Timestamp>,
    pub(crate) standing: Standing,
    /// The article it follows from, empty when none does.
    pub(crate) law: &'static str,
}

impl Reading {
    const fn of(due: Option<Timestamp>, standing: Standing) -> Self {
        Self { due, standing, law: "" }
    }

    const fn by(self, law: &'static str) -> Self {
        Self { law, ..self }
    }
}

/// What the dates of a procedure are counted with.
#[derive(Debug)]
pub(crate) struct Rules {
    calendar: WorkCalendar,
    announced: DelayUnit,
    internal: DelayUnit,
    legal: Option<Delay>,
}

impl Rules {
    /// Returns the rules of a request filed under `procedure`, of triage's when nobody has said.
    pub(crate) fn of(town: &Town, directory: &Directory, procedure: Option<&str>, danger: bool) -> Self {
        let triage = &directory.authority.triage_procedure;
        let procedures = &directory.procedures;
        let known = procedure.and_then(|code| procedures.get(code)).or_else(|| procedures.get(triage));
        let department = known.map(|known| known.department.as_str()).unwrap_or_default();
        let announced = known.map(|known| known.announced);
        let internal = known.and_then(|known| known.internal).or(announced.map(internal_share));
        let within_hours = danger && known.is_some_and(|known| known.danger_hours.is_some());
        let unit = |delay: Option<Delay>| delay.map_or(DelayUnit::BusinessDays, |delay| delay.unit);
        Self {
            calendar: town.calendar(directory, department),
            announced: unit(announced),
            internal: if within_hours { DelayUnit::Hours } else { unit(internal) },
            legal: known.and_then(|known| known.legal),
        }
    }

    /// Moves the dates of a filing past a wait that is over; returns which ones moved.
    fn leave_out(&self, filing: &mut Filing, wait: &Wait, ended_at: Timestamp) -> Moved {
        let span = wait.since..ended_at;
        let moved = Moved {
            announced: self.shift(&mut filing.announced_due, self.announced, &span),
            internal: self.shift(&mut filing.internal_due, self.internal, &span),
            legal: false,
        };
        let legal = match (filing.silence, wait.papers_at, wait.until) {
            (Some(SilenceRule::Accept), Some(papers_at), _) => self.restart(filing, wait.since, papers_at),
            (Some(SilenceRule::Reject), _, Some(until)) => {
                let unit = self.legal.map_or(DelayUnit::Days, |legal| legal.unit);
                self.shift(&mut filing.legal_due, unit, &(wait.since..ended_at.min(until)))
            }
            _ => false,
        };
        Moved { legal, ..moved }
    }

    fn shift(&self, due: &mut Option<Timestamp>, unit: DelayUnit, span: &Range<Timestamp>) -> bool {
        let shifted = due.map(|due| self.calendar.shifted(due, unit, span));
        std::mem::replace(due, shifted) != shifted
    }

    /// Starts the legal delay again with the paper; a rule that is gone since moves the date by the days waited.
    fn restart(&self, filing: &mut Filing, since: Timestamp, papers_at: Timestamp) -> bool {
        let Some(due) = filing.legal_due.filter(|due| *due > since) else { return false };
        let restarted = match self.legal {
            Some(legal) => self.calendar.due(papers_at, legal),
            None => self.calendar.shifted(due, DelayUnit::Days, &(since..papers_at)),
        };
        filing.legal_due = Some(restarted);
        restarted != due
    }

    /// Returns the legal date once another administration has it: where silence accepts, the earliest there can be.
    fn transmitted(&self, filing: &Filing, at: Timestamp) -> Option<Timestamp> {
        match (filing.silence, filing.legal_due, self.legal) {
            (Some(SilenceRule::Accept), Some(_), Some(legal)) => Some(self.calendar.due(at, legal)),
            (_, due, _) => due,
        }
    }
}

impl Clock {
    fn open_wait(&mut self) -> Option<&mut Wait> {
        self.waits.last_mut().filter(|wait| wait.ended_at.is_none())
    }

    fn begin_wait(&mut self, since: Timestamp, until: Option<Timestamp>) {
        if let Some(wait) = self.open_wait() {
            wait.until = until;
            return;
        }
        if self.waits.len() == WAITS_MAX {
            self.waits.remove(0);
        }
        self.waits.push(Wait { since, until, ended_at: None, papers_at: None, moved: Moved::default() });
    }
}

impl Change {
    /// Returns whether the dates of the request may follow this change.
    pub(crate) fn touches_clocks(&self) -> bool {
        let held_up = |work: &Work| matches!(work.state, WorkState::WaitingRequester | WorkState::Forwarded);
        held_up(&self.after) || self.before.as_ref().is_some_and(held_up)
    }

    /// Returns the change with the dates that follow from it; said twice, the second time changes nothing.
    pub(crate) fn clocked(&self, rules: &Rules, at: Timestamp) -> Self {
        let mut change = self.clone();
        let before = change.before.as_ref().map(|work| work.state);
        let papers = matches!(change.how, "message" | "resume");
        let Work { state, wait_until, clock, filing, .. } = &mut change.after;
        if *state == WorkState::WaitingRequester {
            clock.begin_wait(at, *wait_until);
        } else if before == Some(WorkState::WaitingRequester)
            && let Some(wait) = clock.open_wait()
        {
            let ended_at = at.max(wait.since);
            wait.ended_at = Some(ended_at);
            wait.papers_at = papers.then_some(ended_at);
            wait.moved = rules.leave_out(filing, wait, ended_at);
        }
        if *state == WorkState::Forwarded && clock.transmitted.is_none() {
            clock.transmitted = Some(Transmission { at, legal_due: filing.legal_due });
            filing.legal_due = rules.transmitted(filing, at);
        } else if *state != WorkState::Forwarded
            && let Some(transmission) = clock.transmitted.take()
        {
            filing.legal_due = transmission.legal_due;
        }
        change
    }
}

impl Work {
    /// Returns this work filed anew. Under the same procedure every date stays as it was told; under another one they are
    /// those of `filing`, past what has held this request up until now.
    pub(crate) fn refiled(&self, filing: Filing, rules: &Rules) -> Self {
        let mut work = self.clone();
        if filing.procedure == self.filing.procedure {
            let Filing { announced_due, legal_due, internal_due, receipt_due, silence, slope, .. } = work.filing;
            work.filing = Filing { announced_due, legal_due, internal_due, receipt_due, silence, slope, ..filing };
            return work;
        }
        work.filing = filing;
        for wait in &mut work.clock.waits {
            if let Some(ended_at) = wait.ended_at {
                wait.moved = rules.leave_out(&mut work.filing, wait, ended_at);
            }
        }
        if let Some(transmission) = &mut work.clock.transmitted {
            transmission.legal_due = work.filing.legal_due;
            work.filing.legal_due = rules.transmitted(&work.filing, transmission.at);
        }
        work
    }

    /// Returns this work once the paper came that nobody waited for any longer, `None` when no date hangs on it.
    pub(crate) fn with_late_papers(&self, rules: &Rules, at: Timestamp) -> Option<Self> {
        let mut work = self.clone();
        let wait = work.clock.waits.last_mut().filter(|wait| wait.ended_at.is_some() && wait.papers_at.is_none())?;
        if work.filing.silence != Some(SilenceRule::Accept) {
            return None;
        }
        let at = at.max(wait.since);
        wait.papers_at = Some(at);
        wait.moved.legal = rules.restart(&mut work.filing, wait.since, at);
        wait.moved.legal.then_some(work)
    }

    /// Returns how the announced date is to be read.
    pub(crate) fn announced(&self) -> Reading {
        self.promised(self.filing.announced_due, |moved| moved.announced)
    }

    /// Returns how the authority's own date is to be read.
    pub(crate) fn internal(&self) -> Reading {
        self.promised(self.filing.internal_due, |moved| moved.internal)
    }

    fn promised(&self, due: Option<Timestamp>, moved: fn(Moved) -> bool) -> Reading {
        let held = self.clock.waits.last().filter(|wait| wait.ended_at.is_none() && due > Some(wait.since));
        let standing = match held {
            Some(wait) => Standing::Suspended { since: wait.since, until: wait.until },
            None if self.clock.waits.iter().any(|wait| moved(wait.moved)) => Standing::Shifted,
            None => Standing::Running,
        };
        Reading::of(due, standing)
    }

    /// Returns how the date of the law is to be read.
    pub(crate) fn legal(&self) -> Reading {
        let (due, silence) = (self.filing.legal_due, self.filing.silence);
        let is_ruled = matches!(silence, Some(SilenceRule::Accept | SilenceRule::Reject));
        if let Some(transmission) = &self.clock.transmitted {
            let standing = match silence {
                Some(SilenceRule::Accept) => Standing::Transmitted { at: transmission.at },
                _ => Standing::StillRunning,
            };
            return Reading::of(due, standing).by(if is_ruled { TRANSMISSION_LAW } else { "" });
        }
        let Some(wait) = self.clock.waits.last().filter(|wait| due > Some(wait.since)) else {
            return Reading::of(due, Standing::Running);
        };
        let waits = wait.ended_at.is_none();
        match (silence, wait.papers_at) {
            (Some(SilenceRule::Accept), None) if self.state.is_open() => {
                Reading::of(None, Standing::AwaitingPapers { since: wait.since }).by(PAPERS_LAW)
            }
            (Some(SilenceRule::Accept), Some(at)) => Reading::of(due, Standing::Restarted { at }).by(PAPERS_LAW),
            (Some(SilenceRule::Reject), _) if waits && wait.until.is_some() => {
                let standing = Standing::Suspended { since: wait.since, until: wait.until };
                Reading::of(due, standing).by(PAPERS_LAW)
            }
            _ if waits => Reading::of(due, Standing::StillRunning),
            _ if self.clock.waits.iter().any(|wait| wait.moved.legal) => {
                Reading::of(due, Standing::Shifted).by(PAPERS_LAW)
            }
            _ => Reading::of(due, Standing::Running),
        }
    }
}
