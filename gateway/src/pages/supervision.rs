//! `/pilotage`: what is open by department, who is there, and behind each figure the list it counts.

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use futures::future::try_join_all;
use guichet_core::work::PresenceState;
use guichet_proto::common::v1::Page;
use guichet_proto::intake::v1::RequestSummary;
use guichet_proto::routing::v1::{
    AgentPresence, DepartmentFigures, Figure, GetOverviewRequest, ListOpenRequest, ListPresenceRequest, OpenEntry,
};
use guichet_rpc::convert::FromProto;
use serde::Deserialize;

use super::chrome::Chrome;
use super::desk::{dates, procedure_name};
use super::render;
use crate::access;
use crate::app::{App, Shared};
use crate::auth::{Session, Supervisor};
use crate::clients::ask;
use crate::extract::Query;
use crate::problem::Problem;
use crate::text::{t, t1};
use crate::towns::Towns;
use crate::view::date::age;
use crate::view::state::{agent_label, department_name};

/// Lines of a list on one page.
const LINES_MAX: u32 = 50;

/// A figure and its name in addresses and in the catalogue.
const FIGURES: [(Figure, &str); 8] = [
    (Figure::Open, "open"),
    (Figure::Waiting, "waiting"),
    (Figure::Offered, "offered"),
    (Figure::InHand, "in-hand"),
    (Figure::AwaitingUsager, "awaiting-usager"),
    (Figure::AtRisk, "at-risk"),
    (Figure::Late, "late"),
    (Figure::Unroutable, "unroutable"),
];
/// Figures that ask for somebody's attention when they are not 0.
const ALARMS: [Figure; 3] = [Figure::AtRisk, Figure::Late, Figure::Unroutable];

#[derive(Template)]
#[template(path = "supervision.html")]
struct Overview {
    chrome: Chrome,
    names: Vec<String>,
    totals: Vec<Cell>,
    unroutable: u64,
    towns: Vec<TownFigures>,
    agents: Vec<AgentLine>,
}

/// The departments of one authority.
struct TownFigures {
    code: String,
    name: String,
    departments: Vec<DepartmentLine>,
}

struct DepartmentLine {
    name: String,
    oldest: String,
    cells: Vec<Cell>,
}

/// One figure, and the list it counts.
struct Cell {
    name: String,
    count: u64,
    address: String,
    alarm: bool,
}

/// An agent's presence and load of the moment: never a result, never a rank.
struct AgentLine {
    name: String,
    presence: String,
    load: u32,
    capacity: u32,
}

#[derive(Template)]
#[template(path = "supervision_list.html")]
struct List {
    chrome: Chrome,
    heading: String,
    within: String,
    lines: Vec<Line>,
    next: String,
}

struct Line {
    reference: String,
    subject: String,
    procedure: String,
    department: String,
    state: String,
    assignee: String,
    received: String,
    due: String,
    late: bool,
}

/// Shows the figures.
pub(crate) async fn show(State(app): State<Shared>, Supervisor(session): Supervisor) -> Result<Html<String>, Problem> {
    let asked = GetOverviewRequest { agent_id: session.account.agent_id.clone() };
    let (towns, overview, agents) =
        tokio::try_join!(app.towns(), async { ask!(app.queue(), get_overview, asked) }, agents(&app, &session))?;
    let departments: Vec<&DepartmentFigures> =
        overview.departments.iter().filter(|figures| session.works_for(&figures.authority)).collect();
    let total = |figure: Figure| departments.iter().map(|line| count(line, figure)).sum::<u64>();
    let page = Overview {
        names: FIGURES.iter().map(|(_, name)| t(&format!("figure-{name}"))).collect(),
        totals: FIGURES.iter().map(|&figure| cell(figure, total(figure.0), "", "")).collect(),
        unroutable: total(Figure::Unroutable),
        towns: by_town(&towns, &departments, overview.at),
        agents: agents.into_iter().map(agent_line).collect(),
        chrome: Chrome::of(&app, &towns, Some(&session), t("supervision-title")),
    };
    render(&page)
}

fn by_town(towns: &Towns, departments: &[&DepartmentFigures], now: i64) -> Vec<TownFigures> {
    let mut list: Vec<TownFigures> = Vec::new();
    for figures in departments {
        let line = DepartmentLine {
            name: match department_name(towns, &figures.authority, &figures.department) {
                unknown if unknown.is_empty() => figures.department.clone(),
                name => name,
            },
            oldest: if figures.oldest_waiting_at == 0 { String::new() } else { age(now - figures.oldest_waiting_at) },
            cells: FIGURES
                .iter()
                .map(|&figure| cell(figure, count(figures, figure.0), &figures.authority, &figures.department))
                .collect(),
        };
        match list.iter_mut().find(|town| town.code == figures.authority) {
            Some(town) => town.departments.push(line),
            None => list.push(TownFigures {
                code: figures.authority.clone(),
                name: towns.find(&figures.authority).map(|town| town.authority.name.clone()).unwrap_or_default(),
                departments: vec![line],
            }),
        }
    }
    list
}

