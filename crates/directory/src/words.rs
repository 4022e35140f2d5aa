//! Values as people write them, both ways: delays, opening hours, skills, what silence means, and the closed lists.

use guichet_core::work::{Channel, SilenceRule};
use guichet_events::{
    AuthorityKind, Delay, DelayUnit, FieldKind, HolidayRegion, Interval, Level2Answer, Role, SkillLevel, Weekday,
};

use crate::diagnostic::suggestion;

/// Highest count a delay may have: ten years of days.
const DELAY_COUNT_MAX: u32 = 3_650;
/// Minutes of a day: the latest closing time, 24:00.
const MINUTES_A_DAY: u16 = 24 * 60;
/// Skills are held and asked at a level from 1 to 5.
const SKILL_LEVELS: std::ops::RangeInclusive<u8> = 1..=5;

/// A closed list and its words.
pub(crate) type Words<T> = &'static [(T, &'static str)];

pub(crate) const AUTHORITY_KINDS: Words<AuthorityKind> = &[
    (AuthorityKind::Commune, "commune"),
    (AuthorityKind::Intermunicipal, "intercommunalité"),
    (AuthorityKind::SocialCentre, "centre d'action sociale"),
    (AuthorityKind::Other, "autre"),
];
pub(crate) const FIELD_KINDS: Words<FieldKind> = &[
    (FieldKind::Text, "texte"),
    (FieldKind::LongText, "texte long"),
    (FieldKind::Date, "date"),
    (FieldKind::Number, "nombre"),
    (FieldKind::Choice, "choix"),
    (FieldKind::YesNo, "oui ou non"),
];
pub(crate) const HOLIDAYS: Words<HolidayRegion> = &[
    (HolidayRegion::Metropole, "métropole"),
    (HolidayRegion::AlsaceMoselle, "Alsace-Moselle"),
    (HolidayRegion::Martinique, "Martinique"),
    (HolidayRegion::Guadeloupe, "Guadeloupe"),
    (HolidayRegion::Guyane, "Guyane"),
    (HolidayRegion::Reunion, "La Réunion"),
    (HolidayRegion::Mayotte, "Mayotte"),
];
pub(crate) const WEEKDAYS: Words<Weekday> = &[
    (Weekday::Monday, "lundi"),
    (Weekday::Tuesday, "mardi"),
    (Weekday::Wednesday, "mercredi"),
    (Weekday::Thursday, "jeudi"),
    (Weekday::Friday, "vendredi"),
    (Weekday::Saturday, "samedi"),
    (Weekday::Sunday, "dimanche"),
];
pub(crate) const ROLES: Words<Role> =
    &[(Role::Agent, "agent"), (Role::Supervisor, "superviseur"), (Role::Administrator, "administrateur")];
pub(crate) const LEVEL2_ANSWERS: Words<Level2Answer> =
    &[(Level2Answer::Direct, "directe"), (Level2Answer::Return, "par le niveau 1")];
pub(crate) const CHANNELS: Words<Channel> = &[
    (Channel::Email, "courriel"),
    (Channel::Web, "formulaire"),
    (Channel::Phone, "téléphone"),
    (Channel::Sms, "SMS"),
    (Channel::Counter, "guichet"),
    (Channel::Post, "courrier"),
    (Channel::Api, "API"),
];
/// Every department of an authority, in an agreement.
pub(crate) const EVERY_DEPARTMENT: &str = "tous";
/// What silence means when no delay follows from it.
const SILENCE_HAS_NO_EFFECT: &str = "aucun effet";

/// Returns the value a word stands for; capitals are forgiven.
pub(crate) fn value_of<T: Copy>(words: Words<T>, text: &str) -> Result<T, String> {
    words.iter().find(|(_, word)| word.to_lowercase() == text.to_lowercase()).map(|(value, _)| *value).ok_or_else(
        || {
            let choice = suggestion(text, words.iter().map(|(_, word)| *word));
            format!("« {text} » n'est pas une valeur possible ici.{choice}")
        },
    )
}

/// Returns the word for a value.
pub(crate) fn word_for<T: Copy + PartialEq>(words: Words<T>, value: T) -> &'static str {
    words.iter().find(|(candidate, _)| *candidate == value).map_or("", |(_, word)| word)
}

/// Returns the delay written `3 jours ouvrés`, `10 jours`, `1 mois` or `4 heures`; `3 jo`, `10 j` and `4 h` for short.
/// What is wrong is told in French, with an example.
pub fn parse_delay(text: &str) -> Result<Delay, String> {
    let wrong = || {
        format!(
            "« {text} » n'est pas un délai. Écrivez par exemple « 3 jours ouvrés », « 10 jours », « 1 mois » ou « 4 heures »."
        )
    };
    let mut words = text.split_whitespace();
    let count: u32 = words.next().and_then(|count| count.parse().ok()).ok_or_else(wrong)?;
    if !(1..=DELAY_COUNT_MAX).contains(&count) {
        return Err(format!("« {text} » : un délai va de 1 à {DELAY_COUNT_MAX}."));
    }
    let unit = match words.collect::<Vec<_>>().join(" ").to_lowercase().as_str() {
        "h" | "heure" | "heures" => DelayUnit::Hours,
        "jo" | "jour ouvré" | "jours ouvrés" => DelayUnit::BusinessDays,
        "j" | "jour" | "jours" => DelayUnit::Days,
        "mois" => DelayUnit::Months,
        _ => return Err(wrong()),
    };
    Ok(Delay { count, unit })
}

