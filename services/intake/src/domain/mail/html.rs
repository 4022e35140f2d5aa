//! HTML to text: sanitised first (scripts, styles and dangerous links go), then laid out as text. Quoted blocks keep
//! their `>` marks, which is what [`super::quote`] looks for.

use crate::domain::{limits, text};

/// Columns of the text; wide, so that lines are the sender's own.
const WIDTH_COLUMNS: usize = 1_000;
/// Elements that have no end tag.
const VOID_ELEMENTS: [&str; 10] = ["area", "base", "br", "col", "hr", "img", "input", "link", "meta", "wbr"];

/// Returns the text of some HTML, and whether its end was cut.
pub(super) fn to_text(html: &str) -> (String, bool) {
    let (html, cut) = text::cut(html, limits::HTML_OCTETS_MAX);
    if depth(html) > limits::HTML_DEPTH_MAX {
        return (strip_tags(html), cut);
    }
    let safe = ammonia::clean(html);
    let rendered = html2text::config::plain_no_decorate()
        .raw_mode(true)
        .no_link_wrapping()
        .string_from_read(safe.as_bytes(), WIDTH_COLUMNS)
        .unwrap_or_else(|_| strip_tags(html));
    (tidy(&rendered), cut)
}

/// Removes the rulers that tables and `<hr>` leave, and what stands at the end of lines.
fn tidy(rendered: &str) -> String {
    let lines = rendered.lines().map(|line| {
        let line = line.trim_end();
        let is_ruler = line.chars().count() > 3 && line.chars().all(|c| matches!(c, '─' | '━' | '┼' | '┬' | '┴' | '-'));
        if is_ruler { "---" } else { line }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns how deeply elements nest, at most: elements left open count as nests.
fn depth(html: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for tag in html.split('<').skip(1) {
        if tag.starts_with('/') {
            depth = depth.saturating_sub(1);
        } else if tag.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let name: String = tag.chars().take_while(char::is_ascii_alphanumeric).take(12).collect();
            let is_void = VOID_ELEMENTS.contains(&name.to_ascii_lowercase().as_str());
            depth += usize::from(!is_void);
            deepest = deepest.max(depth);
        }
    }
    deepest
}

/// Removes tags without understanding them; entities stay as they are written.
fn strip_tags(html: &str) -> String {
    let mut stripped = String::with_capacity(html.len());
    let mut in_tag = false;
    for character in html.chars() {
        match character {
            '<' => in_tag = true,
            '>' if in_tag => {
                in_tag = false;
                stripped.push(' ');
            }
            other if !in_tag => stripped.push(other),
            _ => {}
        }
    }
    let lines = stripped.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_links_and_accents_come_through_and_scripts_do_not() {
        let html = "<p>Bonjour,</p><script>steal()</script><p>Mon <b>bac</b> est cass&eacute;.<br>Merci</p>\
            <a href=\"javascript:steal()\">ici</a>";
        let (text, cut) = to_text(html);
        assert_eq!(text.split_whitespace().collect::<Vec<_>>().join(" "), "Bonjour, Mon bac est cassé. Merci ici");
        assert!(!cut);
    }

    #[test]
    fn quoted_blocks_keep_their_marks() {
        let (text, _) = to_text("<div>Merci</div><blockquote><p>Votre demande</p></blockquote>");
        assert!(text.contains("> Votre demande"), "{text}");
    }

    #[test]
    fn a_hundred_thousand_nested_elements_keep_their_text() {
        let html = format!("{}Bonjour{}", "<div>".repeat(100_000), "</div>".repeat(100_000));
        assert_eq!(to_text(&html).0.trim(), "Bonjour");
    }

    #[test]
    fn elements_at_the_limit_are_still_laid_out() {
        for element in ["div", "table><tr><td", "blockquote", "ul><li", "b", "span"] {
            let html = format!("{}Bonjour", format!("<{element}>").repeat(limits::HTML_DEPTH_MAX / 3));
            assert!(to_text(&html).0.contains("Bonjour"), "{element}");
        }
    }
}
