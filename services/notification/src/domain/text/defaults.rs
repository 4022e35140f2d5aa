//! The embedded texts, one folder a language. A language is added as a folder and a variant here: the compiler then asks
//! for every text of it.

use super::template::Source;
use guichet_core::codes;

use crate::domain::notice::{Medium, Notice};

codes! {
    /// A language with a folder of texts.
    Language {
        /// Français.
        French = "fr",
    }
}

impl Language {
    /// Returns the language of a BCP 47 tag, French when there is no folder for it.
    pub fn from_tag(tag: &str) -> Self {
        let primary = tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        Self::parse(&primary).unwrap_or(Self::French)
    }
}

macro_rules! french {
    ($file:expr) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/texts/fr/", $file))
    };
}

macro_rules! default_texts {
    ($($notice:ident = $folder:literal,)+) => {
        const fn raw(language: Language, notice: Notice, medium: Medium) -> &'static str {
            match (language, notice, medium) {
                $(
                    (Language::French, Notice::$notice, Medium::Email) => french!(concat!($folder, "/email.txt")),
                    (Language::French, Notice::$notice, Medium::Sms) => french!(concat!($folder, "/sms.txt")),
                    (Language::French, Notice::$notice, Medium::Letter) => french!(concat!($folder, "/letter.txt")),
                )+
            }
        }
    };
}

default_texts! {
    RegistrationAck = "registration_ack",
    ReceiptAck = "receipt_ack",
    Answer = "answer",
    MissingPapers = "missing_papers",
    SentElsewhere = "sent_elsewhere",
    Delayed = "delayed",
    Closed = "closed",
    Wait = "wait",
}

/// Returns the embedded text of a notice: a first line `Objet : …`, except for an SMS, then the body.
pub fn default_text(language: Language, notice: Notice, medium: Medium) -> Source {
    let raw = raw(language, notice, medium);
    let (subject, body) = match raw.strip_prefix("Objet : ").and_then(|rest| rest.split_once('\n')) {
        Some((subject, body)) => (subject, body),
        None => ("", raw),
    };
    Source { subject: subject.trim().to_owned(), body: body.trim().to_owned() }
}

macro_rules! parts {
    ($($(#[$meta:meta])* $part:ident = $file:literal,)+) => {
        /// A sentence that is there or not, or that changes with the medium.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Part { $($(#[$meta])* $part,)+ }

        impl Part {
            #[cfg(test)]
            pub(super) const ALL: &'static [Self] = &[$(Self::$part,)+];

            const fn raw(self, language: Language) -> &'static str {
                match (language, self) { $((Language::French, Self::$part) => french!(concat!("parts/", $file, ".txt")),)+ }
            }
        }
    };
}

parts! {
    AnnouncedWritten = "announced_written",
    AnnouncedSms = "announced_sms",
    UnannouncedWritten = "unannounced_written",
    UnannouncedSms = "unannounced_sms",
    SilenceAccept = "silence_accept",
    SilenceReject = "silence_reject",
    Appeal = "appeal",
    ReopenEmail = "reopen_email",
    ReopenLetter = "reopen_letter",
    ContinueEmail = "continue_email",
    ContinueLetter = "continue_letter",
    PapersDueWritten = "papers_due_written",
    PapersDueSms = "papers_due_sms",
    AnswerDueWritten = "answer_due_written",
    AnswerDueSms = "answer_due_sms",
    ClockRestarts = "clock_restarts",
    ClockSuspended = "clock_suspended",
    ClockShifted = "clock_shifted",
    TheirPhone = "their_phone",
    Withdrawn = "withdrawn",
    Dismissed = "dismissed",
    Result = "result",
}

impl Part {
    /// Returns the sentence with its data in place.
    pub(super) fn fill(self, language: Language, data: &[(&str, &str)]) -> String {
        let raw = self.raw(language).trim_end_matches('\n');
        data.iter().fold(raw.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::Template;

    #[test]
    fn every_embedded_text_does_its_duty() {
        for &language in Language::ALL {
            for &notice in Notice::ALL {
                for &medium in Medium::ALL {
                    let read = Template::parse(notice, medium, &default_text(language, notice, medium));
                    assert!(read.is_ok(), "{language} {notice} {medium}: {read:?}");
                }
            }
        }
    }

    #[test]
    fn every_part_is_filled() {
        let data = ["date", "decideur", "tribunal", "telephone", "raison", "resultat"].map(|name| (name, "x"));
        for &part in Part::ALL {
            let text = part.fill(Language::French, &data);
            assert!(!text.is_empty() && !text.contains(['{', '}', '\n']), "{part:?}: {text}");
        }
    }

    #[test]
    fn an_unknown_language_is_answered_in_french() {
        for tag in ["fr", "fr-FR", "FR", "pt-BR", ""] {
            assert_eq!(Language::from_tag(tag), Language::French, "{tag}");
        }
    }
}
