//! The texts of an authority: listed with the embedded ones, replaced after a check that names every mistake, with what
//! they were before, previewed.

use std::collections::BTreeSet;

use guichet_core::Violation;
use guichet_core::id::{AgentId, AuthorityId};
use guichet_db::Tx;

use super::App;
use super::text_input::{TextInput, TextName, check_words};
use crate::Error;
use crate::domain::notice::{Medium, Notice};
use crate::domain::text::{Change, Composed, Context, Language, Overrides, Source, TextKey, default_text, preview};
use crate::store::{Authorship, TextVersion, TextVersions, Texts};

/// Texts in one call: every notice by every medium in a dozen languages.
const TEXTS_MAX: usize = 300;
/// Versions of a text in one answer: years of changes to one text, and a page that a person still reads.
const VERSIONS_MAX: i64 = 100;

/// A text as it is shown.
#[derive(Clone, Debug)]
pub struct ShownText {
    /// Which one.
    pub key: TextKey,
    /// Its words.
    pub source: Source,
    /// Whether it is the authority's own.
    pub overridden: bool,
}

impl App {
    /// Returns every text an authority uses.
    pub async fn list_templates(&self, authority: &str) -> Result<Vec<ShownText>, Error> {
        let overrides = Texts::load(&self.db, AuthorityId::of_code(authority)).await?;
        let mut shown = Vec::new();
        for &language in Language::ALL {
            for &notice in Notice::ALL {
                for &medium in Medium::ALL {
                    let key = (notice, medium, language);
                    let own = overrides.get(&key);
                    let source = own.cloned().unwrap_or_else(|| default_text(language, notice, medium));
                    shown.push(ShownText { key, source, overridden: own.is_some() });
                }
            }
        }
        Ok(shown)
    }

    /// Replaces the texts of an authority: those it does not send go back to the embedded ones. Each text that this
    /// changes gets a version.
    pub async fn put_templates(&self, authority: &str, inputs: &[TextInput]) -> Result<(), Error> {
        let authority_id = authority_of(authority)?;
        let wanted = check_all(inputs)?;
        let by = Authorship { authority_id, agent_id: None, at: self.clock.now() };
        let mut tx = self.db.begin().await?;
        let own = Texts::load_for_change(&mut tx, authority_id).await?;
        // In one order for everybody: two imports at once never wait for each other.
        let keys: BTreeSet<TextKey> = own.keys().chain(wanted.keys()).copied().collect();
        for key in keys {
            let Some(change) = Change::between(key, own.get(&key), wanted.get(&key)) else { continue };
            let newest = TextVersions::newest(&mut tx, authority_id, key).await?;
            keep(&mut tx, &by, &change, newest + 1).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Replaces one text of an authority, which was read when `seen_version` was its newest; returns its version from
    /// then on. Words that are in use already change nothing, whoever saved them.
    pub async fn put_template(
        &self,
        authority: &str,
        input: &TextInput,
        agent_id: Option<AgentId>,
        seen_version: i64,
    ) -> Result<i64, Error> {
        let authority_id = authority_of(authority)?;
        let mut violations = Vec::new();
        let checked = input.check("/template", &mut violations);
        let (key, wanted) = checked.ok_or(Error::Invalid(violations))?;
        let by = Authorship { authority_id, agent_id, at: self.clock.now() };
        self.change_template(&by, key, Some(&wanted), seen_version).await
    }

    /// Gives an authority the embedded text again in the place of its own; otherwise as [`App::put_template`].
    pub async fn take_back_template(
        &self,
        authority: &str,
        which: &TextName,
        agent_id: Option<AgentId>,
        seen_version: i64,
    ) -> Result<i64, Error> {
        let by = Authorship { authority_id: authority_of(authority)?, agent_id, at: self.clock.now() };
        self.change_template(&by, key_of(which)?, None, seen_version).await
    }

    async fn change_template(
        &self,
        by: &Authorship,
        key: TextKey,
        wanted: Option<&Source>,
        seen_version: i64,
    ) -> Result<i64, Error> {
        let mut tx = self.db.begin().await?;
        let newest = TextVersions::newest(&mut tx, by.authority_id, key).await?;
        let own = Texts::load_for_change(&mut tx, by.authority_id).await?;
        let Some(change) = Change::between(key, own.get(&key), wanted) else { return Ok(newest) };
        if newest != seen_version {
            return Err(Error::Stale);
        }
        keep(&mut tx, by, &change, newest + 1).await?;
        tx.commit().await?;
        Ok(newest + 1)
    }

    /// Returns what one text of an authority was, the newest version first.
    pub async fn list_template_versions(&self, authority: &str, which: &TextName) -> Result<Vec<TextVersion>, Error> {
        let key = key_of(which)?;
        Ok(TextVersions::list(&self.db, AuthorityId::of_code(authority), key, VERSIONS_MAX).await?)
    }

    /// Returns a text of an authority filled with sample data: the words of `draft`, or those in use.
    pub async fn preview_template(
        &self,
        authority: &str,
        which: &TextName,
        draft: Option<&Source>,
    ) -> Result<Composed, Error> {
        let key = key_of(which)?;
        let authority_id = AuthorityId::of_code(authority);
        let town = self.town(authority_id).ok_or(Error::AuthorityNotFound)?;
        let texts = match draft {
            Some(draft) => Overrides::from([(key, check_draft(key, draft)?)]),
            None => Texts::load(&self.db, authority_id).await?,
        };
        let context = Context { public_url: &self.public_url, now: self.clock.now() };
        Ok(preview(key, &town, &texts, &context))
    }
}

/// Writes a text with its version. The version comes first: of two people at once, the second is told.
async fn keep(tx: &mut Tx, by: &Authorship, change: &Change, version: i64) -> Result<(), Error> {
    if !TextVersions::insert(tx, by, change, version).await? {
        return Err(Error::Stale);
    }
    let own = change.overridden.then_some(&change.source);
    Ok(Texts::set(tx, by.authority_id, change.key, own, by.at).await?)
}

fn authority_of(authority: &str) -> Result<AuthorityId, Error> {
    if authority.is_empty() {
        return Err(Error::invalid("/authority", "Indiquez le code de la collectivité."));
    }
    Ok(AuthorityId::of_code(authority))
}

fn check_all(inputs: &[TextInput]) -> Result<Overrides, Error> {
    if inputs.len() > TEXTS_MAX {
        return Err(Error::invalid("/templates", format!("Envoyez au plus {TEXTS_MAX} textes.")));
    }
    let mut violations = Vec::new();
    let mut texts = Overrides::new();
    for (index, input) in inputs.iter().enumerate() {
        let at = format!("/templates/{index}");
        let Some((key, source)) = input.check(&at, &mut violations) else { continue };
        if texts.insert(key, source).is_some() {
            violations.push(Violation::new(at, "Ce texte est donné deux fois."));
        }
    }
    if violations.is_empty() { Ok(texts) } else { Err(Error::Invalid(violations)) }
}

fn check_draft(key: TextKey, draft: &Source) -> Result<Source, Error> {
    let mut violations = Vec::new();
    check_words(key, draft, "/draft", &mut violations).ok_or(Error::Invalid(violations))
}

fn key_of(which: &TextName) -> Result<TextKey, Error> {
    let mut violations = Vec::new();
    which.check("", &mut violations).ok_or(Error::Invalid(violations))
}
