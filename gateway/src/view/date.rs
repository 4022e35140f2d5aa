//! Dates and times in the reader's language, on the authority's clock.

use guichet_core::Timestamp;
use guichet_core::french;

use crate::language::{self, Language};

/// « 4 December 2026 ».
const ENGLISH_DAY: &str = "%-d\u{a0}%B %Y";
/// « December 2026 ».
const ENGLISH_MONTH: &str = "%B %Y";
/// Keeps the parts of a date on one line.
const NBSP: &str = "\u{a0}";

/// The clock on which an authority's dates are read.
#[derive(Clone, Debug)]
pub(crate) struct Dates(french::Dates);

impl Dates {
    /// Returns the dates of a time zone; UTC when it is unknown.
    pub(crate) fn in_zone(name: &str) -> Self {
        Self(french::Dates::of_zone(name))
    }

    /// Returns « 4 décembre 2026 », empty for 0.
    pub(crate) fn day(&self, millis: i64) -> String {
        if millis == 0 {
            return String::new();
        }
        let instant = Timestamp::from_millis(millis);
        match language::current() {
            Language::French => self.0.day(instant).replacen(' ', NBSP, 1),
            Language::English => self.0.local(instant).strftime(ENGLISH_DAY).to_string(),
        }
    }

    /// Returns « 4 décembre 2026 à 14 h 05 », empty for 0.
    pub(crate) fn moment(&self, millis: i64) -> String {
        if millis == 0 {
            return String::new();
        }
        let instant = Timestamp::from_millis(millis);
        match language::current() {
            Language::French => format!("{} à {}", self.day(millis), self.0.clock(instant).replace(' ', NBSP)),
            Language::English => format!("{} at {}", self.day(millis), self.0.local(instant).strftime("%H:%M")),
        }
    }

    /// Returns the instant at which a day typed in a form (`2026-12-04`) ends.
    pub(crate) fn end_of_day(&self, typed: &str) -> Option<i64> {
        let date: jiff::civil::Date = typed.trim().parse().ok()?;
        let end = date.at(23, 59, 59, 0).to_zoned(self.0.zone().clone()).ok()?;
        Some(end.timestamp().as_millisecond())
    }

    /// Returns the instant at which a day begins.
    pub(crate) fn start_of_day(&self, day: jiff::civil::Date) -> Option<i64> {
        day.to_zoned(self.0.zone().clone()).ok().map(|start| start.timestamp().as_millisecond())
    }

    /// Returns « novembre 2026 ».
    pub(crate) fn month(&self, millis: i64) -> String {
        let local = self.0.local(Timestamp::from_millis(millis));
        match language::current() {
            Language::French => self.0.month(Timestamp::from_millis(millis)),
            Language::English => local.strftime(ENGLISH_MONTH).to_string(),
        }
    }

    /// Returns a day typed in a form (`2026-12-04`) as it is read; `None` when it is no day.
    pub(crate) fn of_day(&self, typed: &str) -> Option<String> {
        self.end_of_day(typed).map(|end| self.0.day(Timestamp::from_millis(end)))
    }

    /// Returns the day of an instant as forms write it.
    pub(crate) fn form_day(&self, millis: i64) -> String {
        self.0.local(Timestamp::from_millis(millis)).date().to_string()
    }
}

/// Returns how long ago something was, in its largest unit: « 3 min », « 2 h », « 4 j ».
pub(crate) fn age(millis: i64) -> String {
    let minutes = (millis / 60_000).max(0);
    match minutes {
        0..60 => format!("{minutes}\u{a0}min"),
        60..2_880 => format!("{}\u{a0}h", minutes / 60),
        _ => format!("{}\u{a0}j", minutes / 1_440),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_on_the_authoritys_clock() {
        let dates = Dates::in_zone("Europe/Paris");
        let instant = "2026-12-01T23:30:00Z".parse::<jiff::Timestamp>().expect("an instant").as_millisecond();
        assert_eq!(dates.moment(instant), "2\u{a0}décembre 2026 à 0\u{a0}h\u{a0}30");
        assert_eq!(dates.day(instant - 86_400_000), "1er\u{a0}décembre 2026");
        assert_eq!(dates.day(0), "");
    }

    #[test]
    fn a_day_typed_in_a_form_ends_at_midnight_there() {
        let dates = Dates::in_zone("Europe/Paris");
        let end = dates.end_of_day("2026-12-11").expect("a day");
        assert_eq!(Timestamp::from_millis(end).to_string(), "2026-12-11T22:59:59Z");
        assert_eq!(dates.end_of_day("11/12/2026"), None);
    }

    #[test]
    fn ages_are_told_in_their_largest_unit() {
        assert_eq!([age(59_000), age(3_600_000), age(4 * 86_400_000)], ["0\u{a0}min", "1\u{a0}h", "4\u{a0}j"]);
    }
}
