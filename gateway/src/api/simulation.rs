//! What a day would be, for `guichet simulate --day`.

use std::time::Duration;

use axum::extract::State;
use guichet_proto::routing::v1::simulate_request::Change;
use guichet_proto::routing::v1::{SimulateRequest, SimulatedDay, TaughtSkill};
use guichet_rpc::call::with_deadline;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::Shared;
use crate::auth::Administrator;
use crate::checks::Checks;
use crate::extract::LargeJson;
use crate::problem::Problem;
use crate::towns::Towns;

/// A recorded day of ten thousand requests played twice, or an ordinary one with its advice, on a slow machine.
const SIMULATION_DEADLINE: Duration = Duration::from_secs(120);

/// A day, and what is tried on it.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Asked {
    /// Code of the authority; the whole town when left out.
    authority: String,
    /// A recorded day, as `2026-11-26`, or `today`, in the time zone of the first authority; an ordinary one when left out.
    day: String,
    /// A skill an agent learns.
    teach: Option<Taught>,
    /// Login: one agent more, who knows what this one does.
    more_like: String,
    /// Login: this agent is not there.
    less: String,
    /// Another way of dispatching: `fifo`, `strict-priority`, `longest-idle`, `zendesk-like`, `connect-like`, `genesys-like`.
    policy: String,
    /// Other directories, as `guichet directory import` makes them.
    #[schema(value_type = Vec<Object>)]
    directories: Vec<serde_json::Value>,
    /// Contacts of an ordinary day; as many as suit the agents when 0.
    contacts: u32,
    /// Of the hazards.
    seed: u64,
    /// Whom to teach what, and what rests on one person.
    advise: bool,
}

/// A skill to learn.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Taught {
    /// Login.
    agent: String,
    /// Code.
    skill: String,
    /// From 1 to 5.
    level: u32,
}

/// The day, and the same day changed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Played {
    /// Every figure of the day as it is.
    #[schema(value_type = Object)]
    day: serde_json::Value,
    /// The same, changed; null when nothing was.
    #[schema(value_type = Object)]
    other: serde_json::Value,
    /// What both are like, in French.
    sentences: Vec<String>,
    /// What rests on one person, in French.
    fragile: Vec<String>,
    /// Whom to teach what, the best first, in French.
    lessons: Vec<String>,
}

impl Asked {
    fn message(self, towns: &Towns) -> Result<SimulateRequest, Problem> {
        let mut checks = Checks::default();
        let mut agent = |pointer: &str, login: &str| {
            let id = towns.agent_id_of_login(login).unwrap_or_default().to_owned();
            if id.is_empty() {
                checks.fail(pointer, "field-not-accepted");
            }
            id
        };
        let change = match &self {
            Self { teach: Some(taught), .. } => {
                let agent_id = agent("/teach/agent", &taught.agent);
                Some(Change::Teach(TaughtSkill { agent_id, skill: taught.skill.clone(), level: taught.level }))
            }
            Self { more_like, .. } if !more_like.is_empty() => Some(Change::MoreLike(agent("/more_like", more_like))),
            Self { less, .. } if !less.is_empty() => Some(Change::Less(agent("/less", less))),
            _ => None,
        };
        checks.done()?;
        Ok(SimulateRequest {
            authority: self.authority,
            change,
            contacts: self.contacts,
            seed: self.seed,
            day: self.day,
            policy: self.policy,
            directories: self.directories.iter().map(ToString::to_string).collect(),
            without_advice: !self.advise,
            ..SimulateRequest::default()
        })
    }
}

/// Plays a day, ordinary or recorded, as it is and with a change, and tells in French what changes.
#[utoipa::path(
    post, path = "/simulation", tag = "operations", security(("key" = [])), request_body = Asked,
    responses(
        (status = 200, body = Played),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn play(
    State(app): State<Shared>,
    _: Administrator,
    LargeJson(asked): LargeJson<Asked>,
) -> Result<axum::Json<Played>, Problem> {
    let message = asked.message(&*app.towns().await?)?;
    let answer = app.queue().simulate(with_deadline(message, SIMULATION_DEADLINE)).await?.into_inner();
    Ok(axum::Json(Played {
        day: figures(answer.before.as_ref()),
        other: figures(answer.after.as_ref()),
        sentences: answer.sentences,
        fragile: answer.single_points.into_iter().map(|point| point.sentence).collect(),
        lessons: answer.lessons.into_iter().map(|lesson| lesson.sentence).collect(),
    }))
}

fn figures(day: Option<&SimulatedDay>) -> serde_json::Value {
    day.and_then(|day| serde_json::from_str(&day.figures).ok()).unwrap_or_default()
}
