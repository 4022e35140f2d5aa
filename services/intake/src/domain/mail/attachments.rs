//! Files of a mail, as their sender had them: transfer encoding undone, charset untouched, so that hashes match.

use std::sync::Arc;

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::{Encoding, Message, MessagePart, MimeHeaders as _, PartType};

use super::MailFile;
use super::body::is_damaged_multipart;
use super::guard::{self, Guarded};
use crate::domain::{limits, text};

/// Returns the files of a message, and whether some were left out.
pub(super) fn read(message: &Message<'_>, guarded: &Guarded<'_>) -> (Vec<MailFile>, bool) {
    let mut files = Vec::new();
    let mut dropped = false;
    for part in message.attachments() {
        if is_damaged_multipart(part) {
            continue;
        }
        let content = content(part, guarded);
        // An empty part without a name is a leftover of the mail program, not a file.
        if content.is_empty() && part.attachment_name().is_none() {
            continue;
        }
        if files.len() == limits::ATTACHMENTS_MAX {
            dropped = true;
            break;
        }
        let media_type = media_type(part);
        let name = part.attachment_name().map(|name| file_name(&guard::restore(name))).unwrap_or_default();
        let file_name = if name.is_empty() { default_name(files.len() + 1, &media_type) } else { name };
        files.push(MailFile { file_name, media_type, content: Arc::new(content) });
    }
    (files, dropped)
}

/// Returns a file's name without the path, the control characters and the disguises a sender may have put in it.
pub fn file_name(raw: &str) -> String {
    let raw = raw.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = text::one_line(raw, limits::FILE_NAME_CHARACTERS_MAX);
    let name: String = name.chars().filter(|c| !matches!(c, '\u{200b}'..='\u{200f}' | '"' | '<' | '>' | '|')).collect();
    name.trim_matches(['.', ' ']).to_owned()
}

/// Returns a media type fit to be stored, `application/octet-stream` when it is none.
pub fn media_type_of(raw: &str) -> String {
    let essence = raw.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_token =
        |token: &str| !token.is_empty() && token.chars().all(|c| c.is_ascii_alphanumeric() || "!#$&-^_.+".contains(c));
    let fits = essence.len() <= limits::MEDIA_TYPE_OCTETS_MAX
        && essence.split_once('/').is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype));
    if fits { essence } else { "application/octet-stream".to_owned() }
}

fn media_type(part: &MessagePart<'_>) -> String {
    let declared = part.content_type().map(|kind| format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default()));
    declared.map_or_else(|| "text/plain".to_owned(), |declared| media_type_of(&guard::restore(&declared)))
}

fn default_name(position: usize, media_type: &str) -> String {
    let extension = match media_type {
        "message/rfc822" => "eml",
        "message/delivery-status" | "text/plain" | "text/rfc822-headers" => "txt",
        "text/html" => "html",
        "text/calendar" => "ics",
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "image/gif" => "gif",
        "application/pdf" => "pdf",
        _ => "bin",
    };
    format!("piece-jointe-{position}.{extension}")
}

fn content(part: &MessagePart<'_>, guarded: &Guarded<'_>) -> Vec<u8> {
    let source = guarded.source.get(part.offset_body as usize..part.offset_end as usize);
    let decoded = match (part.encoding, source, &part.body) {
        (Encoding::Base64, _, PartType::Binary(octets) | PartType::InlineBinary(octets)) => Some(octets.to_vec()),
        (Encoding::Base64, Some(source), _) => base64_decode(source),
        (Encoding::QuotedPrintable, Some(source), _) => quoted_printable_decode(source),
        (Encoding::None, Some(source), _) => Some(source.to_vec()),
        _ => None,
    };
    decoded.unwrap_or_else(|| part.contents().to_vec())
}
