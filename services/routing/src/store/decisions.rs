//! Why each request went where it went.

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, AuthorityId, DecisionId, ServiceRequestId};
use guichet_db::{Result, Row, Tx, args};

use super::Reader;

const INSERT: &str =
    "INSERT INTO decisions (id, authority_id, request_id, at, kind, agent_id, epoch, batch, record, sentence)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const LIST: &str = "SELECT id, authority_id, request_id, at, kind, agent_id, epoch, batch, record, sentence
    FROM decisions
    WHERE request_id = $1
    ORDER BY at, batch, id
    LIMIT $2";

/// One decision of the engine.
#[derive(Clone, Debug)]
pub(crate) struct DecisionRow {
    pub(crate) id: DecisionId,
    pub(crate) authority_id: AuthorityId,
    pub(crate) request_id: ServiceRequestId,
    pub(crate) at: Timestamp,
    /// `offered`, `waiting`, `unroutable`.
    pub(crate) kind: String,
    pub(crate) agent_id: Option<AgentId>,
    pub(crate) epoch: i64,
    pub(crate) batch: i64,
    /// JSON.
    pub(crate) record: String,
    /// In French.
    pub(crate) sentence: String,
}

/// Writes a decision.
pub(crate) async fn insert(tx: &mut Tx, row: &DecisionRow) -> Result<()> {
    let args = args![
        row.id,
        row.authority_id,
        row.request_id,
        row.at,
        &row.kind,
        row.agent_id,
        row.epoch,
        row.batch,
        &row.record,
        &row.sentence,
    ];
    tx.execute(INSERT, args).await.map(drop)
}

/// Returns the decisions about a request, oldest first.
pub(crate) async fn list(reader: &mut impl Reader, request: ServiceRequestId, limit: i64) -> Result<Vec<DecisionRow>> {
    let decision = |row: &Row| {
        Ok(DecisionRow {
            id: row.get("id")?,
            authority_id: row.get("authority_id")?,
            request_id: row.get("request_id")?,
            at: row.get("at")?,
            kind: row.get("kind")?,
            agent_id: row.get("agent_id")?,
            epoch: row.get("epoch")?,
            batch: row.get("batch")?,
            record: row.get("record")?,
            sentence: row.get("sentence")?,
        })
    };
    reader.rows(LIST, args![request, limit]).await?.iter().map(decision).collect()
}
