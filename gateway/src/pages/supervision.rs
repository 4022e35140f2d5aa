//! `/pilotage`: what is open by department, who is there, and behind each figure the list it counts.

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use futures::future::try_join_all;
use guichet_core::work::{Channel, Nature, PresenceState};
use guichet_proto::common::v1::Page;
use guichet_proto::intake::v1::RequestSummary;
use guichet_proto::routing::v1::cut::By;
use guichet_proto::routing::v1::{
    AgentPresence, Cut, DepartmentFigures, DepartmentForecast, Figure, FigureCount, GetOverviewRequest,
    GetOverviewResponse, ListOpenRequest, ListPresenceRequest, MissingNeed, OpenEntry,
};
use guichet_rpc::convert::{FromProto, ToProto};
use serde::Deserialize;

use super::chrome::Chrome;
use super::desk::{dates, procedure_name};
use super::{render, simulation};
use crate::access;
use crate::app::{App, Shared};
use crate::auth::{Session, Supervisor};
use crate::clients::ask;
use crate::extract::Query;
use crate::problem::Problem;
use crate::text::{in_french, t, t1, tr};
use crate::towns::Towns;
use crate::view::date::age;
use crate::view::state::{agent_label, department_name, is_late};

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
    /// What nobody has.
    missing: Vec<Lack>,
    /// What nobody has who is at work.
    away: Vec<Lack>,
    towns: Vec<TownFigures>,
    cuts: Vec<CutTable>,
    agents: Vec<AgentLine>,
}

/// What requests wait for in vain.
struct Lack {
    words: String,
    count: u64,
    /// Of the page that says whom to teach it; empty when no skill would help.
    advice: String,
}

/// One way to cut what is open.
struct CutTable {
    /// Of the section.
    id: &'static str,
    heading: String,
    lines: Vec<DepartmentLine>,
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
    /// When whoever comes now may expect to be taken: « par écrit : dans la journée ».
    expected: Vec<String>,
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
    // A skill, a channel or a nature cuts across authorities: a part of them cannot be told from the whole.
    let cuts = if departments.len() == overview.departments.len() { cuts(&towns, &overview) } else { Vec::new() };
    let total = |figure: Figure| departments.iter().map(|line| count(line, figure)).sum::<u64>();
    let page = Overview {
        names: FIGURES.iter().map(|(_, name)| t(&format!("figure-{name}"))).collect(),
        totals: FIGURES.iter().map(|&figure| cell(figure, total(figure.0), &[])).collect(),
        unroutable: total(Figure::Unroutable),
        missing: lacking(&session, &towns, &overview, false),
        away: lacking(&session, &towns, &overview, true),
        cuts,
        towns: by_town(&towns, &departments, overview.at),
        agents: agents.into_iter().map(agent_line).collect(),
        chrome: Chrome::of(&app, &towns, Some(&session), t("supervision-title")),
    };
    render(&page)
}

