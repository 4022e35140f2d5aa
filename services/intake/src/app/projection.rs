//! What routing tells of the work on a request, kept beside the request for lists and follow-up.

use guichet_bus::HandlerError;
use guichet_core::Timestamp;
use guichet_core::work::Outcome;
use guichet_db::Tx;
use guichet_events::Envelope;
use guichet_events::routing::{RequestRegistered, WORK_EVENTS, WorkChange};
use serde::Deserialize;

use crate::store::work::{self, WorkUpdate};

/// What any work event carries, and what some of them add.
#[derive(Debug, Deserialize)]
struct AnyWork {
    work: WorkChange,
    #[serde(default)]
    outcome: Option<Outcome>,
    #[serde(default)]
    organisation: Option<String>,
    #[serde(default)]
    reopen_until: Option<Timestamp>,
    #[serde(default)]
    until: Option<Timestamp>,
}

/// Applies an event of routing to the request it is about; one that says nothing of the work changes nothing.
pub async fn project(tx: &mut Tx, event: &Envelope) -> Result<(), HandlerError> {
    let Some(request) = event.request_id else { return Ok(()) };
    if event.is::<RequestRegistered>() {
        let registered: RequestRegistered = event.decode()?;
        work::register(tx, event.authority_id, request, &registered).await?;
    } else if WORK_EVENTS.contains(&event.name.as_str()) {
        let AnyWork { work, outcome, organisation, reopen_until, until } = event.decode()?;
        let occurred_at = event.occurred_at;
        let update =
            WorkUpdate { work, occurred_at, outcome, forwarded_to: organisation, reopen_until, wait_until: until };
        work::apply(tx, event.authority_id, request, &update).await?;
    }
    Ok(())
}
