//! From facts to the finished message.

use std::collections::BTreeMap;

use guichet_core::Timestamp;

use super::defaults::{Language, default_text};
use super::field::Field;
use super::page::{Footer, Letter, Page, Span, email_html};
use super::template::{Piece, Source, Template};
use super::town::Town;
use super::{sample, values};
use crate::domain::gsm::SmsText;
use crate::domain::header::one_line;
use crate::domain::notice::{Facts, Medium, Notice};
use crate::domain::request::{RequestView, Requester};

/// Which text: what it tells, by what, in which language.
pub type TextKey = (Notice, Medium, Language);

/// Texts of an authority that replace the embedded ones.
pub type Overrides = BTreeMap<TextKey, Source>;

/// A finished message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Composed {
    /// Empty for an SMS.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// A whole page for a mail, the body of a page for a letter, empty for an SMS.
    pub html: String,
}

/// Returns the message that tells `facts` about a request by one medium.
pub fn compose(
    medium: Medium,
    facts: &Facts,
    request: &RequestView,
    town: &Town,
    overrides: &Overrides,
    context: &Context<'_>,
) -> Composed {
    let template = template_of(facts.notice(), medium, Language::from_tag(&request.language), overrides);
    let data = values::fill(medium, facts, request, town, context.public_url);
    if medium == Medium::Sms {
        return Composed { subject: String::new(), text: sms(&template.body, &data), html: String::new() };
    }
    let subject = one_line(&plain(&fill(&template.subject, &data)));
    let page = Page::of_spans(&fill(&template.body, &data));
    let authority = town.authority();
    if medium == Medium::Email {
        let footer = Footer {
            authority: authority.name.clone(),
            phone: authority.phone.clone(),
            hours: authority.hours.clone(),
            address: authority.postal_address.clone(),
        };
        return Composed { html: email_html(&subject, &page, &footer), text: with_footer(&page, &footer), subject };
    }
    let letter = Letter {
        authority: &authority.name,
        address: &address_lines(&authority.postal_address),
        phone: &authority.phone,
        hours: &authority.hours,
        recipient: &recipient_lines(&request.requester),
        date: &format!("Le {}", town.dates().day(context.now)),
        reference: &request.reference,
        subject: &subject,
        page: &page,
    };
    Composed { text: letter.text(), html: letter.html(), subject }
}

/// What a message depends on besides the request and the town.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Scheme and host of the portal, empty to use the authority's website.
    pub public_url: &'a str,
    /// The date of letters.
    pub now: Timestamp,
}

/// Returns a text filled with sample data, for the person who writes it.
pub fn preview(key: TextKey, town: &Town, overrides: &Overrides, context: &Context<'_>) -> Composed {
    let (notice, medium, language) = key;
    let sample = sample::request(town.authority().id, context.now);
    let request = RequestView { language: language.as_str().to_owned(), ..sample };
    compose(medium, &sample::facts(notice, &request, context.now), &request, town, overrides, context)
}

/// A replaced text that today's program can no longer read gives way to the embedded one: the usager is told all the same.
fn template_of(notice: Notice, medium: Medium, language: Language, overrides: &Overrides) -> Template {
    let replaced = overrides.get(&(notice, medium, language));
    replaced.and_then(|source| Template::parse(notice, medium, source).ok()).unwrap_or_else(|| {
        Template::parse(notice, medium, &default_text(language, notice, medium))
            .expect("embedded texts are checked by a test")
    })
}

fn fill(pieces: &[Piece], data: &BTreeMap<Field, Span>) -> Vec<Span> {
    let mut spans = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Literal(text) => spans.push(Span { text: french_spaces(text), href: String::new() }),
            Piece::Field(field) => spans.extend(data.get(field).cloned()),
            Piece::Optional(inside) => spans.extend(fill(inside, data)),
        }
    }
    spans
}

fn plain(spans: &[Span]) -> String {
    spans.iter().map(|span| span.text.as_str()).collect()
}

/// Returns the text of an SMS: passages in brackets are left out, the last first, until one part is enough.
fn sms(pieces: &[Piece], data: &BTreeMap<Field, Span>) -> String {
    let passages = pieces.iter().filter(|piece| matches!(piece, Piece::Optional(_))).count();
    let with = |kept: usize| {
        let mut seen = 0;
        let chosen = pieces.iter().filter(|piece| {
            seen += usize::from(matches!(piece, Piece::Optional(_)));
            !matches!(piece, Piece::Optional(_)) || seen <= kept
        });
        let chosen: Vec<Piece> = chosen.cloned().collect();
        SmsText::new(&one_paragraph(&plain(&fill(&chosen, data))))
    };
    let fitting = (0..=passages).rev().map(with).find(SmsText::is_one_part);
    fitting.unwrap_or_else(|| with(0)).text
}

fn one_paragraph(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn with_footer(page: &Page, footer: &Footer) -> String {
    let contact = [footer.authority.clone(), footer.address.clone(), format!("Téléphone\u{a0}: {}", footer.phone)];
    let lines: Vec<String> = contact.into_iter().filter(|line| !line.trim().is_empty()).collect();
    format!("{}\n\n-- \n{}\n", page.text(), lines.join("\n"))
}

fn address_lines(address: &str) -> Vec<String> {
    address.split(['\n', ',']).map(one_line).filter(|line| !line.is_empty()).collect()
}

fn recipient_lines(requester: &Requester) -> Vec<String> {
    let name = one_line(&requester.name);
    let lines: Vec<String> = std::iter::once(name).chain(address_lines(&requester.postal_address)).collect();
    let mut lines: Vec<String> = lines.into_iter().filter(|line| !line.is_empty()).collect();
    if requester.postal_address.trim().is_empty() {
        lines.push("(adresse à compléter)".to_owned());
    }
    lines
}

/// Returns a text with the spaces that French keeps unbroken, before `: ; ? !` and inside « ».
pub(super) fn french_spaces(text: &str) -> String {
    [" :", " ;", " ?", " !", " »"]
        .iter()
        .fold(text.replace("« ", "«\u{a0}"), |text, mark| text.replace(mark, &format!("\u{a0}{}", mark.trim_start())))
}
