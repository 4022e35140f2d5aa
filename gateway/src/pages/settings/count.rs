//! `/admin/calcul`: a delay counted on a department's hours, each day with its reason.

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use serde::Deserialize;

use crate::api::calendars::{DelayQuery, count};
use crate::app::Shared;
use crate::auth::Supervisor;
use crate::extract::Query;
use crate::pages::chrome::Chrome;
use crate::pages::desk::Choice;
use crate::pages::form::FormView;
use crate::pages::render;
use crate::problem::Problem;
use crate::text::{in_french, t};
use crate::view::alphabetical;

/// What the page starts from.
const DELAY_SHOWN_FIRST: &str = "3 jours ouvrés";

#[derive(Template)]
#[template(path = "settings_count.html")]
struct Count {
    chrome: Chrome,
    form: FormView,
    departments: Vec<Choice>,
    counted: Option<Counted>,
}

/// A count, as it is read: in French, whatever the language of the page.
struct Counted {
    calendar: String,
    asked: String,
    /// Each with whether it counts.
    steps: Vec<(String, bool)>,
    conclusion: String,
}

/// What is typed on the page.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    service: String,
    de: String,
    delai: String,
}

/// Shows the form, and the count once a department is chosen.
pub(super) async fn show(
    State(app): State<Shared>,
    Supervisor(session): Supervisor,
    Query(typed): Query<Typed>,
) -> Result<Html<String>, Problem> {
    let towns = app.towns().await?;
    let authority = session.account.authority.clone();
    let delay = if typed.delai.is_empty() { DELAY_SHOWN_FIRST } else { typed.delai.as_str() };
    let mut form = FormView::with(&[("service", &typed.service), ("de", &typed.de), ("delai", delay)]);
    let mut counted = None;
    if !typed.service.is_empty() {
        let asked =
            DelayQuery { authority: authority.clone(), department: typed.service, from: typed.de, delay: typed.delai };
        match count(&app, &asked).await {
            Ok(found) => {
                counted = Some(Counted {
                    steps: found.steps.iter().map(|step| (in_french(&step.sentence), step.total > 0)).collect(),
                    calendar: in_french(&found.calendar),
                    asked: in_french(&found.asked),
                    conclusion: in_french(&found.conclusion),
                });
            }
            Err(problem) if problem.status == 422 => {
                form.refuse(&problem);
                for (name, shown) in [("department", "service"), ("from", "de"), ("delay", "delai")] {
                    form.tell_at(name, shown);
                }
            }
            Err(problem) => return Err(problem),
        }
    }
    let mut departments: Vec<Choice> = towns
        .all()
        .iter()
        .flat_map(|town| &town.departments)
        .map(|(code, department)| Choice { code: code.clone(), name: department.name.clone() })
        .collect();
    departments.sort_by_cached_key(|choice| (alphabetical(&choice.name), choice.code.clone()));
    departments.dedup_by(|a, b| a.code == b.code);
    render(&Count { chrome: Chrome::of(&app, &towns, Some(&session), t("settings-title")), form, departments, counted })
}
