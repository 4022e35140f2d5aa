//! The style sheet and the scripts: embedded, named by its content, kept by browsers for a year.

use std::sync::LazyLock;

use axum::extract::Query;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;
use serde::Deserialize;

use crate::extract::Path;
use crate::problem::Problem;

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Assets;

/// Octets of the hash kept in addresses: two versions never share one.
const HASH_OCTETS: usize = 6;

/// Address of the style sheet.
pub(crate) static STYLE: LazyLock<String> = LazyLock::new(|| address("guichet.css"));
/// Address of what makes the desk livelier.
pub(crate) static DESK_SCRIPT: LazyLock<String> = LazyLock::new(|| address("desk.js"));

fn hash_of(name: &str) -> Option<String> {
    let file = Assets::get(name)?;
    Some(file.metadata.sha256_hash()[..HASH_OCTETS].iter().map(|octet| format!("{octet:02x}")).collect())
}

fn address(name: &str) -> String {
    format!("/assets/{name}?v={}", hash_of(name).unwrap_or_default())
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
    let caching = if version.v == hash { "public, max-age=31536000, immutable" } else { "public, max-age=300" };
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
