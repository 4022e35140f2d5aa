//! What the desk writes to usagers: each message read, changed, previewed with sample data, and taken back.

use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use guichet_proto::notification::v1::{
    ListTemplateVersionsRequest, ListTemplatesRequest, Medium, PreviewTemplateRequest, PreviewTemplateResponse,
    PutTemplateRequest, Template as Text, TemplateVersion,
};
use serde::Deserialize;

use super::author;
use super::fields::Typed;
use crate::api::deliveries::medium;
use crate::api::directory::medium as medium_of;
use crate::app::{App, Shared};
use crate::auth::{Session, Supervisor};
use crate::clients::{ask, tell};
use crate::extract::{Path, Query};
use crate::pages::chrome::Chrome;
use crate::pages::desk::dates;
use crate::pages::form::FormView;
use crate::pages::render;
use crate::problem::Problem;
use crate::text::{t, tr};
use crate::towns::Towns;

/// The language of the texts that can be changed.
const LANGUAGE: &str = "fr";

#[derive(Template)]
#[template(path = "settings_texts.html")]
struct List {
    chrome: Chrome,
    notices: Vec<NoticeLine>,
}

/// One thing that usagers are told, and its text by each medium.
struct NoticeLine {
    name: String,
    media: Vec<MediumLine>,
}

struct MediumLine {
    address: String,
    name: String,
    /// The authority words it in its own way.
    own: bool,
}

#[derive(Template)]
#[template(path = "settings_text.html")]
struct Show {
    chrome: Chrome,
    heading: String,
    address: String,
    version: i64,
    has_subject: bool,
    /// Of the text's field.
    rows: usize,
    form: FormView,
    fields: Vec<FieldName>,
    preview: Option<Shown>,
    /// What stands in the form has been seen as usagers will.
    seen: bool,
    own: bool,
    versions: Vec<VersionLine>,
}

/// A name that may stand in braces.
struct FieldName {
    name: String,
    required: bool,
}

/// A text filled with sample data.
struct Shown {
    subject: String,
    text: String,
    /// « 142 caractères, un SMS », empty for the others.
    size: String,
}

/// A state the text has had.
struct VersionLine {
    version: i64,
    at: String,
    who: String,
    own: bool,
    is_current: bool,
}

/// Lists what usagers are told.
pub(super) async fn list(State(app): State<Shared>, Supervisor(session): Supervisor) -> Result<Html<String>, Problem> {
    let mut notices: Vec<NoticeLine> = Vec::new();
    for text in texts(&app, &session).await? {
        let name = t(&format!("template-{}", text.name));
        let code = medium(text.medium());
        let line =
            MediumLine { address: address(&text.name, code), name: t(&format!("medium-{code}")), own: text.overridden };
        match notices.iter_mut().find(|notice| notice.name == name) {
            Some(notice) => notice.media.push(line),
            None => notices.push(NoticeLine { name, media: vec![line] }),
        }
    }
    let chrome = Chrome::new(&app, Some(&session), t("settings-textes")).await;
    render(&List { chrome, notices })
}

fn address(name: &str, medium: &str) -> String {
    format!("/admin/textes/{name}/{medium}")
}

async fn texts(app: &App, session: &Session) -> Result<Vec<Text>, Problem> {
    let message = ListTemplatesRequest { authority: session.account.authority.clone() };
    let mut texts = ask!(app.notification(), list_templates, message)?.templates;
    texts.retain(|text| text.language == LANGUAGE);
    Ok(texts)
}

/// Which state of the text to start from.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    version: i64,
    fait: String,
}