fn by_town(towns: &Towns, departments: &[&DepartmentFigures], now: i64) -> Vec<TownFigures> {
    let mut list: Vec<TownFigures> = Vec::new();
    for figures in departments {
        let within = [("collectivite", figures.authority.as_str()), ("service", figures.department.as_str())];
        let line = DepartmentLine {
            name: match department_name(towns, &figures.authority, &figures.department) {
                unknown if unknown.is_empty() => figures.department.clone(),
                name => name,
            },
            oldest: if figures.oldest_waiting_at == 0 { String::new() } else { age(now - figures.oldest_waiting_at) },
            expected: figures.forecasts.iter().map(expected).collect(),
            cells: FIGURES.iter().map(|&figure| cell(figure, count(figures, figure.0), &within)).collect(),
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

/// Returns what whoever comes now may expect: « par écrit : dans la journée ».
fn expected(forecast: &DepartmentForecast) -> String {
    let lane = if forecast.live { t("forecast-live") } else { t("forecast-written") };
    let words = in_french(&forecast.words);
    if forecast.level == 2 {
        tr("forecast-level2", &[("lane", lane), ("when", words)])
    } else {
        tr("forecast-level1", &[("lane", lane), ("when", words)])
    }
}

/// Returns the tables by skill, channel and nature, those without a line left out.
fn cuts(towns: &Towns, overview: &GetOverviewResponse) -> Vec<CutTable> {
    let table = |id: &'static str, key: &str| {
        let lines = overview.cuts.iter().filter_map(|figures| {
            let part = Part::of(figures.cut.as_ref()?)?;
            (part.name == id).then(|| DepartmentLine {
                name: part.words(towns),
                oldest: if figures.oldest_waiting_at == 0 {
                    String::new()
                } else {
                    age(overview.at - figures.oldest_waiting_at)
                },
                expected: Vec::new(),
                cells: FIGURES
                    .iter()
                    .map(|&figure| cell(figure, counted(&figures.counts, figure.0), &[(part.name, &part.value)]))
                    .collect(),
            })
        });
        CutTable { id, heading: t(key), lines: lines.collect() }
    };
    let tables = [
        table("competence", "supervision-by-skill"),
        table("canal", "supervision-by-channel"),
        table("nature", "supervision-by-nature"),
    ];
    tables.into_iter().filter(|table| !table.lines.is_empty()).collect()
}

/// One part of a cut as it stands in an address: `competence=ECI`, `canal=phone`, `nature=complaint`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    name: &'static str,
    value: String,
}

impl Part {
    fn of(cut: &Cut) -> Option<Self> {
        let (name, value) = match cut.by.as_ref()? {
            By::Skill(code) => ("competence", code.clone()),
            By::Channel(channel) => ("canal", Channel::from_proto(*channel)?.as_str().to_owned()),
            By::Nature(nature) => ("nature", Nature::from_proto(*nature)?.as_str().to_owned()),
        };
        Some(Self { name, value })
    }

    /// Returns the part asked for in an address; an unknown value is no page of ours.
    fn asked(which: &Which) -> Result<Option<Self>, Problem> {
        let given = [("competence", &which.competence), ("canal", &which.canal), ("nature", &which.nature)];
        let Some((name, value)) = given.into_iter().find(|(_, value)| !value.is_empty()) else { return Ok(None) };
        let part = Self { name, value: value.clone() };
        if part.cut().is_some() { Ok(Some(part)) } else { Err(Problem::not_found()) }
    }

    fn cut(&self) -> Option<Cut> {
        let by = match self.name {
            "competence" => By::Skill(self.value.clone()),
            "canal" => By::Channel(Channel::parse(&self.value)?.to_proto()),
            _ => By::Nature(Nature::parse(&self.value)?.to_proto()),
        };
        Some(Cut { by: Some(by) })
    }

    fn words(&self, towns: &Towns) -> String {
        match self.name {
            "competence" => {
                let named = towns.all().iter().find_map(|town| town.skills.get(&self.value));
                named.cloned().unwrap_or_else(|| self.value.clone())
            }
            "canal" => t(&format!("channel-{}", self.value)),
            _ => t(&format!("nature-{}", self.value)),
        }
    }
}

/// Returns what nobody has in the authorities of a session, or nobody who is at work.
fn lacking(session: &Session, towns: &Towns, overview: &GetOverviewResponse, away: bool) -> Vec<Lack> {
    let theirs = overview.missing.iter().filter(|missing| session.works_for(&missing.authority));
    let lack = |missing: &MissingNeed| Lack {
        words: missing.words.clone(),
        count: missing.count,
        advice: simulation::advice_address(towns, missing),
    };
    theirs.filter(|missing| missing.away == away).map(lack).collect()
}

fn counted(counts: &[FigureCount], figure: Figure) -> u64 {
    counts.iter().find(|counted| counted.figure() == figure).map_or(0, |counted| counted.count)
}

fn count(line: &DepartmentFigures, figure: Figure) -> u64 {
    counted(&line.counts, figure)
}
fn cell((figure, name): (Figure, &str), count: u64, within: &[(&str, &str)]) -> Cell {
    Cell {
        name: t(&format!("figure-{name}")),
        count,
        address: list_address(name, within),
        alarm: count > 0 && ALARMS.contains(&figure),
    }
}

fn list_address(figure: &str, within: &[(&str, &str)]) -> String {
    let mut address = format!("/pilotage/demandes?chiffre={figure}");
    for (name, value) in within.iter().filter(|(_, value)| !value.is_empty()) {
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
    competence: String,
    canal: String,
    nature: String,
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
    let part = Part::asked(&which)?;
    let message = ListOpenRequest {
        cut: part.as_ref().and_then(Part::cut),
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
        let mut within = vec![("collectivite", which.collectivite.as_str()), ("service", &which.service)];
        within.extend(part.as_ref().map(|part| (part.name, part.value.as_str())));
        within.push(("suite", &found.next_cursor));
        list_address(name, &within)
    };
    let page = List {
        lines: lines.collect(),
        heading: t1("supervision-list", "figure", t(&format!("figure-{name}"))),
        within: match &part {
            Some(part) => part.words(&towns),
            None => department_name(&towns, &which.collectivite, &which.service),
        },
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
        late: is_late(summary, now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_in_an_address_is_the_part_that_was_counted() {
        let complaint = Cut { by: Some(By::Nature(Nature::Complaint.to_proto())) };
        let phone = Cut { by: Some(By::Channel(Channel::Phone.to_proto())) };
        let skill = Cut { by: Some(By::Skill("ECI".to_owned())) };
        for cut in [complaint, phone, skill] {
            let part = Part::of(&cut).expect("a part");
            assert_eq!(part.cut(), Some(cut), "{part:?}");
        }
        let wrong = Which { canal: "pigeon".to_owned(), ..Which::default() };
        assert_eq!(Part::asked(&wrong).expect_err("no such channel").status, 404);
        assert_eq!(Part::asked(&Which::default()).expect("nothing asked"), None);
    }
}
