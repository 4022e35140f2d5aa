//! The keys that make a second copy recognisable, channel by channel (DESIGN §5.2).

use guichet_core::Timestamp;
use sha2::{Digest as _, Sha256};

use super::mail::NormalisedMail;

/// Milliseconds of a day.
const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// What recognises a second copy, and what tells a second copy from another content under the same key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DedupeKey {
    /// Unique per authority and channel.
    pub key: String,
    /// Hash of the content; empty when the key itself covers it.
    pub content: String,
}

/// Hashes fields one after the other, each with its length, so that no two lists of fields look alike.
#[derive(Clone, Debug, Default)]
pub struct Fingerprint(Sha256);

impl Fingerprint {
    /// Adds one field.
    #[must_use]
    pub fn field(mut self, field: impl AsRef<[u8]>) -> Self {
        let field = field.as_ref();
        self.0.update((field.len() as u64).to_be_bytes());
        self.0.update(field);
        self
    }

    /// Returns the hash in lower-case hexadecimal.
    pub fn hex(self) -> String {
        hex(&self.0.finalize())
    }
}

/// Returns the SHA-256 of some octets in lower-case hexadecimal.
pub fn sha256_hex(octets: &[u8]) -> String {
    hex(&Sha256::digest(octets))
}

/// Returns the key of a mail: Message-ID, From, Date and everything it says; never the Message-ID alone, which anybody
/// can copy. Without a Message-ID or a Date, the envelope's sender and the day of arrival stand in.
pub fn mail_key(mail: &NormalisedMail, envelope_from: &str, received_at: Timestamp) -> DedupeKey {
    let mut print = Fingerprint::default()
        .field(mail.message_id.as_deref().unwrap_or_default())
        .field(mail.from.as_ref().map(guichet_core::EmailAddress::key).unwrap_or_default())
        .field(mail.date.map(|date| date.to_string()).unwrap_or_default())
        .field(&mail.subject)
        .field(&mail.full_text);
    for attachment in &mail.attachments {
        print = print.field(&attachment.file_name).field(attachment.content.as_slice());
    }
    if mail.message_id.is_none() || mail.date.is_none() {
        print = print.field(envelope_from.to_lowercase()).field((received_at.as_millis() / DAY_MS).to_string());
    }
    DedupeKey { key: print.hex(), content: String::new() }
}

fn hex(octets: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    octets
        .iter()
        .flat_map(|octet| [DIGITS[usize::from(octet >> 4)], DIGITS[usize::from(octet & 15)]])
        .map(char::from)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::mail::parse;
    use proptest::prelude::*;

    const MAIL: &str = "From: Awa <awa@example.fr>\r\nTo: guichet@valorme.example\r\nSubject: Bac\r\n\
        Date: Mon, 2 Nov 2026 08:00:00 +0100\r\nMessage-ID: <1@example.fr>\r\n\r\nBonjour, mon bac est cassé.\r\n";

    fn key(raw: &str, received: i64) -> DedupeKey {
        mail_key(&parse(raw.as_bytes()), "awa@example.fr", Timestamp::from_millis(received))
    }

    #[test]
    fn the_same_mail_through_other_relays_has_the_same_key() {
        let relayed = format!("Received: from a by b\r\nX-Spam: no\r\n{MAIL}");
        assert_eq!(key(MAIL, 0), key(&relayed, 9 * DAY_MS));
    }

    #[test]
    fn the_same_message_id_with_another_text_sender_or_date_is_another_mail() {
        for (was, is) in [("cassé", "volé"), ("awa@", "eva@"), ("08:00", "09:00"), ("Bac", "Sac"), ("<1@", "<2@")] {
            assert_ne!(key(MAIL, 0), key(&MAIL.replace(was, is), 0), "{was}");
        }
    }

    #[test]
    fn without_a_message_id_the_day_counts() {
        let anonymous = MAIL.replace("Message-ID: <1@example.fr>\r\n", "");
        assert_eq!(key(&anonymous, 0), key(&anonymous, DAY_MS - 1));
        assert_ne!(key(&anonymous, 0), key(&anonymous, DAY_MS));
    }

    proptest! {
        #[test]
        fn moving_a_character_from_one_field_to_the_next_changes_the_print(a in ".{1,8}", b in ".{1,8}") {
            let joined = format!("{a}{b}");
            let apart = Fingerprint::default().field(&a).field(&b).hex();
            prop_assert_ne!(&apart, &Fingerprint::default().field(&joined).field("").hex());
            prop_assert_eq!(apart, Fingerprint::default().field(&a).field(&b).hex());
        }
    }
}
