//! `/courrier`: on a demo, what the `file:` transport wrote, as the citizen would receive it.

use std::path::Path as FilePath;
use std::time::SystemTime;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use mail_parser::MessageParser;

use super::chrome::Chrome;
use super::{in_query, render};
use crate::app::{App, Shared};
use crate::extract::Path;
use crate::problem::Problem;
use crate::text::t;
use crate::view::date::Dates;

/// Messages shown, the newest first.
const MESSAGES_MAX: usize = 200;
/// Octets read of one message: the product writes far less.
const MESSAGE_BYTES_MAX: u64 = 10 * 1024 * 1024;
/// Where the demo's people live.
const ZONE: &str = "Europe/Paris";

#[derive(Template)]
#[template(path = "mailbox.html")]
struct Mailbox {
    chrome: Chrome,
    mails: Vec<MailLine>,
    texts: Vec<TextLine>,
}

/// An e-mail in the list.
struct MailLine {
    address: String,
    to: String,
    subject: String,
    at: String,
}

/// A text message.
struct TextLine {
    to: String,
    body: String,
    at: String,
}

/// Lists what was sent.
pub(crate) async fn list(State(app): State<Shared>) -> Result<Html<String>, Problem> {
    let dates = Dates::in_zone(ZONE);
    let mut mails = Vec::new();
    for (name, at, content) in newest(&app, "mail", "eml").await {
        let Some(message) = MessageParser::default().parse(&content) else { continue };
        mails.push(MailLine {
            address: format!("/courrier/{}", in_query(&name)),
            to: addresses(message.to()),
            subject: message.subject().unwrap_or_default().to_owned(),
            at: dates.moment(at),
        });
    }
    let mut texts = Vec::new();
    for (_, at, content) in newest(&app, "sms", "json").await {
        let Ok(text) = serde_json::from_slice::<serde_json::Value>(&content) else { continue };
        let field = |names: &[&str]| names.iter().find_map(|name| text[*name].as_str()).unwrap_or_default().to_owned();
        texts.push(TextLine { to: field(&["to", "recipient"]), body: field(&["text", "body"]), at: dates.moment(at) });
    }
    let chrome = Chrome::new(&app, None, t("mailbox-title")).await;
    render(&Mailbox { chrome, mails, texts })
}

#[derive(Template)]
#[template(path = "mail.html")]
struct Mail {
    chrome: Chrome,
    from: String,
    to: String,
    subject: String,
    at: String,
    text: String,
    html: String,
    files: Vec<String>,
}

/// Shows one e-mail in plain text.
pub(crate) async fn show(State(app): State<Shared>, Path(name): Path<String>) -> Result<Html<String>, Problem> {
    let content = read(&app, &name).await?;
    let message = MessageParser::default().parse(&content).ok_or_else(Problem::not_found)?;
    let subject = message.subject().unwrap_or_default().to_owned();
    use mail_parser::MimeHeaders;
    let files = message.attachments().filter_map(|part| part.attachment_name()).map(str::to_owned).collect();
    let has_html = message.html_bodies().any(|part| part.is_text_html());
    render(&Mail {
        from: addresses(message.from()),
        to: addresses(message.to()),
        at: Dates::in_zone(ZONE).moment(message.date().map_or(0, |date| date.to_timestamp() * 1_000)),
        text: message.body_text(0).map(|text| text.into_owned()).unwrap_or_default(),
        html: if has_html { format!("/courrier/{}/html", in_query(&name)) } else { String::new() },
        files,
        chrome: Chrome::new(&app, None, subject.clone()).await,
        subject,
    })
}

/// Shows the HTML of one e-mail: in a sandbox of its own, where nothing runs and nothing is fetched.
pub(crate) async fn html(State(app): State<Shared>, Path(name): Path<String>) -> Result<Response, Problem> {
    let content = read(&app, &name).await?;
    let message = MessageParser::default().parse(&content).ok_or_else(Problem::not_found)?;
    let body = message.body_html(0).ok_or_else(Problem::not_found)?.into_owned();
    let mut response = Html(body).into_response();
    let policy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'";
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(HeaderName::from_static("x-frame-options"), HeaderValue::from_static("SAMEORIGIN"));
    Ok(response)
}

fn addresses(list: Option<&mail_parser::Address<'_>>) -> String {
    let written = list.into_iter().flat_map(|list| list.iter()).map(|address| {
        let mailbox = address.address().unwrap_or_default();
        address.name().map_or_else(|| mailbox.to_owned(), |name| format!("{name} <{mailbox}>"))
    });
    written.collect::<Vec<_>>().join(", ")
}

/// Returns the newest files of a folder with their dates in milliseconds.
async fn newest(app: &App, folder: &str, extension: &str) -> Vec<(String, i64, Vec<u8>)> {
    let Some(root) = &app.config.outbox_dir else { return Vec::new() };
    let folder = root.join(folder);
    let Ok(mut entries) = tokio::fs::read_dir(&folder).await else { return Vec::new() };
    let mut found = Vec::new();
    while let Ok(Some(entry)) = entries.next_entry().await {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Ok(metadata) = entry.metadata().await else { continue };
        if has_extension(&name, extension) && metadata.len() <= MESSAGE_BYTES_MAX {
            found.push((name, metadata.modified().map_or(0, millis)));
        }
    }
    found.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
    let mut messages = Vec::new();
    for (name, at) in found.into_iter().take(MESSAGES_MAX) {
        if let Ok(content) = tokio::fs::read(folder.join(&name)).await {
            messages.push((name, at, content));
        }
    }
    messages
}

fn millis(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(0)
}

fn has_extension(name: &str, extension: &str) -> bool {
    FilePath::new(name).extension().is_some_and(|found| found.eq_ignore_ascii_case(extension))
}

/// Reads one e-mail of the folder; a name that could lead out of it is unknown.
async fn read(app: &App, name: &str) -> Result<Vec<u8>, Problem> {
    let root = app.config.outbox_dir.as_ref().ok_or_else(Problem::not_found)?;
    let plain = !name.starts_with('.') && !name.contains(['/', '\\', '\0']) && has_extension(name, "eml");
    if !plain {
        return Err(Problem::not_found());
    }
    tokio::fs::read(root.join("mail").join(name)).await.map_err(|_| Problem::not_found())
}
