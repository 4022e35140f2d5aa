//! One part: its form, what a change would change, and publishing it.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use guichet_directory::Directory;
use guichet_directory::edit::{self, Field, Part, PartKind, Violation};

use super::differences::{Change, changes, words};
use super::fields::{Control, Input, Typed, filled, inputs};
use super::{comes_and_goes, kind_of};
use crate::app::Shared;
use crate::auth::{Session, Supervisor};
use crate::extract::{Path, Query};
use crate::pages::chrome::Chrome;
use crate::pages::desk::Done;
use crate::pages::render;
use crate::problem::Problem;
use crate::settings::{Published, Replacement, may_make, publish};
use crate::text::t;
use crate::towns::Towns;

/// Stands in the place of a code that is not chosen yet.
pub(super) const NEW: &str = "nouveau";
/// Stands in the place of the code of the authority itself.
pub(super) const WHOLE: &str = "informations";
/// Characters of a code of the directory.
const CODE_CHARACTERS_MAX: usize = 40;

#[derive(Template)]
#[template(path = "settings_part.html")]
struct Form {
    chrome: Chrome,
    slug: String,
    kind_name: String,
    heading: String,
    version: i64,
    /// The code is still to be chosen.
    is_new: bool,
    code: String,
    inputs: Vec<Input>,
    /// Something is wrong with it.
    refused: bool,
    /// What is wrong with the whole.
    wrong: Vec<String>,
    can_remove: bool,
}

#[derive(Template)]
#[template(path = "settings_preview.html")]
struct Preview {
    chrome: Chrome,
    heading: String,
    version: i64,
    is_new: bool,
    code: String,
    /// Every value of the form, to be sent again.
    values: Vec<(String, String)>,
    changes: Vec<Change>,
    remarks: Vec<String>,
    removes: bool,
}

/// The part of an address.
struct Asked {
    slug: String,
    part: Part,
    is_new: bool,
}

impl Asked {
    fn of(slug: String, code: String) -> Result<Self, Problem> {
        let kind = kind_of(&slug)?;
        let is_new = code == NEW && comes_and_goes(kind);
        let code = if is_new || (kind == PartKind::Authority && code == WHOLE) { String::new() } else { code };
        Ok(Self { slug, part: Part { kind, code }, is_new })
    }

    fn form(&self, published: &Published, own: &Directory) -> Result<Vec<Field>, Problem> {
        if self.is_new {
            return Ok(edit::blank_form(own, self.part.kind));
        }
        let form = edit::form(&published.directories, &own.authority.code, &self.part);
        form.ok_or_else(Problem::not_found)
    }

    /// Returns where the part is shown.
    fn address(&self) -> String {
        let code = if self.part.code.is_empty() { WHOLE.to_owned() } else { crate::pages::in_query(&self.part.code) };
        format!("/admin/{}/{code}", self.slug)
    }
}

/// Shows the form of a part.
pub(super) async fn show(
    State(app): State<Shared>,
    Supervisor(session): Supervisor,
    Path((slug, code)): Path<(String, String)>,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let asked = Asked::of(slug, code)?;
    let published = Published::read(&app).await?;
    let own = published.own(&session)?;
    let form = asked.form(&published, own)?;
    let towns = app.towns().await?;
    let chrome = Chrome::of(&app, &towns, Some(&session), t("settings-title")).noticing(&done.fait);
    let version = published.version(&own.authority.code);
    page(&towns, chrome, &session, &asked, form, version, &[]).map(IntoResponse::into_response)
}

fn page(
    towns: &Towns,
    chrome: Chrome,
    session: &Session,
    asked: &Asked,
    form: Vec<Field>,
    version: i64,
    violations: &[Violation],
) -> Result<axum::response::Html<String>, Problem> {
    let named = |field: &&Field| field.key == "name";
    let name = form.iter().find(named).and_then(|field| field.values.first().cloned());
    render(&Form {
        kind_name: t(&format!("settings-{}", asked.slug)),
        heading: match name {
            Some(name) if !asked.is_new => name,
            _ if asked.is_new => t(&format!("settings-{}-new", asked.slug)),
            _ => format!("{} {}", t(&format!("settings-{}", asked.slug)), asked.part.code),
        },
        version,
        is_new: asked.is_new,
        code: asked.part.code.clone(),
        refused: !violations.is_empty(),
        inputs: inputs(form, violations, session.is_administrator(), |key, values| {
            words(towns, &session.account.authority, key, values)
        }),
        wrong: violations.iter().filter(|violation| violation.key.is_empty()).map(|v| v.message.clone()).collect(),
        can_remove: comes_and_goes(asked.part.kind) && !asked.is_new,
        slug: asked.slug.clone(),
        chrome,
    })
}

