//! Slips of the pen: one letter too many, missing, wrong, or two swapped.

/// Fewest letters of the longer stem for a slip to be forgiven: below, one letter makes another word.
const SLIP_LETTERS_MIN: usize = 5;

/// Returns whether two different stems are one slip apart; the first letter must be right. Stems have no accents, so
/// letters are bytes.
pub fn within_one_slip(typed: &str, known: &str) -> bool {
    let (typed, known) = (typed.as_bytes(), known.as_bytes());
    if typed.len().min(known.len()) + 1 < SLIP_LETTERS_MIN || typed.len().abs_diff(known.len()) > 1 {
        return false;
    }
    let same_ahead = typed.iter().zip(known).take_while(|(a, b)| a == b).count();
    if same_ahead == 0 || (same_ahead == typed.len() && same_ahead == known.len()) {
        return false;
    }
    let (typed, known) = (&typed[same_ahead..], &known[same_ahead..]);
    match typed.len().cmp(&known.len()) {
        std::cmp::Ordering::Less => typed == &known[1..],
        std::cmp::Ordering::Greater => &typed[1..] == known,
        std::cmp::Ordering::Equal => typed[1..] == known[1..] || is_swapped(typed, known),
    }
}

fn is_swapped(typed: &[u8], known: &[u8]) -> bool {
    typed.len() >= 2 && typed[0] == known[1] && typed[1] == known[0] && typed[2..] == known[2..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slip_is_forgiven_and_two_are_not() {
        for (typed, known) in [
            ("paseport", "passeport"),
            ("passseport", "passeport"),
            ("passepotr", "passeport"),
            ("passepart", "passeport"),
        ] {
            assert!(within_one_slip(typed, known), "{typed}");
        }
        for (typed, known) in
            [("pasepor", "passeport"), ("passeport", "passeport"), ("bain", "pain"), ("acte", "carte"), ("", "")]
        {
            assert!(!within_one_slip(typed, known), "{typed}");
        }
    }
}
