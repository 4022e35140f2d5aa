//! What agents and readers said.

use guichet_core::Timestamp;
use guichet_core::id::AuthorityId;
use guichet_db::{Db, Tx, args};

use super::{column, texts};
use crate::Error;
use crate::domain::classifier::Lesson;
use crate::domain::sheet::Sheet;

const TEACH: &str = "INSERT INTO corrections (authority_id, digest, stems, procedure_code, taught_at)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (authority_id, digest) DO UPDATE
    SET procedure_code = excluded.procedure_code, taught_at = excluded.taught_at";
const FORGET_OLDEST: &str = "DELETE FROM corrections WHERE authority_id = $1 AND taught_at < (
        SELECT MIN(taught_at) FROM (
            SELECT taught_at FROM corrections WHERE authority_id = $1 ORDER BY taught_at DESC LIMIT $2
        ) AS kept
    )";
const LIST: &str = "SELECT stems, procedure_code FROM corrections WHERE authority_id = $1 ORDER BY taught_at, digest";
const COUNT_OPINION: &str = "INSERT INTO opinions (authority_id, sheet_id, version, useful, useless)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (authority_id, sheet_id, version) DO UPDATE
    SET useful = opinions.useful + excluded.useful, useless = opinions.useless + excluded.useless";

/// Corrections kept for an authority: years of them in a town, and the classifier stays fast.
const CORRECTIONS_MAX: i64 = 2_000;

/// The tables.
pub(crate) struct Feedback;

impl Feedback {
    /// Keeps a correction; the same words taught again are filed anew, and the oldest beyond the limit forgotten.
    pub(crate) async fn teach(
        tx: &mut Tx,
        authority_id: AuthorityId,
        lesson: &Lesson,
        digest: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        tx.execute(TEACH, args![authority_id, digest, column(&lesson.stems), &lesson.procedure, now]).await?;
        tx.execute(FORGET_OLDEST, args![authority_id, CORRECTIONS_MAX]).await?;
        Ok(())
    }

    /// Returns an authority's corrections, oldest first.
    pub(crate) async fn list_lessons(db: &Db, authority_id: AuthorityId) -> Result<Vec<Lesson>, Error> {
        let rows = db.fetch_all(LIST, args![authority_id]).await?;
        rows.iter()
            .map(|row| {
                let stems = texts(&row.get::<String>("stems")?, "stems")?;
                Ok(Lesson { stems, procedure: row.get("procedure_code")? })
            })
            .collect()
    }

    /// Counts a reader's opinion of the version that is published.
    pub(crate) async fn count_opinion(tx: &mut Tx, sheet: &Sheet, useful: bool) -> Result<(), Error> {
        let args = args![sheet.authority_id, sheet.id, sheet.version, i64::from(useful), i64::from(!useful)];
        tx.execute(COUNT_OPINION, args).await?;
        Ok(())
    }
}
