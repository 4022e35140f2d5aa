//! What an agent may do with a request now, with the choices each action offers.

use guichet_core::work::{Outcome, WorkState};
use guichet_rpc::convert::FromProto;

use super::clocks;
use crate::access::Opened;
use crate::auth::Session;
use crate::pages::desk::{Choice, choice};
use crate::towns::Towns;
use crate::view::alphabetical;
use crate::view::date::Dates;

/// Days a usager is given for a missing paper unless the agent says otherwise.
const WAIT_DAYS: i64 = 15;

/// What the agent may do now, with the choices each action offers.
#[derive(Default)]
pub(super) struct Buttons {
    pub(super) take: bool,
    pub(super) start: bool,
    pub(super) escalate: bool,
    pub(super) transfer: bool,
    pub(super) give_back: bool,
    pub(super) forward: bool,
    pub(super) resume: bool,
    pub(super) resolve: bool,
    pub(super) pause: bool,
    pub(super) withdraw: bool,
    pub(super) dismiss: bool,
    pub(super) reopen: bool,
    /// The agent holds the request: the reply form is open.
    pub(super) reply: bool,
    pub(super) departments: Vec<Choice>,
    pub(super) procedures: Vec<Choice>,
    pub(super) outcomes: Vec<Choice>,
    pub(super) reasons: Vec<Choice>,
    pub(super) wait_until: String,
    /// What becomes of the dates meanwhile.
    pub(super) wait_clock: String,
}

/// Returns what may be done.
pub(super) fn buttons(towns: &Towns, at: &Dates, now: i64, session: &Session, opened: &Opened) -> Buttons {
    let summary = opened.summary();
    let me = &session.account.agent_id;
    let holds = opened.work.as_ref().is_some_and(|work| work.assignee_id == *me || work.level2_assignee_id == *me);
    let open = opened.work.as_ref().and_then(|work| WorkState::from_proto(work.state)).is_some_and(WorkState::is_open);
    let town = towns.find(&summary.authority);
    let named = |code: &String, name: &String| Choice { code: code.clone(), name: name.clone() };
    // A neighbour's departments may be in charge too (pooling): those of all published authorities are offered.
    let mut departments: Vec<Choice> = towns
        .all()
        .iter()
        .flat_map(|town| &town.departments)
        .map(|(code, department)| named(code, &department.name))
        .collect();
    departments.sort_by_cached_key(|choice| (alphabetical(&choice.name), choice.code.clone()));
    departments.dedup_by(|a, b| a.code == b.code);
    let mut procedures: Vec<Choice> = town
        .into_iter()
        .flat_map(|town| &town.procedures)
        .map(|(code, procedure)| named(code, &procedure.name))
        .collect();
    procedures.sort_by_cached_key(|choice| alphabetical(&choice.name));
    let reasons =
        town.into_iter().flat_map(|town| &town.authority.dismissal_reasons).map(|(_, reason)| named(reason, reason));
    Buttons {
        take: opened.allows("take"),
        start: opened.allows("start"),
        escalate: opened.allows("escalate"),
        transfer: opened.allows("transfer"),
        give_back: opened.allows("return"),
        forward: opened.allows("forward"),
        resume: opened.allows("resume"),
        resolve: opened.allows("resolve"),
        pause: opened.allows("pause"),
        withdraw: opened.allows("withdraw"),
        dismiss: opened.allows("dismiss"),
        reopen: opened.allows("reopen"),
        reply: opened.full && open && (holds || opened.allows("resolve")),
        departments,
        procedures,
        outcomes: Outcome::ALL.iter().map(|outcome| choice("outcome", outcome.as_str())).collect(),
        reasons: reasons.collect(),
        wait_clock: opened.work.as_ref().map(clocks::if_asked).unwrap_or_default(),
        wait_until: at.form_day(now + WAIT_DAYS * 86_400_000),
    }
}
