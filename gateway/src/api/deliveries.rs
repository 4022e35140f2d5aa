//! What was sent about a request, and what became of it.

use axum::extract::State;
use axum::http::StatusCode;
use guichet_proto::notification::v1::{
    Delivery, DeliveryState, GetDeliveryRequest, GetDeliveryResponse, ListDeliveriesRequest, Medium,
    RetryDeliveryRequest,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::page::{ItemPage, PageQuery, page};
use super::words::{instant, some};
use crate::access;
use crate::app::{App, Shared};
use crate::auth::{Session, SignedIn};
use crate::clients::{ask, tell};
use crate::extract::{Path, Query};
use crate::problem::Problem;

/// One message to one recipient.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeliveryItem {
    /// Of the delivery.
    id: String,
    /// Of the request.
    request: String,
    /// Which text: `registration_ack`, `receipt_ack`, `answer`, …
    template: String,
    /// `email`, `sms` or `letter`.
    medium: &'static str,
    /// `queued`, `sending`, `accepted`, `deferred`, `failed`, `unknown` or `to_print`.
    state: &'static str,
    /// Masked.
    recipient: String,
    /// Without angle brackets.
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<String>,
    /// Tries so far.
    attempts: u32,
    /// What the relay last said against it.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<String>,
    /// When it was asked for.
    created_at: Option<String>,
    /// When its state last changed.
    updated_at: Option<String>,
    /// When it will be tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_attempt_at: Option<String>,
}

impl From<Delivery> for DeliveryItem {
    fn from(delivery: Delivery) -> Self {
        Self {
            medium: medium(delivery.medium()),
            state: delivery_state(delivery.state()),
            created_at: instant(delivery.created_at),
            updated_at: instant(delivery.updated_at),
            next_attempt_at: instant(delivery.next_attempt_at),
            message_id: some(delivery.message_id),
            last_error: some(delivery.last_error),
            id: delivery.id,
            request: delivery.request_id,
            template: delivery.template,
            recipient: delivery.recipient,
            attempts: delivery.attempts,
        }
    }
}

/// Returns the code of a medium.
pub(crate) const fn medium(medium: Medium) -> &'static str {
    match medium {
        Medium::Sms => "sms",
        Medium::Letter => "letter",
        Medium::Email | Medium::Unspecified => "email",
    }
}

/// Returns the code of a delivery's state.
pub(crate) const fn delivery_state(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Queued | DeliveryState::Unspecified => "queued",
        DeliveryState::Sending => "sending",
        DeliveryState::Accepted => "accepted",
        DeliveryState::Deferred => "deferred",
        DeliveryState::Failed => "failed",
        DeliveryState::Unknown => "unknown",
        DeliveryState::ToPrint => "to_print",
    }
}

/// Lists what was sent about a request.
#[utoipa::path(
    get, path = "/requests/{id}/deliveries", tag = "deliveries", security(("session" = []), ("key" = [])),
    params(("id" = String, Path, description = "Id or reference"), PageQuery),
    responses((status = 200, body = ItemPage<DeliveryItem>))
)]
pub(crate) async fn list(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Path(id): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<axum::Json<ItemPage<DeliveryItem>>, Problem> {
    let opened = access::open(&app, &session, &id).await?;
    let message = ListDeliveriesRequest {
        request_id: opened.id().to_owned(),
        state: 0,
        page: Some(page(query.limit, query.cursor.as_deref())?),
    };
    let found = ask!(app.notification(), list_deliveries, message)?;
    let items = found.deliveries.into_iter().map(DeliveryItem::from).collect();
    Ok(axum::Json(ItemPage::new(items, found.next_cursor)))
}

/// A delivery with what was sent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeliveryDetail {
    #[serde(flatten)]
    delivery: DeliveryItem,
    /// As sent.
    subject: String,
    /// As sent.
    text: String,
}

/// Returns one delivery with what was sent.
#[utoipa::path(
    get, path = "/deliveries/{id}", tag = "deliveries", security(("session" = []), ("key" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = DeliveryDetail), (status = 404, body = Problem, content_type = "application/problem+json"))
)]
pub(crate) async fn show(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Path(id): Path<String>,
) -> Result<axum::Json<DeliveryDetail>, Problem> {
    let found = find(&app, &session, id).await?;
    let delivery = DeliveryItem::from(found.delivery.unwrap_or_default());
    Ok(axum::Json(DeliveryDetail { delivery, subject: found.subject, text: found.text }))
}

/// Tries a failed or unknown delivery again.
#[utoipa::path(
    post, path = "/deliveries/{id}/retry", tag = "deliveries", security(("session" = []), ("key" = [])),
    params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = Problem, content_type = "application/problem+json"))
)]
pub(crate) async fn retry(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    find(&app, &session, id.clone()).await?;
    tell!(app.notification(), retry_delivery, RetryDeliveryRequest { id })?;
    Ok(StatusCode::NO_CONTENT)
}

/// Returns a delivery of a request whose content the caller may see.
pub(crate) async fn find(app: &App, session: &Session, id: String) -> Result<GetDeliveryResponse, Problem> {
    let found = ask!(app.notification(), get_delivery, GetDeliveryRequest { id })?;
    let request_id = found.delivery.as_ref().map(|delivery| delivery.request_id.as_str()).unwrap_or_default();
    access::open(app, session, request_id).await?.require_full()?;
    Ok(found)
}
