//! The counts of `guichet status`.

use axum::extract::State;
use guichet_proto::{intake, knowledge, notification, routing};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::Shared;
use crate::auth::SignedIn;
use crate::clients::ask;
use crate::problem::Problem;

/// How the product is doing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Status {
    /// Of the program.
    version: &'static str,
    /// Whether it serves.
    ready: bool,
    requests: Requests,
    queue: Queue,
    deliveries: Deliveries,
    outbox: Outbox,
}

/// Service requests.
#[derive(Debug, Serialize, ToSchema)]
struct Requests {
    /// All of them.
    total: u64,
    /// Somebody still has to do something.
    open: u64,
}

/// The queue.
#[derive(Debug, Serialize, ToSchema)]
struct Queue {
    /// Entries without an agent.
    waiting: u64,
    /// Age of the oldest.
    oldest_seconds: u64,
}

/// Messages out.
#[derive(Debug, Serialize, ToSchema)]
struct Deliveries {
    /// Not sent yet.
    queued: u64,
    /// Taken by the relay.
    accepted: u64,
    /// Given up.
    failed: u64,
    /// The relay may or may not have them.
    unknown: u64,
}

/// The logs of the four services.
#[derive(Debug, Serialize, ToSchema)]
struct Outbox {
    /// Events committed and not yet numbered.
    lag: u64,
}

/// Returns the counts of `guichet status`.
#[utoipa::path(
    get, path = "/status", tag = "operations", security(("session" = []), ("key" = [])),
    responses((status = 200, body = Status), (status = 403, body = Problem, content_type = "application/problem+json"))
)]
pub(crate) async fn show(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
) -> Result<axum::Json<Status>, Problem> {
    if !session.supervises() {
        return Err(Problem::forbidden());
    }
    let (intake, routing, notification, knowledge) = tokio::try_join!(
        async { ask!(app.intake(), get_stats, intake::v1::GetStatsRequest {}) },
        async { ask!(app.queue(), get_stats, routing::v1::GetStatsRequest { agent_id: String::new() }) },
        async { ask!(app.notification(), get_stats, notification::v1::GetStatsRequest {}) },
        async { ask!(app.knowledge(), get_stats, knowledge::v1::GetStatsRequest {}) },
    )?;
    Ok(axum::Json(Status {
        version: env!("CARGO_PKG_VERSION"),
        ready: (app.readiness)().is_empty(),
        requests: Requests { total: intake.requests_total, open: intake.requests_open },
        queue: Queue { waiting: routing.waiting, oldest_seconds: routing.oldest_seconds },
        deliveries: Deliveries {
            queued: notification.queued,
            accepted: notification.accepted,
            failed: notification.failed,
            unknown: notification.unknown,
        },
        outbox: Outbox { lag: intake.outbox_lag + routing.outbox_lag + notification.outbox_lag + knowledge.outbox_lag },
    }))
}
