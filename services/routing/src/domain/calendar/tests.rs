//! Delays against almanacs, walls and minutes counted one by one.

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
    WorkCalendar::new(&arbitrary::authority("valorme"), &Calendar { week, closures, bridges: false })
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
fn bridge_days_are_closed_where_the_calendar_says_so() {
    // Ascension is Thursday 14 May 2026, 14 July a Tuesday, 8 May and 25 December are Fridays.
    let mut week = office();
    week.week[5] = vec![hours(9, 12)];
    for bridges in [false, true] {
        let office = WorkCalendar { bridges, ..week.clone() };
        for (month, day) in [(5, 15), (5, 16), (7, 13)] {
            assert_eq!(office.is_business_day(date(2026, month, day)), !bridges, "{month}-{day}");
        }
        for (month, day) in [(5, 9), (5, 13), (7, 15), (12, 24), (12, 26)] {
            assert!(office.is_business_day(date(2026, month, day)), "{month}-{day}");
        }
    }
}

#[test]
fn a_count_names_what_it_skips() {
    let office = WorkCalendar { bridges: true, ..office() };
    let told =
        office.explain(paris(datetime(2026, 5, 12, 10, 0, 0, 0)), Delay { count: 2, unit: DelayUnit::BusinessDays });
    let whats: Vec<What> = told.steps.into_iter().map(|step| step.what).collect();
    assert_eq!(
        whats,
        [
            What::Received,
            What::Day(1),
            What::Closed(Closed::Holiday("Ascension")),
            What::Closed(Closed::Bridge),
            What::Closed(Closed::Week),
            What::Closed(Closed::Week),
            What::Day(2),
        ]
    );
    let told = office.explain(paris(datetime(2026, 8, 7, 16, 0, 0, 0)), Delay { count: 2, unit: DelayUnit::Hours });
    assert_eq!(told.steps[3].what, What::Closed(Closed::Closure("congés".into())));
    assert_eq!(told.due, paris(datetime(2026, 8, 17, 10, 0, 0, 0)));
}

#[test]
fn a_door_that_never_opens_is_closed_for_good() {
    let never = Calendar { week: BTreeMap::new(), closures: Vec::new(), bridges: false };
    let never = WorkCalendar::new(&arbitrary::authority("valorme"), &never);
    let told = never.opening(paris(datetime(2026, 5, 6, 10, 0, 0, 0)));
    assert_eq!(told, Opening::ClosedUntil(jiff::Timestamp::MAX.into()));
}

#[test]
fn a_calendar_without_an_open_day_still_gives_an_answer() {
    let never = Calendar { week: BTreeMap::new(), closures: Vec::new(), bridges: false };
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
    fn what_is_told_day_by_day_ends_at_the_date_that_is_given(offset in 0_i64..9_000_000, count in 1_u32..60, unit in 0_usize..4, bridges: bool) {
        let unit = [DelayUnit::Hours, DelayUnit::BusinessDays, DelayUnit::Days, DelayUnit::Months][unit];
        let from = paris(date(2001, 1, 1).to_datetime(Time::midnight()).saturating_add(offset.minutes()));
        let (office, delay) = (WorkCalendar { bridges, ..office() }, Delay { count, unit });
        let told = office.explain(from, delay);
        prop_assert_eq!(told.due, office.due(from, delay));
        let last = told.steps.last().expect("at least one step");
        prop_assert_eq!(last.day, office.local(told.due).date());
        match last.what {
            What::Day(total) | What::Span(total) => prop_assert_eq!(total, count),
            What::Hours { total, .. } => prop_assert_eq!(total, count * 60),
            ref other => prop_assert!(false, "it ends with {:?}", other),
        }
        for step in &told.steps {
            let closed = matches!(step.what, What::Closed(_));
            prop_assert!(!closed || !office.is_business_day(step.day), "{:?}", step);
        }
    }

    /// What was left of a delay when a wait began is left of it when the wait ends.
    #[test]
    fn a_wait_moves_a_date_by_the_time_it_took_and_no_more(offset in 0_i64..9_000_000, before in 0_i64..20_000, waited in 0_i64..90_000, count in 1_u32..40, unit in 0_usize..4) {
        let unit = [DelayUnit::Hours, DelayUnit::BusinessDays, DelayUnit::Days, DelayUnit::Months][unit];
        let from = paris(date(2001, 1, 1).to_datetime(Time::midnight()).saturating_add(offset.minutes()));
        let (office, delay) = (office(), Delay { count, unit });
        let due = office.due(from, delay);
        let since = from.plus_seconds(before * 60);
        let wait = since..since.plus_seconds(waited * 60);
        let moved = office.shifted(due, unit, &wait);
        if due <= since {
            prop_assert_eq!(moved, due, "a date already past stays");
            return Ok(());
        }
        prop_assert!(moved >= due);
        match unit {
            DelayUnit::Hours => prop_assert_eq!(office.open_minutes(&(wait.end..moved)), office.open_minutes(&(since..due))),
            DelayUnit::BusinessDays => {
                let left = |from: Timestamp, to: Timestamp| {
                    let (mut day, last, mut days) = (office.local(from).date(), office.local(to).date(), 0);
                    while day < last {
                        day = day.tomorrow().expect("not the end of time");
                        days += u32::from(office.is_business_day(day));
                    }
                    days
                };
                prop_assert_eq!(left(wait.end, moved), left(since, due));
            }
            DelayUnit::Days | DelayUnit::Months => {
                let days = |from: Timestamp, to: Timestamp| (office.local(to).date() - office.local(from).date()).get_days();
                prop_assert_eq!(days(wait.end, moved), days(since, due));
            }
        }
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
