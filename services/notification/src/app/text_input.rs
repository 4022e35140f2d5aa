//! Texts as they are sent in, checked: each mistake is told with the place it has in the message.

use guichet_core::Violation;

use crate::domain::notice::{Medium, Notice};
use crate::domain::text::{Language, Source, Template, TextKey};

/// Which text is meant.
#[derive(Clone, Debug)]
pub struct TextName {
    /// Code of a notice.
    pub name: String,
    /// `None` when unspecified.
    pub medium: Option<Medium>,
    /// Code of a language, empty for French.
    pub language: String,
}

/// A text as it is sent in.
#[derive(Clone, Debug)]
pub struct TextInput {
    /// Which one.
    pub which: TextName,
    /// Its words.
    pub source: Source,
}

impl TextName {
    /// Returns the text that is meant; otherwise `None`, with each wrong field of what stands at the pointer `at`.
    pub(super) fn check(&self, at: &str, violations: &mut Vec<Violation>) -> Option<TextKey> {
        let notice = Notice::parse(&self.name);
        if notice.is_none() {
            let near = |notice: &&Notice| strsim::damerau_levenshtein(notice.as_str(), &self.name);
            let nearest = Notice::ALL.iter().min_by_key(near).map_or("answer", |notice| notice.as_str());
            let shown: String = self.name.chars().take(40).collect();
            let detail = format!("« {shown} » n'existe pas : voulez-vous dire « {nearest} » ?");
            violations.push(Violation::new(format!("{at}/name"), detail));
        }
        if self.medium.is_none() {
            let detail = "Choisissez le courriel, le SMS ou le courrier.";
            violations.push(Violation::new(format!("{at}/medium"), detail));
        }
        let language = match self.language.as_str() {
            "" => Some(Language::French),
            code => Language::parse(code),
        };
        if language.is_none() {
            let detail = "Cette langue n'a pas encore de textes : utilisez « fr ».";
            violations.push(Violation::new(format!("{at}/language"), detail));
        }
        Some((notice?, self.medium?, language?))
    }
}

impl TextInput {
    /// Returns a text that can be used; otherwise `None`, with each mistake of what stands at the pointer `at`.
    pub(super) fn check(&self, at: &str, violations: &mut Vec<Violation>) -> Option<(TextKey, Source)> {
        let key = self.which.check(at, violations)?;
        Some((key, check_words(key, &self.source, at, violations)?))
    }
}

/// Returns words that a text can be made of; otherwise `None`, with each mistake of what stands at the pointer `at`.
pub(super) fn check_words(key: TextKey, source: &Source, at: &str, violations: &mut Vec<Violation>) -> Option<Source> {
    let (notice, medium, _language) = key;
    let source = Source { subject: tidy(&source.subject), body: tidy(&source.body) };
    let Err(mistakes) = Template::parse(notice, medium, &source) else { return Some(source) };
    let told = mistakes.into_iter().map(|mistake| Violation::new(format!("{at}/{}", mistake.place), mistake.sentence));
    violations.extend(told);
    None
}

/// Browsers send the ends of lines as CRLF: the same words are the same text all the same.
fn tidy(text: &str) -> String {
    text.replace("\r\n", "\n").trim().to_owned()
}
