//! Delays on a department's calendar: opening hours, days the department is open, plain days, months from date to date.
//!
//! The day of receipt never counts. A delay ends when the department closes on its last day; a delay in days or
//! months may end on a closed day (the law does not move it), and then ends with that day.

use std::ops::Range;

use guichet_core::Timestamp;
use guichet_events::{Authority, Calendar, Delay, DelayUnit, HolidayRegion, Interval, Weekday};
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use super::holidays::is_public_holiday;

/// Days within which a receipt has to go out (CRPA R.112-11-1).
pub(crate) const RECEIPT_BUSINESS_DAYS: u32 = 10;
/// Days looked at before a calendar is held to have no open day: two years of closures is a mistake in a file.
const CLOSED_DAYS_MAX: u32 = 732;
/// The longest delay counted, so that a mistake in a file cannot hold a command for long.
const DELAY_COUNT_MAX: u32 = 3_660;
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

/// A department's opening hours in its time zone.
#[derive(Clone, Debug)]
pub(crate) struct WorkCalendar {
    zone: TimeZone,
    region: HolidayRegion,
    week: [Vec<Interval>; 7],
    closures: Vec<(Date, Date)>,
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
        let closures =
            calendar.closures.iter().filter_map(|c| Some((c.from.parse().ok()?, c.to.parse().ok()?))).collect();
        Self { zone: zone_of(authority), region: authority.holidays, week, closures }
    }

    /// Returns the intervals open on `day`: none on a public holiday or a closure.
    fn open_on(&self, day: Date) -> &[Interval] {
        let closed = self.closures.iter().any(|&(from, to)| from <= day && day <= to);
        if closed || is_public_holiday(day, self.region) {
            return &[];
        }
        &self.week[day.weekday().to_monday_zero_offset() as usize]
    }

    /// Returns whether the department is open at some time of `day`.
    pub(crate) fn is_business_day(&self, day: Date) -> bool {
        !self.open_on(day).is_empty()
    }

    /// Returns when `delay` ends for what was received at `from`.
    pub(crate) fn due(&self, from: Timestamp, delay: Delay) -> Timestamp {
        let start = from.to_jiff().to_zoned(self.zone.clone()).datetime();
        let count = delay.count.min(DELAY_COUNT_MAX);
        match delay.unit {
            DelayUnit::Hours => self.after_open_minutes(start, count.saturating_mul(60)),
            DelayUnit::BusinessDays => self.end_of(self.after_business_days(start.date(), count)),
            DelayUnit::Days => self.end_of(start.date().saturating_add(i64::from(count).days())),
            DelayUnit::Months => self.end_of(start.date().saturating_add(i64::from(count).months())),
        }
    }

    /// Returns whether the department is open at an instant, and until when that lasts.
    pub(crate) fn opening(&self, at: Timestamp) -> Opening {
        let local = at.to_jiff().to_zoned(self.zone.clone()).datetime();
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
            (day, from) = (day.saturating_add(1.day()), 0);
            if let Some(first) = self.open_on(day).first().filter(|first| first.from_minute == 0) {
                return Opening::ClosedUntil(self.instant(day, first.from_minute));
            }
        }
        Opening::ClosedUntil(jiff::Timestamp::MAX.into())
    }

    fn after_business_days(&self, from: Date, count: u32) -> Date {
        let (mut day, mut left, mut closed) = (from, count, 0);
        while left > 0 && closed < CLOSED_DAYS_MAX {
            day = day.saturating_add(1.day());
            if self.is_business_day(day) {
                (left, closed) = (left - 1, 0);
            } else {
                closed += 1;
            }
        }
        day
    }

    fn after_open_minutes(&self, from: DateTime, minutes: u32) -> Timestamp {
        let (mut day, mut left, mut closed) = (from.date(), minutes, 0);
        let mut now = minute_of(from.time());
        while closed < CLOSED_DAYS_MAX {
            for interval in self.open_on(day) {
                let open_from = interval.from_minute.max(now);
                let length = u32::from(interval.to_minute.saturating_sub(open_from));
                if length > 0 && left <= length {
                    return self.instant(day, open_from + u16::try_from(left).unwrap_or(0));
                }
                left -= length;
            }
            closed = if self.is_business_day(day) { 0 } else { closed + 1 };
            (day, now) = (day.saturating_add(1.day()), 0);
        }
        self.end_of(day)
    }

    /// Returns when the department closes on `day`, the last minute of a closed day.
    fn end_of(&self, day: Date) -> Timestamp {
        let minute = self.open_on(day).last().map_or(LAST_MINUTE, |interval| interval.to_minute);
        self.instant(day, minute)
    }

    /// Returns the instant of a local minute; one that daylight saving skips is the first that exists after it.
    fn instant(&self, day: Date, minute: u16) -> Timestamp {
        let midnight = day.to_datetime(Time::midnight());
        let local = midnight.saturating_add(i64::from(minute).minutes());
        match self.zone.to_ambiguous_zoned(local).compatible() {
            Ok(zoned) => zoned.timestamp().into(),
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

const fn index_of(day: Weekday) -> usize {
    day as usize
}

fn minute_of(time: Time) -> u16 {
    u16::try_from(i32::from(time.hour()) * 60 + i32::from(time.minute())).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use guichet_events::Closure;
    use jiff::civil::{date, datetime};
    use proptest::prelude::*;

    use super::*;
    use crate::domain::town::arbitrary;

    const fn hours(from: u16, to: u16) -> Interval {
        Interval { from_minute: from * 60, to_minute: to * 60 }
    }

    /// Monday to Friday 9-12 and 14-17, Thursday to 19, closed for a week in August.
    fn office() -> WorkCalendar {
        let mut week: BTreeMap<Weekday, Vec<Interval>> =
            [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday]
                .map(|day| (day, vec![hours(9, 12), hours(14, 17)]))
                .into();
        week.insert(Weekday::Thursday, vec![hours(9, 12), hours(14, 19)]);
        let closures = vec![Closure { from: "2026-08-10".into(), to: "2026-08-14".into(), reason: "congés".into() }];
        WorkCalendar::new(&arbitrary::authority("valorme"), &Calendar { week, closures })
    }

    fn paris(local: DateTime) -> Timestamp {
        let zone = TimeZone::get("Europe/Paris").expect("the zone is bundled");
        zone.to_ambiguous_zoned(local).compatible().expect("an instant").timestamp().into()
    }

    fn due(received: DateTime, count: u32, unit: DelayUnit) -> Timestamp {
        office().due(paris(received), Delay { count, unit })
    }

    #[test]
    fn three_business_days_skip_the_weekend_and_the_holiday() {
        // Friday 8 May 2026 is a holiday.
        assert_eq!(
            due(datetime(2026, 5, 6, 10, 0, 0, 0), 3, DelayUnit::BusinessDays),
            paris(datetime(2026, 5, 12, 17, 0, 0, 0))
        );
        assert_eq!(
            due(datetime(2026, 8, 7, 22, 41, 0, 0), 1, DelayUnit::BusinessDays),
            paris(datetime(2026, 8, 17, 17, 0, 0, 0))
        );
    }

    #[test]
    fn a_month_runs_from_date_to_date_and_is_not_moved_by_a_closed_day() {
        assert_eq!(
            due(datetime(2026, 1, 31, 10, 0, 0, 0), 1, DelayUnit::Months),
            paris(datetime(2026, 2, 28, 23, 59, 0, 0))
        );
        assert_eq!(
            due(datetime(2026, 3, 12, 10, 0, 0, 0), 2, DelayUnit::Months),
            paris(datetime(2026, 5, 12, 17, 0, 0, 0))
        );
    }

    #[test]
    fn four_opening_hours_go_on_after_lunch_and_the_next_morning() {
        assert_eq!(
            due(datetime(2026, 11, 24, 11, 0, 0, 0), 4, DelayUnit::Hours),
            paris(datetime(2026, 11, 24, 17, 0, 0, 0))
        );
        assert_eq!(
            due(datetime(2026, 11, 24, 16, 30, 0, 0), 4, DelayUnit::Hours),
            paris(datetime(2026, 11, 25, 14, 30, 0, 0))
        );
        assert_eq!(
            due(datetime(2026, 11, 28, 3, 0, 0, 0), 1, DelayUnit::Hours),
            paris(datetime(2026, 11, 30, 10, 0, 0, 0))
        );
    }

    #[test]
    fn a_door_that_never_opens_is_closed_for_good() {
        let never = Calendar { week: BTreeMap::new(), closures: Vec::new() };
        let never = WorkCalendar::new(&arbitrary::authority("valorme"), &never);
        let told = never.opening(paris(datetime(2026, 5, 6, 10, 0, 0, 0)));
        assert_eq!(told, Opening::ClosedUntil(jiff::Timestamp::MAX.into()));
    }

    #[test]
    fn a_calendar_without_an_open_day_still_gives_an_answer() {
        let never = Calendar { week: BTreeMap::new(), closures: Vec::new() };
        let never = WorkCalendar::new(&arbitrary::authority("valorme"), &never);
        let from = paris(datetime(2026, 5, 6, 10, 0, 0, 0));
        for unit in [DelayUnit::Hours, DelayUnit::BusinessDays] {
            assert!(never.due(from, Delay { count: 3, unit }) > from);
        }
    }

    proptest! {
        // A closed week has ten thousand minutes.
        #![proptest_config(ProptestConfig::with_cases(48))]
        /// Minute by minute: open now is what the wall says, and nothing changes before the instant that is told.
        #[test]
        fn doors_open_and_close_when_they_are_said_to(offset in 0_i64..20_000, minute in 0_i64..1_440) {
            let office = office();
            let start = date(2001, 1, 1).saturating_add(offset.days()).to_datetime(Time::midnight()).saturating_add(minute.minutes());
            let open_at = |at: DateTime| {
                let now = minute_of(at.time());
                office.open_on(at.date()).iter().any(|i| i.from_minute <= now && now < i.to_minute)
            };
            let told = office.opening(paris(start));
            prop_assert_eq!(told.is_open(), open_at(start));
            let end = told.until().to_jiff().to_zoned(office.zone.clone()).datetime();
            prop_assert_eq!(open_at(end), !told.is_open());
            let mut at = start;
            while at < end {
                prop_assert_eq!(open_at(at), told.is_open(), "{}", at);
                at = at.saturating_add(1.minute());
            }
        }
    }

    proptest! {
        #[test]
        fn business_days_are_those_a_person_would_count_on_a_wall_calendar(offset in 0_i64..20_000, minute in 0_i64..1_440, count in 1_u32..60) {
            let office = office();
            let start = date(2001, 1, 1).saturating_add(offset.days());
            let received = paris(start.to_datetime(Time::midnight()).saturating_add(minute.minutes()));
            let due = office.due(received, Delay { count, unit: DelayUnit::BusinessDays });
            let last = due.to_jiff().to_zoned(office.zone.clone()).date();
            let mut counted = 0;
            let mut day = start;
            while day < last {
                day = day.tomorrow().expect("not the end of time");
                counted += u32::from(office.is_business_day(day));
            }
            prop_assert_eq!(counted, count);
            prop_assert!(office.is_business_day(last));
        }

        #[test]
        fn opening_hours_are_those_counted_minute_by_minute(offset in 0_i64..20_000, minute in 0_i64..1_440, count in 1_u32..20) {
            let office = office();
            let start = date(2001, 1, 1).saturating_add(offset.days()).to_datetime(Time::midnight()).saturating_add(minute.minutes());
            let due = office.due(paris(start), Delay { count, unit: DelayUnit::Hours });
            let end = due.to_jiff().to_zoned(office.zone.clone()).datetime();
            // Opening hours never meet the night of a clock change, so local minutes are real ones.
            let (mut open, mut at) = (0, start);
            while at < end {
                let now = minute_of(at.time());
                open += u32::from(office.open_on(at.date()).iter().any(|i| i.from_minute <= now && now < i.to_minute));
                at = at.saturating_add(1.minute());
            }
            prop_assert_eq!(open, count * 60);
        }

        #[test]
        fn a_later_receipt_is_never_due_earlier(offset in 0_i64..9_000_000, later in 0_i64..100_000, count in 1_u32..40, unit in 0_usize..4) {
            let unit = [DelayUnit::Hours, DelayUnit::BusinessDays, DelayUnit::Days, DelayUnit::Months][unit];
            let first = paris(date(2001, 1, 1).to_datetime(Time::midnight()).saturating_add(offset.minutes()));
            let second = first.plus_seconds(later * 60);
            let office = office();
            let delay = Delay { count, unit };
            let (earlier, later) = (office.due(first, delay), office.due(second, delay));
            prop_assert!(earlier <= later, "{} {}", earlier, later);
        }
    }
}