/// Returns business days as [`parse_delay`] reads them.
pub(crate) fn business_days(count: u32) -> String {
    delay(Delay { count, unit: DelayUnit::BusinessDays })
}

/// Returns the delay as [`parse_delay`] reads it.
pub(crate) fn delay(delay: Delay) -> String {
    let plural = if delay.count > 1 { "s" } else { "" };
    match delay.unit {
        DelayUnit::Hours => format!("{} heure{plural}", delay.count),
        DelayUnit::BusinessDays => format!("{} jour{plural} ouvré{plural}", delay.count),
        DelayUnit::Days => format!("{} jour{plural}", delay.count),
        DelayUnit::Months => format!("{} mois", delay.count),
    }
}

/// Longest wait before a search widens: a month of opening hours.
const WAIT_MINUTES_MAX: u32 = 200 * 60;

/// Returns the minutes written `2 heures`, `30 minutes`, `2h` or `5min`.
pub(crate) fn parse_wait(text: &str) -> Result<u32, String> {
    let wrong =
        || format!("« {text} » n'est pas une attente. Écrivez par exemple « 2 heures » ou « 30 minutes » d'ouverture.");
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let count: u32 = text[..text.len() - unit.len()].parse().map_err(|_| wrong())?;
    let minutes = match unit.trim().to_lowercase().as_str() {
        "h" | "heure" | "heures" => count.saturating_mul(60),
        "min" | "minute" | "minutes" => count,
        _ => return Err(wrong()),
    };
    if (1..=WAIT_MINUTES_MAX).contains(&minutes) {
        return Ok(minutes);
    }
    Err(format!("« {text} » : une attente va d'une minute à {} heures d'ouverture.", WAIT_MINUTES_MAX / 60))
}

/// Returns the minutes as [`parse_wait`] reads them.
pub(crate) fn wait(minutes: u32) -> String {
    if minutes.is_multiple_of(60) {
        return hours(minutes / 60);
    }
    format!("{minutes} minute{}", if minutes > 1 { "s" } else { "" })
}

/// Returns a number of hours as [`parse_delay`] reads it.
pub(crate) fn hours(count: u32) -> String {
    delay(Delay { count, unit: DelayUnit::Hours })
}

/// Returns what silence means, and after how long: `accepte après 1 mois`, `rejette après 2 mois`, `aucun effet`.
pub(crate) fn parse_silence(text: &str) -> Result<(SilenceRule, Option<Delay>), String> {
    if text.to_lowercase() == SILENCE_HAS_NO_EFFECT {
        return Ok((SilenceRule::None, None));
    }
    let (rule, after) = match text.split_once(" après ") {
        Some(("accepte", after)) => (SilenceRule::Accept, after),
        Some(("rejette", after)) => (SilenceRule::Reject, after),
        _ => {
            return Err(format!(
                "« {text} » ne dit pas ce que vaut le silence. Écrivez « accepte après 1 mois », « rejette après 2 mois » \
                 ou « {SILENCE_HAS_NO_EFFECT} » ; sans certitude, retirez la ligne."
            ));
        }
    };
    Ok((rule, Some(parse_delay(after)?)))
}

/// Returns what silence means as [`parse_silence`] reads it, `None` when nobody has said.
pub(crate) fn silence(rule: Option<SilenceRule>, legal: Option<Delay>) -> Option<String> {
    match (rule?, legal) {
        (SilenceRule::None, _) => Some(SILENCE_HAS_NO_EFFECT.to_owned()),
        (SilenceRule::Accept, Some(legal)) => Some(format!("accepte après {}", delay(legal))),
        (SilenceRule::Reject, Some(legal)) => Some(format!("rejette après {}", delay(legal))),
        (SilenceRule::Accept | SilenceRule::Reject, None) => None,
    }
}

/// Returns the skill and level written `ECI 2`.
pub(crate) fn parse_skill(text: &str) -> Result<SkillLevel, String> {
    let skill = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let level = &text[skill.len()..];
    if skill.trim().is_empty() || level.is_empty() {
        return Err(format!("« {text} » n'est pas une compétence et son niveau. Écrivez par exemple « ECI 2 »."));
    }
    match level.parse() {
        Ok(level) if SKILL_LEVELS.contains(&level) => Ok(SkillLevel { skill: skill.trim().to_owned(), level }),
        _ => Err(format!("« {text} » : le niveau d'une compétence va de 1 à 5.")),
    }
}

