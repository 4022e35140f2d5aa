//! What holds up a date or has moved it, in the agent's words, with the article it follows from.

use guichet_core::work::SilenceRule;
use guichet_proto::routing::v1::{Clock, ClockState, WorkItem};
use guichet_rpc::convert::FromProto;

use crate::text::{t, t1, tr};
use crate::view::date::Dates;

/// Returns what is said of the announced or the internal date; empty when it runs as it was given.
pub(super) fn promised(clock: Option<&Clock>, at: &Dates) -> String {
    let Some(clock) = clock else { return String::new() };
    match clock.state() {
        ClockState::Suspended => t1("clock-suspended", "since", at.day(clock.since)),
        ClockState::Shifted => t("clock-shifted"),
        _ => String::new(),
    }
}

/// Returns what is said of the date of the law; empty when it runs as it was given.
pub(super) fn legal(clock: Option<&Clock>, at: &Dates) -> String {
    let Some(clock) = clock else { return String::new() };
    let law = t1("clock-law", "article", &clock.law);
    match clock.state() {
        ClockState::AwaitingPapers => t1("clock-legal-awaiting_papers", "law", law),
        ClockState::Suspended => tr("clock-legal-suspended", &[("until", at.day(clock.until)), ("law", law)]),
        ClockState::Restarted => tr("clock-legal-restarted", &[("since", at.day(clock.since)), ("law", law)]),
        ClockState::Shifted => t1("clock-legal-shifted", "law", law),
        ClockState::Transmitted => t1("clock-legal-transmitted", "law", law),
        ClockState::StillRunning if clock.law.is_empty() => t("clock-legal-still_running"),
        ClockState::StillRunning => t1("clock-legal-first", "law", law),
        ClockState::Running | ClockState::Unspecified => String::new(),
    }
}

/// Returns what becomes of the dates when the usager is asked for a paper, told before the agent asks.
pub(super) fn if_asked(work: &WorkItem) -> String {
    let rule = SilenceRule::from_proto(work.silence).filter(|_| work.legal_due != 0);
    match rule {
        Some(SilenceRule::Accept) => t("hint-wait-accept"),
        Some(SilenceRule::Reject) => t("hint-wait-reject"),
        Some(SilenceRule::None) | None if work.announced_due != 0 => t("hint-wait-none"),
        Some(SilenceRule::None) | None => String::new(),
    }
}
