//! `/pilotage/simulation`: a day of the desk, ordinary or recorded, and the same day with one agent more, less or better
//! taught. Waits are told by department, never by agent.

mod asked;
mod chart;

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use guichet_proto::routing::v1::{SimulateResponse, SimulatedDay, SimulatedWaits};
use guichet_rpc::call::with_deadline;

use self::asked::Asked;
use self::chart::Chart;
use super::chrome::Chrome;
use super::form::FormView;
use super::render;
use crate::app::{App, Shared};
use crate::auth::{Session, Supervisor};
use crate::extract::Query;
use crate::problem::Problem;
use crate::text::{in_french, t};
use crate::towns::Towns;
use crate::view::alphabetical;
use crate::view::state::department_name;

pub(crate) use self::asked::advice_address;

/// A day is played up to eighteen times for one page; a slow machine takes some seconds for the largest desk.
const SIMULATION_DEADLINE: Duration = Duration::from_secs(45);

#[derive(Template)]
#[template(path = "simulation.html")]
struct Page {
    chrome: Chrome,
    form: FormView,
    choices: Choices,
    /// Shown, once something was asked.
    played: Option<Played>,
}

/// What the form lets choose: values with their words.
struct Choices {
    days: Vec<(String, String)>,
    tries: Vec<(String, String)>,
    authorities: Vec<(String, String)>,
    agents: Vec<(String, String)>,
    skills: Vec<(String, String)>,
}

/// Both days.
struct Played {
    sentences: Vec<String>,
    changed: bool,
    chart: Chart,
    lines: Vec<Line>,
    /// Name, as it is, changed.
    figures: Vec<(String, String, String)>,
    points: Vec<String>,
    lessons: Vec<String>,
}

/// How long the requests of one department wait.
struct Line {
    name: String,
    count: u64,
    half: (String, String),
    most: (String, String),
}

