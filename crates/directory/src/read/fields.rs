//! Reads the keys of one table, saying everything that is wrong with it: missing, unknown, of the wrong type, or a value
//! that cannot be understood. A wrong value reads as absent, so that reading goes on.

use std::cell::RefCell;

use toml::de::{DeTable, DeValue};

use super::findings::{Findings, Kind};
use super::source::Source;
use crate::diagnostic::{Place, suggestion};

/// One table of a file.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    table: &'a DeTable<'a>,
    source: &'a Source<'a>,
    findings: &'a Findings,
    /// Where the table is named.
    pub(crate) place: Place,
    /// Keys asked for: the others are unknown.
    asked: RefCell<Vec<&'static str>>,
}

impl<'a> Fields<'a> {
    /// Returns the reader of a file's top table.
    pub(crate) fn of_file(table: &'a DeTable<'a>, source: &'a Source<'a>, findings: &'a Findings) -> Self {
        Self { table, source, findings, place: source.place(0), asked: RefCell::default() }
    }

    fn value(&self, key: &'static str) -> Option<(&'a DeValue<'a>, Place)> {
        self.asked.borrow_mut().push(key);
        let value = self.table.get(key)?;
        Some((value.get_ref(), self.source.place(value.span().start)))
    }

    fn wrong_type(&self, place: &Place, key: &str, expected: &str) {
        self.findings.error(place, format!("« {key} » doit être {expected}."));
    }

    /// Returns a text and its place.
    pub(crate) fn text_at(&self, key: &'static str) -> Option<(String, Place)> {
        let (value, place) = self.value(key)?;
        match value {
            DeValue::String(text) if text.trim().is_empty() => {
                self.findings.error(&place, format!("« {key} » est vide : remplissez-le ou retirez la ligne."));
                None
            }
            DeValue::String(text) => Some((text.trim().to_owned(), place)),
            _ => {
                self.wrong_type(&place, key, "un texte entre guillemets droits");
                None
            }
        }
    }

    /// Returns a text, empty when absent.
    pub(crate) fn text(&self, key: &'static str) -> String {
        self.text_at(key).map_or_else(String::new, |(text, _)| text)
    }

    /// Returns a text that must be there.
    pub(crate) fn required_text(&self, key: &'static str) -> String {
        self.require(key);
        self.text(key)
    }

    /// Says so when a key is missing, unless it may be among what could not be read.
    pub(crate) fn require(&self, key: &'static str) {
        if !self.table.contains_key(key) && !self.findings.is_damaged(self.source.path()) {
            self.findings.error(&self.place, format!("il manque « {key} »."));
        }
    }

    /// Says why a key cannot be there; returns whether it is.
    pub(crate) fn refuse(&self, key: &str, message: &str) -> bool {
        let Some(value) = self.table.get(key) else { return false };
        self.findings.error(&self.source.place(value.span().start), message);
        true
    }

    /// Returns the value a text stands for.
    pub(crate) fn parsed<T>(&self, key: &'static str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let (text, place) = self.text_at(key)?;
        parse(&text).map_err(|message| self.findings.error(&place, message)).ok()
    }

    /// Returns a code defined elsewhere, empty when absent.
    pub(crate) fn mention(&self, key: &'static str, kind: Kind, scope: &[&str]) -> String {
        let Some((code, place)) = self.text_at(key) else { return String::new() };
        self.findings.mention(kind, scope, &code, &place);
        code
    }

    /// Returns the texts of a list with their places; a single text is a list of one.
    pub(crate) fn texts_at(&self, key: &'static str) -> Vec<(String, Place)> {
        let Some((value, place)) = self.value(key) else { return Vec::new() };
        let expected = "une liste de textes, par exemple [\"un\", \"deux\"]";
        let array = match value {
            DeValue::String(text) => return vec![(text.trim().to_owned(), place)],
            DeValue::Array(array) => array,
            _ => {
                self.wrong_type(&place, key, expected);
                return Vec::new();
            }
        };
        let mut texts: Vec<(String, Place)> = Vec::new();
        for item in array {
            let place = self.source.place(item.span().start);
            match item.get_ref().as_str().map(str::trim) {
                None | Some("") => self.wrong_type(&place, key, expected),
                Some(text) if texts.iter().any(|(seen, _)| seen == text) => {
                    self.findings.warning(&place, format!("« {text} » est deux fois dans la liste."));
                }
                Some(text) => texts.push((text.to_owned(), place)),
            }
        }
        texts
    }

    /// Returns the texts of a list.
    pub(crate) fn texts(&self, key: &'static str) -> Vec<String> {
        self.texts_at(key).into_iter().map(|(text, _)| text).collect()
    }

    /// Returns the values the texts of a list stand for, each with its place.
    pub(crate) fn list_at<T>(&self, key: &'static str, parse: impl Fn(&str) -> Result<T, String>) -> Vec<(T, Place)> {
        let mut values = Vec::new();
        for (text, place) in self.texts_at(key) {
            match parse(&text) {
                Ok(value) => values.push((value, place)),
                Err(message) => self.findings.error(&place, message),
            }
        }
        values
    }

