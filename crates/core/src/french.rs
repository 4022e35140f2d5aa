//! Dates as a French reader says them, in an authority's time zone, and names after a preposition: one wording for
//! messages, pages and explanations.

use jiff::Zoned;
use jiff::tz::TimeZone;

use crate::Timestamp;

const MONTHS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];
const WEEKDAYS: [&str; 7] = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"];

/// Writes dates of one place.
#[derive(Clone, Debug)]
pub struct Dates(TimeZone);

impl Dates {
    /// Returns the dates of an IANA zone; UTC when the zone is unknown (the directory's check refuses it before).
    pub fn of_zone(name: &str) -> Self {
        Self(TimeZone::get(name).unwrap_or(TimeZone::UTC))
    }

    /// Returns the zone of this place.
    pub const fn zone(&self) -> &TimeZone {
        &self.0
    }

    /// Returns the instant on the clock of this place.
    pub fn local(&self, instant: Timestamp) -> Zoned {
        instant.to_jiff().to_zoned(self.0.clone())
    }

    /// Returns `vendredi 4 décembre 2026`.
    pub fn long(&self, instant: Timestamp) -> String {
        format!("{} {}", self.weekday(instant), self.local(instant).year())
    }

    /// Returns `vendredi 4 décembre`, for a day of the weeks around.
    pub fn weekday(&self, instant: Timestamp) -> String {
        let local = self.local(instant);
        let weekday = WEEKDAYS[usize::from(local.weekday().to_monday_zero_offset().unsigned_abs())];
        format!("{weekday} {}", day_and_month(&local))
    }

    /// Returns `4 décembre 2026`, `1er mai 2027`.
    pub fn day(&self, instant: Timestamp) -> String {
        let local = self.local(instant);
        format!("{} {}", day_and_month(&local), local.year())
    }

    /// Returns `novembre 2026`.
    pub fn month(&self, instant: Timestamp) -> String {
        let local = self.local(instant);
        format!("{} {}", MONTHS[usize::from(local.month().unsigned_abs()) - 1], local.year())
    }

    /// Returns `lundi 23 novembre 2026 à 22 h 41`.
    pub fn moment(&self, instant: Timestamp) -> String {
        format!("{} à {}", self.long(instant), self.clock(instant))
    }

    /// Returns `22 h 41`.
    pub fn clock(&self, instant: Timestamp) -> String {
        let local = self.local(instant);
        format!("{} h {:02}", local.hour(), local.minute())
    }

    /// Returns `04/12/2026`.
    pub fn short(&self, instant: Timestamp) -> String {
        let local = self.local(instant);
        format!("{:02}/{:02}/{}", local.day(), local.month(), local.year())
    }
}

fn day_and_month(local: &Zoned) -> String {
    let ordinal = if local.day() == 1 { "er" } else { "" };
    format!("{}{ordinal} {}", local.day(), MONTHS[usize::from(local.month().unsigned_abs()) - 1])
}

/// Returns a name after « à », its article contracted: « au Département », « aux Archives », « à la CAF », « à Valorme ».
pub fn to(name: &str) -> String {
    for (article, contracted) in [("le ", "au "), ("les ", "aux "), ("Le ", "au "), ("Les ", "aux ")] {
        if let Some(rest) = name.strip_prefix(article) {
            return format!("{contracted}{rest}");
        }
    }
    format!("à {name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse::<jiff::Timestamp>().expect("an instant").into()
    }

    #[test]
    fn dates_are_those_of_the_town_not_of_greenwich() {
        let dates = Dates::of_zone("Europe/Paris");
        let late = at("2026-12-03T23:30:00Z");
        assert_eq!(dates.moment(late), "vendredi 4 décembre 2026 à 0 h 30");
        assert_eq!(dates.short(late), "04/12/2026");
    }

    #[test]
    fn articles_are_contracted_after_a_preposition() {
        let told = ["le Département", "les Archives", "la CAF", "l’ARS", "Valorme", "Lesneven"].map(to);
        assert_eq!(told, ["au Département", "aux Archives", "à la CAF", "à l’ARS", "à Valorme", "à Lesneven"]);
    }

    #[test]
    fn the_first_of_a_month_has_its_ordinal() {
        assert_eq!(Dates::of_zone("Europe/Paris").long(at("2027-05-01T08:00:00Z")), "samedi 1er mai 2027");
    }
}
