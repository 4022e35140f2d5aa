//! Learning cases: those that go on are on the work, those that ended are here.

use std::collections::HashMap;

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, ServiceRequestId};
use guichet_db::{Result, Row, Tx, args};
use guichet_events::SkillLevel;

use super::{Reader, json};
use crate::domain::lesson::{Ending, Taught};
use crate::domain::work::Change;

/// Learning cases that go on, of a whole town: a few for each learner.
const OPEN_MAX: i64 = 10_000;

const KEEP: &str = "INSERT INTO lessons (request_id, agent_id, authority_id, skill, level, given_at, ended_at, ending)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (request_id, agent_id, skill, given_at) DO NOTHING";
const GIVEN_SINCE: &str = "SELECT DISTINCT agent_id, request_id, given_at FROM lessons WHERE given_at >= $1";
const LIST_OPEN: &str =
    "SELECT request_id, lesson FROM works WHERE lesson IS NOT NULL ORDER BY received_at, request_id LIMIT $1";
const COUNT_ANSWERED: &str = "SELECT agent_id, skill, level, COUNT(*) AS answered FROM lessons
    WHERE ending = $1
    GROUP BY agent_id, skill, level";

/// Keeps a learning case that ended; one that was not accepted never began.
pub(crate) async fn keep(tx: &mut Tx, change: &Change, ending: Ending, now: Timestamp) -> Result<()> {
    let taught = change.before.as_ref().and_then(|before| before.lesson.as_ref());
    let Some(taught) = taught.filter(|_| ending != Ending::NotBegun) else { return Ok(()) };
    let work = &change.after;
    for SkillLevel { skill, level } in &taught.skills {
        let (request_id, authority_id) = (work.request_id, work.authority_id);
        let args =
            args![request_id, taught.agent_id, authority_id, skill, *level, taught.given_at, now, ending.as_str()];
        tx.execute(KEEP, args).await?;
    }
    Ok(())
}

/// Returns how many learning cases each agent was given since an instant, those that go on and those offered included.
pub(crate) async fn given_since(tx: &mut Tx, since: Timestamp) -> Result<HashMap<AgentId, u32>> {
    let mut given: HashMap<AgentId, u32> = HashMap::new();
    for row in tx.rows(GIVEN_SINCE, args![since]).await? {
        *given.entry(row.get("agent_id")?).or_default() += 1;
    }
    for (_, taught) in list_open(tx).await?.into_iter().filter(|(_, taught)| taught.given_at >= since) {
        *given.entry(taught.agent_id).or_default() += 1;
    }
    Ok(given)
}

/// Returns the learning cases that go on, the oldest request first.
pub(crate) async fn list_open(reader: &mut impl Reader) -> Result<Vec<(ServiceRequestId, Taught)>> {
    let rows = reader.rows(LIST_OPEN, args![OPEN_MAX]).await?;
    let open = |row: &Row| Ok((row.get("request_id")?, json(row, "lesson")?));
    rows.iter().map(open).collect()
}

/// Returns how many learning cases of each skill each agent has answered.
pub(crate) async fn count_answered(reader: &mut impl Reader) -> Result<HashMap<(AgentId, SkillLevel), u32>> {
    let rows = reader.rows(COUNT_ANSWERED, args![Ending::Answered.as_str()]).await?;
    let count = |row: &Row| {
        let skill = SkillLevel { skill: row.get("skill")?, level: row.get("level")? };
        Ok(((row.get("agent_id")?, skill), row.get("answered")?))
    };
    rows.iter().map(count).collect()
}
