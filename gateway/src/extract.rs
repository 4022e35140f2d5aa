//! Reading what was sent: JSON, query strings and ids, each mistake told with the place where it stands.

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

use crate::app::Shared;
use crate::problem::{FieldError, Problem};
use crate::text::{t, t1};

/// Octets of a JSON body: the longest text allowed is 20,000 characters, the rest is small.
pub(crate) const JSON_BYTES_MAX: usize = 1024 * 1024;
/// Octets of a directory with its texts and sheets.
pub(crate) const DIRECTORY_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Wrong fields told at once; nobody corrects more in one go.
const ERRORS_MAX: usize = 20;
/// Characters of an `Idempotency-Key`.
const IDEMPOTENCY_KEY_CHARACTERS_MAX: usize = 200;

/// A JSON body of up to [`JSON_BYTES_MAX`].
#[derive(Debug)]
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequest<Shared> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Shared) -> Result<Self, Problem> {
        read_json(request, JSON_BYTES_MAX).await.map(Self)
    }
}

/// A JSON body of up to [`DIRECTORY_BYTES_MAX`].
#[derive(Debug)]
pub(crate) struct LargeJson<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequest<Shared> for LargeJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Shared) -> Result<Self, Problem> {
        read_json(request, DIRECTORY_BYTES_MAX).await.map(Self)
    }
}

async fn read_json<T: DeserializeOwned>(request: Request, bytes_max: usize) -> Result<T, Problem> {
    let media_type = media_type(request.headers());
    if media_type != "application/json" && !media_type.ends_with("+json") {
        return Err(Problem::unsupported_media_type("application/json"));
    }
    let body = read_body(request.into_body(), bytes_max).await?;
    parse_json(&body)
}

/// Returns a whole body, refusing one that is too long.
pub(crate) async fn read_body(body: Body, bytes_max: usize) -> Result<axum::body::Bytes, Problem> {
    axum::body::to_bytes(body, bytes_max).await.map_err(|error| {
        // The limit and a connection that broke come as one type: only the limit has a length error inside.
        let over = std::error::Error::source(&error).is_some_and(|source| source.to_string().contains("length limit"));
        if over { Problem::too_large(bytes_max) } else { Problem::malformed(Vec::new()) }
    })
}

/// Returns the media type without its parameters, in lower case.
pub(crate) fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Returns the value a JSON text holds, or a problem that names every field that could not be read.
pub(crate) fn parse_json<T: DeserializeOwned>(text: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let first = match serde_path_to_error::deserialize::<_, T>(&mut deserializer) {
        Ok(value) => {
            return deserializer.end().map(|()| value).map_err(|error| not_json(&error));
        }
        Err(error) => error,
    };
    if !first.inner().is_data() {
        return Err(not_json(first.inner()));
    }
    let mut rest: serde_json::Value = serde_json::from_slice(text).map_err(|error| not_json(&error))?;
    let mut errors = Vec::new();
    // Takes each wrong field away and reads again, so that all are told at once.
    while errors.len() < ERRORS_MAX {
        let Err(error) = serde_path_to_error::deserialize::<_, T>(rest.clone()) else { break };
        let found = field_error(&error);
        let gone = remove(&mut rest, &found.pointer);
        errors.push(found);
        if !gone {
            break;
        }
    }
    Err(Problem::malformed(errors))
}

fn not_json(error: &serde_json::Error) -> Problem {
    let place = format!("{}:{}", error.line(), error.column());
    Problem::malformed(vec![FieldError { pointer: String::new(), detail: t1("field-not-json", "place", place) }])
}

