//! Markdown as plain text: what is indexed and what snippets are cut from. Marks, links' addresses and raw HTML go.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// A paragraph, list item, table cell or heading, on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its words, white space made single.
    pub text: String,
    /// It announces what follows.
    pub is_heading: bool,
}

/// Returns the blocks of a Markdown text, in reading order.
pub fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut text = String::new();
    let mut is_heading = false;
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Text(words) | Event::Code(words) => text.push_str(&words),
            Event::SoftBreak | Event::HardBreak => text.push(' '),
            Event::Start(tag) if is_block(&tag) => {
                close(&mut blocks, &mut text, is_heading);
                is_heading = matches!(tag, Tag::Heading { .. });
            }
            Event::End(TagEnd::Heading(_)) => {
                close(&mut blocks, &mut text, true);
                is_heading = false;
            }
            Event::End(TagEnd::Paragraph | TagEnd::Item | TagEnd::TableCell | TagEnd::CodeBlock) => {
                close(&mut blocks, &mut text, is_heading);
            }
            _ => {}
        }
    }
    close(&mut blocks, &mut text, is_heading);
    blocks
}

fn is_block(tag: &Tag<'_>) -> bool {
    matches!(
        tag,
        Tag::Paragraph | Tag::Heading { .. } | Tag::Item | Tag::TableCell | Tag::CodeBlock(_) | Tag::BlockQuote(_)
    )
}

fn close(blocks: &mut Vec<Block>, text: &mut String, is_heading: bool) {
    let words: Vec<&str> = text.split_whitespace().collect();
    if !words.is_empty() {
        blocks.push(Block { text: words.join(" "), is_heading });
    }
    text.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_addresses_and_html_go_and_words_stay() {
        let markdown = "# Le *passeport*\n\nPrenez **rendez-vous** sur\n[notre site](https://valorme.example).\n\n- une photo\n- un <b>timbre</b>\n\n| Âge | Prix |\n|---|---|\n| Mineur | 42 € |\n\n<script>alert(1)</script>\n";
        let found: Vec<(String, bool)> =
            blocks(markdown).into_iter().map(|block| (block.text, block.is_heading)).collect();
        let expected = [
            ("Le passeport", true),
            ("Prenez rendez-vous sur notre site.", false),
            ("une photo", false),
            ("un timbre", false),
            ("Âge", false),
            ("Prix", false),
            ("Mineur", false),
            ("42 €", false),
        ];
        assert_eq!(found, expected.map(|(text, is_heading)| (text.to_owned(), is_heading)));
    }

    #[test]
    fn an_empty_text_has_no_block() {
        assert_eq!(blocks(" \n\n "), []);
    }
}
