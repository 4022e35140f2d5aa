//! What can be changed on screen: the keys of each part, in the order of its form. The rest stays in the folder.

use guichet_events::Directory;

use super::PartKind;
use crate::words::{CHANNELS, LEVEL2_ANSWERS, ROLES};

/// How a key is typed, and what its values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One line of text.
    Line,
    /// Several lines of text.
    Paragraphs,
    /// A whole number, one of the options when there are some.
    Number,
    /// `true` or `false`.
    Flag,
    /// One of the options.
    Choice,
    /// Any of the options, one a value.
    Several,
    /// Skills with their level, `ECI 2`, one a value; the options are the skills.
    Levels,
    /// Texts, one a value.
    Lines,
    /// Opening hours of a day, `08:30-12:30`, one a value.
    Hours,
    /// Days with a reason, `2026-12-24 2026-12-26 Noël`, one a value.
    Closures,
    /// Days without a reason, `2026-12-24 2026-12-26`, with the login of who stands in if somebody does, one a value.
    Absences,
}

/// What the options of a key are taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choices {
    None,
    Departments,
    Sites,
    Calendars,
    Procedures,
    Agents,
    Skills,
    Clearances,
    Partners,
    Channels,
    Roles,
    Tiers,
    Level2Answers,
}

/// One key of a part.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) choices: Choices,
    /// Its absence is a mistake: it is written even when empty, so that the mistake is told at its place.
    pub(super) required: bool,
    /// Changed by administrators only: it grants access to people or to files.
    pub(super) reserved: bool,
    /// What an absent flag says.
    pub(super) default: bool,
    /// Shown beside the name where parts are listed.
    pub(super) listed: bool,
}

const fn key(name: &'static str, shape: Shape) -> Key {
    Key { name, shape, choices: Choices::None, required: false, reserved: false, default: false, listed: false }
}

impl Key {
    const fn among(self, choices: Choices) -> Self {
        Self { choices, ..self }
    }

    const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    const fn reserved(self) -> Self {
        Self { reserved: true, ..self }
    }

    const fn listed(self) -> Self {
        Self { listed: true, ..self }
    }

    const fn true_by_default(self) -> Self {
        Self { default: true, ..self }
    }
}

const AUTHORITY: &[Key] = &[
    key("name", Shape::Line).required().reserved(),
    key("phone", Shape::Line).required(),
    key("hours", Shape::Line).required(),
    key("postal_address", Shape::Line).required(),
    key("website", Shape::Line).required(),
    key("triage_procedure", Shape::Choice).among(Choices::Procedures).required(),
    key("colour", Shape::Line),
    key("email", Shape::Line).required().reserved(),
];

const DEPARTMENT: &[Key] = &[
    key("name", Shape::Line).required(),
    key("site", Shape::Choice).among(Choices::Sites).required(),
    key("calendar", Shape::Choice).among(Choices::Calendars).required().listed(),
    key("phone", Shape::Line).required().listed(),
    key("email", Shape::Line),
];

const SITE: &[Key] = &[key("name", Shape::Line).required(), key("postal_address", Shape::Line).required().listed()];

const CALENDAR: &[Key] = &[
    key("lundi", Shape::Hours).listed(),
    key("mardi", Shape::Hours),
    key("mercredi", Shape::Hours),
    key("jeudi", Shape::Hours),
    key("vendredi", Shape::Hours),
    key("samedi", Shape::Hours).listed(),
    key("dimanche", Shape::Hours),
    key("bridges", Shape::Flag),
    key("closures", Shape::Closures).listed(),
];

const PROCEDURE: &[Key] = &[
    key("name", Shape::Line).required(),
    key("announced", Shape::Line).required().listed(),
    key("internal", Shape::Line),
    key("silence", Shape::Line),
    key("legal", Shape::Line),
    key("department", Shape::Choice).among(Choices::Departments).required().listed(),
    key("tier", Shape::Number).among(Choices::Tiers).required(),
    key("skills", Shape::Levels).among(Choices::Skills).required(),
    key("level2_answer", Shape::Choice).among(Choices::Level2Answers),
    key("reminder", Shape::Line),
    key("automatic_return", Shape::Line),
    key("channels", Shape::Several).among(Choices::Channels),
    key("public", Shape::Flag).true_by_default(),
    key("danger", Shape::Line),
    key("documents", Shape::Lines),
    key("keywords", Shape::Lines),
    key("weight", Shape::Number),
    key("cost", Shape::Number),
    key("complaint", Shape::Flag).reserved(),
    key("confidential", Shape::Flag).reserved(),
    key("clearances", Shape::Several).among(Choices::Clearances).reserved(),
];

