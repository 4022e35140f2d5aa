//! A form shown again: what was typed, what is wrong with it, the files already sent.

use std::collections::BTreeMap;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::problem::{Problem, RETRY_AFTER_SECONDS};
use crate::uploads::{self, FormData};
use crate::view::bytes;

/// Fields of our own forms, from top to bottom, after the questions of a procedure.
const ORDER: [&str; 13] = [
    "subject",
    "procedure",
    "body",
    "files",
    "question",
    "said",
    "note",
    "asks",
    "name",
    "contact",
    "email",
    "phone",
    "postal_address",
];

/// Octets of the key that makes a form sent twice one.
const KEY_OCTETS: usize = 16;
/// Code of a key that came before with another content.
const KEY_REUSED: &str = "GU-INT-002";

/// A form as it stands.
#[derive(Clone, Debug, Default)]
pub(crate) struct FormView {
    values: BTreeMap<String, String>,
    errors: BTreeMap<String, String>,
    /// Of fields that the catalogue does not name.
    labels: Vec<(String, String)>,
    /// What is wrong with the whole.
    pub(crate) problem: String,
    /// Files sent with an earlier try.
    pub(crate) kept: Vec<KeptFile>,
}

/// A file sent with an earlier try.
#[derive(Clone, Debug)]
pub(crate) struct KeptFile {
    pub(crate) name: String,
    pub(crate) size: String,
    /// What the hidden field holds.
    pub(crate) sealed: String,
}

impl FormView {
    /// Returns an empty form with some values.
    pub(crate) fn with(values: &[(&str, &str)]) -> Self {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { values, ..Self::default() }
    }

    /// Returns a form as it was filled in.
    pub(crate) fn of(app: &App, form: &FormData) -> Self {
        Self { problem: String::new(), ..Self::again(app, form, &Problem::invalid(Vec::new())) }
    }

    /// Returns the key that makes a form sent twice one: the key it came with, or a new one. Several forms of a page put a word and `-`
    /// before theirs.
    pub(crate) fn key(&self, app: &App) -> String {
        let key = self.value("key").rsplit('-').next().unwrap_or_default();
        if key.is_empty() { app.random_hex(KEY_OCTETS) } else { key.to_owned() }
    }

    /// Returns a form to correct: the last segment of a pointer is the name of its field. What is wrong with the whole
    /// contact is told at its first field.
    pub(crate) fn again(app: &App, form: &FormData, problem: &Problem) -> Self {
        let name = |pointer: &str| match pointer.rsplit('/').next().unwrap_or_default() {
            "requester" => "phone".to_owned(),
            name => name.to_owned(),
        };
        let mut values = form.fields.clone();
        if *problem.code == *KEY_REUSED {
            // What was sent first has been taken: this is another one.
            values.remove("key");
        }
        Self {
            values,
            labels: Vec::new(),
            errors: problem.errors.iter().map(|error| (name(&error.pointer), error.detail.clone())).collect(),
            problem: problem.detail.clone(),
            kept: form
                .files
                .iter()
                .map(|file| KeptFile {
                    name: file.file_name.clone(),
                    size: bytes::size(file.size),
                    sealed: uploads::keep(app, file),
                })
                .collect(),
        }
    }

    /// Tells why the form was refused, beside what was typed.
    pub(crate) fn refuse(&mut self, problem: &Problem) {
        let last = |pointer: &str| pointer.rsplit('/').next().unwrap_or_default().to_owned();
        self.errors = problem.errors.iter().map(|error| (last(&error.pointer), error.detail.clone())).collect();
        self.problem.clone_from(&problem.detail);
    }

    /// Tells what is wrong with a field at another one.
    pub(crate) fn tell_at(&mut self, name: &str, shown: &str) {
        if let Some(detail) = self.errors.remove(name) {
            self.errors.insert(shown.to_owned(), detail);
        }
    }

    /// Sets a value.
    pub(crate) fn set(&mut self, name: &str, value: String) {
        self.values.insert(name.to_owned(), value);
    }

    /// Returns what was typed in a field.
    pub(crate) fn value(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }

    /// Returns what is wrong with a field, empty when nothing is.
    pub(crate) fn error(&self, name: &str) -> &str {
        self.errors.get(name).map_or("", String::as_str)
    }

    /// Says what fields are called that the catalogue does not name.
    pub(crate) fn naming(mut self, labels: impl Iterator<Item = (String, String)>) -> Self {
        self.labels.extend(labels);
        self
    }

    /// Returns what a field is called.
    pub(crate) fn label(&self, name: &str) -> String {
        let named = self.labels.iter().find(|(known, _)| known == name);
        named.map_or_else(|| crate::view::label(name), |(_, label)| label.clone())
    }

    /// Returns whether a choice is the one made.
    pub(crate) fn is(&self, name: &str, value: &str) -> bool {
        self.value(name) == value
    }

    /// Returns the errors with the field each belongs to, in the order of the form, for the summary above it.
    pub(crate) fn errors(&self) -> Vec<(&str, &str)> {
        let place = |name: &str| {
            let asked = self.labels.iter().position(|(known, _)| known == name);
            let ours = || ORDER.iter().position(|known| *known == name).unwrap_or(ORDER.len());
            asked.map_or_else(|| (1, ours()), |place| (0, place))
        };
        let mut errors: Vec<(&str, &str)> =
            self.errors.iter().map(|(name, detail)| (name.as_str(), detail.as_str())).collect();
        errors.sort_by_key(|(name, _)| place(name));
        errors
    }
}

/// Answers with the page of a form that was not taken, with what was typed in it: 422 for what is to be corrected, the problem's own
/// status and `Retry-After` for what passes. Where the page cannot be shown either, and for what is our fault, the problem is told.
pub(crate) async fn come_back(
    problem: Problem,
    page: impl Future<Output = Result<impl IntoResponse, Problem>>,
) -> Result<Response, Problem> {
    if problem.passes() {
        let Ok(page) = page.await else { return Err(problem) };
        let wait = [(header::RETRY_AFTER, RETRY_AFTER_SECONDS.to_string())];
        return Ok((problem.status(), wait, page).into_response());
    }
    if problem.status >= 500 {
        return Err(problem);
    }
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page.await?).into_response())
}
