//! Counting on a calendar: when a delay ends, how long a department is open between two instants, and how much later a
//! date falls when some time does not count.
//!
//! The day of receipt never counts. A delay ends when the department closes on its last day; a delay in days or
//! months may end on a closed day (the law does not move it), and then ends with that day.

use std::ops::Range;

use guichet_core::Timestamp;
use guichet_events::{Delay, DelayUnit};
use jiff::ToSpan;
use jiff::civil::Date;

use super::{CLOSED_DAYS_MAX, WorkCalendar, next};

/// The longest delay counted, so that a mistake in a file cannot hold a command for long.
const DELAY_COUNT_MAX: u32 = 3_660;
/// Days of a wait that are looked at: ten years, as for the longest delay.
const WAIT_DAYS_MAX: u32 = 3_660;
const MINUTE_MILLIS: i64 = 60_000;

/// What one day, or one interval of it, adds to a count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tally {
    /// Nothing: closed all day.
    Closed,
    /// A day, and how many there are now.
    Day(u32),
    /// The minutes between two instants, and how many there are now.
    Minutes(Range<Timestamp>, u32),
    /// All of them at once: days and months pass whatever the department does.
    Span(u32),
}

impl WorkCalendar {
    /// Returns when `delay` ends for what was received at `from`.
    pub(crate) fn due(&self, from: Timestamp, delay: Delay) -> Timestamp {
        self.count(from, delay, &mut |_, _| {})
    }

    /// Returns when the department will have been open for so many minutes.
    pub(crate) fn after_opening(&self, from: Timestamp, minutes: u32) -> Timestamp {
        self.after_open_minutes(from, minutes, &mut |_, _| {})
    }

    /// Counts `delay` from an instant and says what each day adds; returns when it ends.
    pub(super) fn count(&self, from: Timestamp, delay: Delay, note: &mut impl FnMut(Date, Tally)) -> Timestamp {
        let start = self.local(from).date();
        let count = delay.count.min(DELAY_COUNT_MAX);
        let span = match delay.unit {
            DelayUnit::Hours => return self.after_open_minutes(from, count.saturating_mul(60), note),
            DelayUnit::BusinessDays => return self.end_of(self.after_business_days(start, count, note)),
            DelayUnit::Days => i64::from(count).days(),
            DelayUnit::Months => i64::from(count).months(),
        };
        let last = start.saturating_add(span);
        note(last, Tally::Span(count));
        self.end_of(last)
    }

    fn after_business_days(&self, from: Date, count: u32, note: &mut impl FnMut(Date, Tally)) -> Date {
        let (mut day, mut counted, mut closed) = (from, 0, 0);
        while counted < count && closed < CLOSED_DAYS_MAX {
            day = next(day);
            if self.is_business_day(day) {
                (counted, closed) = (counted + 1, 0);
                note(day, Tally::Day(counted));
            } else {
                closed += 1;
                note(day, Tally::Closed);
            }
        }
        day
    }

    fn after_open_minutes(&self, from: Timestamp, minutes: u32, note: &mut impl FnMut(Date, Tally)) -> Timestamp {
        let start = whole_minute(from);
        let (mut day, mut counted, mut closed) = (self.local(start).date(), 0, 0);
        while closed < CLOSED_DAYS_MAX {
            for span in self.spans(day) {
                let opens = span.start.max(start);
                let Some(length) = minutes_of(&(opens..span.end)).filter(|length| *length > 0) else { continue };
                let taken = length.min(minutes - counted);
                let end = opens.plus_millis(i64::from(taken) * MINUTE_MILLIS);
                counted += taken;
                note(day, Tally::Minutes(opens..end, counted));
                if counted == minutes {
                    return end;
                }
            }
            if self.is_business_day(day) {
                closed = 0;
            } else {
                closed += 1;
                note(day, Tally::Closed);
            }
            day = next(day);
        }
        self.end_of(day)
    }

    /// Returns how many minutes the department is open between two instants.
    pub(crate) fn open_minutes(&self, between: &Range<Timestamp>) -> u32 {
        let (start, end) = (whole_minute(between.start), whole_minute(between.end));
        let (mut day, mut minutes, mut seen) = (self.local(start).date(), 0, 0);
        let last = self.local(end).date();
        while day <= last && seen < WAIT_DAYS_MAX {
            for span in self.spans(day) {
                minutes += minutes_of(&(span.start.max(start)..span.end.min(end))).unwrap_or(0);
            }
            (day, seen) = (next(day), seen + 1);
        }
        minutes
    }

    /// Returns how many business days begin after the day of one instant and up to the day of another.
    fn business_days(&self, between: &Range<Timestamp>) -> u32 {
        let (mut day, last) = (self.local(between.start).date(), self.local(between.end).date());
        let (mut days, mut seen) = (0, 0);
        while day < last && seen < WAIT_DAYS_MAX {
            (day, seen) = (next(day), seen + 1);
            days += u32::from(self.is_business_day(day));
        }
        days
    }

    /// Returns the day a delay ends on: one that ends at midnight ends with the day before.
    pub(super) fn last_day(&self, due: Timestamp) -> Date {
        self.local(due.plus_millis(-MINUTE_MILLIS)).date()
    }

    /// Returns the date `due`, of a delay counted in `unit`, once the time of a wait is left out: what was left of it
    /// when the wait began is left of it when the wait ends. A date already past when the wait began stays.
    pub(crate) fn shifted(&self, due: Timestamp, unit: DelayUnit, wait: &Range<Timestamp>) -> Timestamp {
        if due <= wait.start || wait.end <= wait.start {
            return due;
        }
        if unit == DelayUnit::Hours {
            let left = self.open_minutes(&(wait.start..due));
            return self.after_open_minutes(wait.end, left, &mut |_, _| {}).max(due);
        }
        let day = self.last_day(due);
        if unit == DelayUnit::BusinessDays {
            return match self.business_days(wait) {
                0 => due,
                days => self.end_of(self.after_business_days(day, days, &mut |_, _| {})),
            };
        }
        match day_number(self.local(wait.end).date()) - day_number(self.local(wait.start).date()) {
            0 => due,
            days => self.end_of(day.saturating_add(days.days())),
        }
    }
}

/// Returns how many whole minutes a span has, `None` when it is empty.
fn minutes_of(span: &Range<Timestamp>) -> Option<u32> {
    u32::try_from(span.end.millis_since(span.start) / MINUTE_MILLIS).ok()
}

/// Returns the minute an instant is in: doors open and close on minutes.
fn whole_minute(at: Timestamp) -> Timestamp {
    Timestamp::from_millis(at.as_millis() - at.as_millis().rem_euclid(MINUTE_MILLIS))
}

/// Returns the days from a fixed one, for differences.
fn day_number(day: Date) -> i64 {
    let (year, day) = (i64::from(day.year()) - 1, i64::from(day.day_of_year()));
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day
}