const AGENT: &[Key] = &[
    key("name", Shape::Line).required().reserved(),
    key("title", Shape::Line).required().listed(),
    key("absences", Shape::Absences).listed(),
    key("skills", Shape::Levels).among(Choices::Skills).required(),
    key("tier", Shape::Number).among(Choices::Tiers).required(),
    key("capacity", Shape::Number),
    key("deferred_only", Shape::Flag),
    key("shift", Shape::Choice).among(Choices::Calendars),
    key("languages", Shape::Lines),
    key("site", Shape::Choice).among(Choices::Sites),
    key("tutor", Shape::Choice).among(Choices::Agents),
    key("departments", Shape::Several).among(Choices::Departments).reserved(),
    key("role", Shape::Choice).among(Choices::Roles).reserved(),
    key("clearances", Shape::Several).among(Choices::Clearances).reserved(),
    key("pooled_for", Shape::Several).among(Choices::Partners).reserved(),
];

const REPLY: &[Key] = &[
    key("name", Shape::Line).required(),
    key("procedures", Shape::Several).among(Choices::Procedures).listed(),
    key("body", Shape::Paragraphs).required(),
];

/// Returns the keys of a part, in the order of its form.
pub(super) const fn of(kind: PartKind) -> &'static [Key] {
    match kind {
        PartKind::Authority => AUTHORITY,
        PartKind::Department => DEPARTMENT,
        PartKind::Site => SITE,
        PartKind::Calendar => CALENDAR,
        PartKind::Procedure => PROCEDURE,
        PartKind::Agent => AGENT,
        PartKind::Reply => REPLY,
    }
}

/// Returns the options of a key as (value, name).
pub(super) fn options(choices: Choices, directory: &Directory) -> Vec<(String, String)> {
    let pair = |code: &String, name: &str| (code.clone(), name.to_owned());
    let words = |words: Vec<&str>| words.into_iter().map(|word| (word.to_owned(), word.to_owned())).collect();
    match choices {
        Choices::None => Vec::new(),
        Choices::Departments => directory.departments.iter().map(|(code, of)| pair(code, &of.name)).collect(),
        Choices::Sites => directory.sites.iter().map(|(code, of)| pair(code, &of.name)).collect(),
        Choices::Calendars => directory.calendars.keys().map(|code| pair(code, code)).collect(),
        Choices::Procedures => directory.procedures.iter().map(|(code, of)| pair(code, &of.name)).collect(),
        Choices::Agents => directory.agents.iter().map(|(login, of)| pair(login, &of.name)).collect(),
        Choices::Skills => directory.skills.iter().map(|(code, name)| pair(code, name)).collect(),
        Choices::Clearances => directory.clearances.iter().map(|(code, name)| pair(code, name)).collect(),
        Choices::Partners => directory.pooling.iter().map(|pooling| pair(&pooling.with, &pooling.with)).collect(),
        Choices::Channels => words(CHANNELS.iter().map(|(_, word)| *word).collect()),
        Choices::Roles => words(ROLES.iter().map(|(_, word)| *word).collect()),
        Choices::Level2Answers => words(LEVEL2_ANSWERS.iter().map(|(_, word)| *word).collect()),
        Choices::Tiers => words(vec!["1", "2"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::WEEKDAYS;

    #[test]
    fn hours_are_written_for_the_days_of_the_week() {
        let days: Vec<&str> = CALENDAR.iter().filter(|key| key.shape == Shape::Hours).map(|key| key.name).collect();
        assert_eq!(days, WEEKDAYS.iter().map(|(_, word)| *word).collect::<Vec<_>>());
    }
}
