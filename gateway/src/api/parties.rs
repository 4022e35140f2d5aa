//! Usagers: caller match, who really wrote, and how they want to be told.

use axum::extract::State;
use axum::http::StatusCode;
use guichet_proto::intake::v1::{LinkPartyRequest, Party, SearchPartiesRequest};
use guichet_proto::notification::v1::SetPreferencesRequest;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::directory::medium;
use super::page::{ItemPage, page};
use super::words::some;
use crate::access;
use crate::app::{App, Shared};
use crate::auth::{Session, SignedIn};
use crate::checks::{Checks, NAME_CHARACTERS_MAX};
use crate::clients::{ask, tell};
use crate::extract::{Json, Path, Query};
use crate::problem::Problem;

/// A usager.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PartyItem {
    /// Of the party.
    id: String,
    /// First name and name.
    name: String,
    /// Their addresses.
    emails: Vec<String>,
    /// Their numbers, in E.164.
    phones: Vec<String>,
    /// Where they live.
    #[serde(skip_serializing_if = "Option::is_none")]
    postal_address: Option<String>,
    /// An address or a number serves others too.
    shared: bool,
}

impl From<Party> for PartyItem {
    fn from(party: Party) -> Self {
        let Party { id, name, emails, phones, postal_address, shared } = party;
        Self { id, name, emails, phones, postal_address: some(postal_address), shared }
    }
}

/// Who is calling.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PartyQuery {
    /// Part of a name, an address or a number.
    q: String,
    /// Code of the authority; the employer's when left out.
    authority: Option<String>,
    /// Items, 1 to 100.
    limit: Option<u32>,
}

/// Finds usagers by name, address or number.
#[utoipa::path(
    get, path = "/parties", tag = "parties", params(PartyQuery), security(("session" = []), ("key" = [])),
    responses((status = 200, body = ItemPage<PartyItem>))
)]
pub(crate) async fn search(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Query(query): Query<PartyQuery>,
) -> Result<axum::Json<ItemPage<PartyItem>>, Problem> {
    let authority = query.authority.unwrap_or_else(|| session.account.authority.clone());
    let limit = page(query.limit, None)?.limit;
    let found = find(&app, &session, authority, query.q, limit).await?;
    Ok(axum::Json(ItemPage::whole(found.into_iter().map(PartyItem::from).collect())))
}

/// Returns usagers of an authority the agent works for.
pub(crate) async fn find(
    app: &App,
    session: &Session,
    authority: String,
    q: String,
    limit: u32,
) -> Result<Vec<Party>, Problem> {
    // A program holds no clearance to leaf through the people of a town.
    session.agent_id()?;
    if !session.works_for(&authority) {
        return Err(Problem::forbidden());
    }
    if q.trim().is_empty() {
        return Ok(Vec::new());
    }
    Ok(ask!(app.intake(), search_parties, SearchPartiesRequest { authority, q, limit })?.parties)
}

/// Who really wrote.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkBody {
    /// A known party; a new one under `name` when left out.
    party: Option<String>,
    /// Name of the new party.
    name: Option<String>,
}

/// What was linked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Linked {
    /// Of the party.
    party: String,
}

/// Says who really wrote, when one mailbox or phone serves several people.
#[utoipa::path(
    post, path = "/requests/{id}/party", tag = "parties", security(("session" = []), ("key" = [])),
    params(("id" = String, Path, description = "Id or reference")),
    request_body = LinkBody,
    responses((status = 200, body = Linked), (status = 422, body = Problem, content_type = "application/problem+json"))
)]
pub(crate) async fn link(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Path(id): Path<String>,
    Json(body): Json<LinkBody>,
) -> Result<axum::Json<Linked>, Problem> {
    let agent_id = session.agent_id()?.to_owned();
    let party_id = body.party.unwrap_or_default();
    let mut checks = Checks::default();
    let name = checks.line("/name", body.name.as_deref(), NAME_CHARACTERS_MAX);
    if party_id.is_empty() && name.is_empty() {
        checks.fail("/name", "field-required");
    }
    checks.done()?;
    let opened = access::open(&app, &session, &id).await?.require_full()?;
    let message = LinkPartyRequest { request_id: opened.id().to_owned(), party_id, name, agent_id };
    let linked = tell!(app.intake(), link_party, message)?;
    Ok(axum::Json(Linked { party: linked.party_id }))
}

/// How a usager wants to be told.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreferenceBody {
    /// `email`, `sms` or `letter`; by the channel of each request when left out.
    medium: Option<String>,
}

/// Keeps how the usager of a request wants to be told, this time and every other.
#[utoipa::path(
    put, path = "/requests/{id}/preference", tag = "parties", security(("session" = []), ("key" = [])),
    params(("id" = String, Path, description = "Id or reference")),
    request_body = PreferenceBody,
    responses((status = 204), (status = 422, body = Problem, content_type = "application/problem+json"))
)]
pub(crate) async fn prefer(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Path(id): Path<String>,
    Json(body): Json<PreferenceBody>,
) -> Result<StatusCode, Problem> {
    session.agent_id()?;
    let mut checks = Checks::default();
    let chosen = body.medium.as_deref();
    let medium = chosen.and_then(|_| checks.code("/medium", chosen, medium)).unwrap_or_default();
    checks.done()?;
    let opened = access::open(&app, &session, &id).await?.require_full()?;
    let party_id = opened.summary().party_id.clone();
    tell!(app.notification(), set_preferences, SetPreferencesRequest { party_id, medium: medium.into() })?;
    Ok(StatusCode::NO_CONTENT)
}
