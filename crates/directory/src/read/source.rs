//! One file's text, and from an offset in it to a line and a column.

use toml::de::{DeTable, Error as TomlError};

use super::findings::Findings;
use crate::diagnostic::Place;

/// Translations of what the TOML reader says, by how its sentence starts.
const SYNTAX_MESSAGES: &[(&str, &str)] = &[
    ("duplicate key", "cette clé est déjà écrite plus haut : gardez-en une seule."),
    ("key with no value", "cette clé n'a pas de valeur : écrivez « clé = valeur »."),
    ("missing value", "il manque la valeur après le signe =."),
    ("string values must be quoted", "mettez ce texte entre guillemets droits : \"…\"."),
    ("invalid basic string", "ce texte n'est pas fermé : ajoutez le guillemet droit à la fin."),
    ("invalid literal string", "ce texte n'est pas fermé : ajoutez l'apostrophe à la fin."),
    ("unclosed array,", "cette liste n'est pas fermée : ajoutez le crochet ]."),
    ("unclosed inline table", "ce groupe n'est pas fermé : ajoutez l'accolade }."),
    ("unclosed table", "ce titre de groupe n'est pas fermé : ajoutez le crochet ]."),
    ("missing comma", "il manque une virgule entre deux éléments de la liste."),
    (
        "invalid unquoted key",
        "cette clé contient un accent, un point ou un espace : mettez-la entre guillemets droits.",
    ),
    ("unquoted keys cannot be empty", "il manque une clé avant le signe =."),
];

/// A file, or a part of it, with its path.
#[derive(Debug)]
pub(crate) struct Source<'t> {
    /// Inside the folder.
    path: &'t str,
    /// The whole file: lines are counted in it.
    text: &'t str,
    /// Where the part read as TOML starts and ends.
    part: (usize, usize),
    /// Where each line starts.
    lines: Vec<usize>,
}

impl<'t> Source<'t> {
    /// Returns the whole file as a source.
    pub(crate) fn whole(path: &'t str, text: &'t str) -> Self {
        Self::part(path, text, (0, text.len()))
    }

    /// Returns a part of a file as a source.
    pub(crate) fn part(path: &'t str, text: &'t str, part: (usize, usize)) -> Self {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(end, _)| end + 1)).collect();
        Self { path, text, part, lines }
    }

    /// Returns the file's path inside the folder.
    pub(crate) const fn path(&self) -> &'t str {
        self.path
    }

    /// Returns the place of an offset of the part.
    pub(crate) fn place(&self, offset: usize) -> Place {
        let mut end = (self.part.0 + offset).min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let line = self.lines.partition_point(|&start| start <= end);
        let column = self.text[self.lines[line - 1]..end].chars().count() + 1;
        let clamp = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Place { file: self.path.to_owned(), line: clamp(line), column: Some(clamp(column)) }
    }

    /// Returns the TOML of the part, as much of it as can be understood.
    pub(crate) fn table(&self, findings: &Findings) -> DeTable<'t> {
        let part = &self.text[self.part.0..self.part.1];
        let (table, errors) = DeTable::parse_recoverable(part);
        let mut mistakes: Vec<(Place, String)> = errors.iter().map(|error| self.mistake(error)).collect();
        mistakes.sort_by_key(|(place, _)| (place.line, place.column));
        // One slip often makes several errors on its line: the first one says enough.
        mistakes.dedup_by_key(|(place, _)| place.line);
        for (place, message) in mistakes {
            findings.damage(self.path);
            findings.error(&place, message);
        }
        table.into_inner()
    }

    fn mistake(&self, error: &TomlError) -> (Place, String) {
        let known = SYNTAX_MESSAGES.iter().find(|(start, _)| error.message().starts_with(start));
        let message = known.map_or_else(
            || {
                format!(
                    "l'écriture est incorrecte ici. Vérifiez les guillemets, les crochets et les virgules (détail : {}).",
                    error.message()
                )
            },
            |(_, french)| (*french).to_owned(),
        );
        (self.place(error.span().map_or(0, |span| span.start)), message)
    }
}
