//! What time alone changes: offers run out, waits end, answers become final, requests become late, and what was confided
//! is followed up.

use crate::store::Tx;
use guichet_core::Timestamp;
use guichet_core::id::AuthorityId;

use super::changes::clocked;
use super::orders::is_present;
use super::{App, Result, Town};
use crate::domain::engine::Input;
use crate::domain::work::Change;
use crate::domain::{filing, follow_up};
use crate::store::{offers, works};

/// Timers looked at in one transaction of the matcher.
const TIMERS_MAX: i64 = 100;

/// What has become due.
#[derive(Debug, Default)]
pub(super) struct Due {
    /// Changes still to be written.
    pub(super) changes: Vec<Change>,
    /// Facts for the engine, the changes' own included.
    pub(super) inputs: Vec<(AuthorityId, Input)>,
}

impl App {
    /// Returns what has become due in a shard, marking requests late on the way.
    pub(super) async fn due(&self, tx: &mut Tx, shard: &str, town: &Town, now: Timestamp) -> Result<Due> {
        let mut due = Due::default();
        for (request_id, version) in works::list_newly_late(tx, shard, now, TIMERS_MAX).await? {
            if works::mark_late(tx, request_id, version).await?
                && let Some(work) = works::find(tx, request_id).await?
            {
                due.inputs.push((work.authority_id, Input::BecameLate { request_id, version }));
            }
        }
        let mut changes = Vec::new();
        for request_id in offers::list_expired(tx, shard, now, TIMERS_MAX).await? {
            changes.extend(works::find(tx, request_id).await?.and_then(|work| work.offer_ended("expire").ok()));
        }
        let over = works::list_wait_over(tx, shard, now, TIMERS_MAX).await?;
        for change in over.iter().filter_map(|work| work.resumed("wait_over", None).ok()) {
            // An offer decided on in the same batch starts from the dates as they are now.
            changes.push(clocked(town, &change, now)?);
        }
        let closable = works::list_closable(tx, shard, now, TIMERS_MAX).await?;
        changes.extend(closable.iter().filter_map(|work| work.closed().ok()));
        changes.extend(self.follow_ups(tx, shard, now).await?);
        due.inputs.extend(changes.iter().map(|change| (change.after.authority_id, change.input())));
        due.changes = changes;
        Ok(due)
    }

    /// Returns the reminders and the automatic returns that are due.
    async fn follow_ups(&self, tx: &mut Tx, shard: &str, now: Timestamp) -> Result<Vec<Change>> {
        let reminders = works::list_to_remind(tx, shard, now, TIMERS_MAX).await?;
        let mut changes: Vec<Change> =
            reminders.iter().filter_map(|work| follow_up::reminded(work, now).ok()).collect();
        let returns = works::list_to_return(tx, shard, now, TIMERS_MAX).await?;
        if returns.is_empty() {
            return Ok(changes);
        }
        let town = self.town(tx).await?;
        for work in returns {
            let directory = town.by_id(work.authority_id).filter(|_| work.level2.is_some() || work.queue.is_some());
            // Level 2's own requirements are not level 1's; an outside body asked nothing of anybody here.
            let need = directory.map_or_else(|| work.need.clone(), |known| filing::for_level1(known, &work.need));
            let holder_present = is_present(tx, &work).await?;
            changes.extend(follow_up::came_back(&work, holder_present, need).ok());
        }
        Ok(changes)
    }
}
