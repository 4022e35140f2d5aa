//! The directory: published to routing, its texts to notification, its sheets to knowledge.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use axum::extract::State;
use guichet_proto::knowledge::v1::{ListSheetsRequest, PublishSheetsRequest, SheetSource};
use guichet_proto::notification::v1::{ListTemplatesRequest, Medium, PutTemplatesRequest, Template};
use guichet_proto::routing::v1::{GetRequest, PublishRequest};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::{App, Shared};
use crate::auth::Administrator;
use crate::checks::Checks;
use crate::clients::{ask, tell};
use crate::extract::LargeJson;
use crate::problem::Problem;

/// Tries to hand texts and sheets over while the new authority travels to their services.
const HAND_OVER_TRIES: u32 = 40;
/// Milliseconds between two tries: 10 s in all.
const HAND_OVER_PAUSE_MILLIS: u64 = 250;

/// One or more authorities with their texts and sheets.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct DirectoryBody {
    /// The published directories, one an authority, as `guichet directory import` makes them.
    #[schema(value_type = Vec<Object>)]
    directories: Vec<serde_json::Value>,
    /// Texts that replace the built-in ones, by code of authority.
    texts: BTreeMap<String, Vec<Text>>,
    /// Local sheets, by code of authority.
    sheets: BTreeMap<String, Vec<SheetBody>>,
    /// Clear passwords by login, hashed by routing and never kept.
    passwords: BTreeMap<String, String>,
    /// The demo: agents start available.
    everyone_present: bool,
}

/// A text of an authority.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Text {
    /// `registration_ack`, `receipt_ack`, `answer`, …
    name: String,
    /// `email`, `sms` or `letter`.
    medium: String,
    /// BCP 47; French when left out.
    language: String,
    /// Of an e-mail.
    subject: String,
    /// The text.
    body: String,
}

/// A sheet of an authority.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SheetBody {
    /// The file's name.
    external_id: String,
    /// As printed.
    title: String,
    /// For everybody.
    markdown: String,
    /// Never shown to usagers.
    agents_markdown: String,
    /// Code of the procedure it is about.
    procedure: String,
    /// Words that lead to it.
    keywords: Vec<String>,
}

/// What was published.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct Published {
    /// Version of each directory, in the order sent.
    versions: Vec<i64>,
    /// What became of the sheets.
    sheets: SheetCounts,
}

/// What became of the sheets.
#[derive(Debug, Default, Serialize, ToSchema)]
struct SheetCounts {
    created: u32,
    changed: u32,
    unchanged: u32,
    archived: u32,
}

/// The published directories.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Directories {
    /// One an authority.
    #[schema(value_type = Vec<Object>)]
    directories: Vec<serde_json::Value>,
    /// Texts that replace the built-in ones, by code of authority.
    texts: BTreeMap<String, Vec<Text>>,
    /// Local sheets, by code of authority.
    sheets: BTreeMap<String, Vec<SheetBody>>,
}

/// Returns the published directories with their texts and sheets, as they are published.
#[utoipa::path(
    get, path = "/directory", tag = "directory", security(("key" = [])),
    responses((status = 200, body = Directories), (status = 403, body = Problem, content_type = "application/problem+json"))
)]
pub(crate) async fn show(State(app): State<Shared>, _: Administrator) -> Result<axum::Json<Directories>, Problem> {
    let found = ask!(app.directory(), get, GetRequest { authority: String::new() })?;
    let directories: Vec<serde_json::Value> =
        found.directories.iter().filter_map(|json| serde_json::from_str(json).ok()).collect();
    let (mut texts, mut sheets) = (BTreeMap::new(), BTreeMap::new());
    for code in directories.iter().filter_map(|directory| directory["authority"]["code"].as_str()) {
        texts.insert(code.to_owned(), read_texts(&app, code).await?);
        sheets.insert(code.to_owned(), read_sheets(&app, code).await?);
    }
    Ok(axum::Json(Directories { directories, texts, sheets }))
}

/// Returns the texts that an authority words in its own way.
pub(crate) async fn read_texts(app: &App, authority: &str) -> Result<Vec<Text>, Problem> {
    let message = ListTemplatesRequest { authority: authority.to_owned() };
    let listed = ask!(app.notification(), list_templates, message)?.templates;
    Ok(listed.into_iter().filter(|template| template.overridden).map(Text::from).collect())
}

/// Returns the local sheets of an authority.
pub(crate) async fn read_sheets(app: &App, authority: &str) -> Result<Vec<SheetBody>, Problem> {
    let message = ListSheetsRequest { authority: authority.to_owned() };
    let listed = ask!(app.knowledge(), list_sheets, message)?.sheets;
    Ok(listed.into_iter().map(SheetBody::from).collect())
}

