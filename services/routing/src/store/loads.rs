//! What each agent is doing and how much they hold.

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, AuthorityId};
use guichet_core::work::PresenceState;
use guichet_db::{Result, Row, Tx, args};

use super::{Reader, code, optional_code};
use crate::domain::call::{Call, Line};

const ENSURE: &str = "INSERT INTO agent_loads (agent_id, authority_id, presence, serial, capacity, used, served_at)
    VALUES ($1, $2, $3, 1, $4, 0, 0)
    ON CONFLICT (agent_id) DO UPDATE SET capacity = excluded.capacity, authority_id = excluded.authority_id";
const SET_LINE: &str = "UPDATE agent_loads SET presence = $2, call_id = $3, resume = $4, serial = serial + 1
    WHERE agent_id = $1
    RETURNING serial, authority_id";
const FIND_LINE: &str = "SELECT presence, call_id, resume FROM agent_loads WHERE agent_id = $1";
const LIST: &str = "SELECT agent_id, presence, serial, capacity, used, served_at FROM agent_loads";
const LIST_OF_SHARD: &str =
    concat!("SELECT agent_id, presence, serial, capacity, used, served_at FROM agent_loads WHERE ", of_shard!("$1"));
const FIND: &str = "SELECT agent_id, presence, serial, capacity, used, served_at FROM agent_loads WHERE agent_id = $1";
const MOVE: &str = "UPDATE agent_loads SET used = used + $2 WHERE agent_id = $1";
const SERVE: &str = "UPDATE agent_loads SET used = used + $2, served_at = $3 WHERE agent_id = $1";
const SERVE_WITHIN: &str = "UPDATE agent_loads SET used = used + $2, served_at = $3
    WHERE agent_id = $1 AND used + $2 <= capacity AND presence = $4";

/// One agent's row.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    pub(crate) agent_id: AgentId,
    pub(crate) presence: PresenceState,
    pub(crate) serial: i64,
    pub(crate) capacity: u32,
    pub(crate) used: u32,
    pub(crate) served_at: Timestamp,
}

fn load(row: &Row) -> Result<Load> {
    Ok(Load {
        agent_id: row.get("agent_id")?,
        presence: code(row, "presence", PresenceState::parse)?,
        serial: row.get("serial")?,
        capacity: row.get("capacity")?,
        used: row.get("used")?,
        served_at: row.get("served_at")?,
    })
}

/// Gives an agent a row, away and empty-handed, or brings its capacity up to date.
pub(crate) async fn ensure(tx: &mut Tx, agent: AgentId, authority: AuthorityId, capacity: u32) -> Result<()> {
    tx.execute(ENSURE, args![agent, authority, PresenceState::Away.as_str(), capacity]).await.map(drop)
}

/// Returns what an agent is doing, and in which call.
pub(crate) async fn find_line(tx: &mut Tx, agent: AgentId) -> Result<Option<Line>> {
    let Some(row) = tx.fetch_optional(FIND_LINE, args![agent]).await? else { return Ok(None) };
    let presence = code(&row, "presence", PresenceState::parse)?;
    // A call without what came before it is over.
    Ok(Some(match (row.get("call_id")?, optional_code(&row, "resume", PresenceState::parse)?) {
        (Some(id), Some(resume)) => Line { presence, call: Some(Call { id, resume }), ended: None },
        (ended, _) => Line { presence, call: None, ended },
    }))
}

/// Changes what an agent is doing; returns the serial of the change, `None` when there is no such agent.
pub(crate) async fn set_line(tx: &mut Tx, agent: AgentId, line: &Line) -> Result<Option<(i64, AuthorityId)>> {
    let call = line.call.as_ref();
    let id = call.map(|call| call.id.clone()).or_else(|| line.ended.clone());
    let resume = call.map(|call| call.resume.as_str());
    let row = tx.fetch_optional(SET_LINE, args![agent, line.presence.as_str(), id, resume]).await?;
    row.map(|row| Ok((row.get("serial")?, row.get("authority_id")?))).transpose()
}

/// Returns every agent's row.
pub(crate) async fn list(reader: &mut impl Reader) -> Result<Vec<Load>> {
    reader.rows(LIST, args![]).await?.iter().map(load).collect()
}

/// Returns the rows of the agents whose employers a shard decides for.
pub(crate) async fn list_of_shard(tx: &mut Tx, shard: &str) -> Result<Vec<Load>> {
    tx.fetch_all(LIST_OF_SHARD, args![shard]).await?.iter().map(load).collect()
}

/// Returns one agent's row.
pub(crate) async fn find(reader: &mut impl Reader, agent: AgentId) -> Result<Option<Load>> {
    reader.rows(FIND, args![agent]).await?.first().map(load).transpose()
}

/// How a load changes in one transaction.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Delta {
    /// Capacity units.
    pub(crate) units: i64,
    /// The agent is given something.
    pub(crate) served: bool,
    /// By an offer: the capacity is a limit, and only who is available is offered anything.
    pub(crate) guarded: bool,
}

/// Changes an agent's load; returns false when an offer would exceed the capacity, or the agent is not available any
/// more. Their row is locked from here on: who leaves during this transaction waits for it, and then finds the offer.
pub(crate) async fn change(tx: &mut Tx, agent: AgentId, delta: Delta, now: Timestamp) -> Result<bool> {
    if delta.guarded {
        return Ok(
            tx.execute(SERVE_WITHIN, args![agent, delta.units, now, PresenceState::Available.as_str()]).await? == 1
        );
    }
    if delta.served {
        tx.execute(SERVE, args![agent, delta.units, now]).await?;
    } else if delta.units != 0 {
        tx.execute(MOVE, args![agent, delta.units]).await?;
    }
    Ok(true)
}
