//! The texts: a Fluent catalogue in `locales/fr`, the same in `locales/en`, typeset on the way out in the language of the
//! exchange.

use std::borrow::Cow;
use std::collections::HashMap;

use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{LanguageIdentifier, Loader, langid};

use crate::language::{self, Language};

fluent_templates::static_loader! {
    static CATALOGUE = {
        locales: "./locales",
        fallback_language: "fr",
        // The marks would travel into page titles and problem texts.
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

static FRENCH: LanguageIdentifier = langid!("fr");
static ENGLISH: LanguageIdentifier = langid!("en");

fn id(language: Language) -> &'static LanguageIdentifier {
    match language {
        Language::French => &FRENCH,
        Language::English => &ENGLISH,
    }
}

/// Returns the text known by `key`.
pub(crate) fn t(key: &str) -> String {
    let language = language::current();
    typeset(language, &CATALOGUE.lookup(id(language), key))
}

/// Returns the text known by `key` with one value in it.
pub(crate) fn t1(key: &str, name: &'static str, value: impl std::fmt::Display) -> String {
    tr(key, &[(name, value)])
}

/// Returns the text known by `key` with values in it.
pub(crate) fn tr<V: std::fmt::Display>(key: &str, values: &[(&'static str, V)]) -> String {
    let arguments: HashMap<Cow<'static, str>, FluentValue<'_>> =
        values.iter().map(|(name, value)| (Cow::Borrowed(*name), FluentValue::from(value.to_string()))).collect();
    let language = language::current();
    typeset(language, &CATALOGUE.lookup_with_args(id(language), key, &arguments))
}

/// Returns the text known by `key`, `None` when the catalogue has none.
pub(crate) fn find(key: &str) -> Option<String> {
    let language = language::current();
    CATALOGUE.try_lookup(id(language), key).map(|text| typeset(language, &text))
}

/// Returns a sentence of a service with the no-break spaces of French typography: services speak French.
pub(crate) fn in_french(sentence: &str) -> String {
    typeset(Language::French, sentence)
}

/// Puts the no-break spaces of French typography where the catalogue has plain ones.
fn typeset(language: Language, text: &str) -> String {
    if language != Language::French {
        return text.to_owned();
    }
    let mut set = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let binds_next = character == ' ' && matches!(characters.peek(), Some(':' | ';' | '?' | '!' | '»' | '%'));
        set.push(if binds_next { '\u{a0}' } else { character });
        if character == '«' && characters.peek() == Some(&' ') {
            characters.next();
            set.push('\u{a0}');
        }
    }
    set
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn french_punctuation_never_starts_a_line() {
        assert_eq!(
            typeset(Language::French, "Pourquoi moi ? « Oui » : voilà"),
            "Pourquoi moi\u{a0}? «\u{a0}Oui\u{a0}»\u{a0}: voilà"
        );
    }

    /// Returns every file under a folder of this crate.
    fn files(folder: &str) -> Vec<(String, String)> {
        let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
        let mut files = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("the folder exists") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.push((path.display().to_string(), std::fs::read_to_string(&path).expect("a text file")));
                }
            }
        }
        files
    }

    #[test]
    fn every_text_a_template_or_a_handler_names_is_in_the_catalogue() {
        let catalogue = files("locales/fr");
        let lines = catalogue.iter().flat_map(|(_, text)| text.lines());
        let known: Vec<&str> = lines.filter_map(|line| line.split_once(" = ")).map(|(key, _)| key).collect();
        let mut missing = Vec::new();
        for (path, text) in [files("templates"), files("src")].concat() {
            for call in ["t(\"", "t1(\"", "tr(\""] {
                for (at, _) in text.match_indices(call) {
                    let before = text[..at].chars().next_back().unwrap_or(' ');
                    let key = text[at + call.len()..].split('"').next().unwrap_or_default();
                    let named = !before.is_alphanumeric() && before != '_' && !key.is_empty();
                    if named && !known.contains(&key) {
                        missing.push(format!("{path}: {key}"));
                    }
                }
            }
        }
        assert!(missing.is_empty(), "{missing:#?}");
    }

    /// Returns the texts of a language in the order of their keys, each with the values it takes.
    fn texts(language: &str) -> Vec<(String, Vec<String>)> {
        let catalogue = files(&format!("locales/{language}"));
        let lines = catalogue.iter().flat_map(|(_, text)| text.lines()).filter_map(|line| line.split_once(" = "));
        let values = |text: &str| {
            let names = text.split("{ $").skip(1).filter_map(|rest| rest.split(' ').next()).map(str::to_owned);
            let mut names: Vec<String> = names.collect();
            names.sort();
            names
        };
        let mut texts: Vec<_> = lines.map(|(key, text)| (key.to_owned(), values(text))).collect();
        texts.sort();
        texts
    }

    #[test]
    fn no_text_is_in_the_catalogue_twice() {
        let texts = texts("fr");
        let twice: Vec<&str> =
            texts.windows(2).filter(|pair| pair[0].0 == pair[1].0).map(|pair| pair[0].0.as_str()).collect();
        assert!(twice.is_empty(), "{twice:?}");
    }

    #[test]
    fn both_languages_have_the_same_texts_with_the_same_values() {
        let (french, english) = (texts("fr"), texts("en"));
        let missing: Vec<_> = french.iter().filter(|text| !english.contains(text)).collect();
        let foreign: Vec<_> = english.iter().filter(|text| !french.contains(text)).collect();
        assert!(
            missing.is_empty() && foreign.is_empty(),
            "missing or different in English: {missing:?}; only there: {foreign:?}"
        );
    }
}
