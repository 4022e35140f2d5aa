//! What the desks are told today.

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, AuthorityId};
use guichet_db::{Result, Tx, args};

use super::Reader;

const FIND: &str = "SELECT body, agent_id, updated_at FROM day_notes WHERE authority_id = $1 AND day = $2";
const PUT: &str = "INSERT INTO day_notes (authority_id, day, body, agent_id, updated_at)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (authority_id, day) DO UPDATE SET
        body = excluded.body,
        agent_id = excluded.agent_id,
        updated_at = excluded.updated_at";
const DELETE: &str = "DELETE FROM day_notes WHERE authority_id = $1 AND day = $2";

/// What one desk is told on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DayNotes {
    /// Code.
    pub(crate) authority: String,
    /// `2026-11-25`.
    pub(crate) day: String,
    pub(crate) body: String,
    pub(crate) agent_id: AgentId,
    pub(crate) updated_at: Timestamp,
}

/// Returns what the desk of an authority is told on a day.
pub(crate) async fn find(reader: &mut impl Reader, code: &str, day: &str) -> Result<Option<DayNotes>> {
    let rows = reader.rows(FIND, args![AuthorityId::of_code(code), day]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    Ok(Some(DayNotes {
        authority: code.to_owned(),
        day: day.to_owned(),
        body: row.get("body")?,
        agent_id: row.get("agent_id")?,
        updated_at: row.get("updated_at")?,
    }))
}

/// Replaces what a desk is told; an empty text takes it back.
pub(crate) async fn put(tx: &mut Tx, notes: &DayNotes) -> Result<()> {
    let authority = AuthorityId::of_code(&notes.authority);
    if notes.body.is_empty() {
        return tx.execute(DELETE, args![authority, &notes.day]).await.map(drop);
    }
    let args = args![authority, &notes.day, &notes.body, notes.agent_id, notes.updated_at];
    tx.execute(PUT, args).await.map(drop)
}
