//! The one number a usager is given: `V7KM-4T9R`.

use crate::Rng;

/// No O, 0, I, 1 or L: nothing that sounds or looks like something else.
const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
/// Characters without the dash: 31^8 is 8.5e11, so guessing one of a million takes 850,000 tries on average.
const LENGTH: usize = 8;

/// A request's reference, as spoken at the phone and printed on every message.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference(String);

impl Reference {
    /// Returns a new random reference.
    pub fn new(rng: &dyn Rng) -> Self {
        let drawn: Vec<u8> = (0..LENGTH).map(|_| ALPHABET[rng.below(ALPHABET.len() as u32) as usize]).collect();
        Self(drawn.into_iter().map(char::from).collect())
    }

    /// Returns the reference a person typed: spaces, dashes and lower case are forgiven, anything else is `None`.
    pub fn parse(typed: &str) -> Option<Self> {
        let kept: String = typed
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '.' | '‑' | '–'))
            .map(|c| c.to_ascii_uppercase())
            .take(LENGTH + 1)
            .collect();
        let valid = kept.len() == LENGTH && kept.bytes().all(|byte| ALPHABET.contains(&byte));
        valid.then_some(Self(kept))
    }

    /// Returns the eight characters without the dash, as databases keep them.
    pub fn compact(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", &self.0[..4], &self.0[4..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SeededRng;

    #[test]
    fn a_reference_is_read_back_however_it_is_typed() {
        let reference = Reference::new(&SeededRng::new(3));
        let shown = reference.to_string();
        for typed in
            [shown.clone(), shown.to_lowercase(), shown.replace('-', " "), format!(" {} ", reference.compact())]
        {
            assert_eq!(Reference::parse(&typed), Some(reference.clone()), "{typed}");
        }
    }

    #[test]
    fn ambiguous_characters_and_wrong_lengths_are_refused() {
        for typed in ["V7KM-4T9", "V7KM-4T9RR", "V7KM-4T9O", "V7KM-4T91", "", "éééé-éééé"] {
            assert_eq!(Reference::parse(typed), None, "{typed}");
        }
    }
}
