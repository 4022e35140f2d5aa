//! What the invented people of the demo write and say: `texts/contacts.toml`, read once.

use std::sync::LazyLock;

use guichet_core::Rng;
use serde::Deserialize;

/// Everything they may say.
pub(crate) static TEXTS: LazyLock<Texts> =
    LazyLock::new(|| toml::from_str(include_str!("../texts/contacts.toml")).expect("a test reads the embedded texts"));

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Texts {
    procedure: Vec<Procedure>,
    vague: Vec<Vague>,
    replies: Replies,
    people: People,
    places: Places,
}

/// A procedure with its part of the traffic.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Procedure {
    /// `authority/procedure`
    code: String,
    /// In tenths of a per cent.
    share: u32,
    /// Name of a file that some join.
    #[serde(default)]
    file: String,
    /// Subject and text.
    said: Vec<[String; 2]>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Vague {
    said: [String; 2],
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Replies {
    said: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct People {
    first: Vec<String>,
    last: Vec<String>,
    children: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Places {
    streets: Vec<String>,
    districts: Vec<String>,
    days: Vec<String>,
}

/// Something said about a procedure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) authority: String,
    pub(crate) procedure: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    /// Name of the file that might go with it; empty for none.
    pub(crate) file: String,
}

/// Somebody of the town.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) phone: String,
    pub(crate) address: String,
}

/// House numbers of the longest street.
const HOUSES: u32 = 60;
/// Numbers of telephones that fiction may use: 06 39 98 00 00 to 06 39 98 99 99.
const TELEPHONES: u32 = 10_000;

impl Texts {
    /// Returns what somebody says, each procedure as often as its share says.
    pub(crate) fn something(&self, rng: &dyn Rng) -> Said {
        let whole: u32 = self.procedure.iter().map(|procedure| procedure.share).sum();
        let mut drawn = rng.below(whole);
        let found = self.procedure.iter().find(|procedure| match drawn.checked_sub(procedure.share) {
            Some(rest) => {
                drawn = rest;
                false
            }
            None => true,
        });
        let procedure = found.unwrap_or(&self.procedure[0]);
        let (authority, code) = procedure.code.split_once('/').unwrap_or(("valorme", &procedure.code));
        let [subject, text] = one_of(rng, &procedure.said);
        let [subject, text] = self.filled(rng, [subject, text]);
        Said {
            authority: authority.to_owned(),
            procedure: code.to_owned(),
            subject,
            text,
            file: procedure.file.clone(),
        }
    }

    /// Returns the code of a procedure of the same authority, drawn without regard to what was said.
    pub(crate) fn any_procedure_of(&self, rng: &dyn Rng, authority: &str) -> String {
        let codes: Vec<&str> = self
            .procedure
            .iter()
            .filter_map(|procedure| procedure.code.strip_prefix(authority)?.strip_prefix('/'))
            .collect();
        one_of(rng, &codes).to_string()
    }

    /// Returns a message that does not say what is wanted.
    pub(crate) fn something_vague(&self, rng: &dyn Rng) -> Said {
        let [subject, text] = &one_of(rng, &self.vague).said;
        let [subject, text] = self.filled(rng, [subject, text]);
        let (authority, procedure, file) = ("valorme".to_owned(), String::new(), String::new());
        Said { authority, procedure, subject, text, file }
    }

    /// Returns what somebody adds to an earlier message.
    pub(crate) fn reply(&self, rng: &dyn Rng) -> String {
        one_of(rng, &self.replies.said).clone()
    }

    /// Returns somebody; `number` keeps the addresses of two people of one name apart.
    pub(crate) fn person(&self, rng: &dyn Rng, number: usize) -> Person {
        let (first, last) = (one_of(rng, &self.people.first), one_of(rng, &self.people.last));
        let telephone = rng.below(TELEPHONES);
        Person {
            name: format!("{first} {last}"),
            email: format!("{}.{}.{number}@citoyen.example", plain(first), plain(last)),
            phone: format!("06 39 98 {:02} {:02}", telephone / 100, telephone % 100),
            address: format!("{} {}, 00400 Valorme", rng.below(HOUSES) + 1, one_of(rng, &self.places.streets)),
        }
    }

    /// Returns one street, for what a whole street complains about.
    pub(crate) fn street(&self, rng: &dyn Rng) -> String {
        one_of(rng, &self.places.streets).clone()
    }

    fn filled(&self, rng: &dyn Rng, said: [&String; 2]) -> [String; 2] {
        let slots = [
            ("{rue}", one_of(rng, &self.places.streets).clone()),
            ("{numero}", (rng.below(HOUSES) + 1).to_string()),
            ("{enfant}", one_of(rng, &self.people.children).clone()),
            ("{jour}", one_of(rng, &self.places.days).clone()),
            ("{quartier}", one_of(rng, &self.places.districts).clone()),
        ];
        said.map(|text| slots.iter().fold(text.clone(), |text, (slot, value)| text.replace(slot, value)))
    }
}

/// Returns one of a list that has at least one.
fn one_of<'a, T>(rng: &dyn Rng, list: &'a [T]) -> &'a T {
    let drawn = rng.below(u32::try_from(list.len()).unwrap_or(u32::MAX));
    &list[usize::try_from(drawn).unwrap_or_default()]
}

/// Returns a name as it stands in an address: `Marie-Noëlle` is `marie-noelle`.
fn plain(name: &str) -> String {
    let unaccented = |letter: char| match letter {
        'à' | 'â' | 'ä' => 'a',
        'ç' => 'c',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'î' | 'ï' => 'i',
        'ô' | 'ö' => 'o',
        'ù' | 'û' | 'ü' => 'u',
        other => other,
    };
    name.to_lowercase().chars().map(unaccented).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use guichet_core::SeededRng;

    use super::*;

    #[test]
    fn every_procedure_of_the_demo_town_is_asked_for_and_no_other() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo/directory");
        let town = guichet_directory::load(&folder);
        let known: BTreeSet<String> = town
            .bundles
            .iter()
            .flat_map(|bundle| {
                let authority = &bundle.directory.authority.code;
                bundle.directory.procedures.keys().map(move |code| format!("{authority}/{code}"))
            })
            .collect();
        // The neighbours' own « Question » says nothing that the town's does not.
        let known: BTreeSet<String> =
            known.into_iter().filter(|code| !code.ends_with("/question") || code.starts_with("valorme/")).collect();
        let asked: BTreeSet<String> = TEXTS.procedure.iter().map(|procedure| procedure.code.clone()).collect();
        assert_eq!(asked, known);
    }

    #[test]
    fn procedures_are_asked_for_as_often_as_they_should_be() {
        let rng = SeededRng::new(7);
        let whole: u32 = TEXTS.procedure.iter().map(|procedure| procedure.share).sum();
        let draws = 20_000;
        let asked = (0..draws).filter(|_| TEXTS.something(&rng).procedure == "titre_rdv").count();
        let expected = f64::from(140 * draws) / f64::from(whole);
        assert!((asked as f64 - expected).abs() < expected * 0.1, "{asked} instead of {expected}");
    }

    #[test]
    fn nothing_is_left_to_fill_in_and_addresses_are_plain() {
        let rng = SeededRng::new(8);
        for number in 0..500 {
            let said = if number % 9 == 0 { TEXTS.something_vague(&rng) } else { TEXTS.something(&rng) };
            assert!(!format!("{} {}", said.subject, said.text).contains(['{', '}']), "{said:?}");
            let person = TEXTS.person(&rng, number);
            assert!(person.email.is_ascii() && person.email.ends_with(".example"), "{}", person.email);
        }
    }
}
