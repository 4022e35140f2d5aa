//! Who is writing an answer now.

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, ServiceRequestId};
use guichet_db::{Result, Tx, args};

use super::Reader;

const FIND: &str = "SELECT until FROM writings WHERE request_id = $1 AND agent_id = $2";
const PUT: &str = "INSERT INTO writings (request_id, agent_id, until) VALUES ($1, $2, $3)
    ON CONFLICT (request_id, agent_id) DO UPDATE SET until = excluded.until";
const DELETE: &str = "DELETE FROM writings WHERE request_id = $1 AND agent_id = $2";
const DELETE_OVER: &str = "DELETE FROM writings WHERE until < $1";
const LIST: &str = "SELECT agent_id FROM writings WHERE request_id = $1 AND until > $2 ORDER BY agent_id";

/// Returns until when an agent was last said to be writing.
pub(crate) async fn until(tx: &mut Tx, id: ServiceRequestId, agent_id: AgentId) -> Result<Option<Timestamp>> {
    tx.fetch_optional(FIND, args![id, agent_id]).await?.map(|row| row.get("until")).transpose()
}

/// Says that an agent writes until an instant.
pub(crate) async fn put(tx: &mut Tx, id: ServiceRequestId, agent_id: AgentId, until: Timestamp) -> Result<()> {
    tx.execute(PUT, args![id, agent_id, until]).await.map(drop)
}

/// Says that an agent has finished.
pub(crate) async fn end(tx: &mut Tx, id: ServiceRequestId, agent_id: AgentId) -> Result<()> {
    tx.execute(DELETE, args![id, agent_id]).await.map(drop)
}

/// Forgets what ended before an instant.
pub(crate) async fn forget(tx: &mut Tx, before: Timestamp) -> Result<()> {
    tx.execute(DELETE_OVER, args![before]).await.map(drop)
}

/// Returns who is writing on a request now.
pub(crate) async fn list(reader: &mut impl Reader, id: ServiceRequestId, now: Timestamp) -> Result<Vec<AgentId>> {
    reader.rows(LIST, args![id, now]).await?.iter().map(|row| row.get("agent_id")).collect()
}
