//! The history of the work on requests.

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, ServiceRequestId};
use guichet_db::{Result, Row, Tx, args};

use super::Reader;
use crate::domain::work::Change;

const INSERT: &str =
    "INSERT INTO work_steps (request_id, version, authority_id, at, how, agent_id, state, department, note)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const LIST: &str =
    "SELECT at, how, agent_id, department, note FROM work_steps WHERE request_id = $1 ORDER BY version LIMIT $2";

/// One line of a request's history.
#[derive(Debug)]
pub(crate) struct StepRow {
    pub(crate) at: Timestamp,
    pub(crate) how: String,
    pub(crate) agent_id: Option<AgentId>,
    pub(crate) department: String,
    pub(crate) note: String,
}

/// Adds a line to the history of a request.
pub(crate) async fn insert(tx: &mut Tx, change: &Change, at: Timestamp, note: &str) -> Result<()> {
    let work = &change.after;
    let args = args![
        work.request_id,
        work.version,
        work.authority_id,
        at,
        change.how,
        change.agent_id,
        work.state.as_str(),
        &work.filing.department,
        note,
    ];
    tx.execute(INSERT, args).await.map(drop)
}

/// Returns the history of a request, oldest first.
pub(crate) async fn list(reader: &mut impl Reader, id: ServiceRequestId, limit: i64) -> Result<Vec<StepRow>> {
    let rows = reader.rows(LIST, args![id, limit]).await?;
    let step = |row: &Row| {
        Ok(StepRow {
            at: row.get("at")?,
            how: row.get("how")?,
            agent_id: row.get("agent_id")?,
            department: row.get("department")?,
            note: row.get("note")?,
        })
    };
    rows.iter().map(step).collect()
}
