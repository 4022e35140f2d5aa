//! The count of a delay told day by day: the same count that gives the date.

use guichet_core::Timestamp;
use guichet_events::Delay;
use jiff::civil::{Date, DateTime};

use super::count::Tally;
use super::{Closed, WorkCalendar};

/// Steps that are told: a year of days. What is past it is counted all the same.
const STEPS_MAX: usize = 400;

/// One line of a count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) day: Date,
    pub(crate) what: What,
}

/// What a day adds to a count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// The day of receipt, which does not count.
    Received,
    /// Nothing, and why.
    Closed(Closed),
    /// One business day; how many there are now.
    Day(u32),
    /// Opening hours, as the wall shows them; how many minutes there are now.
    Hours { from: DateTime, to: DateTime, total: u32 },
    /// The end of a delay in days or months, which pass whatever the department does.
    Span(u32),
}

/// How a date was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Explanation {
    pub(crate) steps: Vec<Step>,
    /// Steps that were counted and are not told.
    pub(crate) untold: usize,
    pub(crate) due: Timestamp,
    /// Whether the department is closed on the last day, which then ends at midnight.
    pub(crate) ends_closed: Option<Closed>,
}

impl WorkCalendar {
    /// Returns when a delay ends and how that was counted.
    pub(crate) fn explain(&self, from: Timestamp, delay: Delay) -> Explanation {
        let mut steps = Vec::new();
        let mut untold = 0;
        if delay.unit != guichet_events::DelayUnit::Hours {
            steps.push(Step { day: self.local(from).date(), what: What::Received });
        }
        let due = self.count(from, delay, &mut |day, tally| {
            if steps.len() < STEPS_MAX {
                steps.push(Step { day, what: self.told(day, tally) });
            } else {
                untold += 1;
            }
        });
        let ends_closed = self.closed_because(self.last_day(due));
        Explanation { steps, untold, due, ends_closed }
    }

    fn told(&self, day: Date, tally: Tally) -> What {
        match tally {
            Tally::Closed => What::Closed(self.closed_because(day).unwrap_or(Closed::Week)),
            Tally::Day(total) => What::Day(total),
            Tally::Minutes(span, total) => {
                What::Hours { from: self.local(span.start), to: self.local(span.end), total }
            }
            Tally::Span(total) => What::Span(total),
        }
    }
}
