//! Texts of an authority that replace the embedded ones.

use guichet_core::Timestamp;
use guichet_core::id::AuthorityId;
use guichet_db::{Db, Result, Row, Tx, args};

use crate::domain::notice::{Medium, Notice};
use crate::domain::text::{Language, Overrides, Source, TextKey};

const LIST: &str = "SELECT notice, medium, language, subject, body FROM templates WHERE authority_id = $1";
const UPSERT: &str = "INSERT INTO templates (authority_id, notice, medium, language, subject, body, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (authority_id, notice, medium, language)
    DO UPDATE SET subject = excluded.subject, body = excluded.body, updated_at = excluded.updated_at";
const DELETE: &str = "DELETE FROM templates
    WHERE authority_id = $1 AND notice = $2 AND medium = $3 AND language = $4";

/// The table of texts.
#[derive(Debug)]
pub struct Texts;

impl Texts {
    /// Returns an authority's texts; those that name what this program no longer knows are left out.
    pub async fn load(db: &Db, authority: AuthorityId) -> Result<Overrides> {
        overrides(&db.fetch_all(LIST, args![authority]).await?)
    }

    /// Returns an authority's texts in the transaction that changes them.
    pub async fn load_for_change(tx: &mut Tx, authority: AuthorityId) -> Result<Overrides> {
        overrides(&tx.fetch_all(LIST, args![authority]).await?)
    }

    /// Keeps an authority's own text; `None` goes back to the embedded one.
    pub async fn set(
        tx: &mut Tx,
        authority: AuthorityId,
        key: TextKey,
        own: Option<&Source>,
        now: Timestamp,
    ) -> Result<()> {
        let (notice, medium, language) = key;
        let mut args = args![authority, notice.as_str(), medium.as_str(), language.as_str()];
        let Some(own) = own else { return tx.execute(DELETE, args).await.map(drop) };
        args.extend(args![&own.subject, &own.body, now]);
        tx.execute(UPSERT, args).await.map(drop)
    }
}

fn overrides(rows: &[Row]) -> Result<Overrides> {
    let mut overrides = Overrides::new();
    for row in rows {
        let notice = Notice::parse(&row.get::<String>("notice")?);
        let medium = Medium::parse(&row.get::<String>("medium")?);
        let language = Language::parse(&row.get::<String>("language")?);
        let (Some(notice), Some(medium), Some(language)) = (notice, medium, language) else { continue };
        let source = Source { subject: row.get("subject")?, body: row.get("body")? };
        overrides.insert((notice, medium, language), source);
    }
    Ok(overrides)
}
