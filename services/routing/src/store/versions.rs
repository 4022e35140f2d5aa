//! Every state the directories have had.

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, AuthorityId};
use guichet_db::{Result, Row, Tx, args};

use super::Reader;

const INSERT: &str = "INSERT INTO directory_versions (
    authority_id, version, published_at, agent_id, restores, directory)
    SELECT authority_id, version, published_at, $2, $3, directory FROM authorities WHERE authority_id = $1";
const LIST: &str = "SELECT version, published_at, agent_id, restores FROM directory_versions
    WHERE authority_id = $1 AND version < $2
    ORDER BY version DESC
    LIMIT $3";
const FIND: &str = "SELECT directory FROM directory_versions WHERE authority_id = $1 AND version = $2";

/// One state of a directory, without the state itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) version: i64,
    pub(crate) published_at: Timestamp,
    /// `None` = the operator.
    pub(crate) agent_id: Option<AgentId>,
    /// The version whose state it is again.
    pub(crate) restores: Option<i64>,
}

/// Keeps the state of an authority's directory as it is published now.
pub(crate) async fn keep(
    tx: &mut Tx,
    authority: AuthorityId,
    agent_id: Option<AgentId>,
    restores: Option<i64>,
) -> Result<()> {
    tx.execute(INSERT, args![authority, agent_id, restores]).await.map(drop)
}

/// Returns the states before a version, the newest first.
pub(crate) async fn list(
    reader: &mut impl Reader,
    authority: AuthorityId,
    before: i64,
    limit: i64,
) -> Result<Vec<Version>> {
    let version = |row: &Row| {
        Ok(Version {
            version: row.get("version")?,
            published_at: row.get("published_at")?,
            agent_id: row.get("agent_id")?,
            restores: row.get("restores")?,
        })
    };
    reader.rows(LIST, args![authority, before, limit]).await?.iter().map(version).collect()
}

/// Returns the JSON of the directory as it was.
pub(crate) async fn find(reader: &mut impl Reader, authority: AuthorityId, version: i64) -> Result<Option<String>> {
    reader.rows(FIND, args![authority, version]).await?.first().map(|row| row.get("directory")).transpose()
}
