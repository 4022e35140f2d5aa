//! A million random intervals against the minutes on the wall, counted one by one.

use std::collections::BTreeMap;

use guichet_core::{Rng, SeededRng, Timestamp};
use guichet_events::{Calendar, Closure, Delay, DelayUnit, HolidayRegion, Interval, Weekday};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

use super::WorkCalendar;
use crate::domain::holidays::public_holiday;
use crate::domain::town::arbitrary;

const INTERVALS: u32 = 1_000_000;
/// Delays in opening hours checked against the same minutes.
const DELAYS: u32 = 100_000;
const FIRST: Date = date(2025, 1, 1);
/// Years of minutes.
const YEARS: i16 = 4;
const MINUTE_MILLIS: i64 = 60_000;

const EVERY_DAY: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

/// Opening and closing minutes of some days.
type Hours = Vec<(u16, u16)>;

/// A calendar as a town writes it.
struct Town {
    zone: &'static str,
    region: HolidayRegion,
    bridges: bool,
    /// Days of the week from Monday, and hours as minutes.
    hours: Vec<(std::ops::Range<usize>, Hours)>,
    closure: (Date, Date),
}

impl Town {
    fn calendar(&self) -> WorkCalendar {
        let mut week: BTreeMap<Weekday, Vec<Interval>> = BTreeMap::new();
        for (days, hours) in &self.hours {
            let intervals = hours.iter().map(|&(from_minute, to_minute)| Interval { from_minute, to_minute });
            for day in days.clone() {
                week.entry(EVERY_DAY[day]).or_default().extend(intervals.clone());
            }
        }
        let (from, to) = self.closure;
        let closures = vec![Closure { from: from.to_string(), to: to.to_string(), reason: "congés".into() }];
        let mut authority = arbitrary::authority("valorme");
        authority.time_zone = self.zone.into();
        authority.holidays = self.region;
        WorkCalendar::new(&authority, &Calendar { week, closures, bridges: self.bridges })
    }

    fn is_closed(&self, day: Date) -> bool {
        let holiday = |day: Date| public_holiday(day, self.region).is_some();
        let bridge = match day.weekday().to_monday_zero_offset() {
            0 => holiday(day + 1.day()),
            4 => holiday(day - 1.day()),
            5 => holiday(day - 2.days()),
            _ => false,
        };
        holiday(day) || (self.bridges && bridge) || (self.closure.0..=self.closure.1).contains(&day)
    }

    /// Returns how many open minutes came before each minute from [`FIRST`] in UTC, by what the wall shows at each.
    fn minutes_before(&self) -> Vec<u32> {
        let zone = TimeZone::get(self.zone).expect("the zone is bundled");
        let hours = i64::from(YEARS) * 365 * 24;
        let first = FIRST.to_zoned(TimeZone::UTC).expect("a date").timestamp();
        let mut before = vec![0];
        for hour in 0..hours {
            // No zone of these towns changes its time within an hour of UTC.
            let shown = zone.to_datetime(first + hour.hours());
            let minute_of_day = u16::try_from(shown.hour()).expect("an hour") * 60;
            let weekday = shown.date().weekday().to_monday_zero_offset() as usize;
            let closed = self.is_closed(shown.date());
            for minute in minute_of_day..minute_of_day + 60 {
                let open = !closed
                    && self.hours.iter().any(|(days, hours)| {
                        days.contains(&weekday) && hours.iter().any(|(from, to)| (*from..*to).contains(&minute))
                    });
                before.push(before.last().expect("it begins with 0") + u32::from(open));
            }
        }
        before
    }
}

/// Noon closure and late Thursdays with bridges; nights across clock changes; an island; a Saturday in Alsace.
fn towns() -> [Town; 4] {
    let day = |hour: u16| hour * 60;
    let closure = (date(2026, 8, 10), date(2026, 8, 14));
    [
        Town {
            zone: "Europe/Paris",
            region: HolidayRegion::Metropole,
            bridges: true,
            hours: vec![
                (0..3, vec![(day(8) + 30, day(12) + 30), (day(13) + 30, day(17) + 30)]),
                (3..4, vec![(day(8) + 30, day(12) + 30), (day(13) + 30, day(19))]),
                (4..5, vec![(day(9), day(12)), (day(14), day(17))]),
            ],
            closure,
        },
        Town {
            zone: "Europe/Paris",
            region: HolidayRegion::Metropole,
            bridges: false,
            hours: vec![(0..7, vec![(0, day(6)), (day(22), day(24))])],
            closure,
        },
        Town {
            zone: "Indian/Reunion",
            region: HolidayRegion::Reunion,
            bridges: false,
            hours: vec![(0..5, vec![(day(7) + 15, day(11)), (day(12), day(15) + 45)])],
            closure,
        },
        Town {
            zone: "Europe/Paris",
            region: HolidayRegion::AlsaceMoselle,
            bridges: true,
            hours: vec![(0..5, vec![(day(9), day(12)), (day(14), day(17))]), (5..6, vec![(day(9), day(12))])],
            closure,
        },
    ]
}

#[test]
fn business_time_is_what_the_minutes_on_the_wall_add_up_to() {
    let rng = SeededRng::new(20_261_124);
    let first = Timestamp::from(FIRST.to_zoned(TimeZone::UTC).expect("a date").timestamp());
    let at = |minute: u32| first.plus_millis(i64::from(minute) * MINUTE_MILLIS);
    let towns = towns();
    for town in &towns {
        let (calendar, before) = (town.calendar(), town.minutes_before());
        let last = u32::try_from(before.len() - 1).expect("four years of minutes");
        let share = u32::try_from(towns.len()).expect("a few towns");
        for _ in 0..INTERVALS / share {
            let from = rng.below(last);
            // From an hour to a month: most waits are short, and an error shows at the ends.
            let to = (from + rng.below(60 << rng.below(10))).min(last);
            let counted = before[to as usize] - before[from as usize];
            assert_eq!(
                calendar.open_minutes(&(at(from)..at(to))),
                counted,
                "{} to {} in {}",
                at(from),
                at(to),
                town.zone
            );
        }
        for _ in 0..DELAYS / share {
            let (from, count) = (rng.below(last / 2), 1 + rng.below(30));
            let due = calendar.due(at(from), Delay { count, unit: DelayUnit::Hours });
            let minute = usize::try_from(due.millis_since(first) / MINUTE_MILLIS).expect("within the years");
            let counted = before[minute] - before[from as usize];
            let one_less = before[minute - 1] - before[from as usize];
            assert_eq!((counted, one_less), (count * 60, count * 60 - 1), "{} and {count} h", at(from));
        }
    }
}
