//! French public holidays, computed for any year: the eleven national days (Labour Code L.3133-1), those of
//! Alsace-Moselle, and the days that commemorate the abolition of slavery overseas.

use guichet_events::HolidayRegion;
use jiff::civil::{Date, date};

/// Days of fixed date that apply everywhere: month, day, name.
const FIXED: [(i8, i8, &str); 8] = [
    (1, 1, "jour de l’An"),
    (5, 1, "fête du Travail"),
    (5, 8, "victoire de 1945"),
    (7, 14, "fête nationale"),
    (8, 15, "Assomption"),
    (11, 1, "Toussaint"),
    (11, 11, "armistice de 1918"),
    (12, 25, "Noël"),
];
/// Days from Easter Sunday, and their names.
const MOVABLE: [(i16, &str); 3] = [(1, "lundi de Pâques"), (39, "Ascension"), (50, "lundi de Pentecôte")];
/// Days from Easter Sunday to Good Friday, a holiday in Alsace-Moselle only.
const GOOD_FRIDAY: i16 = -2;
const ABOLITION: &str = "abolition de l’esclavage";

/// Returns the name of the public holiday of `region` that `day` is.
pub(crate) fn public_holiday(day: Date, region: HolidayRegion) -> Option<&'static str> {
    let fixed = FIXED.iter().find(|(month, of_month, _)| (*month, *of_month) == (day.month(), day.day()));
    if let Some((_, _, name)) = fixed {
        return Some(name);
    }
    // Both fall in the same year.
    let after_easter = day.day_of_year() - easter(day.year()).day_of_year();
    let movable = MOVABLE.iter().find(|(days, _)| *days == after_easter);
    movable.map(|(_, name)| *name).or_else(|| local(day, after_easter, region))
}

fn local(day: Date, after_easter: i16, region: HolidayRegion) -> Option<&'static str> {
    let on = |month: i8, of_month: i8| (day.month(), day.day()) == (month, of_month);
    let abolished = match region {
        HolidayRegion::Metropole => false,
        HolidayRegion::AlsaceMoselle if on(12, 26) => return Some("saint Étienne"),
        HolidayRegion::AlsaceMoselle => return (after_easter == GOOD_FRIDAY).then_some("vendredi saint"),
        HolidayRegion::Martinique => on(5, 22),
        HolidayRegion::Guadeloupe => on(5, 27),
        HolidayRegion::Guyane => on(6, 10),
        HolidayRegion::Reunion => on(12, 20),
        HolidayRegion::Mayotte => on(4, 27),
    };
    abolished.then_some(ABOLITION)
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
            assert!(public_holiday(date(2026, month, day), HolidayRegion::Metropole).is_some(), "{month}-{day}");
        }
        let mut count = 0;
        let mut day = date(2026, 1, 1);
        while day.year() == 2026 {
            count += usize::from(public_holiday(day, HolidayRegion::Metropole).is_some());
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
            assert!(public_holiday(date(year, month, day), region).is_some(), "{region:?}");
            assert_eq!(public_holiday(date(year, month, day), HolidayRegion::Metropole), None, "{region:?}");
        }
    }
}
