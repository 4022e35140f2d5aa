//! Who learns what: on the desk of who learns and of who teaches, and on the settings of who may grant the skill.

use std::collections::BTreeMap;

use guichet_proto::routing::v1::{LearningProgress, ListLearningRequest};

use crate::access;
use crate::app::App;
use crate::auth::Session;
use crate::clients::ask;
use crate::text::tr;
use crate::towns::Towns;

/// A skill somebody learns, for who learns it or teaches it.
pub(crate) struct LearningLine {
    /// How far it is.
    pub(crate) told: String,
    /// There is enough to propose the skill.
    pub(crate) proposed: bool,
    /// Learning cases in hand, by reference.
    pub(crate) open: Vec<String>,
}

/// A skill that may be granted.
pub(crate) struct Proposal {
    pub(crate) address: String,
    pub(crate) told: String,
}

/// Returns what an agent is to know of who learns; nothing when routing does not answer: the page still serves.
pub(crate) async fn read(app: &App, session: &Session) -> Vec<LearningProgress> {
    let Ok(agent_id) = session.agent_id() else { return Vec::new() };
    let message = ListLearningRequest { agent_id: agent_id.to_owned() };
    ask!(app.queue(), list_learning, message).map(|told| told.learning).unwrap_or_default()
}

/// Returns what an agent learns and teaches.
pub(crate) async fn lines(app: &App, session: &Session, towns: &Towns) -> Vec<LearningLine> {
    let me = &session.account.agent_id;
    let mut learning = read(app, session).await;
    learning.retain(|known| known.agent_id == *me || known.tutor_id == *me);
    let ids: Vec<String> = learning.iter().flat_map(|known| known.request_ids.clone()).collect();
    let summaries =
        if ids.is_empty() { Vec::new() } else { access::summaries(app, session, ids).await.unwrap_or_default() };
    let references: BTreeMap<&str, &str> =
        summaries.iter().map(|summary| (summary.id.as_str(), summary.reference.as_str())).collect();
    let line = |known: &LearningProgress| LearningLine {
        told: told(towns, known, if known.agent_id == *me { "learning-me" } else { "learning-other" }),
        proposed: known.answered >= known.needed,
        open: known.request_ids.iter().filter_map(|id| references.get(id.as_str())).map(|&it| it.to_owned()).collect(),
    };
    learning.iter().map(line).collect()
}

/// Returns the skills that may be granted in the authority of who supervises it.
pub(crate) async fn proposals(app: &App, session: &Session, towns: &Towns) -> Vec<Proposal> {
    let own = &session.account.authority;
    let mut learning = read(app, session).await;
    // Somebody taught for a neighbour is granted the skill there.
    learning.retain(|known| {
        known.answered >= known.needed && towns.employers_of(&known.agent_id).any(|employer| employer == own)
    });
    let proposal = |known: &LearningProgress| {
        let login = towns.login_of_agent(&known.agent_id)?;
        Some(Proposal {
            address: format!("/admin/agents/{}", super::in_query(login)),
            told: told(towns, known, "learning-proposal"),
        })
    };
    learning.iter().filter_map(proposal).collect()
}

fn told(towns: &Towns, known: &LearningProgress, key: &str) -> String {
    let name = |id: &str| towns.agent(id).map(|agent| agent.name.clone()).unwrap_or_default();
    let skill = tr("learning-skill", &[("name", known.name.clone()), ("level", known.level.to_string())]);
    tr(
        key,
        &[
            ("name", name(&known.agent_id)),
            ("tutor", name(&known.tutor_id)),
            ("skill", skill),
            ("answered", known.answered.to_string()),
            ("needed", known.needed.to_string()),
        ],
    )
}
