//! Which procedures a question may be about: its words among their names and keywords.

use super::portal::{Choice, choice};
use crate::towns::{Procedure, Towns};
use crate::view::alphabetical;

/// Letters of a word that says something; shorter ones are articles.
const WORD_LETTERS_MIN: usize = 3;
/// Short words that say nothing of what is asked.
const ARTICLES: [&str; 24] = [
    "les", "des", "une", "mon", "mes", "ton", "son", "ses", "nos", "vos", "par", "pas", "sur", "pour", "que", "qui",
    "est", "sont", "aux", "avec", "dans", "comment", "faire", "ville",
];
/// Letters by which two words are taken for forms of one: « inscrire », « inscription ».
const STEM_LETTERS: usize = 5;
/// What a word found in the name is worth beside one found in the keywords.
const NAME_WEIGHT: usize = 3;

/// Returns the public procedures that share words with a question, the nearest first.
pub(crate) fn procedures(towns: &Towns, question: &str, limit: usize) -> Vec<Choice> {
    let asked = words(question);
    let mut found: Vec<(usize, Choice)> = towns
        .all()
        .iter()
        .flat_map(|town| town.procedures.iter().map(move |(code, procedure)| (town, code, procedure)))
        .filter(|(_, _, procedure)| procedure.public)
        .map(|(town, code, procedure)| (score(&asked, procedure), choice(&town.authority.code, code, procedure)))
        .filter(|(score, _)| *score > 0)
        .collect();
    found.sort_by_cached_key(|(score, choice)| (std::cmp::Reverse(*score), alphabetical(&choice.name)));
    found.into_iter().take(limit).map(|(_, choice)| choice).collect()
}

fn words(text: &str) -> Vec<String> {
    let folded = alphabetical(text);
    let words = folded.split(|c: char| !c.is_alphanumeric());
    let says = |word: &&str| word.chars().count() >= WORD_LETTERS_MIN && !ARTICLES.contains(word);
    words.filter(says).map(str::to_owned).collect()
}

fn score(asked: &[String], procedure: &Procedure) -> usize {
    let (name, keywords) = (words(&procedure.name), words(&procedure.keywords.join(" ")));
    let worth = |word: &String| {
        let among = |words: &[String]| words.iter().any(|known| is_form_of(word, known));
        usize::from(among(&name)) * NAME_WEIGHT + usize::from(among(&keywords))
    };
    asked.iter().map(worth).sum()
}

fn is_form_of(one: &str, other: &str) -> bool {
    let stem = |word: &str| word.chars().take(STEM_LETTERS).collect::<String>();
    one == other || (one.chars().count() >= STEM_LETTERS && stem(one) == stem(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn procedure(name: &str, keywords: &[&str]) -> Procedure {
        let keywords = keywords.iter().map(|word| (*word).to_owned()).collect();
        Procedure { name: name.to_owned(), keywords, ..Procedure::default() }
    }

    #[test]
    fn words_are_found_whatever_their_accents_and_endings() {
        let school = procedure("Inscription scolaire", &["école maternelle", "inscrire mon enfant"]);
        assert!(score(&words("inscrire mon fils à l'ECOLE"), &school) > 0);
        assert!(score(&words("Inscriptions"), &school) >= NAME_WEIGHT);
        assert_eq!(score(&words("où en est mon permis"), &school), 0);
    }

    #[test]
    fn articles_find_nothing() {
        assert_eq!(score(&words("le la de à"), &procedure("Le PACS de la mairie", &[])), 0);
    }
}
