//! Why each request went where it went.

use std::ops::Range;

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, AuthorityId, DecisionId, ServiceRequestId};
use guichet_db::{Result, Row, Tx, args};

use super::{Reader, json, text};
use crate::domain::forecast::Announced;
use crate::domain::replay::Decided;

/// Decisions looked at to count those of a day that no load covers: more than any day's.
const COUNTED_MAX: i64 = 200_000;

const INSERT: &str = "INSERT INTO decisions (
        id, authority_id, request_id, at, kind, agent_id, epoch, batch, ordinal, record, sentence, shard,
        forecast)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
const LIST: &str = "SELECT id, authority_id, request_id, at, kind, agent_id, epoch, batch, ordinal, record, sentence,
        forecast
    FROM decisions
    WHERE request_id = $1
    ORDER BY at, batch, ordinal, id
    LIMIT $2";
const LIST_BATCHES: &str = "SELECT batch, at, request_id, kind, agent_id, record FROM decisions
    WHERE shard = $3 AND batch >= $1 AND batch < $2
    ORDER BY batch, ordinal, id";
const LIST_OFFERED: &str = "SELECT batch, at, request_id FROM decisions
    WHERE shard = $3 AND batch >= $1 AND batch < $2 AND kind = 'offered'
    ORDER BY batch, ordinal, id";
const COUNT_BETWEEN: &str = "SELECT COUNT(*) AS decisions FROM decisions
    WHERE shard = $5 AND batch >= $1 AND batch < $2 AND at >= $3 AND at < $4";
const COUNT_BEFORE: &str = "SELECT COUNT(*) AS decisions FROM (
        SELECT at FROM decisions WHERE shard = $5 AND batch < $1 ORDER BY batch DESC LIMIT $4) AS latest
    WHERE at >= $2 AND at < $3";

const ANY_OF: &str = "SELECT 1 AS one FROM decisions
    WHERE shard = $1 AND authority_id = $2 AND at >= $3 AND at < $4
    LIMIT $5";

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
    /// Its place among the decisions of its batch; `None` for what is older than the record of it.
    pub(crate) ordinal: Option<i64>,
    /// JSON.
    pub(crate) record: String,
    /// In French.
    pub(crate) sentence: String,
    /// What could be told of the wait then. Beside the record: replay makes that one again, and knows no waits.
    pub(crate) forecast: Option<Announced>,
}

/// Writes a decision of a shard.
pub(crate) async fn insert(tx: &mut Tx, shard: &str, row: &DecisionRow) -> Result<()> {
    let args = args![
        row.id,
        row.authority_id,
        row.request_id,
        row.at,
        &row.kind,
        row.agent_id,
        row.epoch,
        row.batch,
        row.ordinal,
        &row.record,
        &row.sentence,
        shard,
        row.forecast.as_ref().map(text),
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
            ordinal: row.get("ordinal")?,
            record: row.get("record")?,
            sentence: row.get("sentence")?,
            forecast: forecast(row)?,
        })
    };
    reader.rows(LIST, args![request, limit]).await?.iter().map(decision).collect()
}

fn forecast(row: &Row) -> Result<Option<Announced>> {
    match row.get::<Option<String>>("forecast")? {
        Some(_) => json(row, "forecast").map(Some),
        None => Ok(None),
    }
}

/// A decision as replay compares it, with its batch and its time.
#[derive(Debug)]
pub(crate) struct Recorded {
    pub(crate) batch: i64,
    pub(crate) at: Timestamp,
    pub(crate) decided: Decided,
}

/// Returns what was decided in some batches, in the order it was.
pub(crate) async fn list_batches(reader: &mut impl Reader, shard: &str, batches: &Range<i64>) -> Result<Vec<Recorded>> {
    let recorded = |row: &Row| {
        let (request_id, agent_id) = (row.get("request_id")?, row.get("agent_id")?);
        let decided = Decided { kind: row.get("kind")?, request_id, agent_id, record: row.get("record")? };
        Ok(Recorded { batch: row.get("batch")?, at: row.get("at")?, decided })
    };
    reader.rows(LIST_BATCHES, args![batches.start, batches.end, shard]).await?.iter().map(recorded).collect()
}

/// Returns whether a shard decided for an authority in a period.
pub(crate) async fn any_of(
    reader: &mut impl Reader,
    shard: &str,
    authority: AuthorityId,
    period: &Range<Timestamp>,
) -> Result<bool> {
    Ok(!reader.rows(ANY_OF, args![shard, authority, period.start, period.end, 1_i64]).await?.is_empty())
}

/// Returns which requests some batches of a shard offered to somebody, and when, each with its batch.
pub(crate) async fn list_offered(
    reader: &mut impl Reader,
    shard: &str,
    batches: &Range<i64>,
) -> Result<Vec<(i64, Timestamp, ServiceRequestId)>> {
    let offered = |row: &Row| Ok((row.get("batch")?, row.get("at")?, row.get("request_id")?));
    reader.rows(LIST_OFFERED, args![batches.start, batches.end, shard]).await?.iter().map(offered).collect()
}

/// Returns how many decisions of a period some batches hold.
pub(crate) async fn count_between(
    reader: &mut impl Reader,
    shard: &str,
    batches: &Range<i64>,
    period: &Range<Timestamp>,
) -> Result<u64> {
    let args = args![batches.start, batches.end, period.start, period.end, shard];
    reader.rows(COUNT_BETWEEN, args).await?.first().map_or(Ok(0), |row| row.get("decisions"))
}

/// Returns how many decisions of a period were made before a batch.
pub(crate) async fn count_before(
    reader: &mut impl Reader,
    shard: &str,
    batch: i64,
    period: &Range<Timestamp>,
) -> Result<u64> {
    let args = args![batch, period.start, period.end, COUNTED_MAX, shard];
    reader.rows(COUNT_BEFORE, args).await?.first().map_or(Ok(0), |row| row.get("decisions"))
}
