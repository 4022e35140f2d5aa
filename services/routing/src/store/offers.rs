//! Offers, and the assignments they become.

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, AssignmentId, AuthorityId, DecisionId, OfferId, ServiceRequestId};
use guichet_db::{Result, Row, Tx, args};

use super::Reader;

/// Offers shown to one agent at most: more than anybody's capacity.
const LIST_MAX: i64 = 100;

const INSERT: &str =
    "INSERT INTO offers (id, authority_id, request_id, agent_id, state, offered_at, expires_at, decision_id, why)
    VALUES ($1, $2, $3, $4, 'offered', $5, $6, $7, $8)";
const FIND: &str = "SELECT id, request_id, agent_id, state, offered_at, expires_at, why FROM offers WHERE id = $1";
const LIST_OPEN: &str = "SELECT id, request_id, agent_id, state, offered_at, expires_at, why FROM offers
    WHERE agent_id = $1 AND state = 'offered'
    ORDER BY offered_at, id
    LIMIT $2";
const LIST_EXPIRED: &str = concat!(
    "SELECT request_id FROM offers WHERE state = 'offered' AND expires_at <= $1 AND ",
    of_shard!("$3"),
    " ORDER BY expires_at LIMIT $2"
);
const LIST_REFUSED: &str = concat!(
    "SELECT request_id, agent_id, state, ended_at FROM offers
    WHERE state IN ('declined', 'expired') AND ended_at > $1 AND ",
    of_shard!("$2")
);
const END: &str = "UPDATE offers SET state = $2, ended_at = $3 WHERE id = $1 AND state = 'offered'";
const GIVEN_SINCE: &str = concat!(
    "SELECT agent_id, CAST(SUM(weight) AS BIGINT) AS units FROM assignments
    WHERE started_at >= $1
        AND agent_id IN (SELECT agent_id FROM agent_loads WHERE ",
    of_shard!("$2"),
    ") GROUP BY agent_id"
);
const END_ASSIGNMENT: &str = "UPDATE assignments SET ended_at = $2 WHERE request_id = $1 AND ended_at IS NULL";
const INSERT_ASSIGNMENT: &str = "INSERT INTO assignments (id, authority_id, request_id, agent_id, weight, started_at) VALUES ($1, $2, $3, $4, $5, $6)";

/// One offer.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub(crate) id: OfferId,
    pub(crate) request_id: ServiceRequestId,
    pub(crate) agent_id: AgentId,
    /// `offered`, `accepted`, `declined`, `expired`, `rescinded`.
    pub(crate) state: String,
    pub(crate) offered_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) why: String,
}

/// An offer about to be made.
#[derive(Debug)]
pub(crate) struct NewOffer {
    pub(crate) id: OfferId,
    pub(crate) authority_id: AuthorityId,
    pub(crate) request_id: ServiceRequestId,
    pub(crate) agent_id: AgentId,
    pub(crate) offered_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) decision_id: DecisionId,
    pub(crate) why: String,
}

/// A refusal or an expiry that may still count.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) request_id: ServiceRequestId,
    pub(crate) agent_id: AgentId,
    pub(crate) declined: bool,
    pub(crate) ended_at: Timestamp,
}

fn offer(row: &Row) -> Result<Offer> {
    Ok(Offer {
        id: row.get("id")?,
        request_id: row.get("request_id")?,
        agent_id: row.get("agent_id")?,
        state: row.get("state")?,
        offered_at: row.get("offered_at")?,
        expires_at: row.get("expires_at")?,
        why: row.get("why")?,
    })
}

/// Writes an offer.
pub(crate) async fn insert(tx: &mut Tx, offer: &NewOffer) -> Result<()> {
    let args = args![
        offer.id,
        offer.authority_id,
        offer.request_id,
        offer.agent_id,
        offer.offered_at,
        offer.expires_at,
        offer.decision_id,
        &offer.why,
    ];
    tx.execute(INSERT, args).await.map(drop)
}

/// Returns an offer.
pub(crate) async fn find(reader: &mut impl Reader, id: OfferId) -> Result<Option<Offer>> {
    reader.rows(FIND, args![id]).await?.first().map(offer).transpose()
}

/// Returns the offers an agent has not answered yet, the oldest first.
pub(crate) async fn list_open(reader: &mut impl Reader, agent: AgentId) -> Result<Vec<Offer>> {
    reader.rows(LIST_OPEN, args![agent, LIST_MAX]).await?.iter().map(offer).collect()
}

/// Returns the requests whose offer has run out.
pub(crate) async fn list_expired(
    reader: &mut impl Reader,
    shard: &str,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<ServiceRequestId>> {
    reader.rows(LIST_EXPIRED, args![now, limit, shard]).await?.iter().map(|row| row.get("request_id")).collect()
}

/// Returns the refusals and expiries since an instant.
pub(crate) async fn list_refused(tx: &mut Tx, shard: &str, since: Timestamp) -> Result<Vec<Refused>> {
    let rows = tx.rows(LIST_REFUSED, args![since, shard]).await?;
    let refused = |row: &Row| {
        Ok(Refused {
            request_id: row.get("request_id")?,
            agent_id: row.get("agent_id")?,
            declined: row.get::<String>("state")? == "declined",
            ended_at: row.get("ended_at")?,
        })
    };
    rows.iter().map(refused).collect()
}

/// Ends an open offer.
pub(crate) async fn end(tx: &mut Tx, id: OfferId, state: &'static str, now: Timestamp) -> Result<()> {
    tx.execute(END, args![id, state, now]).await.map(drop)
}

/// Returns the capacity units that agents of a shard were given since an instant, by a yes or by hand.
pub(crate) async fn given_since(tx: &mut Tx, shard: &str, since: Timestamp) -> Result<Vec<(AgentId, u32)>> {
    let rows = tx.fetch_all(GIVEN_SINCE, args![since, shard]).await?;
    rows.iter().map(|row| Ok((row.get("agent_id")?, row.get("units")?))).collect()
}

/// Makes `agent` the one active assignee of a request, or nobody.
pub(crate) async fn assign(
    tx: &mut Tx,
    id: AssignmentId,
    (authority, request): (AuthorityId, ServiceRequestId),
    agent: Option<(AgentId, u32)>,
    now: Timestamp,
) -> Result<()> {
    tx.execute(END_ASSIGNMENT, args![request, now]).await?;
    if let Some((agent, weight)) = agent {
        tx.execute(INSERT_ASSIGNMENT, args![id, authority, request, agent, weight, now]).await?;
    }
    Ok(())
}
