//! `/pilotage/demandes/{id}/evenements`: all that happened to a request, by whom and when, as the services recorded it.

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use guichet_core::work::Channel;
use guichet_proto::common::v1::Page;
use guichet_proto::intake::v1::Interaction;
use guichet_proto::notification::v1::{Delivery, ListDeliveriesRequest};
use guichet_proto::routing::v1::{Decision, ListDecisionsRequest, ListStepsRequest, WorkStep};
use guichet_rpc::convert::FromProto;

use super::chrome::Chrome;
use super::desk::{dates, procedure_name};
use super::render;
use crate::access;
use crate::api::deliveries::{delivery_state, medium};
use crate::api::request_views::kind;
use crate::app::Shared;
use crate::auth::Supervisor;
use crate::clients::ask;
use crate::extract::Path;
use crate::problem::Problem;
use crate::text::{find, in_french, t, t1};
use crate::towns::Towns;
use crate::view::date::Dates;
use crate::view::state::{agent_label, department_name};

/// Messages out that are listed.
const DELIVERIES_MAX: u32 = 100;

#[derive(Template)]
#[template(path = "chronicle.html")]
struct Chronicle {
    chrome: Chrome,
    reference: String,
    subject: String,
    procedure: String,
    received: String,
    announced: String,
    resolved: String,
    events: Vec<Event>,
}

/// One thing that happened.
struct Event {
    millis: i64,
    at: String,
    /// What kind of record it is: a message, the work, a decision, a message out.
    source: String,
    what: String,
    who: String,
    detail: String,
}

/// Shows what happened to a request.
pub(super) async fn show(
    State(app): State<Shared>,
    Supervisor(session): Supervisor,
    Path(id): Path<String>,
) -> Result<Html<String>, Problem> {
    let opened = access::open(&app, &session, &id).await?;
    let request_id = opened.id().to_owned();
    let (towns, steps, decisions, sent) = tokio::try_join!(
        app.towns(),
        async { ask!(app.work(), list_steps, ListStepsRequest { request_id: request_id.clone() }) },
        async { ask!(app.decisions(), list, ListDecisionsRequest { request_id: request_id.clone() }) },
        async {
            let page = Some(Page { limit: DELIVERIES_MAX, cursor: String::new() });
            ask!(
                app.notification(),
                list_deliveries,
                ListDeliveriesRequest { request_id: request_id.clone(), state: 0, page }
            )
        },
    )?;
    let summary = opened.summary();
    let teller = Teller { towns: &towns, authority: &summary.authority, dates: dates(&towns, &summary.authority) };
    let mut events = teller.steps(&steps.steps, opened.full);
    events.extend(opened.request.interactions.iter().map(|interaction| teller.interaction(interaction)));
    // A decision names the skill and the clearance that a file asks: that alone would say what it is about.
    if opened.full {
        events.extend(decisions.decisions.iter().map(|decision| teller.decision(decision)));
        events.extend(sent.deliveries.iter().map(|delivery| teller.delivery(delivery)));
    }
    events.sort_by_key(|event| event.millis);
    let resolved = steps.steps.iter().rfind(|step| step.how == "resolve").map_or(0, |step| step.at);
    let page = Chronicle {
        reference: summary.reference.clone(),
        subject: summary.subject.clone(),
        procedure: procedure_name(&towns, &summary.authority, &summary.procedure),
        received: teller.dates.moment(summary.received_at),
        announced: teller.dates.moment(summary.due_at),
        resolved: teller.dates.moment(resolved),
        events,
        chrome: Chrome::of(&app, &towns, Some(&session), t("chronicle-title")),
    };
    render(&page)
}

/// Puts records in words.
struct Teller<'a> {
    towns: &'a Towns,
    authority: &'a str,
    dates: Dates,
}

impl Teller<'_> {
    fn name(&self, agent_id: &str) -> String {
        self.towns.agent(agent_id).map(|agent| agent.name.clone()).unwrap_or_default()
    }

    fn event(&self, millis: i64, source: &str, what: String) -> Event {
        let (at, source) = (self.dates.moment(millis), t(&format!("chronicle-{source}")));
        Event { millis, at, source, what, who: String::new(), detail: String::new() }
    }

    /// Returns the changes of the work; each version of the announced date is told once.
    fn steps(&self, steps: &[WorkStep], full: bool) -> Vec<Event> {
        let mut announced = 0;
        let mut events = Vec::new();
        for step in steps {
            let mut detail =
                vec![agent_label(step.state), department_name(self.towns, self.authority, &step.department)];
            if step.announced_due != 0 && step.announced_due != announced {
                announced = step.announced_due;
                detail.push(t1("chronicle-announced", "date", self.dates.day(announced)));
            }
            if full && !step.note.is_empty() {
                detail.push(format!("« {} »", step.note));
            }
            detail.retain(|words| !words.is_empty());
            let what = find(&format!("step-{}", step.how)).unwrap_or_else(|| step.how.clone());
            events.push(Event {
                who: self.name(&step.agent_id),
                detail: detail.join(" – "),
                ..self.event(step.at, "work", what)
            });
        }
        events
    }

    fn interaction(&self, interaction: &Interaction) -> Event {
        let by_agent = !interaction.agent_id.is_empty();
        let channel = Channel::from_proto(interaction.channel).map(|channel| t(&format!("channel-{channel}")));
        Event {
            who: if by_agent { self.name(&interaction.agent_id) } else { t("chronicle-usager") },
            detail: channel.unwrap_or_default(),
            ..self.event(interaction.occurred_at, "thread", t(&format!("kind-{}", kind(interaction.kind()))))
        }
    }

    fn decision(&self, decision: &Decision) -> Event {
        Event {
            who: self.name(&decision.agent_id),
            detail: in_french(&decision.sentence),
            ..self.event(
                decision.at,
                "decision",
                find(&format!("decision-{}", decision.kind)).unwrap_or_else(|| decision.kind.clone()),
            )
        }
    }

    fn delivery(&self, delivery: &Delivery) -> Event {
        let state = t(&format!("delivery-{}", delivery_state(delivery.state())));
        let way = t(&format!("medium-{}", medium(delivery.medium())));
        Event {
            detail: format!("{way} – {state} – {}", self.dates.moment(delivery.updated_at)),
            ..self.event(delivery.created_at, "delivery", t(&format!("template-{}", delivery.template)))
        }
    }
}