/// « Voir ce qui change », « Publier », « Corriger », « Retirer ».
pub(super) async fn submit(
    State(app): State<Shared>,
    Supervisor(session): Supervisor,
    Path((slug, code)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let typed = Typed::read(&app, &session, request).await?;
    let mut asked = Asked::of(slug, code)?;
    let published = Published::read(&app).await?;
    let own = published.own(&session)?;
    let form = asked.form(&published, own)?;
    let towns = app.towns().await?;
    let changes = typed.changes(&form, session.is_administrator());
    let current = published.version(&own.authority.code);
    let again = |asked: &Asked, status: StatusCode, violations: &[Violation], chrome: Chrome| {
        let seen = if status == StatusCode::CONFLICT { current } else { typed.version() };
        let html = page(&towns, chrome, &session, asked, filled(form.clone(), &changes), seen, violations)?;
        Ok((status, html).into_response())
    };
    let chrome = Chrome::of(&app, &towns, Some(&session), t("settings-title"));
    if typed.text("action") == "edit" {
        if asked.is_new {
            asked.part.code = typed.text("code").to_owned();
        }
        return again(&asked, StatusCode::OK, &[], chrome);
    }
    let made = change(&typed, &mut asked, &published, own, &changes);
    let change = match made {
        Ok(change) if may_make(&session, &edit::compare(own, &change.directory)) => change,
        Ok(_) => return Err(Problem::forbidden()),
        Err(violations) => return again(&asked, StatusCode::UNPROCESSABLE_ENTITY, &violations, chrome),
    };
    if typed.text("confirmed") != "yes" {
        return preview(&towns, &asked, &typed, (own, &change), changes, chrome);
    }
    if typed.version() != current {
        let moved = [Violation { key: String::new(), message: t("settings-moved") }];
        return again(&asked, StatusCode::CONFLICT, &moved, chrome);
    }
    let replacement = Replacement { before: own, after: &change.directory, seen: typed.version(), restores: 0 };
    publish(&app, &session, replacement).await?;
    let removed = typed.text("action") == "remove";
    let back = if removed { format!("/admin/{}", asked.slug) } else { asked.address() };
    Ok(Redirect::to(&format!("{back}?fait=published")).into_response())
}

/// Returns what the directory would become.
fn change(
    typed: &Typed,
    asked: &mut Asked,
    published: &Published,
    own: &Directory,
    changes: &BTreeMap<String, Vec<String>>,
) -> Result<edit::Change, Vec<Violation>> {
    let authority = &own.authority.code;
    if typed.text("action") == "remove" && comes_and_goes(asked.part.kind) {
        return edit::remove(&published.directories, authority, &asked.part);
    }
    if asked.is_new {
        asked.part.code = checked_code(typed.text("code"))?;
        if edit::form(&published.directories, authority, &asked.part).is_some() {
            return Err(vec![Violation { key: String::new(), message: t("settings-code-taken") }]);
        }
    }
    edit::apply(&published.directories, authority, &asked.part, changes)
}

/// Returns the code of a new part: what stands in addresses and files.
fn checked_code(typed: &str) -> Result<String, Vec<Violation>> {
    let code = typed.trim();
    let fits = (1..=CODE_CHARACTERS_MAX).contains(&code.len()) && code != NEW;
    if fits && code.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
        return Ok(code.to_owned());
    }
    Err(vec![Violation { key: String::new(), message: t("settings-code-wrong") }])
}

/// Shows what a change would change.
fn preview(
    towns: &Towns,
    asked: &Asked,
    typed: &Typed,
    (before, change): (&Directory, &edit::Change),
    said: BTreeMap<String, Vec<String>>,
    chrome: Chrome,
) -> Result<Response, Problem> {
    let differences = edit::compare(before, &change.directory);
    // A key that says nothing is sent as such.
    let values = said.into_iter().flat_map(|(key, values)| {
        let nothing = values.is_empty().then(String::new);
        values.into_iter().chain(nothing).map(move |value| (key.clone(), value)).collect::<Vec<_>>()
    });
    let html = render(&Preview {
        heading: t("settings-preview-heading"),
        version: typed.version(),
        is_new: asked.is_new,
        code: asked.part.code.clone(),
        values: values.collect(),
        changes: changes(towns, &before.authority.code, &differences),
        remarks: change.remarks.clone(),
        removes: typed.text("action") == "remove",
        chrome,
    })?;
    Ok(html.into_response())
}
