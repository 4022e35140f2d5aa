//! The readable body: plain text when there is some, else the HTML reduced to text.

use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::{Encoding, Message, MessagePart, MimeHeaders as _, PartType};

use super::guard::{self, Guarded};
use super::html;
use crate::domain::{limits, text};

/// The text of a mail.
#[derive(Debug, Default)]
pub(super) struct Body {
    /// Cleaned, trimmed.
    pub(super) text: String,
    /// Something was cut.
    pub(super) truncated: bool,
}

/// Returns the readable text of a parsed message.
pub(super) fn read(message: &Message<'_>, guarded: &Guarded<'_>) -> Body {
    let mut body = Body::default();
    for part in message.text_bodies() {
        let text = part_text(part, guarded, &mut body.truncated);
        body.push(&text);
    }
    if body.text.trim().is_empty() {
        for part in message.html_bodies() {
            let text = part_text(part, guarded, &mut body.truncated);
            body.push(&text);
        }
    }
    for part in message.parts.iter().filter(|part| is_damaged_multipart(part)) {
        let text = part_text(part, guarded, &mut body.truncated);
        body.push(&text);
    }
    body.text = body.text.trim().to_owned();
    body
}

/// Returns whether a part says it has parts and none could be found: what it holds is shown as text.
pub(super) fn is_damaged_multipart(part: &MessagePart<'_>) -> bool {
    let is_leaf = !matches!(part.body, PartType::Multipart(_));
    is_leaf && part.content_type().is_some_and(|kind| kind.ctype() == "multipart")
}

/// Returns the whole body as text, undecoded: what is left to do with a message too complex to take apart.
pub(super) fn raw(source: &[u8]) -> Body {
    let rest = &source[guard::body_offset(source)..];
    let shown = &rest[..rest.len().min(limits::TEXT_OCTETS_MAX)];
    Body { text: text::clean(&decode_unlabelled(shown)).trim().to_owned(), truncated: true }
}

/// Returns octets nobody labelled as text: UTF-8 when they are, else what Windows would show.
pub(super) fn decode_unlabelled(octets: &[u8]) -> String {
    match (std::str::from_utf8(octets), charset_decoder(b"windows-1252")) {
        (Ok(text), _) => text.to_owned(),
        (Err(_), Some(decode)) => decode(octets),
        (Err(_), None) => String::from_utf8_lossy(octets).into_owned(),
    }
}

impl Body {
    fn push(&mut self, text: &str) {
        let room = limits::TEXT_OCTETS_MAX.saturating_sub(self.text.len());
        let (text, cut) = text::cut(text.trim_end(), room);
        self.truncated |= cut;
        if !self.text.is_empty() && !text.trim().is_empty() {
            self.text.push_str("\n\n");
        }
        self.text.push_str(text);
    }
}

fn part_text(part: &MessagePart<'_>, guarded: &Guarded<'_>, truncated: &mut bool) -> String {
    match &part.body {
        PartType::Text(decoded) => {
            let relabelled = unlabelled(part, guarded);
            let plain = text::clean(&guard::restore(relabelled.as_deref().unwrap_or(decoded)));
            if is_flowed(part) { unflow(&plain) } else { plain }
        }
        PartType::Html(markup) => {
            let relabelled = unlabelled(part, guarded);
            let (rendered, cut) = html::to_text(&guard::restore(relabelled.as_deref().unwrap_or(markup)));
            *truncated |= cut;
            text::clean(&rendered)
        }
        _ => String::new(),
    }
}

/// Returns the text of a part whose charset is missing or unknown and which is not UTF-8.
fn unlabelled(part: &MessagePart<'_>, guarded: &Guarded<'_>) -> Option<String> {
    let charset = part.content_type().and_then(|kind| kind.attribute("charset"));
    if charset.is_some_and(|charset| charset_decoder(charset.as_bytes()).is_some()) || part.encoding != Encoding::None {
        return None;
    }
    let octets = guarded.source.get(part.offset_body as usize..part.offset_end as usize)?;
    std::str::from_utf8(octets).is_err().then(|| decode_unlabelled(octets))
}

fn is_flowed(part: &MessagePart<'_>) -> bool {
    let format = part.content_type().and_then(|kind| kind.attribute("format"));
    format.is_some_and(|format| format.eq_ignore_ascii_case("flowed"))
}

/// Joins the lines a mail program broke (RFC 3676): a line that ends with a space goes on, except a signature's dashes.
fn unflow(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    for line in text.split('\n') {
        joined.push_str(line);
        let goes_on = line.ends_with(' ') && line != "-- " && !line.starts_with('>');
        if !goes_on {
            joined.push('\n');
        }
    }
    joined
}
