//! `/agent/appel`: a call, a visit or a letter, typed in while the person speaks. Finding the caller is part of the
//! same form, so that no name ever stands in an address.

use askama::Template;
use axum::extract::{Request, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use guichet_core::work::{Nature, Outcome};
use guichet_core::{PhoneNumber, Reference, Timestamp};
use guichet_proto::intake::v1::{GetPartyRequest, Party, RequestSummary};
use serde::Deserialize;

use super::chrome::{Chrome, national};
use super::desk::{Choice, choice, dates, procedure_name};
use super::desk_actions::read;
use super::form::{FormView, come_back};
use super::{in_query, render, request_form};
use crate::access;
use crate::api::calls::{Answered, CallBody, take};
use crate::api::parties;
use crate::app::{App, Shared};
use crate::auth::{Session, SignedIn};
use crate::clients::ask;
use crate::extract::Query;
use crate::problem::Problem;
use crate::submit::RequesterFields;
use crate::text::{t, t1};
use crate::towns::Towns;
use crate::uploads::FormData;
use crate::view::alphabetical;
use crate::view::state::agent_label;

/// People proposed for what was typed.
const MATCHES_MAX: u32 = 8;
/// Requests of the caller that are shown: those of a year, for whom it calls about.
const FILES_MAX: usize = 8;

#[derive(Template)]
#[template(path = "call.html")]
struct Call {
    chrome: Chrome,
    key: String,
    form: FormView,
    searched: bool,
    matches: Vec<Match>,
    files: Vec<FileLine>,
    channels: Vec<Choice>,
    groups: Vec<Group>,
    natures: Vec<Choice>,
    outcomes: Vec<Choice>,
}

/// Somebody who may be calling.
struct Match {
    id: String,
    name: String,
    contact: String,
}

/// A request of the person who calls: where it stands and by when, to be read out.
struct FileLine {
    reference: String,
    name: String,
    state: String,
    due: String,
}

/// What is shown beside the form.
#[derive(Default)]
struct Beside {
    /// `None` = nobody was looked for.
    matches: Option<Vec<Match>>,
    files: Vec<FileLine>,
}

/// The procedures of one authority.
struct Group {
    name: String,
    code: String,
    procedures: Vec<Choice>,
}

/// Shows an empty form.
pub(crate) async fn show(State(app): State<Shared>, SignedIn(session): SignedIn) -> Result<Html<String>, Problem> {
    session.agent_id()?;
    let form = FormView::with(&[("channel", "phone"), ("started_at", &app.clock.now().to_string())]);
    page(&app, &session, form, Beside::default()).await
}

async fn page(app: &App, session: &Session, form: FormView, beside: Beside) -> Result<Html<String>, Problem> {
    let towns = app.towns().await?;
    let towns_of_agent = towns.all().iter().filter(|town| session.works_for(&town.authority.code));
    let mut groups: Vec<Group> = towns_of_agent
        .map(|town| Group {
            name: town.authority.name.clone(),
            code: town.authority.code.clone(),
            procedures: town
                .procedures
                .iter()
                .map(|(code, procedure)| Choice {
                    code: format!("{}/{code}", town.authority.code),
                    name: procedure.name.clone(),
                })
                .collect(),
        })
        .collect();
    for group in &mut groups {
        group.procedures.sort_by_cached_key(|choice| alphabetical(&choice.name));
    }
    groups.sort_by_key(|group| (group.code != session.account.authority, group.name.clone()));
    render(&Call {
        chrome: Chrome::of(app, &towns, Some(session), t("call-title")),
        key: form.key(app),
        form,
        searched: beside.matches.is_some(),
        matches: beside.matches.unwrap_or_default(),
        files: beside.files,
        channels: ["phone", "counter", "post"].map(|code| choice("call-channel", code)).into(),
        groups,
        natures: Nature::ALL.iter().map(|nature| choice("nature", nature.as_str())).collect(),
        outcomes: Outcome::ALL.iter().map(|outcome| choice("outcome", outcome.as_str())).collect(),
    })
}

/// Searches, fills in, records a request, or records a contact answered on the spot: as the button says.
pub(crate) async fn submit(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    request: Request,
) -> Result<Response, Problem> {
    let form = read(&app, &session, request, "").await?;
    if let Some(party_id) = form.given("pick") {
        return pick(&app, &session, &form, party_id).await;
    }
    if form.text("action") == "search" {
        return search(&app, &session, &form).await;
    }
    let on_the_spot = form.text("action") == "answered";
    let towns = app.towns().await?;
    match take(&app, &session, &body_of(&towns, &session, &form, on_the_spot)).await {
        Ok(recorded) if recorded.reference.is_empty() => Ok(Redirect::to("/agent?fait=contact").into_response()),
        Ok(recorded) => {
            let address = format!("/agent/appel/fait?numero={}", in_query(&recorded.reference));
            Ok(Redirect::to(&address).into_response())
        }
        Err(problem) => {
            let view = FormView::again(&app, &form, &problem);
            come_back(problem, page(&app, &session, view, Beside::default())).await
        }
    }
}

fn body_of(towns: &Towns, session: &Session, form: &FormData, on_the_spot: bool) -> CallBody {
    let given = |name: &str| form.given(name).map(str::to_owned);
    // « valorme/acte »: the choice of a procedure says which authority it is for.
    let (authority, procedure) = form.text("procedure").split_once('/').unwrap_or((&session.account.authority, ""));
    let started_at = given("started_at").filter(|text| text.parse::<jiff::Timestamp>().is_ok());
    CallBody {
        authority: Some(authority.to_owned()),
        channel: given("channel"),
        call_id: given("key"),
        requester: Some(RequesterFields::of_form(form)),
        agent: None,
        started_at,
        subject: given("subject").or_else(|| on_the_spot.then(|| spot_subject(towns, authority, procedure))),
        body: given("body"),
        procedure: Some(procedure.to_owned()),
        request: given("request"),
        answered: on_the_spot.then(|| Answered { outcome: given("outcome") }),
        nature: given("nature"),
        site: None,
    }
}

/// Two clicks close a contact answered on the spot: its procedure says enough.
fn spot_subject(towns: &Towns, authority: &str, procedure: &str) -> String {
    if procedure.is_empty() { t("call-on-the-spot") } else { procedure_name(towns, authority, procedure) }
}

async fn search(app: &App, session: &Session, form: &FormData) -> Result<Response, Problem> {
    let typed = form.given("q").or_else(|| form.given("phone")).or_else(|| form.given("name")).unwrap_or_default();
    // A number is looked for as it is stored.
    let q = PhoneNumber::parse(typed).map_or_else(|_| typed.to_owned(), |number| number.as_str().to_owned());
    let found = parties::find(app, session, session.account.authority.clone(), q, MATCHES_MAX).await?;
    let matches =
        found.into_iter().map(|party| Match { contact: contact_line(&party), id: party.id, name: party.name });
    let view = FormView::of(app, form);
    let beside = Beside { matches: Some(matches.collect()), files: Vec::new() };
    Ok(page(app, session, view, beside).await?.into_response())
}

/// Returns what tells two people of one name apart: « 03 53 01 99 01 · 3 rue des Lilas, 00400 Valorme ».
fn contact_line(party: &Party) -> String {
    let phones = party.phones.iter().map(|phone| national(phone));
    let address = party.postal_address.lines().map(str::trim).collect::<Vec<_>>().join(", ");
    let known = phones.chain(party.emails.iter().cloned()).chain([address]);
    known.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" · ")
}

