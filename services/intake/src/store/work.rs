//! The projection of routing's events on requests: newest version wins.

use guichet_core::Timestamp;
use guichet_core::id::{AuthorityId, ServiceRequestId};
use guichet_core::work::Outcome;
use guichet_db::{Result, Tx, args};
use guichet_events::routing::{RequestRegistered, WorkChange};

/// What a work event changes.
#[derive(Clone, Debug)]
pub struct WorkUpdate {
    /// The change every work event carries.
    pub work: WorkChange,
    /// When it became true.
    pub occurred_at: Timestamp,
    /// The result, when it is resolved.
    pub outcome: Option<Outcome>,
    /// Name of the outside body, when it is forwarded.
    pub forwarded_to: Option<String>,
    /// Until when a reply reopens it.
    pub reopen_until: Option<Timestamp>,
    /// The day given to the usager, when something is awaited.
    pub wait_until: Option<Timestamp>,
}

const APPLY: &str = "UPDATE requests
    SET work_state = $3, work_version = $4, department = $5, assignee_id = $6, due_at = $7, confidential = $8,
        state_since = CASE WHEN work_state = $3 THEN state_since ELSE $9 END,
        outcome = CASE WHEN $10 THEN NULL ELSE COALESCE($11, outcome) END,
        forwarded_to = COALESCE($12, forwarded_to),
        reopen_until = COALESCE($13, reopen_until),
        wait_until = $14
    WHERE authority_id = $1 AND id = $2 AND work_version < $4";
const REGISTER: &str = "UPDATE requests
    SET department = $3, due_at = $4, receipt_due = $5
    WHERE authority_id = $1 AND id = $2";

/// Applies a work event; an older one changes nothing.
pub async fn apply(tx: &mut Tx, authority: AuthorityId, request: ServiceRequestId, update: &WorkUpdate) -> Result<()> {
    let work = &update.work;
    let args = args![
        authority,
        request,
        work.state.as_str(),
        work.version,
        &work.department,
        work.assignee_id,
        work.due_at,
        work.confidential,
        update.occurred_at,
        work.state.is_open(),
        update.outcome.map(Outcome::as_str),
        update.forwarded_to.clone(),
        update.reopen_until,
        update.wait_until,
    ];
    tx.execute(APPLY, args).await.map(drop)
}

/// Notes the department and the dates of a request that routing has registered.
pub async fn register(
    tx: &mut Tx,
    authority: AuthorityId,
    request: ServiceRequestId,
    registered: &RequestRegistered,
) -> Result<()> {
    let args = args![authority, request, &registered.department, registered.announced_due, registered.receipt_due];
    tx.execute(REGISTER, args).await.map(drop)
}
