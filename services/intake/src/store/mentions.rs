//! Colleagues that notes address.

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, AuthorityId, InteractionId, ServiceRequestId};
use guichet_db::{Db, Result, Row, Tx, args};

use super::interactions::Interaction;

/// Notes that wait for an agent, shown at once: past it the oldest come first.
const WAITING_MAX: i64 = 50;

const INSERT: &str = "INSERT INTO mentions (authority_id, interaction_id, request_id, agent_id, asks_opinion, at)
    VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (authority_id, interaction_id, agent_id) DO NOTHING";
const END: &str = "UPDATE mentions SET ended_at = $3
    WHERE request_id = $1 AND agent_id = $2 AND ended_at IS NULL";
const WAITING: &str = "SELECT m.request_id, m.interaction_id, i.agent_id AS author_id, i.new_text, m.asks_opinion, m.at
    FROM mentions AS m
    JOIN interactions AS i ON i.authority_id = m.authority_id AND i.id = m.interaction_id
    WHERE m.agent_id = $1 AND m.ended_at IS NULL
    ORDER BY m.at
    LIMIT $2";
const OF_REQUEST: &str = "SELECT interaction_id, agent_id, asks_opinion FROM mentions
    WHERE authority_id = $1 AND request_id = $2
    ORDER BY agent_id";

/// A note that waits for an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// On which request.
    pub request_id: ServiceRequestId,
    /// The note.
    pub interaction_id: InteractionId,
    /// Who wrote it.
    pub author_id: Option<AgentId>,
    /// What it says.
    pub text: String,
    /// The agent is asked what they think.
    pub asks_opinion: bool,
    /// When it was written.
    pub at: Timestamp,
}

/// Whom a note of a request addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// The note.
    pub interaction_id: InteractionId,
    /// Whom.
    pub agent_id: AgentId,
    /// They are asked what they think.
    pub asks_opinion: bool,
}

/// Notes that a note addresses an agent.
pub async fn insert(
    tx: &mut Tx,
    note: &Interaction,
    request_id: ServiceRequestId,
    agent_id: AgentId,
    asks_opinion: bool,
) -> Result<()> {
    let args = args![note.authority_id, note.id, request_id, agent_id, asks_opinion, note.recorded_at];
    tx.execute(INSERT, args).await.map(drop)
}

/// Notes that an agent has answered or seen what addressed them on a request; returns how many waited.
pub async fn end(tx: &mut Tx, request_id: ServiceRequestId, agent_id: AgentId, now: Timestamp) -> Result<u64> {
    tx.execute(END, args![request_id, agent_id, now]).await
}

/// Returns the notes that wait for an agent, oldest first.
pub async fn waiting(db: &Db, agent_id: AgentId) -> Result<Vec<Waiting>> {
    let rows = db.fetch_all(WAITING, args![agent_id, WAITING_MAX]).await?;
    let waiting = |row: &Row| {
        Ok(Waiting {
            request_id: row.get("request_id")?,
            interaction_id: row.get("interaction_id")?,
            author_id: row.get("author_id")?,
            text: row.get("new_text")?,
            asks_opinion: row.get("asks_opinion")?,
            at: row.get("at")?,
        })
    };
    rows.iter().map(waiting).collect()
}

/// Returns whom the notes of a request address.
pub async fn of_request(db: &Db, authority_id: AuthorityId, request_id: ServiceRequestId) -> Result<Vec<Mention>> {
    let rows = db.fetch_all(OF_REQUEST, args![authority_id, request_id]).await?;
    let mention = |row: &Row| {
        Ok(Mention {
            interaction_id: row.get("interaction_id")?,
            agent_id: row.get("agent_id")?,
            asks_opinion: row.get("asks_opinion")?,
        })
    };
    rows.iter().map(mention).collect()
}
