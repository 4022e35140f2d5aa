//! French public holidays, computed for any year: the eleven national days (Labour Code L.3133-1), those of
//! Alsace-Moselle, and the days that commemorate the abolition of slavery overseas.

use guichet_events::HolidayRegion;
use jiff::ToSpan;
use jiff::civil::{Date, date};

/// Days of fixed date that apply everywhere, as (month, day).
const FIXED: [(i8, i8); 8] = [(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)];
/// Days from Easter Sunday: Easter Monday, Ascension, Whit Monday.
const MOVABLE: [i32; 3] = [1, 39, 50];
/// Days from Easter Sunday to Good Friday, a holiday in Alsace-Moselle only.
const GOOD_FRIDAY: i32 = -2;

/// Returns whether `day` is a public holiday of `region`.
pub(crate) fn is_public_holiday(day: Date, region: HolidayRegion) -> bool {
    FIXED.contains(&(day.month(), day.day()))
        || is_local(day, region)
        || MOVABLE.iter().any(|&days| is_after_easter(day, days))
}

fn is_local(day: Date, region: HolidayRegion) -> bool {
    let month_day = (day.month(), day.day());
    match region {
        HolidayRegion::Metropole => false,
        HolidayRegion::AlsaceMoselle => month_day == (12, 26) || is_after_easter(day, GOOD_FRIDAY),
        HolidayRegion::Martinique => month_day == (5, 22),
        HolidayRegion::Guadeloupe => month_day == (5, 27),
        HolidayRegion::Guyane => month_day == (6, 10),
        HolidayRegion::Reunion => month_day == (12, 20),
        HolidayRegion::Mayotte => month_day == (4, 27),
    }
}

fn is_after_easter(day: Date, days: i32) -> bool {
    easter(day.year()).checked_add(days.days()).is_ok_and(|holiday| holiday == day)
}

/// Returns Easter Sunday of the Gregorian calendar (the computus of Meeus, Jones and Butcher).
fn easter(year: i16) -> Date {
    let y = i32::from(year);
    let (golden, century, in_century) = (y % 19, y / 100, y % 100);
    let corrected = (century - (century + 8) / 25 + 1) / 3;
    let epact = (19 * golden + century - century / 4 - corrected + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (in_century / 4) - epact - in_century % 4) % 7;
    let shift = (golden + 11 * epact + 22 * weekday) / 451;
    let days = epact + weekday - 7 * shift + 114;
    let (month, day) = (days / 31, days % 31 + 1);
    // The computus gives a day between 22 March and 25 April.
    date(year, i8::try_from(month).unwrap_or(4), i8::try_from(day).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn easter_falls_where_the_almanacs_say() {
        for (year, month, day) in
            [(1961, 4, 2), (2000, 4, 23), (2008, 3, 23), (2024, 3, 31), (2026, 4, 5), (2038, 4, 25)]
        {
            assert_eq!(easter(year), date(year, month, day));
        }
    }

    #[test]
    fn the_national_days_of_2026_are_closed_everywhere() {
        let days = [(1, 1), (4, 6), (5, 1), (5, 8), (5, 14), (5, 25), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)];
        for (month, day) in days {
            assert!(is_public_holiday(date(2026, month, day), HolidayRegion::Metropole), "{month}-{day}");
        }
        let mut count = 0;
        let mut day = date(2026, 1, 1);
        while day.year() == 2026 {
            count += usize::from(is_public_holiday(day, HolidayRegion::Metropole));
            day = day.tomorrow().expect("2026 has a next year");
        }
        assert_eq!(count, days.len());
    }

    #[test]
    fn regions_have_their_own_days() {
        let local = [
            (HolidayRegion::AlsaceMoselle, 2026, 4, 3),
            (HolidayRegion::AlsaceMoselle, 2026, 12, 26),
            (HolidayRegion::Martinique, 2026, 5, 22),
            (HolidayRegion::Guadeloupe, 2026, 5, 27),
            (HolidayRegion::Guyane, 2026, 6, 10),
            (HolidayRegion::Reunion, 2026, 12, 20),
            (HolidayRegion::Mayotte, 2026, 4, 27),
        ];
        for (region, year, month, day) in local {
            assert!(is_public_holiday(date(year, month, day), region), "{region:?}");
            assert!(!is_public_holiday(date(year, month, day), HolidayRegion::Metropole), "{region:?}");
        }
    }
}
