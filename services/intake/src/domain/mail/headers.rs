//! The header: author, recipients, subject, date, ids.

use guichet_core::{EmailAddress, Timestamp};
use mail_parser::{Address, HeaderName, HeaderValue, Message};

use super::NormalisedMail;
use super::body::decode_unlabelled;
use crate::domain::{limits, text};

/// Returns what the header says; the rest of the mail is still empty.
pub(super) fn read(message: &Message<'_>) -> NormalisedMail {
    // Of two fields of one name the first is the one mail programs show; the parser's own accessors take the last.
    let author = first(message, &HeaderName::From).and_then(HeaderValue::as_address).and_then(Address::first);
    let message_id = first(message, &HeaderName::MessageId).and_then(HeaderValue::as_text).and_then(id);
    let date = first(message, &HeaderName::Date).and_then(HeaderValue::as_datetime).filter(|date| date.is_valid());
    let from = author.and_then(|author| author.address()).and_then(|address| EmailAddress::parse(address).ok());
    let from_name =
        author.and_then(|author| author.name()).map(|name| name_of(name, from.as_ref())).unwrap_or_default();
    let recipients = message
        .all_to()
        .chain(message.cc())
        .flat_map(Address::iter)
        .take(limits::ADDRESSES_MAX)
        .filter_map(|recipient| EmailAddress::parse(recipient.address()?).ok())
        .collect();
    let mut references = ids(message.references());
    for id in ids(message.in_reply_to()) {
        if !references.contains(&id) {
            references.push(id);
        }
    }
    references.drain(..references.len().saturating_sub(limits::REFERENCES_MAX));
    let subject = subject(message);
    NormalisedMail {
        well_formed: author.is_some() || !subject.is_empty() || message_id.is_some(),
        from,
        from_name,
        recipients,
        subject,
        date: date.map(|date| Timestamp::from_millis(date.to_timestamp().saturating_mul(1_000))),
        message_id,
        references,
        authentication_results: authentication_results(message),
        ..NormalisedMail::default()
    }
}

/// Returns a person's name without what mail programs put around or in place of it.
fn name_of(name: &str, address: Option<&EmailAddress>) -> String {
    let name = text::one_line(name, limits::NAME_CHARACTERS_MAX);
    let name = name.trim_matches(['"', '\'', ' ', '<', '>']).to_owned();
    let repeats_address =
        name.contains('@') && address.is_some_and(|address| name.eq_ignore_ascii_case(address.as_str()));
    if repeats_address { String::new() } else { name }
}

fn first<'m, 'x>(message: &'m Message<'x>, name: &HeaderName<'_>) -> Option<&'m HeaderValue<'x>> {
    message.headers().iter().find(|header| header.name == *name).map(|header| &header.value)
}

fn subject(message: &Message<'_>) -> String {
    let decoded = first(message, &HeaderName::Subject).and_then(HeaderValue::as_text).unwrap_or_default();
    let header = message.headers().iter().find(|header| header.name == HeaderName::Subject);
    // Raw 8-bit subjects (older webmails) are not UTF-8: read them as Windows does.
    let raw = header
        .filter(|_| decoded.contains('\u{fffd}'))
        .and_then(|header| message.raw_message.get(header.offset_start as usize..header.offset_end as usize))
        .filter(|raw| std::str::from_utf8(raw).is_err())
        .map(decode_unlabelled);
    text::one_line(raw.as_deref().unwrap_or(decoded), limits::SUBJECT_CHARACTERS_MAX)
}

fn ids(value: &HeaderValue<'_>) -> Vec<String> {
    match value {
        HeaderValue::Text(one) => id(one).into_iter().collect(),
        HeaderValue::TextList(many) => many.iter().filter_map(|one| id(one)).collect(),
        _ => Vec::new(),
    }
}

/// Returns a Message-ID without brackets, `None` when it could not be one.
pub(super) fn id(raw: &str) -> Option<String> {
    let id = raw.trim().trim_start_matches('<').trim_end_matches('>');
    let fits = !id.is_empty()
        && id.len() <= limits::MESSAGE_ID_OCTETS_MAX
        && !id.chars().any(|character| character.is_control() || character.is_whitespace());
    fits.then(|| id.to_owned())
}

fn authentication_results(message: &Message<'_>) -> Vec<String> {
    let fields = message.headers_raw().filter(|(name, _)| name.eq_ignore_ascii_case("authentication-results"));
    fields.map(|(_, value)| text::one_line(value, limits::HEADER_FIELD_OCTETS_MAX)).take(8).collect()
}

/// Returns whether a host we trust says that the author's domain is the one that sent the mail (RFC 8601, DMARC).
pub(crate) fn is_authenticated(results: &[String], trusted_host: &str) -> bool {
    let verdict = results.iter().find(|field| {
        let host = field.split([';', ' ']).next().unwrap_or_default();
        !trusted_host.is_empty() && host.eq_ignore_ascii_case(trusted_host)
    });
    verdict.is_some_and(|field| field.split(';').any(|result| result.trim().to_lowercase().starts_with("dmarc=pass")))
}
