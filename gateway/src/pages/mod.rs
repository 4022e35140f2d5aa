//! Pages rendered on the server: the usager's journeys and the agent's desk. All of them work without JavaScript.

mod accessibility;
mod assets;
mod call;
mod chrome;
mod chronicle;
mod commitments;
mod day_notes;
mod desk;
mod desk_actions;
mod desk_request;
mod desk_words;
mod errors;
mod form;
pub(crate) mod form_fields;
mod learning;
mod letters;
mod life_event;
mod mailbox;
mod portal;
mod request_form;
mod search;
mod settings;
mod sheets;
mod sign_in;
mod simulation;
mod supervision;
mod thread;
mod tracking;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::Html;
use axum::routing::{get, post};

use crate::app::Shared;
use crate::config::Config;
use crate::problem::Problem;

pub(crate) use errors::show_problems;

/// Returns the routes of the pages.
pub(crate) fn router(config: &Config) -> Router<Shared> {
    let usagers = Router::new()
        .route("/", get(portal::show))
        .route("/demande/merci", get(request_form::thanks))
        .route("/demande/{procedure}", get(request_form::show).post(request_form::submit))
        .route("/suivi", get(tracking::show))
        .route("/suivi/message", post(thread::add))
        .route("/suivi/retrait", post(thread::withdraw))
        .route("/suivi/fichier", get(thread::download))
        .route("/fiches", get(sheets::search))
        .route("/fiches/{id}", get(sheets::show))
        .route("/connexion", get(sign_in::show).post(sign_in::open))
        .route("/deconnexion", post(sign_in::close))
        .route("/langue/{code}", get(crate::language::keep))
        .route("/accessibilite", get(accessibility::show))
        .route("/evenements/{event}", get(life_event::show))
        .route("/assets/{name}", get(assets::show))
        .route("/assets/ville/{code}/{name}", get(assets::of_town));
    let agents = Router::new()
        .route("/agent", get(desk::show))
        .route("/agent/presence", post(desk_actions::set_presence))
        .route("/agent/propositions/{id}/accepter", post(desk_actions::accept))
        .route("/agent/propositions/{id}/passer", post(desk_actions::decline))
        .route("/agent/appel", get(call::show).post(call::submit))
        .route("/agent/appel/fait", get(call::done))
        .route("/agent/lettres/{delivery}", get(letters::show))
        .route("/agent/consignes", post(day_notes::set))
        .route("/pilotage", get(supervision::show))
        .route("/pilotage/demandes", get(supervision::list))
        .route("/pilotage/simulation", get(simulation::show))
        .route("/pilotage/engagements", get(commitments::show))
        .route("/pilotage/engagements/demandes", get(commitments::list))
        .route("/pilotage/demandes/{id}/evenements", get(chronicle::show))
        .route("/agent/demandes/{id}", get(desk_request::show))
        .route("/agent/demandes/{id}/fichiers/{attachment}", get(desk_request::download))
        .route("/agent/demandes/{id}/repondre", post(desk_words::reply))
        .route("/agent/demandes/{id}/note", post(desk_words::note))
        .route("/agent/demandes/{id}/avis", post(desk_words::ask_opinion))
        .route("/agent/demandes/{id}/rappel", post(desk_words::call_back))
        .route("/agent/demandes/{id}/vu", post(desk_words::seen))
        .route("/agent/demandes/{id}/ecrit", post(desk_words::typing))
        .route("/agent/demandes/{id}/classer", post(desk_actions::classify))
        .route("/agent/demandes/{id}/usager", post(desk_actions::link_party))
        .route("/agent/demandes/{id}/action/{command}", post(desk_actions::run));
    let mut router =
        usagers.merge(agents).merge(settings::router()).layer(DefaultBodyLimit::max(config.form_bytes_max));
    // The folder of the `file:` transport exists only on a demo: anywhere else these addresses do not exist.
    if config.outbox_dir.is_some() {
        router = router
            .route("/courrier", get(mailbox::list))
            .route("/courrier/{name}", get(mailbox::show))
            .route("/courrier/{name}/html", get(mailbox::html));
    }
    router
}

/// Returns a rendered page.
fn render(template: &impl askama::Template) -> Result<Html<String>, Problem> {
    template.render().map(Html).map_err(|error| {
        tracing::error!(%error, "page could not be rendered");
        Problem::of_status(axum::http::StatusCode::INTERNAL_SERVER_ERROR)
    })
}

/// Returns a value fit to stand in a query string.
fn in_query(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len());
    for octet in value.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) {
            encoded.push(char::from(octet));
        } else {
            encoded.push_str(&format!("%{octet:02X}"));
        }
    }
    encoded
}
