//! Every bound of what intake takes, with its unit and its reason. Mail limits follow Postfix's defaults, which the
//! towns' own mail servers apply already.

/// Octets of a message (Postfix `message_size_limit`).
pub const MESSAGE_OCTETS_MAX: usize = 26_214_400;
/// Octets of the header of a message (Postfix `header_size_limit`); past it the fields that matter are kept.
pub const HEADER_OCTETS_MAX: usize = 102_400;
/// Octets of one header field, folded lines included; longer ones are cut.
pub const HEADER_FIELD_OCTETS_MAX: usize = 16_384;
/// Recipients of one SMTP transaction; a desk has a handful of mailboxes (RFC 5321 §4.5.3.1.8 asks for 100).
pub const RECIPIENTS_MAX: usize = 100;
/// Addresses read from To and Cc; nobody reads further.
pub const ADDRESSES_MAX: usize = 200;
/// Nested multiparts (Postfix `mime_nesting_limit`); past it the body is kept as it came.
pub const MIME_DEPTH_MAX: usize = 100;
/// Parts of a message; past it the body is kept as it came.
pub const MIME_PARTS_MAX: usize = 1_000;
/// Attachments kept of one message or form.
pub const ATTACHMENTS_MAX: usize = 200;
/// Message-IDs read from References and In-Reply-To: the newest are last.
pub const REFERENCES_MAX: usize = 100;
/// Octets of a Message-ID (RFC 5322 §2.1.1: a line).
pub const MESSAGE_ID_OCTETS_MAX: usize = 998;
/// Octets of text kept from one message; 1 MiB is a book, the raw message holds the rest.
pub const TEXT_OCTETS_MAX: usize = 1_048_576;
/// Octets of HTML rendered to text.
pub const HTML_OCTETS_MAX: usize = 4_194_304;
/// Nested HTML elements rendered with their layout; past it the tags are only removed.
pub const HTML_DEPTH_MAX: usize = 400;
/// Characters of a subject kept (the API's own limit is the same).
pub const SUBJECT_CHARACTERS_MAX: usize = 200;
/// Characters of the body of a form, a reply or a call.
pub const BODY_CHARACTERS_MAX: usize = 20_000;
/// Colleagues one note addresses: past it, it is a notice to a department.
pub const MENTIONS_MAX: usize = 5;
/// Characters of a person's name.
pub const NAME_CHARACTERS_MAX: usize = 200;
/// Characters of a postal address.
pub const POSTAL_ADDRESS_CHARACTERS_MAX: usize = 500;
/// Characters of a file's name.
pub const FILE_NAME_CHARACTERS_MAX: usize = 200;
/// Octets of a media type.
pub const MEDIA_TYPE_OCTETS_MAX: usize = 120;
/// Octets of one uploaded file.
pub const ATTACHMENT_OCTETS_MAX: u64 = 26_214_400;
/// Octets of a key that makes a submission idempotent.
pub const DEDUPE_KEY_OCTETS_MAX: usize = 255;
/// Characters of the text that words are searched in, per request.
pub const SEARCH_CHARACTERS_MAX: usize = 40_000;
/// Words of a search that are looked for; the rest is ignored.
pub const SEARCH_WORDS_MAX: usize = 4;
/// Idempotency keys are remembered this long, in milliseconds (7 days).
pub const DEDUPE_KEY_KEPT_MS: i64 = 7 * 24 * 3_600 * 1_000;
/// A usager's message reopens a finished request this long, in milliseconds (30 days); later it opens a linked one.
pub const REOPEN_MS: i64 = 30 * 24 * 3_600 * 1_000;
/// A thread link opens its request this long, in seconds (180 days): the slowest procedure and its appeal.
pub const LINK_VALID_SECONDS: i64 = 180 * 24 * 3_600;
