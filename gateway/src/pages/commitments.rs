//! `/pilotage/engagements`: how the promises to usagers were kept, from the figure to its list to the events of each
//! request.

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use guichet_proto::common::v1::Page;
use guichet_proto::intake::v1::RequestSummary;
use guichet_proto::routing::v1::{
    Commitment, CommitmentEntry, CommitmentFigures, GetCommitmentsRequest, ListCommitmentRequest, Verdict,
};
use jiff::ToSpan;
use jiff::civil::Date;
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
use crate::view::date::Dates;
use crate::view::state::{agent_label, department_name};

/// Lines of a list on one page.
const LINES_MAX: u32 = 50;
/// Months a reader may go back to.
const MONTHS_MAX: i64 = 36;

/// A commitment and its name in addresses and in the catalogue.
const COMMITMENTS: [(Commitment, &str); 2] =
    [(Commitment::DelayKept, "delay-kept"), (Commitment::AnsweredOrDated, "answered-or-dated")];
/// A verdict and its name in addresses and in the catalogue.
const VERDICTS: [(Verdict, &str); 3] =
    [(Verdict::Unspecified, "counted"), (Verdict::Kept, "kept"), (Verdict::Missed, "missed")];

#[derive(Template)]
#[template(path = "commitments.html")]
struct Overview {
    chrome: Chrome,
    month: String,
    earlier: String,
    later: String,
    promises: Vec<Promise>,
}

/// One commitment.
struct Promise {
    code: &'static str,
    name: String,
    /// Numerator, denominator, calendar, what is left out.
    rule: String,
    words: Words,
    total: Score,
    departments: Vec<(String, Score)>,
}

/// What its verdicts are called.
struct Words {
    kept: String,
    missed: String,
    counted: String,
}

/// One share and the lists it opens.
struct Score {
    /// « 87 % », empty when nothing is counted.
    percent: String,
    kept: Cell,
    missed: Cell,
    counted: Cell,
}

struct Cell {
    count: u64,
    address: String,
}

/// A month of an authority's own calendar.
struct Month {
    first: Date,
    dates: Dates,
}

impl Month {
    /// Returns the month asked for (`2026-11`), the current one when none is.
    fn asked(text: &str, now: i64, dates: Dates) -> Result<Self, Problem> {
        let today: Date = dates.form_day(now).parse().map_err(|_| Problem::not_found())?;
        let first = match text {
            "" => today.first_of_month(),
            text => format!("{text}-01").parse::<Date>().map_err(|_| Problem::not_found())?,
        };
        let oldest = today.first_of_month().saturating_sub(MONTHS_MAX.months());
        if first < oldest || first > today { Err(Problem::not_found()) } else { Ok(Self { first, dates }) }
    }

    /// Returns the first instant of the month and that of the next one.
    fn bounds(&self) -> Result<(i64, i64), Problem> {
        let start = |day: Date| self.dates.start_of_day(day).ok_or_else(Problem::not_found);
        Ok((start(self.first)?, start(self.first.saturating_add(1.month()))?))
    }

    fn code(&self) -> String {
        self.first.strftime("%Y-%m").to_string()
    }

    /// Returns the code of the month `months` away.
    fn away(&self, months: i64) -> String {
        self.first.saturating_add(months.months()).strftime("%Y-%m").to_string()
    }
}

/// Which month.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    mois: String,
}

/// Shows the shares of a month.
pub(super) async fn show(
    State(app): State<Shared>,
    Supervisor(session): Supervisor,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Problem> {
    let towns = app.towns().await?;
    let now = app.clock.now().as_millis();
    let month = Month::asked(&asked.mois, now, dates(&towns, &session.account.authority))?;
    let (from, until) = month.bounds()?;
    let message = GetCommitmentsRequest { agent_id: session.account.agent_id.clone(), from, until };
    let mut figures = ask!(app.queue(), get_commitments, message)?.figures;
    figures.retain(|line| session.works_for(&line.authority));
    let code = month.code();
    let page = Overview {
        month: month.dates.month(from),
        earlier: format!("/pilotage/engagements?mois={}", month.away(-1)),
        later: if until > now { String::new() } else { format!("/pilotage/engagements?mois={}", month.away(1)) },
        promises: COMMITMENTS.iter().map(|(of, name)| promise(&towns, *of, name, &figures, &code)).collect(),
        chrome: Chrome::of(&app, &towns, Some(&session), t("commitments-title")),
    };
    render(&page)
}

fn promise(
    towns: &Towns,
    commitment: Commitment,
    code: &'static str,
    figures: &[CommitmentFigures],
    month: &str,
) -> Promise {
    let own: Vec<&CommitmentFigures> = figures.iter().filter(|line| line.commitment() == commitment).collect();
    let all = own.iter().fold((0, 0), |(kept, total), line| (kept + line.kept, total + line.total));
    let department = |line: &&CommitmentFigures| {
        let within = format!("&collectivite={}&service={}", line.authority, line.department);
        let name = department_name(towns, &line.authority, &line.department);
        let town = towns.find(&line.authority).map(|town| town.authority.name.clone()).unwrap_or_default();
        (format!("{name} – {town}"), score(code, month, &within, (line.kept, line.total)))
    };
    Promise {
        code,
        name: t(&format!("commitment-{code}")),
        rule: t(&format!("commitment-{code}-rule")),
        words: Words {
            kept: verdict_name(code, "kept"),
            missed: verdict_name(code, "missed"),
            counted: verdict_name(code, "counted"),
        },
        total: score(code, month, "", all),
        departments: own.iter().map(department).collect(),
    }
}

/// Returns what a verdict on a commitment is called.
fn verdict_name(commitment: &str, verdict: &str) -> String {
    t(&format!("verdict-{commitment}-{verdict}"))
}

fn score(code: &str, month: &str, within: &str, (kept, total): (u64, u64)) -> Score {
    let cell = |verdict: &str, count: u64| Cell {
        count,
        address: format!("/pilotage/engagements/demandes?engagement={code}&verdict={verdict}&mois={month}{within}"),
    };
    Score {
        // Rounded down: 99.6 % kept is not « 100 % ».
        percent: (kept * 100).checked_div(total).map(|share| t1("percent", "share", share)).unwrap_or_default(),
        kept: cell("kept", kept),
        missed: cell("missed", total - kept),
        counted: cell("counted", total),
    }
}

/// Which list.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Which {
    engagement: String,
    verdict: String,
    mois: String,
    collectivite: String,
    service: String,
    suite: String,
}

