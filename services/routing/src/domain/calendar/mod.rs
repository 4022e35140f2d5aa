//! A department's calendar: opening hours, the days it is closed and why, and the delays counted on it.
//!
//! [`count`] counts delays and business time; [`explain`] gives the same count day by day, and [`told`] in French.

mod count;
mod explain;
#[cfg(test)]
mod minutes;
#[cfg(test)]
mod tests;
mod told;

use std::ops::Range;

use guichet_core::Timestamp;
use guichet_events::{Authority, Calendar, Closure, Delay, DelayUnit, HolidayRegion, Interval, Weekday};
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use explain::{Explanation, Step, What};
pub(crate) use told::{Told, ToldStep};

use super::holidays::public_holiday;

/// Days within which a receipt has to go out (CRPA R.112-11-1).
pub(crate) const RECEIPT_BUSINESS_DAYS: u32 = 10;
/// Days looked at before a calendar is held to have no open day: two years of closures is a mistake in a file.
const CLOSED_DAYS_MAX: u32 = 732;
const LAST_MINUTE: u16 = 24 * 60 - 1;

/// Whether a department is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// It is, until then.
    OpenUntil(Timestamp),
    /// It is not, until then.
    ClosedUntil(Timestamp),
}

impl Opening {
    /// Returns when it is no longer true.
    pub(crate) const fn until(self) -> Timestamp {
        match self {
            Self::OpenUntil(at) | Self::ClosedUntil(at) => at,
        }
    }

    /// Returns whether the department is open.
    pub(crate) const fn is_open(self) -> bool {
        matches!(self, Self::OpenUntil(_))
    }
}

/// Why a department is closed all day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    /// A public holiday, by its name.
    Holiday(&'static str),
    /// Closed by the authority, with its reason.
    Closure(String),
    /// Between a public holiday and a Sunday.
    Bridge,
    /// The week has no opening hours on that day.
    Week,
}

/// A department's opening hours in its time zone.
#[derive(Clone, Debug)]
pub(crate) struct WorkCalendar {
    zone: TimeZone,
    region: HolidayRegion,
    week: [Vec<Interval>; 7],
    closures: Vec<(Date, Date, String)>,
    bridges: bool,
}

impl WorkCalendar {
    /// Returns the calendar of an authority's department; a date that does not read is no closure, and a time zone
    /// that is not known is UTC (`directory check` reports both).
    pub(crate) fn new(authority: &Authority, calendar: &Calendar) -> Self {
        let mut week: [Vec<Interval>; 7] = Default::default();
        for (day, intervals) in &calendar.week {
            week[index_of(*day)] = intervals.iter().copied().filter(|i| i.from_minute < i.to_minute).collect();
            week[index_of(*day)].sort_by_key(|interval| interval.from_minute);
        }
        let days =
            |closure: &Closure| Some((closure.from.parse().ok()?, closure.to.parse().ok()?, closure.reason.clone()));
        let closures = calendar.closures.iter().filter_map(days).collect();
        let (zone, region) = (zone_of(authority), authority.holidays);
        Self { zone, region, week, closures, bridges: calendar.bridges }
    }

    /// Returns the intervals open on `day`: none on a public holiday, a closure or a bridge day.
    fn open_on(&self, day: Date) -> &[Interval] {
        let hours = self.hours_of(day);
        if hours.is_empty() || self.is_closed_by_date(day) { &[] } else { hours }
    }

    fn hours_of(&self, day: Date) -> &[Interval] {
        &self.week[day.weekday().to_monday_zero_offset() as usize]
    }

    fn is_closed_by_date(&self, day: Date) -> bool {
        self.closures.iter().any(|(from, to, _)| *from <= day && day <= *to)
            || public_holiday(day, self.region).is_some()
            || self.is_bridge(day)
    }

    /// Returns whether `day` is between a public holiday and a Sunday, and the calendar closes such days: a Monday before
    /// a holiday, the Friday and the Saturday after one on a Thursday.
    fn is_bridge(&self, day: Date) -> bool {
        let holiday = match day.weekday() {
            _ if !self.bridges => return false,
            jiff::civil::Weekday::Monday => day.tomorrow(),
            jiff::civil::Weekday::Friday => day.yesterday(),
            jiff::civil::Weekday::Saturday => day.checked_sub(2.days()),
            _ => return false,
        };
        holiday.is_ok_and(|holiday| public_holiday(holiday, self.region).is_some())
    }

    /// Returns why the department is closed all day, `None` when it opens.
    fn closed_because(&self, day: Date) -> Option<Closed> {
        if !self.open_on(day).is_empty() {
            return None;
        }
        if self.hours_of(day).is_empty() {
            return Some(Closed::Week);
        }
        let closure = self.closures.iter().find(|(from, to, _)| *from <= day && day <= *to);
        Some(match (public_holiday(day, self.region), closure) {
            (Some(holiday), _) => Closed::Holiday(holiday),
            (None, Some((_, _, reason))) => Closed::Closure(reason.clone()),
            (None, None) => Closed::Bridge,
        })
    }

