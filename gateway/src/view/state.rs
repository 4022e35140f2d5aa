//! Where a request stands, in the usager's words and in the agent's.
//!
//! The usager never sees what happens between agents: offered, declined, widened and escalated are all told as
//! « Enregistrée » or « En cours de traitement ».

use guichet_core::Timestamp;
use guichet_core::work::{Outcome, WorkState};
use guichet_proto::intake::v1::{RequestSummary, TrackResponse};
use guichet_proto::routing::v1::{ClockState, WorkItem};
use guichet_rpc::convert::FromProto;

use super::date::Dates;
use crate::language::{self, Language};
use crate::text::{t, t1, tr};
use crate::towns::Towns;

/// What is known of a request.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) state: WorkState,
    /// Name of the department, empty when unknown.
    pub(crate) department: String,
    pub(crate) announced_due: i64,
    /// By when the usager is told who has it, while nothing is announced.
    pub(crate) receipt_due: i64,
    /// Since when it is in this state.
    pub(crate) since: i64,
    pub(crate) wait_until: i64,
    /// How the delay of the law stands, when the work itself says so.
    pub(crate) legal: ClockState,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) forwarded_to: String,
    pub(crate) dates: Dates,
}

impl Facts {
    /// Returns what a bare reference tells.
    pub(crate) fn of_track(found: &TrackResponse, towns: &Towns) -> Self {
        let zone = towns.find(&found.authority).map(|town| town.authority.time_zone.as_str()).unwrap_or_default();
        Self {
            state: WorkState::from_proto(found.state).unwrap_or(WorkState::Received),
            department: department_name(towns, &found.authority, &found.department),
            announced_due: found.announced_due,
            receipt_due: found.receipt_due,
            since: found.state_since,
            wait_until: found.wait_until,
            legal: ClockState::Unspecified,
            outcome: Outcome::from_proto(found.outcome),
            forwarded_to: found.forwarded_to.clone(),
            dates: Dates::in_zone(zone),
        }
    }

    /// Returns what the work itself tells.
    pub(crate) fn of_work(work: &WorkItem, towns: &Towns) -> Self {
        let zone = towns.find(&work.authority).map(|town| town.authority.time_zone.as_str()).unwrap_or_default();
        Self {
            state: WorkState::from_proto(work.state).unwrap_or(WorkState::Received),
            department: department_name(towns, &work.authority, &work.department),
            announced_due: work.announced_due,
            receipt_due: work.receipt_due,
            since: 0,
            wait_until: work.wait_until,
            legal: work.legal_clock.as_ref().map_or(ClockState::Running, |clock| clock.state()),
            outcome: Outcome::from_proto(work.outcome),
            forwarded_to: work.forwarded_to.clone(),
            dates: Dates::in_zone(zone),
        }
    }
}

/// Returns a department's name, empty when it is unknown.
pub(crate) fn department_name(towns: &Towns, authority: &str, code: &str) -> String {
    towns.department(authority, code).map(|department| department.name.clone()).unwrap_or_default()
}

/// Where a request stands, as its usager is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UsagerState {
    /// Stable text for programs.
    pub(crate) code: &'static str,
    /// « En cours de traitement – service État civil ».
    pub(crate) label: String,
    /// « Prochaine étape ».
    pub(crate) next_step: String,
    /// « Avant le », empty when no date is due.
    pub(crate) before: String,
    /// The announced date has passed.
    pub(crate) late: bool,
    /// What becomes of the delay while the usager is awaited, empty otherwise.
    pub(crate) delay: String,
}

impl UsagerState {
    /// Returns where a request stands at `now`.
    pub(crate) fn of(facts: &Facts, now: Timestamp) -> Self {
        use WorkState::{
            Assigned, Closed, Dismissed, Escalated, Forwarded, InProgress, Offered, Queued, Received, Resolved,
            WaitingRequester, Withdrawn,
        };
        let code = match facts.state {
            Received | Queued | Offered => "registered",
            Assigned | InProgress | Escalated => "in_progress",
            WaitingRequester => "waiting_requester",
            Forwarded => "forwarded",
            Resolved => "resolved",
            Closed => "closed",
            Withdrawn => "withdrawn",
            Dismissed => "dismissed",
        };
        let owed = matches!(code, "registered" | "in_progress" | "waiting_requester");
        let due = match facts.announced_due {
            _ if code == "waiting_requester" && facts.wait_until != 0 => facts.wait_until,
            0 => facts.receipt_due,
            announced => announced,
        };
        Self {
            code,
            label: label(code, facts),
            next_step: t(&format!("next-{code}")),
            before: if owed { facts.dates.day(due) } else { String::new() },
            late: owed
                && code != "waiting_requester"
                && facts.announced_due != 0
                && now.as_millis() > facts.announced_due,
            delay: if code == "waiting_requester" { delay(facts) } else { String::new() },
        }
    }
}

