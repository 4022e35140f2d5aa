//! What the desk's buttons do. Each form carries its session's token; each answer leads back to the page.

use axum::extract::{Request, State};
use axum::response::Redirect;
use guichet_core::work::{Nature, Outcome};
use guichet_proto::intake::v1::{ClassifyRequestRequest, LinkPartyRequest};
use guichet_proto::routing::v1::{AcceptOfferRequest, DeclineOfferRequest, WorkItem};
use guichet_rpc::convert::ToProto;

use crate::access;
use crate::api::agents;
use crate::app::{App, Shared};
use crate::auth::{Session, SignedIn};
use crate::checks::{BODY_CHARACTERS_MAX, CODE_CHARACTERS_MAX, Checks, NAME_CHARACTERS_MAX, SUBJECT_CHARACTERS_MAX};
use crate::clients::tell;
use crate::commands::{self, Arguments, Command};
use crate::extract::Path;
use crate::problem::Problem;
use crate::uploads::{FormData, read_draft};

/// Reads a form of a signed-in agent and checks its token.
pub(crate) async fn read(
    app: &Shared,
    session: &Session,
    request: Request,
    authority: &str,
) -> Result<FormData, Problem> {
    let (form, refused) = read_words(app, session, request, authority).await?;
    refused.map_or(Ok(form), Err)
}

/// The same, to its end even when a file cannot be kept at that moment, which is returned.
pub(super) async fn read_words(
    app: &Shared,
    session: &Session,
    request: Request,
    authority: &str,
) -> Result<(FormData, Option<Problem>), Problem> {
    let (form, refused) = read_draft(app, request, authority).await?;
    session.check_form_token(app, form.text("token"))?;
    Ok((form, refused))
}

pub(super) fn to_request(reference: &str, done: &str) -> Redirect {
    Redirect::to(&format!("/agent/demandes/{reference}?fait={done}"))
}

/// « Je suis au guichet / au téléphone / en pause ».
pub(crate) async fn set_presence(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    request: Request,
) -> Result<Redirect, Problem> {
    let form = read(&app, &session, request, "").await?;
    agents::set(&app, &session, form.given("state")).await?;
    Ok(Redirect::to("/agent?fait=presence"))
}

/// « Prendre » a request that was proposed.
pub(crate) async fn accept(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Path(id): Path<String>,
    request: Request,
) -> Result<Redirect, Problem> {
    read(&app, &session, request, "").await?;
    let agent_id = session.agent_id()?.to_owned();
    let message = AcceptOfferRequest { offer_id: id, agent_id: agent_id.clone() };
    let work = tell!(app.offers(), accept, message)?.work.ok_or_else(Problem::not_found)?;
    begin(&app, &agent_id, &work).await;
    Ok(to_request(&work.request_id, "taken"))
}

/// Whoever takes a request opens it: the work begins. If that fails, the page offers to begin.
async fn begin(app: &App, agent_id: &str, work: &WorkItem) {
    let arguments = Arguments { version: work.version, ..Arguments::default() };
    if let Err(problem) = commands::run(app, agent_id, &work.request_id, Command::Start, arguments).await {
        tracing::debug!(code = %problem.code, "work was taken and not begun");
    }
}

/// « Passer »: it costs nothing.
pub(crate) async fn decline(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Path(id): Path<String>,
    request: Request,
) -> Result<Redirect, Problem> {
    read(&app, &session, request, "").await?;
    let message = DeclineOfferRequest { offer_id: id, agent_id: session.agent_id()?.to_owned() };
    tell!(app.offers(), decline, message)?;
    Ok(Redirect::to("/agent?fait=declined"))
}

/// Any command on the work.
pub(crate) async fn run(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Path((id, command)): Path<(String, String)>,
    request: Request,
) -> Result<Redirect, Problem> {
    let form = read(&app, &session, request, "").await?;
    let command = Command::parse(&command).ok_or_else(Problem::not_found)?;
    let agent_id = session.agent_id()?.to_owned();
    let opened = access::open(&app, &session, &id).await?;
    let mut checks = Checks::default();
    let arguments = Arguments {
        version: form.text("version").trim().parse().unwrap_or_default(),
        note: checks.optional("/note", form.given("note"), BODY_CHARACTERS_MAX),
        department: checks.line("/department", form.given("department"), CODE_CHARACTERS_MAX),
        procedure: checks.line("/procedure", form.given("procedure"), CODE_CHARACTERS_MAX),
        organisation: checks.line("/organisation", form.given("organisation"), NAME_CHARACTERS_MAX),
        phone: checks.line("/phone", form.given("phone"), CODE_CHARACTERS_MAX),
        reason: checks.line("/reason", form.given("reason"), SUBJECT_CHARACTERS_MAX),
        outcome: checks.code("/outcome", form.given("outcome"), Outcome::parse),
        until: 0,
    };
    checks.done()?;
    let work = commands::run(&app, &agent_id, opened.id(), command, arguments).await?;
    if command == Command::Take {
        begin(&app, &agent_id, &work).await;
    }
    Ok(to_request(opened.id(), "changed"))
}

/// Says what the request really is.
pub(crate) async fn classify(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Path(id): Path<String>,
    request: Request,
) -> Result<Redirect, Problem> {
    let form = read(&app, &session, request, "").await?;
    let agent_id = session.agent_id()?.to_owned();
    let mut checks = Checks::default();
    let procedure = checks.required("/procedure", form.given("procedure"), CODE_CHARACTERS_MAX);
    let nature = checks.code("/nature", form.given("nature"), Nature::parse).map_or(0, ToProto::to_proto);
    checks.done()?;
    let opened = access::open(&app, &session, &id).await?.require_full()?;
    let message = ClassifyRequestRequest { request_id: opened.id().to_owned(), procedure, agent_id, nature };
    tell!(app.intake(), classify_request, message)?;
    Ok(to_request(opened.id(), "classified"))
}

/// Says who really wrote.
pub(crate) async fn link_party(
    State(app): State<Shared>,
    SignedIn(session): SignedIn,
    Path(id): Path<String>,
    request: Request,
) -> Result<Redirect, Problem> {
    let form = read(&app, &session, request, "").await?;
    let agent_id = session.agent_id()?.to_owned();
    let mut checks = Checks::default();
    let name = checks.required("/name", form.given("name"), NAME_CHARACTERS_MAX);
    checks.done()?;
    let opened = access::open(&app, &session, &id).await?.require_full()?;
    let message = LinkPartyRequest { request_id: opened.id().to_owned(), party_id: String::new(), name, agent_id };
    tell!(app.intake(), link_party, message)?;
    Ok(to_request(opened.id(), "linked"))
}
