//! Letters: case, accents written apart (as some machines type them), ligatures, and the fold that takes accents off.

/// Writes one character as the analyser compares it: lower case, ligatures apart; a combining accent joins the letter
/// before it, or is dropped when no French letter bears it.
pub(super) fn push_normalised(character: char, into: &mut String) {
    match character {
        'œ' | 'Œ' => into.push_str("oe"),
        'æ' | 'Æ' => into.push_str("ae"),
        'ﬁ' => into.push_str("fi"),
        'ﬂ' => into.push_str("fl"),
        '\u{300}'..='\u{36f}' => {
            if let Some(composed) = into.chars().next_back().and_then(|base| compose(base, character)) {
                into.pop();
                into.push(composed);
            }
        }
        _ => into.extend(character.to_lowercase().filter(|lower| !is_combining(*lower))),
    }
}

/// Returns whether a character only changes the one before it.
pub(super) fn is_combining(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36f}')
}

fn compose(base: char, accent: char) -> Option<char> {
    const COMPOSED: &[(char, &str, &str)] = &[
        ('\u{300}', "aeiou", "àèìòù"),
        ('\u{301}', "aeiouy", "áéíóúý"),
        ('\u{302}', "aeiou", "âêîôû"),
        ('\u{303}', "ano", "ãñõ"),
        ('\u{308}', "aeiouy", "äëïöüÿ"),
        ('\u{327}', "c", "ç"),
    ];
    let (_, bases, composed) = COMPOSED.iter().find(|(mark, ..)| *mark == accent)?;
    let rank = bases.chars().position(|candidate| candidate == base)?;
    composed.chars().nth(rank)
}

/// Returns the text without the accents of French and its neighbours; everything else stays.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => folded.push('a'),
            'ç' => folded.push('c'),
            'è' | 'é' | 'ê' | 'ë' => folded.push('e'),
            'ì' | 'í' | 'î' | 'ï' => folded.push('i'),
            'ñ' => folded.push('n'),
            'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' => folded.push('o'),
            'ù' | 'ú' | 'û' | 'ü' => folded.push('u'),
            'ý' | 'ÿ' => folded.push('y'),
            'œ' => folded.push_str("oe"),
            'æ' => folded.push_str("ae"),
            other if is_combining(other) => {}
            other => folded.push(other),
        }
    }
    folded
}
