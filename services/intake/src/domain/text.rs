//! Small operations on text: cleaning what came from outside, cutting it, folding it for comparison and search.

/// Returns `text` with line ends as `\n` and without control characters, except tabs.
pub fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' => {
                if characters.peek() != Some(&'\n') {
                    cleaned.push('\n');
                }
            }
            '\n' | '\t' => cleaned.push(character),
            '\u{feff}' => {}
            other if other.is_control() || is_bidi_override(other) => {}
            other => cleaned.push(other),
        }
    }
    cleaned
}

/// Returns `text` on one line: cleaned, white space collapsed, at most `characters_max` characters.
pub fn one_line(text: &str, characters_max: usize) -> String {
    let mut line = String::new();
    for word in clean(text).split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line.chars().take(characters_max).collect()
}

/// Returns the beginning of `text` in at most `octets_max` octets, and whether something was cut.
pub fn cut(text: &str, octets_max: usize) -> (&str, bool) {
    if text.len() <= octets_max {
        return (text, false);
    }
    (&text[..text.floor_char_boundary(octets_max)], true)
}

/// Returns `text` as it is compared and searched: lower case, no accents, ligatures opened, everything that is not a
/// letter or a digit as one space.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut gap = false;
    for character in text.chars().flat_map(char::to_lowercase) {
        let plain = match character {
            'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => "a",
            'ç' => "c",
            'è' | 'é' | 'ê' | 'ë' => "e",
            'ì' | 'í' | 'î' | 'ï' => "i",
            'ñ' => "n",
            'ò' | 'ó' | 'ô' | 'õ' | 'ö' => "o",
            'ù' | 'ú' | 'û' | 'ü' => "u",
            'ý' | 'ÿ' => "y",
            'œ' => "oe",
            'æ' => "ae",
            'ß' => "ss",
            '\u{300}'..='\u{36f}' => continue,
            other if other.is_alphanumeric() => {
                push_gap(&mut folded, &mut gap);
                folded.push(other);
                continue;
            }
            _ => {
                gap = true;
                continue;
            }
        };
        push_gap(&mut folded, &mut gap);
        folded.push_str(plain);
    }
    folded
}

fn push_gap(folded: &mut String, gap: &mut bool) {
    if std::mem::take(gap) && !folded.is_empty() {
        folded.push(' ');
    }
}

/// Characters that reverse what a reader sees, used to disguise names of files (`gpj.exe`).
const fn is_bidi_override(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_forgives_accents_case_ligatures_and_punctuation() {
        assert_eq!(fold("  L'Œuvre d’ÉTÉ à Noël — n° 3 "), "l oeuvre d ete a noel n 3");
        assert_eq!(fold("e\u{301}te\u{301}"), "ete", "combining accents too");
    }

    #[test]
    fn cleaning_keeps_text_and_drops_what_disguises_it() {
        assert_eq!(clean("a\r\nb\rc\0\u{202e}d\te"), "a\nb\ncd\te");
        assert_eq!(one_line(" Objet\r\n Bcc: x@y.fr ", 100), "Objet Bcc: x@y.fr");
    }

    #[test]
    fn cutting_never_splits_a_character() {
        assert_eq!(cut("été", 2), ("é", true));
        assert_eq!(cut("été", 5), ("été", false));
    }
}
