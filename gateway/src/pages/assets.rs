//! The style sheet and the scripts: embedded, named by its content, kept by browsers for a year.

use std::sync::LazyLock;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::in_query;
use crate::app::Shared;
use crate::extract::Path;
use crate::problem::Problem;
use crate::theme;
use crate::towns::Town;

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Assets;

/// Octets of the hash kept in addresses: two versions never share one.
const HASH_OCTETS: usize = 6;

/// Address of the style sheet.
pub(crate) static STYLE: LazyLock<String> = LazyLock::new(|| address("guichet.css"));
/// Address of what keeps a usager's draft.
pub(crate) static FORM_SCRIPT: LazyLock<String> = LazyLock::new(|| address("form.js"));
/// Address of what makes the desk livelier.
pub(crate) static DESK_SCRIPT: LazyLock<String> = LazyLock::new(|| address("desk.js"));

fn hash_of(name: &str) -> Option<String> {
    let file = Assets::get(name)?;
    Some(file.metadata.sha256_hash()[..HASH_OCTETS].iter().map(|octet| format!("{octet:02x}")).collect())
}

fn address(name: &str) -> String {
    format!("/assets/{name}?v={}", hash_of(name).unwrap_or_default())
}

/// Returns the address of a town's own style sheet or logo; empty when it has none.
pub(crate) fn town_address(town: &Town, name: &str) -> String {
    town_file(town, name).map_or_else(String::new, |text| {
        format!("/assets/ville/{}/{name}?v={}", in_query(&town.authority.code), short_hash(text.as_bytes()))
    })
}

fn town_file(town: &Town, name: &str) -> Option<String> {
    match name {
        "couleurs.css" => theme::style(&town.authority.colour),
        "logo.svg" => Some(town.authority.logo.clone()).filter(|logo| !logo.is_empty()),
        _ => None,
    }
}

fn short_hash(content: &[u8]) -> String {
    Sha256::digest(content)[..HASH_OCTETS].iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Serves what a town's directory holds for its pages.
pub(crate) async fn of_town(
    State(app): State<Shared>,
    Path((code, name)): Path<(String, String)>,
    Query(version): Query<Version>,
) -> Result<Response, Problem> {
    let towns = app.towns().await?;
    let text = towns.find(&code).and_then(|town| town_file(town, &name)).ok_or_else(Problem::not_found)?;
    let current = version.v == short_hash(text.as_bytes());
    let headers = [
        (header::CONTENT_TYPE, media_type(&name)),
        (header::CACHE_CONTROL, caching(current)),
        // Opened by itself, the picture runs and loads nothing.
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; sandbox"),
    ];
    Ok((headers, text).into_response())
}

/// Returns how long a browser keeps a file: for ever under the address of its content.
const fn caching(current: bool) -> &'static str {
    if current { "public, max-age=31536000, immutable" } else { "public, max-age=300" }
}

/// Which version the page asked for.
#[derive(Default, Deserialize)]
pub(crate) struct Version {
    #[serde(default)]
    v: String,
}

/// Serves one file.
pub(crate) async fn show(
    Path(name): Path<String>,
    Query(version): Query<Version>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let file = Assets::get(&name).ok_or_else(Problem::not_found)?;
    let hash = hash_of(&name).unwrap_or_default();
    let tag = format!("\"{hash}\"");
    let caching = caching(version.v == hash);
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|value| value.as_bytes() == tag.as_bytes());
    let mut response =
        if known { StatusCode::NOT_MODIFIED.into_response() } else { file.data.into_owned().into_response() };
    let answer = response.headers_mut();
    answer.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(&name)));
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        answer.insert(header::ETAG, tag);
    }
    Ok(response)
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("js") => "text/javascript; charset=utf-8",
        _ => "application/octet-stream",
    }
}