fn count(line: &DepartmentFigures, figure: Figure) -> u64 {
    line.counts.iter().find(|counted| counted.figure() == figure).map_or(0, |counted| counted.count)
}

fn cell((figure, name): (Figure, &str), count: u64, authority: &str, department: &str) -> Cell {
    Cell {
        name: t(&format!("figure-{name}")),
        count,
        address: list_address(name, authority, department, ""),
        alarm: count > 0 && ALARMS.contains(&figure),
    }
}

fn list_address(figure: &str, authority: &str, department: &str, cursor: &str) -> String {
    let given = [("collectivite", authority), ("service", department), ("suite", cursor)];
    let mut address = format!("/pilotage/demandes?chiffre={figure}");
    for (name, value) in given.into_iter().filter(|(_, value)| !value.is_empty()) {
        address.push_str(&format!("&{name}={}", super::in_query(value)));
    }
    address
}

async fn agents(app: &App, session: &Session) -> Result<Vec<AgentPresence>, Problem> {
    let lists = session
        .authorities()
        .into_iter()
        .map(|authority| async move { ask!(app.presence(), list, ListPresenceRequest { authority }) });
    let mut agents: Vec<AgentPresence> = try_join_all(lists).await?.into_iter().flat_map(|list| list.agents).collect();
    agents.sort_by(|left, right| (&left.name, &left.agent_id).cmp(&(&right.name, &right.agent_id)));
    agents.dedup_by(|left, right| left.agent_id == right.agent_id);
    Ok(agents)
}

fn agent_line(agent: AgentPresence) -> AgentLine {
    let presence = PresenceState::from_proto(agent.state).map_or("away", PresenceState::as_str);
    AgentLine {
        presence: t(&format!("presence-{presence}")),
        name: agent.name,
        load: agent.load,
        capacity: agent.capacity,
    }
}

/// Which list.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Which {
    chiffre: String,
    collectivite: String,
    service: String,
    suite: String,
}

/// Lists what a figure counts.
pub(crate) async fn list(
    State(app): State<Shared>,
    Supervisor(session): Supervisor,
    Query(which): Query<Which>,
) -> Result<Html<String>, Problem> {
    let known = FIGURES.into_iter().find(|(_, name)| *name == which.chiffre);
    let (figure, name) = known.ok_or_else(Problem::not_found)?;
    let message = ListOpenRequest {
        agent_id: session.account.agent_id.clone(),
        figure: figure.into(),
        authority: which.collectivite.clone(),
        department: which.service.clone(),
        page: Some(Page { limit: LINES_MAX, cursor: which.suite.clone() }),
    };
    let (towns, found) = tokio::try_join!(app.towns(), async { ask!(app.queue(), list_open, message) })?;
    let ids = found.entries.iter().map(|entry| entry.request_id.clone()).collect();
    let summaries = access::summaries(&app, &session, ids).await?;
    let now = app.clock.now().as_millis();
    let lines = found.entries.iter().filter_map(|entry| {
        let summary = summaries.iter().find(|summary| summary.id == entry.request_id)?;
        Some(line(&towns, entry, summary, now))
    });
    let next = if found.next_cursor.is_empty() {
        String::new()
    } else {
        list_address(name, &which.collectivite, &which.service, &found.next_cursor)
    };
    let page = List {
        lines: lines.collect(),
        heading: t1("supervision-list", "figure", t(&format!("figure-{name}"))),
        within: department_name(&towns, &which.collectivite, &which.service),
        next,
        chrome: Chrome::of(&app, &towns, Some(&session), t("supervision-title")),
    };
    render(&page)
}

fn line(towns: &Towns, entry: &OpenEntry, summary: &RequestSummary, now: i64) -> Line {
    let dates = dates(towns, &summary.authority);
    Line {
        reference: summary.reference.clone(),
        subject: summary.subject.clone(),
        procedure: procedure_name(towns, &summary.authority, &summary.procedure),
        department: department_name(towns, &summary.authority, &summary.department),
        state: agent_label(summary.state),
        assignee: towns.agent(&entry.assignee_id).map(|agent| agent.name.clone()).unwrap_or_default(),
        received: dates.day(summary.received_at),
        due: dates.day(summary.due_at),
        late: summary.due_at != 0 && summary.due_at < now,
    }
}
