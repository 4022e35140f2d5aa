//! Catalogues: the numbers that tell when what is kept in memory is out of date.

use guichet_core::id::AuthorityId;
use guichet_db::{Db, Row, Tx, args};

use crate::Error;

const ENSURE: &str = "INSERT INTO catalogues (authority_id, code) VALUES ($1, $2)
    ON CONFLICT (authority_id) DO NOTHING";
// Held until the transaction ends: two publications of one authority follow each other.
const LOCK: &str = "UPDATE catalogues SET code = code WHERE authority_id = $1";
const RAISE_SHEETS: &str = "UPDATE catalogues SET sheets_revision = sheets_revision + 1 WHERE authority_id = $1
    RETURNING sheets_revision AS revision";
const RAISE_CORRECTIONS: &str =
    "UPDATE catalogues SET corrections_revision = corrections_revision + 1 WHERE authority_id = $1
    RETURNING corrections_revision AS revision";
const LIST: &str = "SELECT authority_id, sheets_revision, corrections_revision FROM catalogues ORDER BY authority_id";
const FIND_CODE: &str = "SELECT code FROM catalogues WHERE authority_id = $1";

/// How far one authority's catalogue has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Revision {
    pub(crate) authority_id: AuthorityId,
    pub(crate) sheets: i64,
    pub(crate) corrections: i64,
}

/// The table.
pub(crate) struct Catalogues;

impl Catalogues {
    /// Makes sure an authority has a catalogue, and keeps other writers of it out until the transaction ends.
    pub(crate) async fn lock(tx: &mut Tx, authority_id: AuthorityId, code: &str) -> Result<(), Error> {
        tx.execute(ENSURE, args![authority_id, code]).await?;
        tx.execute(LOCK, args![authority_id]).await?;
        Ok(())
    }

    /// Says that the sheets changed; returns the new revision.
    pub(crate) async fn raise_sheets(tx: &mut Tx, authority_id: AuthorityId) -> Result<i64, Error> {
        raise(tx, RAISE_SHEETS, authority_id).await
    }

    /// Says that the corrections changed; returns the new revision.
    pub(crate) async fn raise_corrections(tx: &mut Tx, authority_id: AuthorityId) -> Result<i64, Error> {
        raise(tx, RAISE_CORRECTIONS, authority_id).await
    }

    /// Returns every catalogue's revision, in the order of their authorities.
    pub(crate) async fn revisions(db: &Db) -> Result<Vec<Revision>, Error> {
        let read = |row: &Row| -> guichet_db::Result<Revision> {
            Ok(Revision {
                authority_id: row.get("authority_id")?,
                sheets: row.get("sheets_revision")?,
                corrections: row.get("corrections_revision")?,
            })
        };
        let rows = db.fetch_all(LIST, args![]).await?;
        Ok(rows.iter().map(read).collect::<guichet_db::Result<_>>()?)
    }

    /// Returns the code of an authority that has published.
    pub(crate) async fn find_code(db: &Db, authority_id: AuthorityId) -> Result<Option<String>, Error> {
        let row = db.fetch_optional(FIND_CODE, args![authority_id]).await?;
        Ok(row.map(|row| row.get("code")).transpose()?)
    }
}

async fn raise(tx: &mut Tx, sql: &'static str, authority_id: AuthorityId) -> Result<i64, Error> {
    let row = tx.fetch_optional(sql, args![authority_id]).await?;
    Ok(row.map_or(Ok(0), |row| row.get("revision"))?)
}
