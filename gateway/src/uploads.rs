//! Reading forms, with or without files: each file is streamed to intake as it comes, never held whole.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::StatusCode;
use guichet_proto::intake::v1::{AttachmentRef, UploadAttachmentRequest};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::app::{App, Shared};
use crate::extract::{media_type, read_body};
use crate::problem::{FieldError, Problem};
use crate::text::{t, t1};

/// Files of one submission.
pub(crate) const FILES_MAX: usize = 20;
/// Fields of one form; ours have fewer than twenty.
const FIELDS_MAX: usize = 64;
/// Octets of one field that is not a file: 20,000 characters of four octets, and some room.
const FIELD_BYTES_MAX: usize = 100_000;
/// Octets of a form without files.
const PLAIN_FORM_BYTES_MAX: usize = 256 * 1024;
/// Octets of one message of the upload stream.
const CHUNK_BYTES: usize = 64 * 1024;
/// Messages on their way to intake: 512 KiB are held for one upload.
const CHUNKS_IN_FLIGHT: usize = 8;
/// Seconds one file may take: 25 MB over a slow link, and no longer than the other side gives any call.
const UPLOAD_SECONDS_MAX: u64 = 60;
/// Name of the hidden fields that hold files sent with an earlier try.
pub(crate) const KEPT_FILE: &str = "kept_file";

/// A form as it was filled in.
#[derive(Clone, Debug, Default)]
pub(crate) struct FormData {
    pub(crate) fields: BTreeMap<String, String>,
    pub(crate) files: Vec<AttachmentRef>,
}

impl FormData {
    /// Returns a field, empty when absent.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    /// Returns a field, `None` when absent or empty.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.trim().is_empty())
    }

    fn put(&mut self, app: &App, name: String, value: String) -> Result<(), Problem> {
        if name == KEPT_FILE {
            let kept = app.kept_files.open(&value).and_then(|text| unpack(&text));
            self.files.extend(kept);
            return Ok(());
        }
        if self.fields.len() >= FIELDS_MAX {
            return Err(Problem::too_large(FIELD_BYTES_MAX));
        }
        self.fields.insert(name, value);
        Ok(())
    }
}

/// Returns what a hidden field holds for a file already sent.
pub(crate) fn keep(app: &App, file: &AttachmentRef) -> String {
    let text = format!("{}\n{}\n{}\n{}", file.sha256, file.size, file.media_type, file.file_name);
    app.kept_files.seal(&text)
}

fn unpack(text: &str) -> Option<AttachmentRef> {
    let mut lines = text.splitn(4, '\n');
    Some(AttachmentRef {
        sha256: lines.next()?.to_owned(),
        size: lines.next()?.parse().ok()?,
        media_type: lines.next()?.to_owned(),
        file_name: lines.next()?.to_owned(),
    })
}

/// Reads a form; its files belong to `authority`, or to that of the field `authority`, which then comes before them.
pub(crate) async fn read_form(app: &Shared, request: Request, authority: &str) -> Result<FormData, Problem> {
    let (form, refused) = read_draft(app, request, authority).await?;
    refused.map_or(Ok(form), Err)
}

/// Reads a form to its end even when a file of it cannot be kept at that moment, and returns why: what was typed is there to be shown
/// again.
pub(crate) async fn read_draft(
    app: &Shared,
    request: Request,
    authority: &str,
) -> Result<(FormData, Option<Problem>), Problem> {
    match media_type(request.headers()).as_str() {
        "application/x-www-form-urlencoded" => Ok((read_plain(app, request).await?, None)),
        "multipart/form-data" => read_multipart(app, request, authority).await,
        _ => Err(Problem::unsupported_media_type("multipart/form-data")),
    }
}

async fn read_plain(app: &App, request: Request) -> Result<FormData, Problem> {
    let mut form = FormData::default();
    for (name, value) in read_pairs(request).await? {
        form.put(app, name, value)?;
    }
    Ok(form)
}

/// Reads the fields of a form without files, in order: a field may come several times.
pub(crate) async fn read_pairs(request: Request) -> Result<Vec<(String, String)>, Problem> {
    let body = read_body(request.into_body(), PLAIN_FORM_BYTES_MAX).await?;
    let request = Request::builder()
        .method("POST")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body.into())
        .map_err(|_| Problem::malformed(Vec::new()))?;
    let read = axum::extract::Form::<Vec<(String, String)>>::from_request(request, &()).await;
    read.map(|axum::extract::Form(pairs)| pairs).map_err(|_| Problem::malformed(Vec::new()))
}

