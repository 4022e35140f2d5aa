//! The history of the work on requests.

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, ServiceRequestId};
use guichet_core::work::WorkState;
use guichet_db::{Result, Row, Tx, args};

use super::{Reader, code};
use crate::domain::work::Change;

const INSERT: &str =
    "INSERT INTO work_steps (request_id, version, authority_id, at, how, agent_id, state, department, note, announced_due)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const LIST: &str = "SELECT version, at, how, agent_id, state, department, note, announced_due FROM work_steps
    WHERE request_id = $1
    ORDER BY version
    LIMIT $2";

/// One line of a request's history.
#[derive(Debug)]
pub(crate) struct StepRow {
    pub(crate) version: i64,
    pub(crate) at: Timestamp,
    pub(crate) how: String,
    pub(crate) agent_id: Option<AgentId>,
    pub(crate) state: WorkState,
    pub(crate) department: String,
    pub(crate) note: String,
    /// The date announced to the usager, as it stood then; not known of what is older than the record of it.
    pub(crate) announced_due: Option<Timestamp>,
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
        work.filing.announced_due,
    ];
    tx.execute(INSERT, args).await.map(drop)
}

/// Returns the history of a request, oldest first.
pub(crate) async fn list(reader: &mut impl Reader, id: ServiceRequestId, limit: i64) -> Result<Vec<StepRow>> {
    let rows = reader.rows(LIST, args![id, limit]).await?;
    let step = |row: &Row| {
        Ok(StepRow {
            version: row.get("version")?,
            at: row.get("at")?,
            how: row.get("how")?,
            agent_id: row.get("agent_id")?,
            state: code(row, "state", WorkState::parse)?,
            department: row.get("department")?,
            note: row.get("note")?,
            announced_due: row.get("announced_due")?,
        })
    };
    rows.iter().map(step).collect()
}
