//! Snippets: the part of a sheet that answers best, as plain text.

use std::collections::HashSet;

use crate::domain::analyser::{index_tokens, query_tokens};
use crate::domain::plain::{Block, blocks};

/// Characters of a snippet: two lines on a screen.
const SNIPPET_CHARACTERS_MAX: usize = 220;
/// Characters kept before the first word found, so that it is read in its sentence.
const CONTEXT_CHARACTERS: usize = 60;

/// Returns the part of a Markdown text that has most words of the query, or its beginning when none has any.
pub fn snippet(markdown: &str, query: &str) -> String {
    let wanted: HashSet<String> = query_tokens(query).into_iter().map(|token| token.stem).collect();
    let blocks = blocks(markdown);
    let texts = || blocks.iter().filter(|block| !block.is_heading);
    let best = texts()
        .map(|block| (found(block, &wanted), block))
        .reduce(|best, next| if next.0.0 > best.0.0 { next } else { best });
    match best {
        Some(((0, _), _)) | None => {
            texts().next().or(blocks.first()).map_or_else(String::new, |block| cut(&block.text, 0))
        }
        Some(((_, first), block)) => cut(&block.text, first),
    }
}

/// Returns how many different words of the query a block has, and the byte where the first one stands.
fn found(block: &Block, wanted: &HashSet<String>) -> (usize, usize) {
    let mut words = HashSet::new();
    let mut first = None;
    for token in index_tokens(&block.text) {
        if wanted.contains(&token.stem) {
            first.get_or_insert(token.from);
            words.insert(token.stem);
        }
    }
    (words.len(), first.unwrap_or(0))
}

/// Cuts around a byte, between words, with an ellipsis where something was left out.
fn cut(text: &str, around: usize) -> String {
    let before = text[..around].chars().count();
    let mut from = 0;
    if before > CONTEXT_CHARACTERS && text.chars().count() > SNIPPET_CHARACTERS_MAX {
        let skipped = text.char_indices().nth(before - CONTEXT_CHARACTERS).map_or(0, |(at, _)| at);
        from = text[skipped..around].find(' ').map_or(around, |space| skipped + space + 1);
    }
    let rest = &text[from..];
    let start = if from > 0 { "… " } else { "" };
    let Some((end, _)) = rest.char_indices().nth(SNIPPET_CHARACTERS_MAX) else { return format!("{start}{rest}") };
    let kept = rest[..end].rfind(' ').map_or(&rest[..end], |space| &rest[..space]);
    format!("{start}{} …", kept.trim_end_matches([',', ';', ':', ' ']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_paragraph_that_answers_is_shown() {
        let markdown = "# Passeport\n\nPrenez rendez-vous.\n\n## Prix\n\nUn **passeport** pour un enfant coûte 17 € en timbre fiscal.\n";
        assert_eq!(
            snippet(markdown, "prix passeport enfants"),
            "Un passeport pour un enfant coûte 17 € en timbre fiscal."
        );
        assert_eq!(snippet(markdown, "piscine"), "Prenez rendez-vous.");
        assert_eq!(snippet("# Titre", "piscine"), "Titre");
        assert_eq!(snippet("", "piscine"), "");
    }

    #[test]
    fn a_long_paragraph_is_cut_between_words_around_what_was_found() {
        let markdown = format!("{}le timbre fiscal {}", "avant ".repeat(60), "après ".repeat(60));
        let snippet = snippet(&markdown, "timbre");
        assert!(
            snippet.starts_with("… avant ") && snippet.ends_with(" après …") && snippet.contains("le timbre fiscal"),
            "{snippet}"
        );
        assert!(snippet.chars().count() <= SNIPPET_CHARACTERS_MAX + 4, "{snippet}");
    }

    proptest! {
        #[test]
        fn any_text_gives_a_bounded_snippet(markdown in any::<String>(), query in any::<String>()) {
            prop_assert!(snippet(&markdown, &query).chars().count() <= SNIPPET_CHARACTERS_MAX + 4);
        }
    }
}
