//! Offers: list, accept, decline.

use axum::extract::State;
use axum::http::StatusCode;
use guichet_proto::intake::v1::RequestSummary;
use guichet_proto::routing::v1::{AcceptOfferRequest, DeclineOfferRequest, ListOffersRequest, Offer};
use serde::Serialize;
use utoipa::ToSchema;

use super::page::ItemPage;
use super::request_views::Work;
use super::words::{instant, some};
use crate::access;
use crate::app::{App, Shared};
use crate::auth::{Session, SignedIn};
use crate::clients::{ask, tell};
use crate::extract::Path;
use crate::problem::Problem;

/// A request proposed to the caller.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OfferItem {
    /// Of the offer.
    #[schema(example = "off_01kb2f7q9m8x5r3t6v0w1y2z4a")]
    id: String,
    /// Of the request.
    request: String,
    /// The number told to the usager.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    /// In a few words.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    /// Code of the procedure.
    #[serde(skip_serializing_if = "Option::is_none")]
    procedure: Option<String>,
    /// When it was made.
    offered_at: Option<String>,
    /// Until when it stands.
    expires_at: Option<String>,
    /// « Pourquoi moi ? », one sentence.
    why: String,
}

/// Returns the caller's offers, each with the summary of its request.
pub(crate) async fn open_offers(app: &App, session: &Session) -> Result<Vec<(Offer, Option<RequestSummary>)>, Problem> {
    let agent_id = session.agent_id()?.to_owned();
    let offers = ask!(app.offers(), list, ListOffersRequest { agent_id })?.offers;
    let summaries =
        access::summaries(app, session, offers.iter().map(|offer| offer.request_id.clone()).collect()).await?;
    let join = |offer: Offer| {
        let summary = summaries.iter().find(|summary| summary.id == offer.request_id).cloned();
        (offer, summary)
    };
    Ok(offers.into_iter().map(join).collect())
}

/// Lists what is proposed to the caller.
#[utoipa::path(
    get, path = "/offers", tag = "work", security(("session" = [])),
    responses((status = 200, body = ItemPage<OfferItem>))
)]
pub(crate) async fn list(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
) -> Result<axum::Json<ItemPage<OfferItem>>, Problem> {
    let items = open_offers(&app, &session).await?.into_iter().map(|(offer, summary)| {
        let summary = summary.unwrap_or_default();
        OfferItem {
            offered_at: instant(offer.offered_at),
            expires_at: instant(offer.expires_at),
            id: offer.id,
            request: offer.request_id,
            why: offer.why,
            reference: some(summary.reference),
            subject: some(summary.subject),
            procedure: some(summary.procedure),
        }
    });
    Ok(axum::Json(ItemPage::whole(items.collect())))
}

/// Accepts an offer: the request is the caller's.
#[utoipa::path(
    post, path = "/offers/{id}/accept", tag = "work", security(("session" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = Work), (status = 409, body = Problem, content_type = "application/problem+json", description = "It has ended"))
)]
pub(crate) async fn accept(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Path(id): Path<String>,
) -> Result<axum::Json<Work>, Problem> {
    let message = AcceptOfferRequest { offer_id: id, agent_id: session.agent_id()?.to_owned() };
    let work = tell!(app.offers(), accept, message)?.work.ok_or_else(Problem::not_found)?;
    Ok(axum::Json(Work::from(work)))
}

/// Declines an offer: it costs nothing, and somebody else is asked.
#[utoipa::path(
    post, path = "/offers/{id}/decline", tag = "work", security(("session" = [])),
    params(("id" = String, Path)),
    responses((status = 204), (status = 409, body = Problem, content_type = "application/problem+json", description = "It has ended"))
)]
pub(crate) async fn decline(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let message = DeclineOfferRequest { offer_id: id, agent_id: session.agent_id()?.to_owned() };
    tell!(app.offers(), decline, message)?;
    Ok(StatusCode::NO_CONTENT)
}
