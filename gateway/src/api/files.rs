//! Attachments, always as downloads: nothing a usager sent is ever opened as a page of ours.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use futures::{StreamExt, stream};
use guichet_proto::intake::v1::{DownloadAttachmentRequest, DownloadAttachmentResponse};

use crate::access;
use crate::app::{App, Shared};
use crate::auth::SignedIn;
use crate::extract::Path;
use crate::problem::Problem;

/// Streams one attachment of a request.
#[utoipa::path(
    get, path = "/requests/{id}/attachments/{attachment}", tag = "requests", security(("session" = []), ("key" = [])),
    params(("id" = String, Path, description = "Id or reference"), ("attachment" = String, Path)),
    responses(
        (status = 200, description = "The file, as a download", content_type = "application/octet-stream"),
        (status = 404, body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn download(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Path((id, attachment)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let opened = access::open(&app, &session, &id).await?.require_full()?;
    stream_file(&app, opened.id(), attachment).await
}

/// Returns a file of a request the caller may see.
pub(crate) async fn stream_file(app: &App, request_id: &str, attachment_id: String) -> Result<Response, Problem> {
    let message = DownloadAttachmentRequest { attachment_id, request_id: request_id.to_owned() };
    // No deadline on the whole: the first message has one, a slow reader may take its time for the rest.
    let mut parts = app.intake().download_attachment(message).await.map_err(Problem::from)?.into_inner();
    let first = parts.message().await.map_err(Problem::from)?.ok_or_else(Problem::not_found)?;
    let file = first.attachment.clone().unwrap_or_default();
    let chunks = stream::once(async move { Ok(first) }).chain(parts);
    let body = Body::from_stream(
        chunks.map(|part: Result<DownloadAttachmentResponse, tonic::Status>| part.map(|part| Bytes::from(part.chunk))),
    );
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_DISPOSITION, disposition(&file.file_name));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    if file.size > 0 {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(file.size));
    }
    Ok(response)
}

/// Returns RFC 6266 with the file's name in UTF-8 (RFC 8187).
fn disposition(file_name: &str) -> HeaderValue {
    let mut value = String::from("attachment; filename*=UTF-8''");
    for octet in if file_name.is_empty() { "document" } else { file_name }.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._".contains(&octet) {
            value.push(char::from(octet));
        } else {
            value.push_str(&format!("%{octet:02X}"));
        }
    }
    HeaderValue::from_str(&value).unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_cannot_add_a_header() {
        let value = disposition("été\r\nSet-Cookie: x.pdf");
        assert_eq!(value, "attachment; filename*=UTF-8''%C3%A9t%C3%A9%0D%0ASet-Cookie%3A%20x.pdf");
    }
}