    /// Returns the values the texts of a list stand for.
    pub(crate) fn list<T>(&self, key: &'static str, parse: impl Fn(&str) -> Result<T, String>) -> Vec<T> {
        self.list_at(key, parse).into_iter().map(|(value, _)| value).collect()
    }

    /// Returns codes defined elsewhere.
    pub(crate) fn mentions(&self, key: &'static str, kind: Kind, scope: &[&str]) -> Vec<String> {
        let codes = self.texts_at(key);
        for (code, place) in &codes {
            self.findings.mention(kind, scope, code, place);
        }
        codes.into_iter().map(|(code, _)| code).collect()
    }

    /// Returns a whole number within `range`.
    pub(crate) fn number(&self, key: &'static str, range: std::ops::RangeInclusive<u32>) -> Option<u32> {
        let (value, place) = self.value(key)?;
        let number = value.as_integer().and_then(|number| u32::from_str_radix(number.as_str(), number.radix()).ok());
        if number.is_none_or(|number| !range.contains(&number)) {
            self.wrong_type(&place, key, &format!("un nombre entier de {} à {}", range.start(), range.end()));
            return None;
        }
        number
    }

    /// Returns yes or no, `default` when absent.
    pub(crate) fn flag(&self, key: &'static str, default: bool) -> bool {
        let Some((value, place)) = self.value(key) else { return default };
        value.as_bool().unwrap_or_else(|| {
            self.wrong_type(&place, key, "true (oui) ou false (non), sans guillemets");
            default
        })
    }

    /// Returns a day, written `2026-12-24` with or without quotes.
    pub(crate) fn date(&self, key: &'static str) -> Option<jiff::civil::Date> {
        let (value, place) = self.value(key)?;
        let text = match value {
            DeValue::String(text) => text.to_string(),
            DeValue::Datetime(date) => date.to_string(),
            _ => String::new(),
        };
        let date = text.parse().ok();
        if date.is_none() {
            self.wrong_type(&place, key, "une date comme 2026-12-24");
        }
        date
    }

    /// Returns the table below a key.
    pub(crate) fn table(&self, key: &'static str) -> Option<Self> {
        let (value, place) = self.value(key)?;
        self.nested(key, value, place)
    }

    /// Returns the tables of the list below a key.
    pub(crate) fn tables(&self, key: &'static str) -> Vec<Self> {
        let Some((value, place)) = self.value(key) else { return Vec::new() };
        let Some(array) = value.as_array() else {
            self.wrong_type(&place, key, "une liste de groupes");
            return Vec::new();
        };
        let nested = |item: &'a toml::Spanned<DeValue<'a>>| {
            self.nested(key, item.get_ref(), self.source.place(item.span().start))
        };
        array.iter().filter_map(nested).collect()
    }

    /// Returns every key of a table whose keys are codes, with the table below it, in the order of the file.
    pub(crate) fn entries(&self) -> Vec<(String, Self)> {
        let mut keys: Vec<_> = self.table.iter().collect();
        keys.sort_by_key(|(key, _)| key.span().start);
        let entry = |(key, value): (&'a toml::Spanned<toml::de::DeString<'a>>, &'a toml::Spanned<DeValue<'a>>)| {
            let place = self.source.place(key.span().start);
            let fields = self.nested(key.get_ref(), value.get_ref(), place)?;
            Some((key.get_ref().to_string(), fields))
        };
        keys.into_iter().filter_map(entry).collect()
    }

    /// Returns every key of a table of texts, with its place.
    pub(crate) fn words(&self) -> Vec<(String, String, Place)> {
        let mut words = Vec::new();
        for (key, value) in self.table {
            let place = self.source.place(key.span().start);
            match value.get_ref().as_str().map(str::trim) {
                None | Some("") => self.wrong_type(&place, key.get_ref(), "un texte entre guillemets droits"),
                Some(text) => words.push((key.get_ref().to_string(), text.to_owned(), place)),
            }
        }
        words
    }

    fn nested(&self, key: &str, value: &'a DeValue<'a>, place: Place) -> Option<Self> {
        let Some(table) = value.as_table() else {
            self.wrong_type(&place, key, &format!("un groupe : écrivez [{key}] sur une ligne, puis ses clés dessous"));
            return None;
        };
        Some(Self { table, source: self.source, findings: self.findings, place, asked: RefCell::default() })
    }

    /// Refuses the keys nobody asked for.
    pub(crate) fn finish(self) {
        let asked = self.asked.into_inner();
        for key in self.table.keys() {
            if !asked.contains(&key.get_ref().as_ref()) {
                let choice = suggestion(key.get_ref(), asked.iter().copied());
                let place = self.source.place(key.span().start);
                self.findings.error(&place, format!("la clé « {} » n'existe pas ici.{choice}", key.get_ref()));
            }
        }
    }
}
