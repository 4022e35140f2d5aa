//! What is done to a message before the parser sees it, so that no message can exhaust it: the header is bounded, very
//! long fields are cut, and messages inside messages are made opaque (they are files to us, and a nest of them would be
//! walked recursively). The length of the body never changes, so the parser's offsets hold for the source too.

use std::borrow::Cow;
use std::ops::Range;

use crate::domain::limits;

/// Characters no text carries, put in place of the last letter of the types that nest, and what they stood for.
const MARKS: [(u8, u8); 5] = [(0x11, b'2'), (0x12, b'l'), (0x13, b'L'), (0x14, b't'), (0x15, b'T')];
/// Subtypes that make the parser open a message inside the message.
const NESTING_SUBTYPES: [&[u8]; 3] = [b"rfc822", b"global", b"digest"];
/// Fields kept when a header is too large, whatever their place in it.
const FIELDS_THAT_MATTER: [&str; 24] = [
    "from",
    "sender",
    "reply-to",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "content-type",
    "content-transfer-encoding",
    "content-disposition",
    "mime-version",
    "auto-submitted",
    "precedence",
    "list-id",
    "list-unsubscribe",
    "list-post",
    "x-loop",
    "return-path",
    "x-autoreply",
    "x-failed-recipients",
    "authentication-results",
];

/// A message the parser can take.
#[derive(Debug)]
pub(super) struct Guarded<'x> {
    /// What the parser reads.
    pub(super) bytes: Cow<'x, [u8]>,
    /// The same octets before types were made opaque: what files are taken from.
    pub(super) source: Cow<'x, [u8]>,
    /// Something was cut.
    pub(super) truncated: bool,
    /// More parts or levels than anybody needs: only the header is parsed, the body is kept as text.
    pub(super) too_complex: bool,
}

/// Returns the message as the parser may see it.
pub(super) fn guard(raw: &[u8]) -> Guarded<'_> {
    let (source, header_cut) = bound_header(raw);
    let scan = Scan::of(&source);
    let mut bytes = source.clone();
    if !scan.edits.is_empty() {
        let edited = bytes.to_mut();
        for (range, octet) in &scan.edits {
            edited[range.clone()].iter_mut().filter(|held| **held != b'\n').for_each(|held| *held = *octet);
        }
    }
    Guarded {
        bytes,
        truncated: header_cut || scan.field_cut,
        too_complex: scan.parts > limits::MIME_PARTS_MAX || scan.multiparts > limits::MIME_DEPTH_MAX,
        source,
    }
}

/// Puts the letters back that [`guard`] replaced.
pub(super) fn restore(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|byte| MARKS.iter().any(|(mark, _)| *mark == byte)) {
        return Cow::Borrowed(text);
    }
    let restored = text.chars().map(|character| {
        let held = MARKS.iter().find(|(mark, _)| character == char::from(*mark));
        held.map_or(character, |(_, letter)| char::from(*letter))
    });
    Cow::Owned(restored.collect())
}

/// Returns the offset of the body.
pub(super) fn body_offset(raw: &[u8]) -> usize {
    let mut offset = 0;
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        offset += line.len();
        if matches!(line, b"\n" | b"\r\n") {
            break;
        }
    }
    offset
}

fn bound_header(raw: &[u8]) -> (Cow<'_, [u8]>, bool) {
    let end = body_offset(raw);
    if end <= limits::HEADER_OCTETS_MAX {
        return (Cow::Borrowed(raw), false);
    }
    let mut kept = Vec::with_capacity(limits::HEADER_OCTETS_MAX);
    for field in fields(&raw[..end]) {
        let matters = FIELDS_THAT_MATTER.iter().any(|name| is_named(field, name.as_bytes()));
        if matters && kept.len() + field.len().min(limits::HEADER_FIELD_OCTETS_MAX) < limits::HEADER_OCTETS_MAX {
            kept.extend_from_slice(&field[..field.len().min(limits::HEADER_FIELD_OCTETS_MAX)]);
            if !kept.ends_with(b"\n") {
                kept.extend_from_slice(b"\r\n");
            }
        }
    }
    kept.extend_from_slice(b"\r\n");
    kept.extend_from_slice(&raw[end..]);
    (Cow::Owned(kept), true)
}

/// Returns the header fields of a block, each with its folded lines.
fn fields(header: &[u8]) -> Vec<&[u8]> {
    let mut fields: Vec<Range<usize>> = Vec::new();
    let mut offset = 0;
    for line in header.split_inclusive(|byte| *byte == b'\n') {
        let end = offset + line.len();
        match fields.last_mut() {
            Some(field) if line.starts_with(b" ") || line.starts_with(b"\t") => field.end = end,
            _ => fields.push(offset..end),
        }
        offset = end;
    }
    fields.into_iter().map(|range| &header[range]).collect()
}

/// Returns whether a line begins the field `name`, with the parser's own leniency about spaces.
fn is_named(line: &[u8], name: &[u8]) -> bool {
    let Some(colon) = line.iter().position(|byte| *byte == b':') else {
        return false;
    };
    let mut letters = line[..colon].iter().filter(|byte| !byte.is_ascii_whitespace());
    name.iter().all(|expected| letters.next().is_some_and(|letter| letter.eq_ignore_ascii_case(expected)))
        && letters.next().is_none()
}

/// What one pass over the lines finds.
#[derive(Debug, Default)]
struct Scan {
    edits: Vec<(Range<usize>, u8)>,
    parts: usize,
    multiparts: usize,
    field_cut: bool,
}

impl Scan {
    fn of(bytes: &[u8]) -> Self {
        let mut scan = Self::default();
        let mut offset = 0;
        // Where the field being read began, when it is one that shapes the message.
        let mut field_start: Option<usize> = None;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let is_type = is_named(line, b"content-type");
            let continues = line.starts_with(b" ") || line.starts_with(b"\t");
            if is_type || is_named(line, b"content-disposition") {
                field_start = Some(offset);
                scan.parts += usize::from(is_type);
            } else if !continues {
                field_start = None;
            }
            if let Some(start) = field_start {
                scan.field_line(line, offset, start);
            }
            offset += line.len();
        }
        scan
    }

    fn field_line(&mut self, line: &[u8], offset: usize, field_start: usize) {
        let fits = (field_start + limits::HEADER_FIELD_OCTETS_MAX).saturating_sub(offset).min(line.len());
        if fits < line.len() {
            self.edits.push((offset + fits..offset + line.len(), b' '));
            self.field_cut = true;
        }
        let line = &line[..fits];
        self.multiparts += occurrences(line, b"multipart").count();
        for subtype in NESTING_SUBTYPES {
            for at in occurrences(line, subtype) {
                let last = at + subtype.len() - 1;
                let mark = MARKS.iter().find(|(_, letter)| *letter == line[last]).map_or(b' ', |(mark, _)| *mark);
                self.edits.push((offset + last..offset + last + 1, mark));
            }
        }
    }
}

fn occurrences<'x>(line: &'x [u8], word: &'x [u8]) -> impl Iterator<Item = usize> + 'x {
    let windows = line.windows(word.len()).enumerate();
    windows.filter(move |(_, window)| window.eq_ignore_ascii_case(word)).map(|(at, _)| at)
}
