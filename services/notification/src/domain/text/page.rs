//! A filled text as paragraphs, lines and spans: the one shape behind plain text, HTML mail and letters.

use askama::Template;

/// A run of characters, perhaps a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) text: String,
    /// `https:`, `mailto:` or `tel:`, built by us and never by a template.
    pub(super) href: String,
}

impl Span {
    /// Returns the characters as plain text shows them: where to click must be readable.
    fn written_out(&self) -> &str {
        if self.href.starts_with("http") { &self.href } else { &self.text }
    }
}

/// One line of a paragraph.
pub(super) type Line = Vec<Span>;

/// A filled text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Page(Vec<Vec<Line>>);

impl Page {
    /// Returns the paragraphs of a run of spans: a blank line parts them, and one left empty by absent data is dropped.
    pub(super) fn of_spans(spans: &[Span]) -> Self {
        let mut lines: Vec<Line> = vec![Vec::new()];
        for span in spans {
            for (index, text) in span.text.replace("\r\n", "\n").split('\n').enumerate() {
                if index > 0 {
                    lines.push(Vec::new());
                }
                if let Some(line) = lines.last_mut().filter(|_| !text.is_empty()) {
                    line.push(Span { text: text.to_owned(), href: span.href.clone() });
                }
            }
        }
        let is_blank = |line: &Line| line.iter().all(|span| span.text.trim().is_empty());
        let paragraphs = lines.split(is_blank).filter(|lines| !lines.is_empty());
        Self(paragraphs.map(<[Line]>::to_vec).collect())
    }

    /// Returns the plain text.
    pub(super) fn text(&self) -> String {
        let line = |line: &Line| line.iter().map(Span::written_out).collect::<String>().trim_end().to_owned();
        let paragraph = |lines: &Vec<Line>| lines.iter().map(line).collect::<Vec<_>>().join("\n");
        self.0.iter().map(paragraph).collect::<Vec<_>>().join("\n\n")
    }
}

/// An HTML mail: readable without its style, by a screen reader and on an old phone.
#[derive(Template)]
#[template(path = "email.html")]
struct EmailShell<'a> {
    subject: &'a str,
    authority: &'a str,
    page: &'a Page,
    phone: &'a str,
    phone_href: &'a str,
    hours: &'a str,
    address: &'a str,
}

/// The desk as it signs every written message.
#[derive(Clone, Debug, Default)]
pub(super) struct Footer {
    pub(super) authority: String,
    pub(super) phone: String,
    pub(super) hours: String,
    pub(super) address: String,
}

/// Returns the HTML of a mail.
pub(super) fn email_html(subject: &str, page: &Page, footer: &Footer) -> String {
    let shell = EmailShell {
        subject,
        authority: &footer.authority,
        page,
        phone: &footer.phone,
        phone_href: &phone_href(&footer.phone),
        hours: &footer.hours,
        address: &footer.address,
    };
    shell.render().expect("the shell writes into memory")
}

/// What a letter has around its text.
#[derive(Template)]
#[template(path = "letter.html")]
pub(super) struct Letter<'a> {
    pub(super) authority: &'a str,
    pub(super) address: &'a [String],
    pub(super) phone: &'a str,
    pub(super) hours: &'a str,
    pub(super) recipient: &'a [String],
    pub(super) date: &'a str,
    pub(super) reference: &'a str,
    pub(super) subject: &'a str,
    pub(super) page: &'a Page,
}

impl Letter<'_> {
    /// Returns the body of a printable page.
    pub(super) fn html(&self) -> String {
        self.render().expect("the letter writes into memory")
    }

    /// Returns the same in plain text.
    pub(super) fn text(&self) -> String {
        let recipient = self.recipient.join("\n");
        let sender = [std::slice::from_ref(&self.authority.to_owned()), self.address].concat().join("\n");
        format!(
            "{sender}\n{} ({})\n\n{recipient}\n\n{}\n\nNotre référence : {}\nObjet : {}\n\n{}",
            self.phone,
            self.hours,
            self.date,
            self.reference,
            self.subject,
            self.page.text()
        )
    }
}

/// Returns the `tel:` address of a number as printed, empty when it holds no digit.
pub(super) fn phone_href(printed: &str) -> String {
    let digits: String = printed.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    if digits.is_empty() { digits } else { format!("tel:{digits}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Span {
        Span { text: text.to_owned(), href: String::new() }
    }

    #[test]
    fn an_empty_field_leaves_no_hole() {
        let page = Page::of_spans(&[plain("Bonjour,\n\n"), plain(""), plain("\n\nSuite\nfin")]);
        assert_eq!(page.text(), "Bonjour,\n\nSuite\nfin");
    }

    #[test]
    fn data_is_escaped_in_html() {
        let page = Page::of_spans(&[plain("<script>alert('x')</script> & \"co\"")]);
        let html = email_html("<b>", &page, &Footer::default());
        assert!(!html.contains("<script") && !html.contains("<b>"), "{html}");
    }
}