/// Shows the form and, once something is asked, the days.
pub(crate) async fn show(
    State(app): State<Shared>,
    Supervisor(session): Supervisor,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Problem> {
    let towns = app.towns().await?;
    let choices = choices(&towns, &session);
    let authority = asked.authority(choices.authorities.first());
    let mut form = asked.form(&authority);
    let played = match play(&app, &session, &towns, &asked, &authority).await {
        Ok(played) => played,
        Err(problem) if problem.errors.is_empty() => return Err(problem),
        Err(problem) => {
            form.refuse(&problem);
            form.tell_at("contacts", "demandes");
            form.tell_at("day", "jour");
            form.tell_at("change", "agent");
            None
        }
    };
    let chrome = Chrome::of(&app, &towns, Some(&session), t("simulation-title"));
    render(&Page { chrome, form, choices, played })
}

async fn play(
    app: &App,
    session: &Session,
    towns: &Towns,
    asked: &Asked,
    authority: &str,
) -> Result<Option<Played>, Problem> {
    if asked.is_empty() {
        return Ok(None);
    }
    if !session.works_for(authority) || towns.find(authority).is_none() {
        return Err(Problem::not_found());
    }
    let message = asked.message(towns, authority, &session.account.agent_id)?;
    let answer = app.queue().simulate(with_deadline(message, SIMULATION_DEADLINE)).await?.into_inner();
    Ok(Some(told(towns, authority, answer)))
}

fn choices(towns: &Towns, session: &Session) -> Choices {
    let theirs = towns.all().iter().filter(|town| session.works_for(&town.authority.code));
    let theirs: Vec<_> = theirs.collect();
    let named = |list: Vec<(String, String)>| {
        let mut list = list;
        list.sort_by_key(|(code, name)| (alphabetical(name), code.clone()));
        list.dedup();
        list
    };
    let agents = theirs.iter().flat_map(|town| towns.agents_of(&town.authority.code));
    let skills = theirs.iter().flat_map(|town| &town.skills);
    // The employer comes first: it is what is asked about unless something else is chosen.
    let mut authorities: Vec<(String, String)> =
        theirs.iter().map(|town| (town.authority.code.clone(), town.authority.name.clone())).collect();
    authorities.sort_by_key(|(code, _)| *code != session.account.authority);
    let tries = [
        ("rien", "simulation-try-nothing"),
        ("moins", "simulation-try-less"),
        ("plus", "simulation-try-more"),
        ("former", "simulation-try-teach"),
    ];
    let days = [("ordinaire", "simulation-day-ordinary"), ("enregistree", "simulation-day-recorded")];
    Choices {
        days: days.map(|(value, key)| (value.to_owned(), t(key))).into(),
        tries: tries.map(|(value, key)| (value.to_owned(), t(key))).into(),
        authorities,
        agents: named(agents.map(|(login, agent)| (login.clone(), agent.name.clone())).collect()),
        skills: named(skills.map(|(code, name)| (code.clone(), name.clone())).collect()),
    }
}

fn told(towns: &Towns, authority: &str, answer: SimulateResponse) -> Played {
    let before = answer.before.unwrap_or_default();
    let changed = answer.after.is_some();
    let after = answer.after.unwrap_or_else(|| before.clone());
    let lines = lines(towns, authority, &before, &after);
    let sentences = |list: Vec<String>| list.iter().map(|sentence| in_french(sentence)).collect();
    Played {
        changed,
        chart: Chart::of(&bars(towns, authority, &before, &after), changed),
        lines,
        figures: figures(&before, &after),
        sentences: sentences(answer.sentences),
        points: sentences(answer.single_points.into_iter().map(|point| point.sentence).collect()),
        lessons: sentences(answer.lessons.into_iter().map(|lesson| lesson.sentence).collect()),
    }
}

/// Returns the waits of the whole day, then of each department, as it is and changed.
fn pairs(before: &SimulatedDay, after: &SimulatedDay) -> Vec<(SimulatedWaits, SimulatedWaits)> {
    let all = (before.waits.clone().unwrap_or_default(), after.waits.clone().unwrap_or_default());
    let same = |waits: &SimulatedWaits| {
        after.departments.iter().find(|other| other.department == waits.department).cloned().unwrap_or_default()
    };
    let departments = before.departments.iter().map(|waits| (waits.clone(), same(waits)));
    std::iter::once(all).chain(departments).collect()
}

fn name_of(towns: &Towns, authority: &str, waits: &SimulatedWaits) -> String {
    if waits.department.is_empty() {
        return t("simulation-all");
    }
    match department_name(towns, authority, &waits.department) {
        unknown if unknown.is_empty() => waits.department.clone(),
        name => name,
    }
}

fn lines(towns: &Towns, authority: &str, before: &SimulatedDay, after: &SimulatedDay) -> Vec<Line> {
    let line = |(before, after): (SimulatedWaits, SimulatedWaits)| Line {
        name: name_of(towns, authority, &before),
        count: before.count,
        half: (chart::length(before.p50_seconds), chart::length(after.p50_seconds)),
        most: (chart::length(before.p90_seconds), chart::length(after.p90_seconds)),
    };
    pairs(before, after).into_iter().map(line).collect()
}

fn bars(towns: &Towns, authority: &str, before: &SimulatedDay, after: &SimulatedDay) -> Vec<(String, f64, f64)> {
    let bar = |(before, after): (SimulatedWaits, SimulatedWaits)| {
        (name_of(towns, authority, &before), before.p90_seconds, after.p90_seconds)
    };
    pairs(before, after).into_iter().map(bar).collect()
}

fn figures(before: &SimulatedDay, after: &SimulatedDay) -> Vec<(String, String, String)> {
    let shares = [
        ("simulation-within", before.within_target, after.within_target),
        ("simulation-gave-up", before.gave_up, after.gave_up),
        ("simulation-busy", before.utilisation, after.utilisation),
        ("simulation-crowded", before.crowded, after.crowded),
    ];
    let shares = shares.map(|(key, before, after)| (t(key), percent(before), percent(after)));
    let rates = [
        ("simulation-continuity", before.continuity, after.continuity),
        ("simulation-language", before.language_match, after.language_match),
        ("simulation-legal", before.legal_kept, after.legal_kept),
    ];
    // What nothing is asked of that day is not told.
    let rates = rates.into_iter().filter_map(|(key, before, after)| {
        let (before, after) = (before.filter(|rate| rate.of > 0)?, after.filter(|rate| rate.of > 0)?);
        Some((t(key), percent(before.share), percent(after.share)))
    });
    let (longest, left) = (t("simulation-longest"), t("simulation-left"));
    let longest = (longest, chart::length(before.longest_seconds), chart::length(after.longest_seconds));
    let left = (left, before.left_waiting.to_string(), after.left_waiting.to_string());
    std::iter::once(longest).chain(shares).chain(rates).chain([left]).collect()
}

fn percent(share: f64) -> String {
    format!("{:.0}\u{a0}%", share * 100.0)
}
