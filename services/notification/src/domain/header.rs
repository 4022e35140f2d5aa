//! Values of mail headers and file names: one line, whatever a stranger typed.

/// Characters of a subject or a name: enough to read, far below the 998 octets of a line (RFC 5322 §2.1.1).
const CHARACTERS_MAX: usize = 200;
/// References kept: the first message and the latest ones are what clients thread by.
const REFERENCES_MAX: usize = 20;

/// Returns a text that cannot leave its header: line ends, NUL and other controls become spaces, runs of spaces one.
pub fn one_line(text: &str) -> String {
    let visible = text.chars().map(|c| if c.is_control() || is_invisible(c) { ' ' } else { c }).collect::<String>();
    let words: Vec<&str> = visible.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
    words.join(" ").chars().take(CHARACTERS_MAX).collect()
}

/// Line and paragraph separators, and the marks that reorder what is read.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Returns a file name without folders, for a Content-Disposition.
pub fn file_name(name: &str) -> String {
    let line = one_line(name).replace(['/', '\\', '"'], "_");
    let kept = line.trim_start_matches('.').trim();
    if kept.is_empty() { "document".to_owned() } else { kept.to_owned() }
}

/// Returns a Message-ID in angle brackets, `None` when the text is not one.
pub fn message_id(id: &str) -> Option<String> {
    let bare = id.trim().trim_start_matches('<').trim_end_matches('>');
    let fits = bare.len() <= 250
        && bare.split_once('@').is_some_and(|(left, right)| !left.is_empty() && !right.is_empty())
        && bare.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'<' && byte != b'>');
    fits.then(|| format!("<{bare}>"))
}

/// Returns the value of References: the first one and the latest, in angle brackets.
pub fn references(ids: &[String]) -> String {
    let valid: Vec<String> = ids.iter().filter_map(|id| message_id(id)).collect();
    let cut = valid.len().saturating_sub(REFERENCES_MAX);
    let kept = valid.iter().enumerate().filter(|(index, _)| *index == 0 || *index > cut).map(|(_, id)| id.as_str());
    kept.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_typed_by_a_stranger_leaves_its_header(text in ".*", tail in "[\r\n\0]{0,3}Bcc: a@example.fr") {
            let value = one_line(&format!("{text}{tail}"));
            prop_assert!(!value.contains(['\r', '\n', '\0']));
            prop_assert!(value.chars().count() <= CHARACTERS_MAX);
        }

        #[test]
        fn a_message_id_is_one_token(text in ".*") {
            if let Some(id) = message_id(&text) {
                prop_assert!(id.bytes().all(|byte| byte.is_ascii_graphic()));
            }
        }
    }

    #[test]
    fn a_file_name_has_no_folder_and_is_never_hidden() {
        assert_eq!(file_name("../../etc/passwd"), "_.._etc_passwd");
        assert_eq!(file_name(".\r\n"), "document");
        assert_eq!(file_name("Plan de masse été.pdf"), "Plan de masse été.pdf");
    }

    #[test]
    fn references_keep_the_first_and_the_latest() {
        let ids: Vec<String> = (0..50).map(|number| format!("{number}@valorme.example")).collect();
        let kept = references(&ids);
        assert!(kept.starts_with("<0@valorme.example> <31@") && kept.ends_with("<49@valorme.example>"), "{kept}");
        assert_eq!(kept.split(' ').count(), REFERENCES_MAX);
    }
}