#[derive(Template)]
#[template(path = "commitment_list.html")]
struct List {
    chrome: Chrome,
    heading: String,
    back: String,
    month: String,
    lines: Vec<Line>,
    next: String,
}

struct Line {
    reference: String,
    procedure: String,
    department: String,
    state: String,
    received: String,
    due: String,
    answered: String,
    kept: bool,
}

/// Lists what a figure counts.
pub(super) async fn list(
    State(app): State<Shared>,
    Supervisor(session): Supervisor,
    Query(which): Query<Which>,
) -> Result<Html<String>, Problem> {
    let known = |(_, name): &&(Commitment, &str)| *name == which.engagement;
    let (commitment, code) = COMMITMENTS.iter().find(known).ok_or_else(Problem::not_found)?;
    let known = |(_, name): &&(Verdict, &str)| *name == which.verdict;
    let (verdict, verdict_code) = VERDICTS.iter().find(known).ok_or_else(Problem::not_found)?;
    let towns = app.towns().await?;
    let now = app.clock.now().as_millis();
    let month = Month::asked(&which.mois, now, dates(&towns, &session.account.authority))?;
    let (from, until) = month.bounds()?;
    let message = ListCommitmentRequest {
        agent_id: session.account.agent_id.clone(),
        commitment: (*commitment).into(),
        verdict: (*verdict).into(),
        authority: which.collectivite.clone(),
        department: which.service.clone(),
        from,
        until,
        page: Some(Page { limit: LINES_MAX, cursor: which.suite.clone() }),
    };
    let found = ask!(app.queue(), list_commitment, message)?;
    let lines = lines(&app, &session, &towns, &found.entries).await?;
    let next = if found.next_cursor.is_empty() {
        String::new()
    } else {
        format!(
            "/pilotage/engagements/demandes?engagement={code}&verdict={verdict_code}&mois={}&collectivite={}&service={}&suite={}",
            month.code(),
            super::in_query(&which.collectivite),
            super::in_query(&which.service),
            found.next_cursor
        )
    };
    let page = List {
        heading: format!("{} – {}", t(&format!("commitment-{code}")), verdict_name(code, verdict_code)),
        back: format!("/pilotage/engagements?mois={}", month.code()),
        month: month.dates.month(from),
        lines,
        next,
        chrome: Chrome::of(&app, &towns, Some(&session), t("commitments-title")),
    };
    render(&page)
}

async fn lines(app: &App, session: &Session, towns: &Towns, entries: &[CommitmentEntry]) -> Result<Vec<Line>, Problem> {
    let ids = entries.iter().map(|entry| entry.request_id.clone()).collect();
    let summaries = access::summaries(app, session, ids).await?;
    let lines = entries.iter().filter_map(|entry| {
        let summary = summaries.iter().find(|summary| summary.id == entry.request_id)?;
        Some(line(towns, entry, summary))
    });
    Ok(lines.collect())
}

fn line(towns: &Towns, entry: &CommitmentEntry, summary: &RequestSummary) -> Line {
    let dates = dates(towns, &summary.authority);
    Line {
        reference: summary.reference.clone(),
        procedure: procedure_name(towns, &summary.authority, &summary.procedure),
        department: department_name(towns, &summary.authority, &summary.department),
        state: agent_label(summary.state),
        received: dates.moment(summary.received_at),
        due: dates.moment(entry.announced_due),
        answered: dates.moment(entry.resolved_at),
        kept: entry.kept,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOVEMBER_25: i64 = 1_795_600_000_000;

    fn month(text: &str) -> Result<Month, Problem> {
        Month::asked(text, NOVEMBER_25, Dates::in_zone("Europe/Paris"))
    }

    #[test]
    fn a_month_is_that_of_the_authoritys_own_clock() {
        let (from, until) = month("2026-10").and_then(|month| month.bounds()).expect("a month");
        let instant = |text: &str| text.parse::<jiff::Timestamp>().expect("an instant").as_millisecond();
        // Summer time ends inside it.
        assert_eq!((from, until), (instant("2026-09-30T22:00:00Z"), instant("2026-10-31T23:00:00Z")));
        assert_eq!(month("").map(|month| month.code()).ok().as_deref(), Some("2026-11"));
    }

    #[test]
    fn months_to_come_and_nonsense_are_no_pages() {
        for text in ["2026-12", "2020-01", "novembre", "2026-13"] {
            assert_eq!(month(text).err().map(|problem| problem.status), Some(404), "{text}");
        }
    }

    #[test]
    fn a_share_is_never_rounded_up() {
        assert_eq!(score("delay-kept", "2026-11", "", (999, 1_000)).percent, "99\u{a0}%");
        assert_eq!(score("delay-kept", "2026-11", "", (0, 0)).percent, "");
    }
}
