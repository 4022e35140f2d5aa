//! What the texts of an authority were: a line for each change, written once.

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, AuthorityId};
use guichet_db::{Db, Result, Row, Tx, args};

use crate::domain::text::{Change, Source, TextKey};

const INSERT: &str = "INSERT INTO template_versions
        (authority_id, notice, medium, language, version, at, agent_id, subject, body, overridden)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    ON CONFLICT (authority_id, notice, medium, language, version) DO NOTHING";
const NEWEST: &str = "SELECT COALESCE(MAX(version), 0) AS version FROM template_versions
    WHERE authority_id = $1 AND notice = $2 AND medium = $3 AND language = $4";
const LIST: &str = "SELECT version, at, agent_id, subject, body, overridden FROM template_versions
    WHERE authority_id = $1 AND notice = $2 AND medium = $3 AND language = $4
    ORDER BY version DESC
    LIMIT $5";

/// Who writes a text, for whom and when.
#[derive(Clone, Copy, Debug)]
pub struct Authorship {
    /// Whose text.
    pub authority_id: AuthorityId,
    /// `None` for the operator.
    pub agent_id: Option<AgentId>,
    /// Since when it is used.
    pub at: Timestamp,
}

/// What a text was from one change to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextVersion {
    /// From 1, without a gap.
    pub version: i64,
    /// Since when.
    pub at: Timestamp,
    /// Who wrote it; `None` for the operator.
    pub agent_id: Option<AgentId>,
    /// The text.
    pub source: Source,
    /// Whether it was the authority's own.
    pub overridden: bool,
}

/// The table of versions.
#[derive(Debug)]
pub struct TextVersions;

impl TextVersions {
    /// Keeps a change under its number; false when somebody else's came first.
    pub async fn insert(tx: &mut Tx, by: &Authorship, change: &Change, version: i64) -> Result<bool> {
        let (notice, medium, language) = change.key;
        let args = args![
            by.authority_id,
            notice.as_str(),
            medium.as_str(),
            language.as_str(),
            version,
            by.at,
            by.agent_id,
            &change.source.subject,
            &change.source.body,
            change.overridden,
        ];
        Ok(tx.execute(INSERT, args).await? == 1)
    }

    /// Returns the number of the newest version of a text, 0 when it never changed.
    pub async fn newest(tx: &mut Tx, authority: AuthorityId, key: TextKey) -> Result<i64> {
        let (notice, medium, language) = key;
        let args = args![authority, notice.as_str(), medium.as_str(), language.as_str()];
        let row = tx.fetch_optional(NEWEST, args).await?;
        row.map_or(Ok(0), |row| row.get("version"))
    }

    /// Returns the versions of a text, the newest first.
    pub async fn list(db: &Db, authority: AuthorityId, key: TextKey, limit: i64) -> Result<Vec<TextVersion>> {
        let (notice, medium, language) = key;
        let args = args![authority, notice.as_str(), medium.as_str(), language.as_str(), limit];
        db.fetch_all(LIST, args).await?.iter().map(version).collect()
    }
}

fn version(row: &Row) -> Result<TextVersion> {
    Ok(TextVersion {
        version: row.get("version")?,
        at: row.get("at")?,
        agent_id: row.get("agent_id")?,
        source: Source { subject: row.get("subject")?, body: row.get("body")? },
        overridden: row.get("overridden")?,
    })
}
