//! The texts of an authority: listed with the embedded ones, replaced after a check that names every mistake, previewed.

use std::collections::BTreeSet;

use guichet_core::Violation;
use guichet_core::id::AuthorityId;

use super::App;
use crate::Error;
use crate::domain::notice::{Medium, Notice};
use crate::domain::text::{Composed, Context, Language, Source, Template, default_text, preview};
use crate::store::{StoredText, Texts};

/// Texts in one call: every notice by every medium in a dozen languages.
const TEXTS_MAX: usize = 300;

/// A text as it is shown.
#[derive(Clone, Debug)]
pub struct ShownText {
    /// What it tells, by what, in which language.
    pub text: StoredText,
    /// Whether it is the authority's own.
    pub overridden: bool,
}

/// A text as it is sent in.
#[derive(Clone, Debug)]
pub struct TextInput {
    /// Code of a notice.
    pub name: String,
    /// `None` when unspecified.
    pub medium: Option<Medium>,
    /// Code of a language, empty for French.
    pub language: String,
    /// The text.
    pub source: Source,
}

impl App {
    /// Returns every text an authority uses.
    pub async fn list_templates(&self, authority: &str) -> Result<Vec<ShownText>, Error> {
        let overrides = Texts::load(&self.db, AuthorityId::of_code(authority)).await?;
        let mut shown = Vec::new();
        for &language in Language::ALL {
            for &notice in Notice::ALL {
                for &medium in Medium::ALL {
                    let own = overrides.get(&(notice, medium, language));
                    let source = own.cloned().unwrap_or_else(|| default_text(language, notice, medium));
                    let text = StoredText { notice, medium, language, source };
                    shown.push(ShownText { text, overridden: own.is_some() });
                }
            }
        }
        Ok(shown)
    }

    /// Replaces the texts of an authority; a text equal to the embedded one is not kept, so that it follows it.
    pub async fn put_templates(&self, authority: &str, inputs: &[TextInput]) -> Result<(), Error> {
        if authority.is_empty() {
            return Err(Error::invalid("/authority", "Indiquez le code de la collectivité."));
        }
        if inputs.len() > TEXTS_MAX {
            return Err(Error::invalid("/templates", format!("Envoyez au plus {TEXTS_MAX} textes.")));
        }
        let mut violations = Vec::new();
        let mut seen = BTreeSet::new();
        let mut texts = Vec::new();
        for (index, input) in inputs.iter().enumerate() {
            let Some(text) = check(index, input, &mut violations) else { continue };
            if !seen.insert((text.notice, text.medium, text.language)) {
                violations.push(Violation::new(format!("/templates/{index}"), "Ce texte est donné deux fois."));
            }
            if text.source != default_text(text.language, text.notice, text.medium) {
                texts.push(text);
            }
        }
        if !violations.is_empty() {
            return Err(Error::Invalid(violations));
        }
        let mut tx = self.db.begin().await?;
        Texts::replace(&mut tx, AuthorityId::of_code(authority), &texts, self.clock.now()).await?;
        Ok(tx.commit().await?)
    }

    /// Returns a text of an authority filled with sample data.
    pub async fn preview_template(&self, authority: &str, asked: &TextInput) -> Result<Composed, Error> {
        let mut violations = Vec::new();
        let Some((notice, medium, _language)) = key(0, asked, &mut violations) else {
            return Err(Error::Invalid(violations));
        };
        let authority_id = AuthorityId::of_code(authority);
        let town = self.town(authority_id).ok_or(Error::AuthorityNotFound)?;
        let overrides = Texts::load(&self.db, authority_id).await?;
        let context = Context { public_url: &self.public_url, now: self.clock.now() };
        Ok(preview(notice, medium, &town, &overrides, &context))
    }
}

fn check(index: usize, input: &TextInput, violations: &mut Vec<Violation>) -> Option<StoredText> {
    let (notice, medium, language) = key(index, input, violations)?;
    let source = Source { subject: input.source.subject.trim().to_owned(), body: input.source.body.trim().to_owned() };
    if let Err(mistakes) = Template::parse(notice, medium, &source) {
        let told = mistakes
            .into_iter()
            .map(|mistake| Violation::new(format!("/templates/{index}/{}", mistake.place), mistake.sentence));
        violations.extend(told);
        return None;
    }
    Some(StoredText { notice, medium, language, source })
}

fn key(index: usize, input: &TextInput, violations: &mut Vec<Violation>) -> Option<(Notice, Medium, Language)> {
    let at = |field: &str| format!("/templates/{index}/{field}");
    let notice = Notice::parse(&input.name);
    if notice.is_none() {
        let near = |notice: &&Notice| strsim::damerau_levenshtein(notice.as_str(), &input.name);
        let nearest = Notice::ALL.iter().min_by_key(near).map_or("answer", |notice| notice.as_str());
        let shown: String = input.name.chars().take(40).collect();
        violations
            .push(Violation::new(at("name"), format!("« {shown} » n'existe pas : voulez-vous dire « {nearest} » ?")));
    }
    if input.medium.is_none() {
        violations.push(Violation::new(at("medium"), "Choisissez le courriel, le SMS ou le courrier."));
    }
    let language = match input.language.as_str() {
        "" => Some(Language::French),
        code => Language::parse(code),
    };
    if language.is_none() {
        violations.push(Violation::new(at("language"), "Cette langue n'a pas encore de textes : utilisez « fr »."));
    }
    Some((notice?, input.medium?, language?))
}