async fn pick(app: &App, session: &Session, form: &FormData, party_id: &str) -> Result<Response, Problem> {
    let q = form.given("q").or_else(|| form.given("phone")).or_else(|| form.given("name")).unwrap_or_default();
    let q = PhoneNumber::parse(q).map_or_else(|_| q.to_owned(), |number| number.as_str().to_owned());
    // Only somebody the search shows may be picked: an id alone opens nobody's contacts.
    let shown = parties::find(app, session, session.account.authority.clone(), q, MATCHES_MAX).await?;
    if !shown.iter().any(|party| party.id == party_id) {
        return Err(Problem::not_found());
    }
    let found = ask!(app.intake(), get_party, GetPartyRequest { id: party_id.to_owned() })?;
    let party = found.party.unwrap_or_default();
    let mut requests = access::filter(app, session, found.requests).await?;
    requests.truncate(FILES_MAX);
    let towns = app.towns().await?;
    let files = requests.iter().map(|request| file_line(&towns, request)).collect();
    let mut view = FormView::of(app, form);
    view.set("name", party.name);
    view.set("phone", party.phones.first().map(|phone| national(phone)).unwrap_or_default());
    view.set("email", party.emails.first().cloned().unwrap_or_default());
    view.set("postal_address", party.postal_address);
    Ok(page(app, session, view, Beside { matches: None, files }).await?.into_response())
}

fn file_line(towns: &Towns, request: &RequestSummary) -> FileLine {
    FileLine {
        reference: request.reference.clone(),
        name: if request.subject.is_empty() { t("confidential-short") } else { request.subject.clone() },
        state: agent_label(request.state),
        due: dates(towns, &request.authority).day(request.due_at),
    }
}

#[derive(Template)]
#[template(path = "call_done.html")]
struct CallDone {
    chrome: Chrome,
    reference: String,
    spelled: String,
    spelled_out: String,
    now: String,
}

/// The number to say.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Given {
    numero: String,
}

/// Shows the number to say to the caller, spelled.
pub(crate) async fn done(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Query(given): Query<Given>,
) -> Result<Html<String>, Problem> {
    let reference = Reference::parse(&given.numero).ok_or_else(Problem::not_found)?;
    let chrome = Chrome::new(&app, Some(&session), t("call-done-title")).await;
    let now: Timestamp = app.clock.now();
    let towns = app.towns().await?;
    let at = super::desk::dates(&towns, &session.account.authority);
    render(&CallDone {
        chrome,
        reference: reference.to_string(),
        spelled: request_form::spell(&reference),
        spelled_out: t1("call-done-spelled", "spelled", request_form::spell_out(&reference)),
        now: at.moment(now.as_millis()),
    })
}
