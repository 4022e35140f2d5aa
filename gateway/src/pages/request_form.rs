//! `/demande/{procedure}`: the form of a procedure, and the page that gives the number.

use askama::Template;
use axum::extract::{Request, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use guichet_core::Reference;
use guichet_core::work::Channel;
use serde::Deserialize;

use super::chrome::Chrome;
use super::form::{FormView, come_back};
use super::form_fields::{self, Answers, Asker, Question};
use super::{assets, in_query, portal, render};
use crate::app::{App, Shared};
use crate::checks::Checks;
use crate::extract::{ClientAddress, Path, Query};
use crate::limits::Try;
use crate::problem::Problem;
use crate::submit::{self, RequesterFields, Submission};
use crate::text::t;
use crate::towns::Procedure;
use crate::uploads::{FormData, read_draft};
use crate::view::date::Dates;

#[derive(Template)]
#[template(path = "request_form.html")]
struct RequestForm {
    chrome: Chrome,
    key: String,
    form: FormView,
    authority: String,
    authority_name: String,
    procedure: String,
    procedure_name: String,
    documents: Vec<String>,
    questions: Vec<Question>,
    script: String,
    delay: String,
    files_limit: String,
}

/// Which authority's, when several offer it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    pour: String,
}

/// Shows the form of a procedure.
pub(crate) async fn show(
    State(app): State<Shared>,
    Path(procedure): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Html<String>, Problem> {
    page(&app, &procedure, &wanted.pour, FormView::default()).await
}

async fn page(app: &App, code: &str, wanted: &str, form: FormView) -> Result<Html<String>, Problem> {
    let towns = app.towns().await?;
    let found = towns.public_procedure(code, wanted, &app.config.portal_authority);
    let (town, procedure) = found.ok_or_else(Problem::not_found)?;
    let questions = form_fields::questions(procedure);
    render(&RequestForm {
        chrome: Chrome::of(app, &towns, None, procedure.name.clone()),
        key: form.key(app),
        form: form.naming(questions.iter().map(|question| (question.name.clone(), question.label.clone()))),
        authority: town.authority.code.clone(),
        authority_name: town.authority.name.clone(),
        procedure: code.to_owned(),
        procedure_name: procedure.name.clone(),
        documents: procedure.documents.clone(),
        questions,
        script: assets::FORM_SCRIPT.clone(),
        delay: procedure.announced.as_ref().map(portal::delay).unwrap_or_default(),
        files_limit: crate::view::bytes::size(app.config.form_bytes_max as u64),
    })
}

/// Takes the form; what is wrong is shown beside its field, and what was typed is kept.
pub(crate) async fn submit(
    State(app): State<Shared>,
    Path(procedure): Path<String>,
    Query(wanted): Query<Wanted>,
    ClientAddress(address): ClientAddress,
    request: Request,
) -> Result<Response, Problem> {
    app.limits.count(Try::Submit, address)?;
    let towns = app.towns().await?;
    let found = towns.public_procedure(&procedure, &wanted.pour, &app.config.portal_authority);
    let (town, asked) = found.ok_or_else(Problem::not_found)?;
    let authority = town.authority.code.clone();
    // The triage procedure means "I do not know": the text is classified.
    let chosen = if procedure == town.authority.triage_procedure { String::new() } else { procedure.clone() };
    let (form, refused) = read_draft(&app, request, &authority).await?;
    let dates = Dates::in_zone(&town.authority.time_zone);
    let taken = match refused {
        Some(problem) => Err(problem),
        None => take(&app, &form, (&authority, &chosen), (asked, &dates)).await,
    };
    match taken {
        Ok(reference) => Ok(Redirect::to(&format!("/demande/merci?numero={}", in_query(&reference))).into_response()),
        Err(problem) => {
            let view = FormView::again(&app, &form, &problem);
            come_back(problem, page(&app, &procedure, &authority, view)).await
        }
    }
}

async fn take(
    app: &App,
    form: &FormData,
    (authority, code): (&str, &str),
    (procedure, dates): (&Procedure, &Dates),
) -> Result<String, Problem> {
    let requester = RequesterFields::of_form(form);
    let mut checks = Checks::default();
    let reachable = [&requester.email, &requester.phone, &requester.postal_address];
    if reachable.iter().all(|contact| contact.is_none()) {
        checks.fail("/requester/contact", "field-contact");
    }
    let given = |name: &str| form.given(name).map(str::to_owned);
    let answer = |code: &str| given(&form_fields::name_of(code));
    let answers = form_fields::answers(procedure, answer, Asker::Form, dates, &mut checks);
    let (subject, body) = if procedure.fields.is_empty() {
        (given("subject"), given("body"))
    } else {
        (Some(subject_of(procedure, &answers)), Some(body_of(&answers, form.text("body"))))
    };
    let submission = Submission {
        authority: Some(authority.to_owned()),
        procedure: Some(code.to_owned()),
        subject,
        body,
        requester: Some(requester),
        language: Some(crate::language::current().code().to_owned()),
        ..Submission::default()
    };
    let message = submission.check(checks, Channel::Web, form.files.clone(), form.text("key").to_owned())?;
    app.limits.count_for(authority)?;
    Ok(submit::submit(app, message).await?.reference)
}

/// Returns what a form that asks questions is about: « Signaler un problème de voirie – 4 rue des Lilas ».
fn subject_of(procedure: &Procedure, answers: &Answers) -> String {
    if answers.first.is_empty() { procedure.name.clone() } else { format!("{} – {}", procedure.name, answers.first) }
}

/// Returns the answers, then what the person added.
fn body_of(answers: &Answers, added: &str) -> String {
    let parts = [answers.text.as_str(), added.trim()];
    let said: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    // Nothing answered is told at the questions, not at a field that needs no answer.
    if said.is_empty() { "–".to_owned() } else { said.join("\n\n") }
}

#[derive(Template)]
#[template(path = "request_done.html")]
struct RequestDone {
    chrome: Chrome,
    reference: String,
    spelled: String,
}

/// The number to show.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Given {
    numero: String,
}

