//! Texts of an authority that replace the embedded ones.

use guichet_core::Timestamp;
use guichet_core::id::AuthorityId;
use guichet_db::{Db, Result, Tx, args};

use crate::domain::notice::{Medium, Notice};
use crate::domain::text::{Language, Overrides, Source};

const LIST: &str = "SELECT notice, medium, language, subject, body FROM templates WHERE authority_id = $1";
const DELETE: &str = "DELETE FROM templates WHERE authority_id = $1";
const INSERT: &str = "INSERT INTO templates (authority_id, notice, medium, language, subject, body, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";

/// One replaced text.
#[derive(Clone, Debug)]
pub struct StoredText {
    /// What it tells.
    pub notice: Notice,
    /// By what.
    pub medium: Medium,
    /// In which language.
    pub language: Language,
    /// The text.
    pub source: Source,
}

/// The table of texts.
#[derive(Debug)]
pub struct Texts;

impl Texts {
    /// Returns an authority's texts; those that name what this program no longer knows are left out.
    pub async fn load(db: &Db, authority: AuthorityId) -> Result<Overrides> {
        let mut overrides = Overrides::new();
        for row in db.fetch_all(LIST, args![authority]).await? {
            let notice = Notice::parse(&row.get::<String>("notice")?);
            let medium = Medium::parse(&row.get::<String>("medium")?);
            let language = Language::parse(&row.get::<String>("language")?);
            let (Some(notice), Some(medium), Some(language)) = (notice, medium, language) else { continue };
            let source = Source { subject: row.get("subject")?, body: row.get("body")? };
            overrides.insert((notice, medium, language), source);
        }
        Ok(overrides)
    }

    /// Replaces all the texts of an authority.
    pub async fn replace(tx: &mut Tx, authority: AuthorityId, texts: &[StoredText], now: Timestamp) -> Result<()> {
        tx.execute(DELETE, args![authority]).await?;
        for text in texts {
            let args = args![
                authority,
                text.notice.as_str(),
                text.medium.as_str(),
                text.language.as_str(),
                &text.source.subject,
                &text.source.body,
                now,
            ];
            tx.execute(INSERT, args).await?;
        }
        Ok(())
    }
}