async fn read_multipart(
    app: &Shared,
    request: Request,
    authority: &str,
) -> Result<(FormData, Option<Problem>), Problem> {
    let limit = app.config.form_bytes_max;
    let wrong = |error: &MultipartError| of_multipart(error, limit);
    let read = Multipart::from_request(request, app).await;
    let mut parts = read.map_err(|_| Problem::malformed(Vec::new()))?;
    let (mut form, mut refused) = (FormData::default(), None);
    while let Some(mut part) = parts.next_field().await.map_err(|error| wrong(&error))? {
        let name = part.name().unwrap_or_default().to_owned();
        if part.file_name().is_none() {
            let value = read_text(&mut part, &name, limit).await?;
            form.put(app, name, value)?;
            continue;
        }
        let owner = if authority.is_empty() { form.text("authority").trim().to_owned() } else { authority.to_owned() };
        match send_file(app, &owner, &mut part).await {
            Ok(file) => form.files.extend(file),
            Err(problem) if problem.passes() => refused = Some(problem),
            Err(problem) => return Err(problem),
        }
        if form.files.len() > FILES_MAX {
            let detail = t1("field-too-many-files", "max", FILES_MAX);
            return Err(Problem::invalid(vec![FieldError { pointer: "/files".to_owned(), detail }]));
        }
    }
    Ok((form, refused))
}

fn of_multipart(error: &MultipartError, limit: usize) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Problem::too_large(limit);
    }
    Problem::malformed(vec![FieldError { pointer: String::new(), detail: t("field-not-multipart") }])
}

async fn read_text(part: &mut Field<'_>, name: &str, limit: usize) -> Result<String, Problem> {
    let pointer = || format!("/{name}");
    let mut value = Vec::new();
    while let Some(chunk) = part.chunk().await.map_err(|error| of_multipart(&error, limit))? {
        if value.len() + chunk.len() > FIELD_BYTES_MAX {
            let detail = t1("field-too-long", "max", crate::checks::BODY_CHARACTERS_MAX);
            return Err(Problem::invalid(vec![FieldError { pointer: pointer(), detail }]));
        }
        value.extend_from_slice(&chunk);
    }
    String::from_utf8(value)
        .map_err(|_| Problem::malformed(vec![FieldError { pointer: pointer(), detail: t("field-not-utf8") }]))
}

/// Streams one file to intake; `None` when the field was left empty.
async fn send_file(app: &App, authority: &str, part: &mut Field<'_>) -> Result<Option<AttachmentRef>, Problem> {
    let limit = app.config.form_bytes_max;
    let file_name = clean_file_name(part.file_name().unwrap_or_default());
    let media_type = part.content_type().unwrap_or("application/octet-stream").to_owned();
    let first = part.chunk().await.map_err(|error| of_multipart(&error, limit))?.unwrap_or_default();
    if first.is_empty() && file_name.is_empty() {
        return Ok(None);
    }
    if authority.is_empty() {
        let detail = t("field-authority-first");
        return Err(Problem::invalid(vec![FieldError { pointer: "/authority".to_owned(), detail }]));
    }
    let (sender, receiver) = mpsc::channel(CHUNKS_IN_FLIGHT);
    let head = UploadAttachmentRequest { authority: authority.to_owned(), file_name, media_type, chunk: Vec::new() };
    let mut call = tonic::Request::new(ReceiverStream::new(receiver));
    call.set_timeout(Duration::from_secs(UPLOAD_SECONDS_MAX));
    let mut intake = app.intake();
    let feed = async move {
        if sender.send(head).await.is_err() {
            return Ok(());
        }
        let mut next = Some(first);
        while let Some(chunk) = next {
            for slice in chunk.chunks(CHUNK_BYTES) {
                let message = UploadAttachmentRequest { chunk: slice.to_vec(), ..UploadAttachmentRequest::default() };
                if sender.send(message).await.is_err() {
                    // Intake has refused: its answer says why.
                    return Ok(());
                }
            }
            next = part.chunk().await.map_err(|error| of_multipart(&error, limit))?;
        }
        Ok::<(), Problem>(())
    };
    let (answer, fed) = tokio::join!(intake.upload_attachment(call), feed);
    fed?;
    Ok(answer.map_err(Problem::from)?.into_inner().attachment)
}

/// Returns the last segment of a file name, without what could mislead a reader or a file system.
fn clean_file_name(raw: &str) -> String {
    let last = raw.rsplit(['/', '\\']).next().unwrap_or_default();
    let invisible = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    let kept: String = last.chars().filter(|&c| !invisible(c)).take(NAME_CHARACTERS_MAX).collect();
    kept.trim().trim_start_matches('.').to_owned()
}

/// Characters of a file name.
const NAME_CHARACTERS_MAX: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_lose_their_folders_and_what_cannot_be_seen() {
        for (raw, kept) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\awa\\plan de situation.pdf", "plan de situation.pdf"),
            ("\u{200b}.htaccess", "htaccess"),
            ("facture\u{202e}fdp.exe", "facturefdp.exe"),
            ("", ""),
        ] {
            assert_eq!(clean_file_name(raw), kept, "{raw:?}");
        }
    }
}
