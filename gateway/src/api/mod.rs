//! REST under `/api/v1`, one file a noun, and the OpenAPI 3.1 document made from the same handlers.

pub(crate) mod agents;
pub(crate) mod calendars;
pub(crate) mod calls;
pub(crate) mod commands;
pub(crate) mod decisions;
pub(crate) mod deliveries;
pub(crate) mod directory;
pub(crate) mod events;
pub(crate) mod files;
pub(crate) mod interactions;
pub(crate) mod keys;
pub(crate) mod knowledge;
pub(crate) mod mail;
pub(crate) mod offers;
pub(crate) mod page;
pub(crate) mod parties;
pub(crate) mod queue;
pub(crate) mod replay;
pub(crate) mod request_views;
pub(crate) mod requests;
pub(crate) mod session;
pub(crate) mod simulation;
pub(crate) mod status;
pub(crate) mod track;
pub(crate) mod words;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Shared;
use crate::config::Config;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Guichet",
        description = "One desk for every procedure of a French local authority.\n\n\
            Usagers need no account to submit a request, to follow one by its reference or to search the sheets. \
            Everything else takes the session cookie of an agent (`POST /session`) or `Authorization: Bearer <key>`.\n\n\
            Every failure is an RFC 9457 problem (`application/problem+json`) with a French sentence, a stable code and \
            the fields to correct. Instants are RFC 3339 in UTC. Lists return `items` and `next_cursor`; `limit` goes \
            from 1 to 100, 25 by default.",
        license(name = "EUPL-1.2", identifier = "EUPL-1.2")
    ),
    components(schemas(crate::problem::Problem))
)]
struct Document;

/// Returns the routes of `/api`.
pub(crate) fn router(config: &Config) -> Router<Shared> {
    let uploads = OpenApiRouter::new()
        .routes(routes!(requests::submit, requests::list))
        .routes(routes!(mail::import))
        .layer(DefaultBodyLimit::max(config.form_bytes_max));
    let nouns = OpenApiRouter::new()
        .routes(routes!(requests::show))
        .routes(routes!(interactions::add))
        .routes(routes!(commands::classify))
        .routes(routes!(commands::run))
        .routes(routes!(decisions::list))
        .routes(routes!(decisions::explain))
        .routes(routes!(deliveries::list))
        .routes(routes!(deliveries::show))
        .routes(routes!(deliveries::retry))
        .routes(routes!(files::download))
        .routes(routes!(parties::link))
        .routes(routes!(parties::prefer))
        .routes(routes!(parties::search))
        .routes(routes!(calls::record))
        .routes(routes!(calls::follow))
        .routes(routes!(offers::list))
        .routes(routes!(offers::accept))
        .routes(routes!(offers::decline))
        .routes(routes!(queue::list))
        .routes(routes!(agents::set_presence))
        .routes(routes!(agents::list_presence))
        .routes(routes!(session::open, session::show, session::close))
        .routes(routes!(keys::create))
        .routes(routes!(track::show))
        .routes(routes!(knowledge::search))
        .routes(routes!(knowledge::show))
        .routes(routes!(status::show))
        .routes(routes!(replay::run))
        .routes(routes!(simulation::play))
        .routes(routes!(events::watch))
        .routes(routes!(directory::show, directory::publish))
        .routes(routes!(calendars::explain));
    let (router, mut document) =
        OpenApiRouter::with_openapi(Document::openapi()).nest("/api/v1", uploads.merge(nouns)).split_for_parts();
    secure(&mut document);
    let text = document.to_json().expect("the document is plain data");
    router.route(
        "/api/openapi.json",
        get(move || async move { ([(header::CONTENT_TYPE, "application/json")], text.clone()).into_response() }),
    )
}

/// Declares how callers are known.
fn secure(document: &mut utoipa::openapi::OpenApi) {
    let components = document.components.get_or_insert_default();
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("guichet_session")));
    let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    components.add_security_scheme("session", cookie);
    components.add_security_scheme("key", bearer);
}