/// Shows a text with its preview and its history.
pub(super) async fn show(
    State(app): State<Shared>,
    Supervisor(session): Supervisor,
    Path((name, medium)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Problem> {
    let editor = Editor::open(&app, &session, &name, &medium).await?;
    let older = editor.versions.iter().find(|version| version.version == asked.version);
    let draft = match older {
        Some(older) => editor.draft(&older.subject, &older.body),
        None => editor.text.clone(),
    };
    let shown = editor.preview(&app, &draft).await?;
    let form = FormView::with(&[("subject", &draft.subject), ("body", &draft.body)]);
    let chrome = Chrome::new(&app, Some(&session), t("settings-textes")).await.noticing(&asked.fait);
    let towns = app.towns().await?;
    // What is in use need not be published again; an older state that was asked for may be, once seen here.
    render(&Show { seen: older.is_some(), ..editor.page(&towns, chrome, form, Some(shown)) })
}

/// « Aperçu », « Publier », « Reprendre le texte d'origine ».
pub(super) async fn submit(
    State(app): State<Shared>,
    Supervisor(session): Supervisor,
    Path((name, medium)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let typed = Typed::read(&app, &session, request).await?;
    let editor = Editor::open(&app, &session, &name, &medium).await?;
    let draft = editor.draft(typed.text("subject"), &typed.text("body").replace("\r\n", "\n"));
    let chrome = Chrome::new(&app, Some(&session), t("settings-textes")).await;
    let towns = app.towns().await?;
    let mut form = FormView::with(&[("subject", &draft.subject), ("body", &draft.body)]);
    let outcome = match typed.text("action") {
        "publish" => editor.put(&app, &session, draft, typed.version()).await.map(|()| None),
        "embedded" => {
            let embedded = Text { overridden: false, ..draft };
            editor.put(&app, &session, embedded, typed.version()).await.map(|()| None)
        }
        _ => editor.preview(&app, &draft).await.map(Some),
    };
    match outcome {
        Ok(None) => Ok(Redirect::to(&format!("{}?fait=published", address(&name, &medium))).into_response()),
        Ok(shown) => {
            // Of the version it was changed from: another one since is refused, not overwritten.
            let page = Show { version: typed.version(), ..editor.page(&towns, chrome, form, shown) };
            Ok(render(&page)?.into_response())
        }
        Err(problem) if problem.status >= 500 => Err(problem),
        Err(problem) => {
            form.refuse(&problem);
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            Ok((status, render(&editor.page(&towns, chrome, form, None))?).into_response())
        }
    }
}

/// One text of one authority.
struct Editor {
    authority: String,
    medium: Medium,
    text: Text,
    versions: Vec<TemplateVersion>,
}

impl Editor {
    async fn open(app: &App, session: &Session, name: &str, code: &str) -> Result<Self, Problem> {
        let medium = medium_of(code).ok_or_else(Problem::not_found)?;
        let authority = session.account.authority.clone();
        let message = ListTemplateVersionsRequest {
            authority: authority.clone(),
            name: name.to_owned(),
            medium: medium.into(),
            language: LANGUAGE.to_owned(),
        };
        // The versions first: a text newer than its version would be overwritten in silence.
        let versions = ask!(app.notification(), list_template_versions, message)?.versions;
        let found = texts(app, session).await?.into_iter().find(|text| text.name == name && text.medium() == medium);
        Ok(Self { authority, medium, text: found.ok_or_else(Problem::not_found)?, versions })
    }

    fn draft(&self, subject: &str, body: &str) -> Text {
        Text { subject: subject.to_owned(), body: body.to_owned(), overridden: true, ..self.text.clone() }
    }

    fn version(&self) -> i64 {
        self.versions.first().map_or(0, |newest| newest.version)
    }

    async fn preview(&self, app: &App, draft: &Text) -> Result<Shown, Problem> {
        let message = PreviewTemplateRequest {
            authority: self.authority.clone(),
            name: self.text.name.clone(),
            medium: self.medium.into(),
            language: LANGUAGE.to_owned(),
            draft: Some(draft.clone()),
        };
        let shown: PreviewTemplateResponse = ask!(app.notification(), preview_template, message)?;
        let characters = u32::try_from(shown.text.chars().count()).unwrap_or(u32::MAX);
        let size = match shown.sms_parts {
            0 => String::new(),
            parts => tr("settings-sms-size", &[("characters", characters), ("parts", parts)]),
        };
        Ok(Shown { subject: shown.subject, text: shown.text, size })
    }

    async fn put(&self, app: &App, session: &Session, text: Text, seen: i64) -> Result<(), Problem> {
        let message = PutTemplateRequest {
            authority: self.authority.clone(),
            template: Some(text),
            agent_id: session.agent_id()?.to_owned(),
            seen_version: seen,
        };
        tell!(app.notification(), put_template, message).map(drop)
    }

    fn page(&self, towns: &Towns, chrome: Chrome, form: FormView, preview: Option<Shown>) -> Show {
        let code = medium(self.medium);
        let dates = dates(towns, &self.authority);
        let line = |version: &TemplateVersion| VersionLine {
            version: version.version,
            at: dates.moment(version.at),
            who: author(towns, &version.agent_id),
            own: version.overridden,
            is_current: version.version == self.version(),
        };
        let field = |name: &String| FieldName {
            required: self.text.required_fields.contains(name),
            name: format!("{{{name}}}"),
        };
        Show {
            chrome,
            heading: format!("{} – {}", t(&format!("template-{}", self.text.name)), t(&format!("medium-{code}"))),
            address: address(&self.text.name, code),
            version: self.version(),
            has_subject: self.medium != Medium::Sms,
            rows: if self.medium == Medium::Sms { 5 } else { 16 },
            form,
            fields: self.text.fields.iter().map(field).collect(),
            seen: preview.is_some(),
            preview,
            own: self.text.overridden,
            versions: self.versions.iter().map(line).collect(),
        }
    }
}
