//! What is told about a file: where, how serious, and what to do, in French.

use std::fmt;

/// How serious a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The folder cannot be imported.
    Error,
    /// The folder can be imported, and something will not work as one would expect.
    Warning,
    /// Worth knowing.
    Info,
}

impl Severity {
    /// Returns the French word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "erreur",
            Self::Warning => "avertissement",
            Self::Info => "à savoir",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing to say about a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How serious it is.
    pub severity: Severity,
    /// Path of the file inside the folder.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1, in characters; `None` when the whole line or file is meant.
    pub column: Option<u32>,
    /// What is wrong and what to do, in French.
    pub message: String,
}

impl fmt::Display for Diagnostic {
    /// Writes `file:line:column: erreur : message`, which editors and terminals turn into a link.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)?;
        if let Some(column) = self.column {
            write!(f, ":{column}")?;
        }
        write!(f, ": {} : {}", self.severity, self.message)
    }
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) column: Option<u32>,
}

impl Place {
    /// Returns the place that stands for a whole file.
    pub(crate) fn whole(file: &str) -> Self {
        Self { file: file.to_owned(), line: 1, column: None }
    }

    /// Returns the diagnostic that says `message` here.
    pub(crate) fn says(&self, severity: Severity, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity, file: self.file.clone(), line: self.line, column: self.column, message: message.into() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ligne {}", self.file, self.line)
    }
}

/// Choices spelt out when no name is near: past this many, a list helps nobody.
const CHOICES_LISTED_MAX: usize = 12;

/// Returns the known name nearest to a wrong one, when it is near enough to be a slip of the hand.
pub(crate) fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wrong = wrong.to_lowercase();
    let slips_max = (wrong.chars().count() / 3).clamp(1, 3);
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&wrong, &name.to_lowercase()), name))
        .filter(|(slips, _)| *slips <= slips_max)
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, name)| name)
}

/// Returns the end of a sentence that leads to the right name: the nearest one, or the choice when it is short.
pub(crate) fn suggestion<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match nearest(wrong, known.iter().copied()) {
        Some(name) => format!(" Vouliez-vous écrire « {name} » ?"),
        None if known.is_empty() || known.len() > CHOICES_LISTED_MAX => String::new(),
        None => format!(" Choisissez parmi : {}.", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_hand_leads_to_the_right_name() {
        for (wrong, right) in [("acte_", "acte"), ("depratment", "department"), ("ECJ", "ECI"), ("eci", "ECI")] {
            assert_eq!(nearest(wrong, ["acte", "department", "ECI", "question"]), Some(right), "{wrong}");
        }
        assert_eq!(nearest("piscine", ["acte", "department"]), None);
    }

    #[test]
    fn a_short_choice_is_spelt_out_when_nothing_is_near() {
        assert_eq!(suggestion("xyz", ["oui", "non"]), " Choisissez parmi : oui, non.");
    }

    #[test]
    fn a_diagnostic_reads_as_a_link_to_its_place() {
        let place = Place { file: "valorme/agents.toml".to_owned(), line: 3, column: Some(7) };
        let text = place.says(Severity::Error, "le niveau va de 1 à 5").to_string();
        assert_eq!(text, "valorme/agents.toml:3:7: erreur : le niveau va de 1 à 5");
    }
}