    /// Returns whether the department is open at some time of `day`.
    pub(crate) fn is_business_day(&self, day: Date) -> bool {
        !self.open_on(day).is_empty()
    }

    /// Returns whether the department is open at an instant, and until when that lasts.
    pub(crate) fn opening(&self, at: Timestamp) -> Opening {
        let local = self.local(at);
        let (mut day, mut from, mut closed) = (local.date(), minute_of(local.time()), 0);
        while closed < CLOSED_DAYS_MAX {
            for interval in self.open_on(day) {
                if from < interval.from_minute {
                    return Opening::ClosedUntil(self.instant(day, interval.from_minute));
                }
                if day == local.date() && from < interval.to_minute {
                    return Opening::OpenUntil(self.instant(day, interval.to_minute));
                }
            }
            closed = if self.is_business_day(day) { 0 } else { closed + 1 };
            // The first interval of a later day may begin at midnight.
            (day, from) = (next(day), 0);
            if let Some(first) = self.open_on(day).first().filter(|first| first.from_minute == 0) {
                return Opening::ClosedUntil(self.instant(day, first.from_minute));
            }
        }
        Opening::ClosedUntil(jiff::Timestamp::MAX.into())
    }

    /// Returns when the department closes on `day`, the last minute of a closed day.
    fn end_of(&self, day: Date) -> Timestamp {
        let minute = self.open_on(day).last().map_or(LAST_MINUTE, |interval| interval.to_minute);
        self.instant(day, minute)
    }

    /// Returns the intervals open on `day` as instants.
    pub(crate) fn spans(&self, day: Date) -> impl Iterator<Item = Range<Timestamp>> {
        let instants =
            move |interval: &Interval| self.instant(day, interval.from_minute)..self.instant(day, interval.to_minute);
        self.open_on(day).iter().map(instants)
    }

    /// Returns what the wall shows at an instant.
    pub(crate) fn local(&self, at: Timestamp) -> DateTime {
        self.zone.to_datetime(at.to_jiff())
    }

    /// Returns the instant of a local minute; one that daylight saving skips is the first that exists after it.
    fn instant(&self, day: Date, minute: u16) -> Timestamp {
        let (hour, minute) = (minute / 60, minute % 60);
        match (i8::try_from(hour), i8::try_from(minute)) {
            (Ok(hour @ 0..24), Ok(minute)) => self.instant_of(day.at(hour, minute, 0, 0)),
            // 24:00 is the next midnight.
            _ => self.instant_of(next(day).to_datetime(Time::midnight())),
        }
    }

    /// Returns the instant at which the wall shows a date and time, the first of two.
    pub(crate) fn instant_of(&self, local: DateTime) -> Timestamp {
        match self.zone.to_ambiguous_timestamp(local).compatible() {
            Ok(at) => at.into(),
            Err(_) => Timestamp::from(jiff::Timestamp::MAX),
        }
    }
}

/// Returns from the first instant of day `from` to the last of day `to`, in the authority's time zone; nothing when a
/// date does not read (`directory check` reports it).
pub(crate) fn days_in(authority: &Authority, from: &str, to: &str) -> Option<Range<Timestamp>> {
    let start_of = |day: Date| day.to_zoned(zone_of(authority)).ok().map(|at| Timestamp::from(at.timestamp()));
    let (first, after) = (from.parse::<Date>().ok()?, to.parse::<Date>().ok()?.tomorrow().ok()?);
    Some(start_of(first)?..start_of(after)?)
}

/// Returns when the day of an instant began.
pub(crate) fn start_of_day(zone: &TimeZone, at: Timestamp) -> Timestamp {
    midnight(zone, at.to_jiff().to_zoned(zone.clone()).date())
}

/// Returns when the day of an instant ends.
pub(crate) fn end_of_day(zone: &TimeZone, at: Timestamp) -> Timestamp {
    midnight(zone, at.to_jiff().to_zoned(zone.clone()).date().saturating_add(1.day()))
}

fn midnight(zone: &TimeZone, day: Date) -> Timestamp {
    day.to_zoned(zone.clone()).map_or(Timestamp::from(jiff::Timestamp::MAX), |start| start.timestamp().into())
}

/// Returns the authority's time zone, UTC when its name is not known.
pub(crate) fn zone_of(authority: &Authority) -> TimeZone {
    TimeZone::get(&authority.time_zone).unwrap_or(TimeZone::UTC)
}

/// Returns the authority's own target when a procedure has none: four fifths of the announced delay, at least one.
pub(crate) fn internal_share(announced: Delay) -> Delay {
    match announced.unit {
        // Four fifths of a month, in days.
        DelayUnit::Months => Delay { count: announced.count.saturating_mul(24), unit: DelayUnit::Days },
        unit => Delay { count: announced.count.saturating_mul(4).div_ceil(5).max(1), unit },
    }
}

/// Returns the day after, the last one there is after itself.
fn next(day: Date) -> Date {
    day.tomorrow().unwrap_or(day)
}

const fn index_of(day: Weekday) -> usize {
    day as usize
}

fn minute_of(time: Time) -> u16 {
    u16::try_from(i32::from(time.hour()) * 60 + i32::from(time.minute())).unwrap_or(0)
}
