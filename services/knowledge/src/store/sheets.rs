//! Sheets and their versions.

use guichet_core::Timestamp;
use guichet_core::id::{AuthorityId, SheetId};
use guichet_db::{Db, Row, Tx, Value, args};

use super::{column, texts};
use crate::Error;
use crate::domain::sheet::{Sheet, Source};

/// Columns of a sheet as it is read.
macro_rules! select_published {
    ($rest:literal) => {
        concat!(
            "SELECT s.sheet_id, s.authority_id, s.external_id, s.current_version, v.title, v.markdown, v.agents_markdown,
                v.procedure_code, v.keywords, v.published_at
            FROM sheets s
            JOIN sheet_versions v ON v.authority_id = s.authority_id AND v.sheet_id = s.sheet_id
                AND v.version = s.current_version
            WHERE s.state = 'published' AND ",
            $rest
        )
    };
}

const FIND: &str = select_published!("s.sheet_id = $1");
const FIND_MANY: &str = select_published!("s.sheet_id IN ({in})");
const LIST: &str = select_published!("s.authority_id = $1 ORDER BY s.external_id");
const LIST_KNOWN: &str = "SELECT s.external_id, s.state, s.current_version, v.title, v.markdown,
        v.agents_markdown, v.procedure_code, v.keywords
    FROM sheets s
    JOIN sheet_versions v ON v.authority_id = s.authority_id AND v.sheet_id = s.sheet_id
        AND v.version = s.current_version
    WHERE s.authority_id = $1";
const UPSERT: &str = "INSERT INTO sheets (authority_id, sheet_id, external_id, state, current_version, updated_at)
    VALUES ($1, $2, $3, 'published', $4, $5)
    ON CONFLICT (authority_id, sheet_id) DO UPDATE
    SET state = 'published', current_version = excluded.current_version, updated_at = excluded.updated_at";
const INSERT_VERSION: &str = "INSERT INTO sheet_versions (authority_id, sheet_id, version, title, markdown,
        agents_markdown, procedure_code, keywords, published_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const ARCHIVE: &str = "UPDATE sheets SET state = 'archived', updated_at = $3 WHERE authority_id = $1 AND sheet_id = $2";
const COUNT: &str = "SELECT COUNT(*) AS sheets FROM sheets WHERE state = 'published'";

/// A sheet as it stands before a publication.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) source: Source,
    pub(crate) version: u32,
    pub(crate) is_published: bool,
}

/// The tables.
pub(crate) struct Sheets;

impl Sheets {
    /// Returns all sheets of an authority, archived ones too.
    pub(crate) async fn list_known(tx: &mut Tx, authority_id: AuthorityId) -> Result<Vec<Known>, Error> {
        let rows = tx.fetch_all(LIST_KNOWN, args![authority_id]).await?;
        rows.iter()
            .map(|row| {
                Ok(Known {
                    source: source(row)?,
                    version: row.get("current_version")?,
                    is_published: row.get::<String>("state")? == "published",
                })
            })
            .collect()
    }

    /// Adds a version and makes it the one that is read.
    pub(crate) async fn publish(tx: &mut Tx, sheet: &Sheet) -> Result<(), Error> {
        let Sheet { id, authority_id, source, version, published_at } = sheet;
        let args = args![*authority_id, *id, &source.external_id, *version, *published_at];
        tx.execute(UPSERT, args).await?;
        let args = args![
            *authority_id,
            *id,
            *version,
            &source.title,
            &source.markdown,
            &source.agents_markdown,
            &source.procedure,
            column(&source.keywords),
            *published_at,
        ];
        tx.execute(INSERT_VERSION, args).await?;
        Ok(())
    }

    /// Takes a sheet out of what is read; its versions stay.
    pub(crate) async fn archive(
        tx: &mut Tx,
        authority_id: AuthorityId,
        id: SheetId,
        now: Timestamp,
    ) -> Result<(), Error> {
        tx.execute(ARCHIVE, args![authority_id, id, now]).await?;
        Ok(())
    }

    /// Returns a published sheet.
    pub(crate) async fn find(db: &Db, id: SheetId) -> Result<Option<Sheet>, Error> {
        db.fetch_optional(FIND, args![id]).await?.as_ref().map(sheet).transpose()
    }

    /// Returns the published sheets among `ids`, in no order.
    pub(crate) async fn find_many(db: &Db, ids: impl IntoIterator<Item = SheetId>) -> Result<Vec<Sheet>, Error> {
        let ids = ids.into_iter().map(Value::from).collect();
        db.fetch_all_in(FIND_MANY, args![], ids).await?.iter().map(sheet).collect()
    }

    /// Returns the published sheets of an authority, in the order of their external ids.
    pub(crate) async fn list(db: &Db, authority_id: AuthorityId) -> Result<Vec<Sheet>, Error> {
        db.fetch_all(LIST, args![authority_id]).await?.iter().map(sheet).collect()
    }

    /// Returns how many sheets are published, all authorities together.
    pub(crate) async fn count(db: &Db) -> Result<u64, Error> {
        let row = db.fetch_optional(COUNT, args![]).await?;
        Ok(row.map_or(Ok(0), |row| row.get("sheets"))?)
    }
}

fn sheet(row: &Row) -> Result<Sheet, Error> {
    Ok(Sheet {
        id: row.get("sheet_id")?,
        authority_id: row.get("authority_id")?,
        source: source(row)?,
        version: row.get("current_version")?,
        published_at: row.get("published_at")?,
    })
}

fn source(row: &Row) -> Result<Source, Error> {
    Ok(Source {
        external_id: row.get("external_id")?,
        title: row.get("title")?,
        markdown: row.get("markdown")?,
        agents_markdown: row.get("agents_markdown")?,
        procedure: row.get("procedure_code")?,
        keywords: texts(&row.get::<String>("keywords")?, "keywords")?,
    })
}
