//! Sheets: Markdown to HTML. Raw HTML in a sheet is shown as text, never run.

use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, html};

/// Returns the HTML of a sheet, fit to stand inside a page.
pub(crate) fn html(markdown: &str) -> String {
    let events = Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH).map(harmless);
    let mut page = String::with_capacity(markdown.len() * 2);
    html::push_html(&mut page, events);
    page
}

fn harmless(event: Event<'_>) -> Event<'_> {
    match event {
        Event::Html(raw) | Event::InlineHtml(raw) => Event::Text(raw),
        Event::Start(Tag::Link { link_type, dest_url, title, id }) if !is_followed(link_type, &dest_url) => {
            drop(dest_url);
            Event::Start(Tag::Link { link_type, dest_url: "#".into(), title, id })
        }
        // A picture from elsewhere would tell that site who reads what.
        Event::Start(Tag::Image { link_type, dest_url, title, id }) if !dest_url.starts_with('/') => {
            Event::Start(Tag::Image { link_type, dest_url: "".into(), title, id })
        }
        other => other,
    }
}

fn is_followed(link_type: LinkType, url: &str) -> bool {
    let lower = url.trim().to_ascii_lowercase();
    let known = ["https://", "http://", "mailto:", "tel:"].iter().any(|scheme| lower.starts_with(scheme));
    known || link_type == LinkType::Email || (!lower.contains(':') && !lower.starts_with("//"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_sheet_runs() {
        for attack in [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "[x](javascript:alert(1))",
            "[x](JaVaScRiPt:alert(1))",
            "[x](data:text/html;base64,PHNjcmlwdD4=)",
            "![x](https://espion.example/p.png)",
            "<a href=\"javascript:alert(1)\">x</a>",
        ] {
            let page = html(attack).to_lowercase();
            for bad in ["<script", "<img src=x", "<a href=\"javascript", "<a href=\"data", "src=\"https://espion"] {
                assert!(!page.contains(bad), "{attack} became {page}");
            }
        }
    }

    #[test]
    fn headings_lists_and_links_are_kept() {
        let page = html("## Pièces\n\n- un justificatif\n\n[Service-public](https://www.service-public.fr)");
        assert!(page.contains("<h2>Pièces</h2>") && page.contains("<li>un justificatif</li>"), "{page}");
        assert!(page.contains("href=\"https://www.service-public.fr\""), "{page}");
    }
}