fn delay(facts: &Facts) -> String {
    match facts.legal {
        ClockState::Unspecified => String::new(),
        ClockState::AwaitingPapers => t("delay-restarts"),
        ClockState::Suspended => t1("delay-suspended", "date", facts.dates.day(facts.wait_until)),
        _ if facts.announced_due == 0 => String::new(),
        _ => t("delay-shifted"),
    }
}

fn label(code: &str, facts: &Facts) -> String {
    match code {
        "in_progress" if !facts.department.is_empty() => {
            t1("state-in_progress-department", "department", &facts.department)
        }
        "waiting_requester" if facts.wait_until != 0 => {
            t1("state-waiting_requester-until", "date", facts.dates.day(facts.wait_until))
        }
        "forwarded" if !facts.forwarded_to.is_empty() && facts.since != 0 => {
            let date = facts.dates.day(facts.since);
            tr("state-forwarded-on", &[("organisation", &to(&facts.forwarded_to)), ("date", &date)])
        }
        "forwarded" if !facts.forwarded_to.is_empty() => {
            t1("state-forwarded-to", "organisation", to(&facts.forwarded_to))
        }
        "resolved" => facts.outcome.map_or_else(
            || t("state-resolved"),
            |outcome| t1("state-resolved-outcome", "outcome", outcome_name(outcome)),
        ),
        code => t(&format!("state-{code}")),
    }
}

/// Returns a result in French: « accordée ».
pub(crate) fn outcome_name(outcome: Outcome) -> String {
    t(&format!("outcome-{outcome}"))
}

/// Returns where a request stands, as agents say it.
pub(crate) fn agent_label(state: i32) -> String {
    let state = WorkState::from_proto(state).unwrap_or(WorkState::Received);
    t(&format!("work-{state}"))
}

/// Returns whether the announced date is past; while the usager is awaited it stands still.
pub(crate) fn is_late(summary: &RequestSummary, now: i64) -> bool {
    let awaited = WorkState::from_proto(summary.state) == Some(WorkState::WaitingRequester);
    summary.due_at != 0 && summary.due_at < now && !awaited
}

/// Returns an organisation after « à », or « to » in front of its French name.
fn to(organisation: &str) -> String {
    match language::current() {
        Language::French => guichet_core::french::to(organisation),
        Language::English => format!("to {organisation}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(state: WorkState) -> Facts {
        Facts {
            state,
            department: "État civil".to_owned(),
            announced_due: 1_796_000_000_000,
            receipt_due: 1_796_000_000_000,
            since: 1_795_000_000_000,
            wait_until: 0,
            legal: ClockState::Unspecified,
            outcome: None,
            forwarded_to: String::new(),
            dates: Dates::in_zone("Europe/Paris"),
        }
    }

    #[test]
    fn every_state_has_its_words_for_usagers_and_for_agents() {
        for &state in WorkState::ALL {
            let told = UsagerState::of(&facts(state), Timestamp::from_millis(1_795_000_000_000));
            for text in [&told.label, &told.next_step, &t(&format!("work-{state}"))] {
                assert!(!text.is_empty() && !text.contains("Unknown"), "{state}: {text}");
            }
        }
        for &outcome in Outcome::ALL {
            assert!(!outcome_name(outcome).contains("Unknown"), "{outcome}");
        }
    }

    #[test]
    fn what_happens_between_agents_is_not_told_to_the_usager() {
        let now = Timestamp::from_millis(1_795_000_000_000);
        let queued = UsagerState::of(&facts(WorkState::Queued), now);
        assert_eq!(queued, UsagerState::of(&facts(WorkState::Offered), now));
        assert_eq!(
            UsagerState::of(&facts(WorkState::InProgress), now),
            UsagerState::of(&facts(WorkState::Escalated), now)
        );
    }

    #[test]
    fn who_has_to_send_a_paper_is_told_until_when_and_what_becomes_of_the_delay() {
        let waiting = Facts { wait_until: 1_797_000_000_000, ..facts(WorkState::WaitingRequester) };
        for (legal, words) in [
            (ClockState::AwaitingPapers, "repart à réception"),
            (ClockState::Suspended, "est suspendu jusqu’au 11\u{a0}décembre 2026"),
            (ClockState::Running, "reportée du temps d’attente"),
        ] {
            let told = UsagerState::of(&Facts { legal, ..waiting.clone() }, Timestamp::from_millis(1_798_000_000_000));
            assert!(told.label.contains("avant le 11\u{a0}décembre 2026") && !told.late, "{told:?}");
            assert!(told.delay.contains(words), "{told:?}");
        }
    }

    #[test]
    fn a_passed_date_is_said_to_be_late() {
        let told = UsagerState::of(&facts(WorkState::InProgress), Timestamp::from_millis(1_797_000_000_000));
        assert!(told.late && told.label.contains("État civil"), "{told:?}");
    }
}