fn field_error(error: &serde_path_to_error::Error<serde_json::Error>) -> FieldError {
    let mut pointer = String::new();
    for segment in error.path() {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => pointer.push_str(&format!("/{}", escape(key))),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    let message = error.inner().to_string();
    let named = message.split('`').nth(1).unwrap_or_default();
    let (suffix, key) = if message.starts_with("unknown field") {
        (named, "field-unknown")
    } else if message.starts_with("missing field") {
        (named, "field-required")
    } else if message.starts_with("unknown variant") {
        ("", "field-unknown-value")
    } else if message.starts_with("invalid type") {
        ("", "field-wrong-type")
    } else {
        ("", "field-not-accepted")
    };
    let place = format!("/{}", escape(suffix));
    if !suffix.is_empty() && !pointer.ends_with(&place) {
        pointer.push_str(&place);
    }
    FieldError { pointer, detail: t(key) }
}

fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn remove(value: &mut serde_json::Value, pointer: &str) -> bool {
    let Some((parent, last)) = pointer.rsplit_once('/') else {
        return false;
    };
    let key = last.replace("~1", "/").replace("~0", "~");
    match value.pointer_mut(parent) {
        Some(serde_json::Value::Object(fields)) => fields.remove(&key).is_some(),
        Some(serde_json::Value::Array(items)) => match key.parse::<usize>() {
            Ok(index) if index < items.len() => {
                items.remove(index);
                true
            }
            _ => false,
        },
        _ => false,
    }
}

/// A query string.
#[derive(Debug)]
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<Shared> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, Problem> {
        let read = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        read.map(|axum::extract::Query(value)| Self(value)).map_err(|rejection: QueryRejection| {
            let text = rejection.to_string();
            let named = text.split('`').nth(1).unwrap_or_default();
            Problem::malformed(vec![FieldError { pointer: format!("/{named}"), detail: t("field-query") }])
        })
    }
}

/// One segment of the path.
#[derive(Debug)]
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Shared> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, Problem> {
        let read = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        read.map(|axum::extract::Path(value)| Self(value)).map_err(|_| Problem::not_found())
    }
}

/// The `Idempotency-Key` of a request, empty when there is none.
#[derive(Debug)]
pub(crate) struct IdempotencyKey(pub(crate) String);

impl FromRequestParts<Shared> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get("idempotency-key") else {
            return Ok(Self(String::new()));
        };
        let key = value.to_str().unwrap_or_default().trim();
        if key.is_empty() || key.len() > IDEMPOTENCY_KEY_CHARACTERS_MAX {
            let detail = t1("field-idempotency-key", "max", IDEMPOTENCY_KEY_CHARACTERS_MAX);
            return Err(Problem::malformed(vec![FieldError { pointer: "/Idempotency-Key".to_owned(), detail }]));
        }
        Ok(Self(key.to_owned()))
    }
}

/// The caller's address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientAddress(pub(crate) std::net::IpAddr);

impl FromRequestParts<Shared> for ClientAddress {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Self::Rejection> {
        Ok(Self(crate::limits::client_address(&parts.extensions, &parts.headers, &app.config.trusted_proxies)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, serde::Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Form {
        #[serde(rename = "subject")]
        _subject: Option<String>,
        #[serde(rename = "requester")]
        _requester: Option<Person>,
    }

    #[derive(Debug, Default, serde::Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Person {
        #[serde(rename = "name")]
        _name: Option<String>,
    }

    fn pointers(text: &str) -> Vec<String> {
        let problem = parse_json::<Form>(text.as_bytes()).expect_err("a wrong text");
        assert_eq!(problem.status, 400);
        problem.errors.into_iter().map(|error| error.pointer).collect()
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let told = pointers(r#"{"subject": 4, "sujet": "x", "requester": {"name": [], "role": "admin"}}"#);
        assert_eq!(told.len(), 4, "{told:?}");
        for pointer in ["/subject", "/sujet", "/requester/name", "/requester/role"] {
            assert!(told.iter().any(|found| found == pointer), "{pointer} in {told:?}");
        }
    }

    #[test]
    fn a_text_that_is_no_json_is_told_with_its_place() {
        for text in ["", "{", "{\"subject\": \"x\"", "{\"subject\": \"x\"} trailing", "\u{0}"] {
            assert_eq!(pointers(text), [""], "{text}");
        }
    }
}
