//! What saving a text changes for an authority.

use super::compose::TextKey;
use super::defaults::default_text;
use super::template::Source;

/// A text that is another one from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which text.
    pub key: TextKey,
    /// The words used from now on.
    pub source: Source,
    /// Whether they are the authority's own; the embedded ones otherwise.
    pub overridden: bool,
}

impl Change {
    /// Returns what saving `wanted`, `None` for the embedded text, changes beside the authority's `own`; `None` when it
    /// changes nothing. A text equal to the embedded one is not the authority's own, so that it follows it.
    pub fn between(key: TextKey, own: Option<&Source>, wanted: Option<&Source>) -> Option<Self> {
        let (notice, medium, language) = key;
        let embedded = default_text(language, notice, medium);
        let wanted = wanted.filter(|wanted| **wanted != embedded);
        if wanted == own {
            return None;
        }
        Some(Self { key, overridden: wanted.is_some(), source: wanted.cloned().unwrap_or(embedded) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::notice::{Medium, Notice};
    use crate::domain::text::Language;

    const KEY: TextKey = (Notice::Wait, Medium::Sms, Language::French);

    fn embedded() -> Source {
        default_text(KEY.2, KEY.0, KEY.1)
    }

    fn arbitrary_source(body: &str) -> Source {
        Source { subject: String::new(), body: body.to_owned() }
    }

    #[test]
    fn saving_what_is_in_use_changes_nothing() {
        let own = arbitrary_source("nôtre");
        assert_eq!(Change::between(KEY, Some(&own), Some(&own)), None);
        assert_eq!(Change::between(KEY, None, Some(&embedded())), None);
        assert_eq!(Change::between(KEY, None, None), None);
    }

    #[test]
    fn the_embedded_text_takes_the_authoritys_own_back() {
        let own = arbitrary_source("nôtre");
        let back = Some(Change { key: KEY, source: embedded(), overridden: false });
        assert_eq!(Change::between(KEY, Some(&own), Some(&embedded())), back);
        assert_eq!(Change::between(KEY, Some(&own), None), back);
    }

    #[test]
    fn an_own_text_that_a_release_has_caught_up_with_follows_it_once_saved() {
        let change = Change::between(KEY, Some(&embedded()), Some(&embedded())).expect("it is no longer kept");
        assert!(!change.overridden);
    }
}
