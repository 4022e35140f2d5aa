//! What time alone changes: offers run out, waits end, answers become final, requests become late.

use crate::store::Tx;
use guichet_core::Timestamp;
use guichet_core::id::AuthorityId;

use super::{App, Result};
use crate::domain::engine::Input;
use crate::domain::work::Change;
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
    /// Returns what has become due, marking requests late on the way.
    pub(super) async fn due(&self, tx: &mut Tx, now: Timestamp) -> Result<Due> {
        let mut due = Due::default();
        for (request_id, version) in works::list_newly_late(tx, now, TIMERS_MAX).await? {
            if works::mark_late(tx, request_id, version).await?
                && let Some(work) = works::find(tx, request_id).await?
            {
                due.inputs.push((work.authority_id, Input::BecameLate { request_id, version }));
            }
        }
        let mut changes = Vec::new();
        for request_id in offers::list_expired(tx, now, TIMERS_MAX).await? {
            changes.extend(works::find(tx, request_id).await?.and_then(|work| work.offer_ended("expire").ok()));
        }
        let over = works::list_wait_over(tx, now, TIMERS_MAX).await?;
        changes.extend(over.iter().filter_map(|work| work.resumed("wait_over", None).ok()));
        let closable = works::list_closable(tx, now, TIMERS_MAX).await?;
        changes.extend(closable.iter().filter_map(|work| work.closed().ok()));
        due.inputs.extend(changes.iter().map(|change| (change.after.authority_id, change.input())));
        due.changes = changes;
        Ok(due)
    }
}