/// Shows the number of a request just taken.
pub(crate) async fn thanks(State(app): State<Shared>, Query(given): Query<Given>) -> Result<Html<String>, Problem> {
    let reference = Reference::parse(&given.numero).ok_or_else(Problem::not_found)?;
    let chrome = Chrome::new(&app, None, t("thanks-title")).await;
    render(&RequestDone { chrome, reference: reference.to_string(), spelled: spell(&reference) })
}

/// Returns a number as it is said at the phone: « V, 7, K, M, 4, T, 9, R ».
pub(crate) fn spell(reference: &Reference) -> String {
    let characters: Vec<String> = reference.compact().chars().map(String::from).collect();
    characters.join(", ")
}

/// First names that say a letter, as French switchboards do.
const SPELLING: [&str; 26] = [
    "Anatole",
    "Berthe",
    "Célestin",
    "Désiré",
    "Eugène",
    "François",
    "Gaston",
    "Henri",
    "Irma",
    "Joseph",
    "Kléber",
    "Louis",
    "Marcel",
    "Nicolas",
    "Oscar",
    "Pierre",
    "Quintal",
    "Raoul",
    "Suzanne",
    "Thérèse",
    "Ursule",
    "Victor",
    "William",
    "Xavier",
    "Yvonne",
    "Zoé",
];

/// Returns a number as it is spelled to somebody hard of hearing: « V comme Victor, 7, K comme Kléber… ».
pub(crate) fn spell_out(reference: &Reference) -> String {
    let spelled = |character: char| {
        SPELLING
            .iter()
            .find(|name| name.starts_with(character))
            .map_or_else(|| character.to_string(), |name| format!("{character} comme {name}"))
    };
    reference.compact().chars().map(spelled).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_spelled_with_first_names() {
        let reference = Reference::parse("V7KM-4T9R").expect("a reference");
        assert_eq!(
            spell_out(&reference),
            "V comme Victor, 7, K comme Kléber, M comme Marcel, 4, T comme Thérèse, 9, R comme Raoul"
        );
    }

    #[test]
    fn each_letter_has_a_first_name_that_begins_with_it() {
        for (letter, name) in ('A'..='Z').zip(SPELLING) {
            assert!(name.starts_with(letter), "{letter}: {name}");
        }
    }
}
