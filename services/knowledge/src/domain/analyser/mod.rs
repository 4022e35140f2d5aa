//! The one French analyser: everything that is searched, suggested or classified goes through it, so that a word is
//! found again however it was typed.
//!
//! A text becomes [`Token`]s in four steps: letters (lower case, composed accents, straight
//! apostrophes), words (elisions dropped, compound names kept both in parts and whole), stop words out, stems with
//! their accents folded last. [`index_tokens`] also gives the stem a person gets who types without accents, so a sheet
//! is found from « salarie » as from « salarié »; [`query_tokens`] gives each word one stem only.
//!
//! Pure: no index, no clock, no memory between two texts.

mod normalise;
mod spelling;
mod stem;
mod stop_words;
mod words;

pub use normalise::fold;
pub use spelling::within_one_slip;
pub use stem::Stemmer;
pub use words::{Word, words};

/// Longest word kept, in characters: past it nobody wrote a word.
pub const WORD_CHARACTERS_MAX: usize = 64;

/// One stem and where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Lower case, without ending or accents.
    pub stem: String,
    /// First byte of the word in the text as written.
    pub from: usize,
    /// Byte after the word.
    pub to: usize,
    /// Rank of the word among those kept; two stems of one word share it.
    pub position: usize,
}

/// Returns the stems to look for: one for each word that carries meaning, plus compounds written whole.
pub fn query_tokens(text: &str) -> Vec<Token> {
    tokens(text, &Stemmer::default(), false)
}

/// Returns the stems to file a text under: those of [`query_tokens`], plus those of its words typed without accents.
pub fn index_tokens(text: &str) -> Vec<Token> {
    tokens(text, &Stemmer::default(), true)
}

fn tokens(text: &str, stemmer: &Stemmer, with_unaccented: bool) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut position = 0;
    for word in words(text) {
        if stop_words::is_stop_word(&word.text) {
            continue;
        }
        if !word.is_compound {
            position += 1;
        }
        let mut push = |stem: String| tokens.push(Token { stem, from: word.from, to: word.to, position });
        let stem = stemmer.stem(&word.text);
        if with_unaccented && !word.text.is_ascii() {
            let unaccented = stemmer.stem(&fold(&word.text));
            if unaccented != stem {
                push(unaccented);
            }
        }
        push(stem);
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stems(text: &str) -> Vec<String> {
        query_tokens(text).into_iter().map(|token| token.stem).collect()
    }

    /// A query finds a text when every stem it looks for is one the text is filed under.
    fn finds(query: &str, text: &str) -> bool {
        let filed: Vec<String> = index_tokens(text).into_iter().map(|token| token.stem).collect();
        let wanted = stems(query);
        !wanted.is_empty() && wanted.iter().all(|stem| filed.contains(stem))
    }

    #[test]
    fn a_word_is_found_without_its_accents_its_plural_or_its_article() {
        for (query, text) in [
            ("etat civil", "L'état civil"),
            ("ETAT CIVIL", "l’état-civil"),
            ("salarie", "les salariés"),
            ("salaries", "un salarié"),
            ("declaration prealable", "Déclarations préalables de travaux"),
            ("impôt local", "Impôts locaux"),
            ("journaux", "journal"),
            ("decheterie", "La déchèterie"),
            ("cantines", "d'une cantine"),
            ("electeur", "qu’électeurs"),
            ("oeuvre", "œuvres"),
            ("noel", "Noël"),
            ("ecole", "jusqu'à l’e\u{301}cole"),
            ("passeports", "passeport"),
        ] {
            assert!(finds(query, text), "{query} in {text}: {:?} {:?}", stems(query), index_tokens(text));
        }
    }

    #[test]
    fn compound_names_are_found_in_parts_whole_and_joined() {
        for query in ["week-end", "weekend", "week end", "WEEK‑END"] {
            assert!(finds(query, "Le week-end"), "{query}");
        }
        for query in ["prud'hommes", "prud’homme", "prudhommes"] {
            assert!(finds(query, "conseil de prud'hommes"), "{query}");
        }
        for query in ["rendez-vous", "rendez vous", "rendezvous"] {
            assert!(finds(query, "prendre un rendez-vous"), "{query}");
        }
        assert!(finds("saint etienne", "Saint-Étienne") && finds("C.A.F.", "la CAF") && finds("caf", "la C.A.F"));
    }

    #[test]
    fn inverted_pronouns_and_empty_words_leave_nothing() {
        for text in ["", "   ", "à la", "Que faire ?", "peut-on", "Y a-t-il", "qu'est-ce que c'est", "’’ -- ''", "l'"]
        {
            assert_eq!(stems(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn a_token_knows_where_its_word_was_written() {
        let text = "Demande d’état civil";
        let written: Vec<&str> = query_tokens(text).iter().map(|token| &text[token.from..token.to]).collect();
        assert_eq!(written, ["Demande", "état", "civil"]);
    }

    #[test]
    fn figures_and_single_letters_that_mean_something_are_kept() {
        assert_eq!(stems("permis B"), ["perm", "b"]);
        assert_eq!(stems("formulaire 13703*08"), ["formulair", "13703", "08"]);
    }

    proptest! {
        #[test]
        fn any_text_is_analysed_and_every_token_lies_on_its_word(text in any::<String>()) {
            for token in index_tokens(&text) {
                prop_assert!(!token.stem.is_empty() && text.get(token.from..token.to).is_some_and(|word| !word.is_empty()));
            }
        }

        #[test]
        fn what_a_query_looks_for_the_same_text_is_filed_under(text in "[a-zA-Zéèêàçœ'’ -]{0,60}") {
            let filed: Vec<String> = index_tokens(&text).into_iter().map(|token| token.stem).collect();
            prop_assert!(stems(&text).iter().all(|stem| filed.contains(stem)));
        }

        #[test]
        fn case_and_the_shape_of_apostrophes_change_nothing(text in "[a-zéèêàç' ]{0,60}") {
            prop_assert_eq!(stems(&text), stems(&text.to_uppercase().replace('\'', "’")));
        }

        #[test]
        fn folding_and_normalising_twice_is_once(text in any::<String>()) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once.clone());
        }

        #[test]
        fn words_of_the_words_are_the_same_words(text in "[a-zéèêàç' -]{0,60}") {
            let parts = |text: &str| -> Vec<String> {
                words(text).filter(|word| !word.is_compound).map(|word| word.text).collect()
            };
            let once = parts(&text);
            prop_assert_eq!(parts(&once.join(" ")), once);
        }
    }
}