/// Publishes the directory of one or more authorities, all or none, then their texts and sheets.
///
/// Sending the same again changes nothing but versions, so a publication cut short is simply sent again.
#[utoipa::path(
    put, path = "/directory", tag = "directory", request_body = DirectoryBody, security(("key" = [])),
    responses(
        (status = 200, body = Published),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn publish(
    State(app): State<Shared>,
    _: Administrator,
    LargeJson(body): LargeJson<DirectoryBody>,
) -> Result<axum::Json<Published>, Problem> {
    let texts = body.check()?;
    let message = PublishRequest {
        directories: body.directories.iter().map(serde_json::Value::to_string).collect(),
        passwords: body.passwords.into_iter().collect::<HashMap<_, _>>(),
        everyone_present: body.everyone_present,
        ..PublishRequest::default()
    };
    let versions = tell!(app.directory(), publish, message)?.versions;
    app.towns.forget().await;
    for message in texts {
        hand_over(|| {
            let (mut notification, message) = (app.notification(), message.clone());
            async move { tell!(notification, put_templates, message) }
        })
        .await?;
    }
    let mut published = Published { versions, ..Published::default() };
    for (authority, sheets) in body.sheets {
        let sheets = sheets.into_iter().map(SheetSource::from).collect();
        let message = PublishSheetsRequest { authority, sheets };
        let counts = hand_over(|| {
            let (mut knowledge, message) = (app.knowledge(), message.clone());
            async move { tell!(knowledge, publish_sheets, message) }
        })
        .await?;
        published.sheets.created += counts.created;
        published.sheets.changed += counts.changed;
        published.sheets.unchanged += counts.unchanged;
        published.sheets.archived += counts.archived;
    }
    Ok(axum::Json(published))
}

/// Tells a service about an authority it may not have heard of yet: the directory reaches it as an event.
async fn hand_over<T, F>(tell: impl Fn() -> F) -> Result<T, Problem>
where
    F: Future<Output = Result<T, Problem>>,
{
    let mut tries = 1;
    loop {
        match tell().await {
            Err(problem) if matches!(problem.status, 404 | 409 | 503) && tries < HAND_OVER_TRIES => {
                tries += 1;
                tokio::time::sleep(Duration::from_millis(HAND_OVER_PAUSE_MILLIS)).await;
            }
            answer => return answer,
        }
    }
}

impl DirectoryBody {
    /// Checks the shape and returns the texts as notification takes them.
    fn check(&self) -> Result<Vec<PutTemplatesRequest>, Problem> {
        let mut checks = Checks::default();
        if self.directories.is_empty() && self.texts.is_empty() && self.sheets.is_empty() {
            checks.fail("/directories", "field-required");
        }
        let mut messages = Vec::new();
        for (authority, texts) in &self.texts {
            let mut templates = Vec::new();
            for (index, text) in texts.iter().enumerate() {
                let Some(medium) = medium(&text.medium) else {
                    checks.fail(&format!("/texts/{authority}/{index}/medium"), "field-unknown-value");
                    continue;
                };
                templates.push(Template {
                    name: text.name.clone(),
                    medium: medium.into(),
                    language: if text.language.is_empty() { "fr".to_owned() } else { text.language.clone() },
                    subject: text.subject.clone(),
                    body: text.body.clone(),
                    overridden: true,
                    ..Template::default()
                });
            }
            messages.push(PutTemplatesRequest { authority: authority.clone(), templates });
        }
        checks.done()?;
        Ok(messages)
    }
}

/// Returns the medium of a code.
pub(crate) fn medium(code: &str) -> Option<Medium> {
    match code {
        "email" => Some(Medium::Email),
        "sms" => Some(Medium::Sms),
        "letter" => Some(Medium::Letter),
        _ => None,
    }
}

impl From<Template> for Text {
    fn from(template: Template) -> Self {
        let medium = super::deliveries::medium(template.medium()).to_owned();
        let Template { name, language, subject, body, .. } = template;
        Self { name, medium, language, subject, body }
    }
}

impl From<Text> for guichet_directory::Text {
    fn from(text: Text) -> Self {
        let Text { name, medium, language, subject, body } = text;
        Self { name, medium, language, subject, body }
    }
}

impl From<SheetBody> for guichet_directory::Sheet {
    fn from(sheet: SheetBody) -> Self {
        let SheetBody { external_id, title, markdown, agents_markdown, procedure, keywords } = sheet;
        Self { external_id, title, markdown, agents_markdown, procedure, keywords }
    }
}

impl From<SheetSource> for SheetBody {
    fn from(sheet: SheetSource) -> Self {
        let SheetSource { external_id, title, markdown, agents_markdown, procedure, keywords } = sheet;
        Self { external_id, title, markdown, agents_markdown, procedure, keywords }
    }
}

impl From<SheetBody> for SheetSource {
    fn from(sheet: SheetBody) -> Self {
        let SheetBody { external_id, title, markdown, agents_markdown, procedure, keywords } = sheet;
        Self { external_id, title, markdown, agents_markdown, procedure, keywords }
    }
}