/// Returns the skill as [`parse_skill`] reads it.
pub(crate) fn skill(skill: &SkillLevel) -> String {
    format!("{} {}", skill.skill, skill.level)
}

/// Returns the interval written `08:30-12:30`.
pub(crate) fn parse_interval(text: &str) -> Result<Interval, String> {
    let wrong = || format!("« {text} » n'est pas un horaire. Écrivez par exemple « 08:30-12:30 ».");
    let (from, to) = text.split_once('-').ok_or_else(wrong)?;
    let minutes = |clock: &str| -> Option<u16> {
        let (hours, minutes) = clock.trim().split_once([':', 'h'])?;
        let minutes = if minutes.is_empty() { 0 } else { minutes.parse().ok().filter(|minutes| *minutes < 60)? };
        let hours: u16 = hours.parse().ok().filter(|hours| *hours <= 24)?;
        Some(hours * 60 + minutes).filter(|minutes| *minutes <= MINUTES_A_DAY)
    };
    let (from_minute, to_minute) = (minutes(from).ok_or_else(wrong)?, minutes(to).ok_or_else(wrong)?);
    if from_minute >= to_minute {
        return Err(format!("« {text} » : l'heure de fermeture doit suivre l'heure d'ouverture."));
    }
    Ok(Interval { from_minute, to_minute })
}

/// Returns the interval as [`parse_interval`] reads it.
pub(crate) fn interval(interval: Interval) -> String {
    let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    format!("{}-{}", clock(interval.from_minute), clock(interval.to_minute))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_delay_is_read_back_as_it_is_written() {
        for unit in [DelayUnit::Hours, DelayUnit::BusinessDays, DelayUnit::Days, DelayUnit::Months] {
            for count in [1, 2, 30, DELAY_COUNT_MAX] {
                let value = Delay { count, unit };
                assert_eq!(parse_delay(&delay(value)), Ok(value));
            }
        }
        assert_eq!(parse_delay("3\u{a0}jours ouvrés").map(|delay| delay.count), Ok(3), "no-break spaces are spaces");
        for (short, long) in [("3 jo", "3 jours ouvrés"), ("10 j", "10 jours"), ("4 h", "4 heures")] {
            assert_eq!(parse_delay(short), parse_delay(long));
        }
    }

    #[test]
    fn every_wait_is_read_back_as_it_is_written() {
        for minutes in [1, 5, 59, 60, 61, 120, WAIT_MINUTES_MAX] {
            assert_eq!(parse_wait(&wait(minutes)), Ok(minutes));
        }
        assert_eq!((parse_wait("2h"), parse_wait("5min")), (Ok(120), Ok(5)));
        for text in ["", "0 minute", "h", "2 jours", "deux heures", "201 heures", "99999999999 h"] {
            assert!(parse_wait(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_delay_is_refused_with_an_example() {
        for text in ["", "trois jours", "3", "0 jours", "3 jours ouvrables", "-1 mois", "99999 jours", "3 semaines"] {
            assert!(parse_delay(text).is_err(), "{text}");
        }
        assert!(parse_delay("bientôt").unwrap_err().contains("3 jours ouvrés"));
    }

    #[test]
    fn silence_is_read_back_as_it_is_written() {
        for text in ["accepte après 1 mois", "rejette après 2 mois", "aucun effet"] {
            let (rule, legal) = parse_silence(text).expect(text);
            assert_eq!(silence(Some(rule), legal).as_deref(), Some(text));
        }
        for text in ["accepte", "vaut accord", "accepte après", "accepte après longtemps"] {
            assert!(parse_silence(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_interval_of_a_day_is_read_back_as_it_is_written() {
        for from_minute in (0..MINUTES_A_DAY).step_by(15) {
            let value = Interval { from_minute, to_minute: from_minute + 15 };
            assert_eq!(parse_interval(&interval(value)), Ok(value));
        }
        assert_eq!(parse_interval("8h30-12h"), parse_interval("08:30-12:00"));
        for text in ["", "8-12", "08:30", "12:30-08:30", "08:30-08:30", "08:60-09:00", "08:30-24:01", "25:00-26:00"] {
            assert!(parse_interval(text).is_err(), "{text}");
        }
    }

    #[test]
    fn skills_have_a_level_from_one_to_five() {
        let expected = SkillLevel { skill: "ECI".to_owned(), level: 2 };
        assert_eq!((parse_skill("ECI 2"), parse_skill("ECI2")), (Ok(expected.clone()), Ok(expected)));
        for text in ["ECI", "ECI 0", "ECI 6", "2", "", "ECI 2 3x", "ECI 999"] {
            assert!(parse_skill(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_word_nobody_knows_is_refused_with_the_nearest_one() {
        assert_eq!(value_of(WEEKDAYS, "Lundi"), Ok(Weekday::Monday));
        assert!(value_of(WEEKDAYS, "lindi").unwrap_err().contains("« lundi »"));
    }
}
