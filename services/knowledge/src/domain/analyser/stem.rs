//! Stems: Snowball French, then accents off.

use super::normalise::fold;

/// Cuts the endings of French words.
#[derive(Clone, Copy)]
pub struct Stemmer(frostem::Stemmer);

impl Default for Stemmer {
    fn default() -> Self {
        Self(frostem::Stemmer::new(frostem::Algorithm::French))
    }
}

impl std::fmt::Debug for Stemmer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stemmer(French)")
    }
}

impl Stemmer {
    /// Returns the stem of a normalised word. Accents go last: the endings are told by them (« salarié », « salarie »).
    pub fn stem(&self, word: &str) -> String {
        let stem = fold(&self.0.stem(word));
        // The algorithm may take everything from a word of two letters.
        if stem.is_empty() { word.to_owned() } else { stem }
    }
}
