//! How a request is filed: department, level, what its agent needs, and the dates, from the procedure and the
//! department's calendar.

use guichet_core::Timestamp;
use guichet_core::work::{Channel, SilenceRule, Tier};
use guichet_events::{Delay, DelayUnit, Directory, Level2Answer, Procedure};

use super::calendar::{RECEIPT_BUSINESS_DAYS, internal_share};
use super::engine::urgency::{LIVE_TARGET_MS, class_of};
use super::engine::{DepartmentRef, Need, TierRule};
use super::town::Town;

/// Days an agent counts as knowing a usager they have answered: a month, after which a new case is a new case.
const KNOWN_FOR_DAYS: i64 = 30;
/// Opening hours during which a request that is open again waits for whoever knows it.
const CONTINUITY_HOURS: u32 = 4;

/// What filing needs to know of a request.
#[derive(Clone, Debug)]
pub(crate) struct Ask<'a> {
    /// Code of the procedure; `None` = nobody has said, or not one of the authority's.
    pub(crate) procedure: Option<&'a str>,
    pub(crate) channel: Channel,
    /// BCP 47.
    pub(crate) language: &'a str,
    pub(crate) danger: bool,
    pub(crate) received_at: Timestamp,
}

/// Where a request belongs and by when it is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filing {
    /// `None` during triage.
    pub(crate) procedure: Option<String>,
    pub(crate) department: String,
    pub(crate) tier: Tier,
    pub(crate) confidential: bool,
    /// All of them, to read it when it is confidential.
    pub(crate) clearances: Vec<String>,
    /// Level 2 gives its answer back to level 1.
    pub(crate) returns_to_level1: bool,
    pub(crate) slope: u8,
    pub(crate) announced_due: Option<Timestamp>,
    pub(crate) legal_due: Option<Timestamp>,
    pub(crate) internal_due: Option<Timestamp>,
    pub(crate) receipt_due: Timestamp,
    pub(crate) silence: Option<SilenceRule>,
}

/// Returns how a request is filed and what it asks of an agent.
pub(crate) fn file(town: &Town, directory: &Directory, ask: &Ask<'_>) -> (Filing, Need) {
    let authority = &directory.authority;
    let known = ask.procedure.and_then(|code| Some((code, directory.procedures.get(code)?)));
    let triage = directory.procedures.get(&authority.triage_procedure);
    let Some(rules) = known.map(|(_, procedure)| procedure).or(triage) else {
        return unruled(town, directory, ask);
    };
    let calendar = town.calendar(directory, &rules.department);
    let due = |delay: Delay| calendar.due(ask.received_at, delay);
    let danger = rules.danger_hours.filter(|_| ask.danger).map(|count| due(Delay { count, unit: DelayUnit::Hours }));
    let internal = due(rules.internal.unwrap_or_else(|| internal_share(rules.announced)));
    let internal = danger.map_or(internal, |danger| danger.min(internal));
    let filing = Filing {
        procedure: known.map(|(code, _)| code.to_owned()),
        department: rules.department.clone(),
        tier: rules.tier,
        confidential: rules.confidential,
        clearances: rules.clearances.clone(),
        returns_to_level1: rules.level2_answer == Level2Answer::Return,
        slope: class_of(
            rules.cost,
            if is_live(ask.channel) { LIVE_TARGET_MS } else { internal.millis_since(ask.received_at) },
        ),
        // Nothing is promised before somebody knows what it is.
        announced_due: known.map(|_| due(rules.announced)),
        legal_due: known.and(rules.legal).map(due),
        internal_due: Some(internal),
        receipt_due: due(Delay { count: RECEIPT_BUSINESS_DAYS, unit: DelayUnit::BusinessDays }),
        silence: known.and(rules.silence),
    };
    let need = need_of(&authority.code, rules, ask);
    (filing, need)
}

fn need_of(authority: &str, rules: &Procedure, ask: &Ask<'_>) -> Need {
    Need {
        confidential: rules.confidential,
        skills: rules.skills.clone(),
        clearances: rules.clearances.clone(),
        language: foreign(ask.language),
        tier: if rules.tier == Tier::L2 { TierRule::OnlyL2 } else { TierRule::Any },
        live: is_live(ask.channel),
        weight: rules.weight.max(1),
        ..Need::of(authority, &rules.department)
    }
}

/// Files a request of an authority without a triage procedure: anybody of it may take it.
fn unruled(town: &Town, directory: &Directory, ask: &Ask<'_>) -> (Filing, Need) {
    let department = directory.departments.keys().next().cloned().unwrap_or_default();
    let calendar = town.calendar(directory, &department);
    let filing = Filing {
        procedure: None,
        department: department.clone(),
        tier: Tier::L1,
        confidential: false,
        clearances: Vec::new(),
        returns_to_level1: false,
        slope: 0,
        announced_due: None,
        legal_due: None,
        internal_due: None,
        receipt_due: calendar
            .due(ask.received_at, Delay { count: RECEIPT_BUSINESS_DAYS, unit: DelayUnit::BusinessDays }),
        silence: None,
    };
    let need = Need { language: foreign(ask.language), ..Need::of(&directory.authority.code, &department) };
    (filing, need)
}

/// Returns whether somebody is there who waits.
const fn is_live(channel: Channel) -> bool {
    matches!(channel, Channel::Phone | Channel::Counter)
}

/// Returns the language asked for when it is not French, without its region.
fn foreign(language: &str) -> Option<String> {
    let primary = language.split(['-', '_']).next().unwrap_or_default().to_lowercase();
    (!primary.is_empty() && primary != "fr" && primary != "und").then_some(primary)
}

/// Returns since when an agent who has answered a usager still knows them.
pub(crate) fn known_since(now: Timestamp) -> Timestamp {
    now.plus_seconds(-KNOWN_FOR_DAYS * 86_400)
}

/// Returns until when a request whose usager is known waits for whoever answered them, while they are at work: half a day of the
/// department's opening hours.
pub(crate) fn known_until(town: &Town, directory: &Directory, department: &str, now: Timestamp) -> Timestamp {
    town.calendar(directory, department).due(now, Delay { count: CONTINUITY_HOURS, unit: DelayUnit::Hours })
}

/// Returns what a request asks once it was transferred to a department other than its procedure's: its people, whatever
/// their level, with the clearances the procedure asks.
pub(crate) fn for_department(town: &Town, need: &Need, department: &str) -> Need {
    Need {
        department: department.to_owned(),
        skills: Vec::new(),
        tier: TierRule::Any,
        members_of: Some(owned(town, &need.authority, department)),
        ..need.clone()
    }
}

/// Returns what a request asks of level 2: the procedure's skills in its own department, else the department's people.
pub(crate) fn for_level2(town: &Town, need: &Need, own_department: &str, department: &str) -> Need {
    let live = false;
    if department == own_department {
        return Need { tier: TierRule::OnlyL2, members_of: None, live, ..need.clone() };
    }
    Need { tier: TierRule::OnlyL2, live, ..for_department(town, need, department) }
}

/// Returns what an answer given back by level 2 asks of level 1: the desk's skills, the procedure's clearances.
pub(crate) fn for_level1(directory: &Directory, need: &Need) -> Need {
    let triage = directory.procedures.get(&directory.authority.triage_procedure);
    Need {
        skills: triage.map(|triage| triage.skills.clone()).unwrap_or_default(),
        tier: TierRule::OnlyL1,
        members_of: None,
        live: false,
        ..need.clone()
    }
}

fn owned(town: &Town, authority: &str, department: &str) -> DepartmentRef {
    let owner = town.department(authority, department).map_or(authority, |(owner, _)| owner.authority.code.as_str());
    DepartmentRef { authority: owner.to_owned(), department: department.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::town::arbitrary;

    fn ask(procedure: Option<&'static str>) -> Ask<'static> {
        // Tuesday 24 November 2026, 10:00 in Paris.
        let received_at = Timestamp::from_millis(1_795_510_800_000);
        Ask { procedure, channel: Channel::Web, language: "fr", danger: false, received_at }
    }

    fn town() -> (Town, Arc<Directory>) {
        let mut directory = arbitrary::directory("valorme");
        let (code, mut voirie) = arbitrary::procedure("voirie", "GU", Tier::L1, &[("VOI", 1)]);
        voirie.danger_hours = Some(4);
        directory.procedures.insert(code, voirie);
        let directory = Arc::new(directory);
        (Town::of([Arc::clone(&directory)]), directory)
    }

    #[test]
    fn an_unknown_procedure_goes_to_triage_and_promises_no_date() {
        let (town, directory) = town();
        for procedure in [None, Some("inconnue")] {
            let (filing, need) = file(&town, &directory, &ask(procedure));
            assert_eq!((filing.procedure, filing.announced_due), (None, None));
            assert_eq!(need.skills[0].skill, "ACC");
            assert!(filing.internal_due.is_some());
        }
    }

    #[test]
    fn danger_is_due_within_hours_and_is_more_urgent() {
        let (town, directory) = town();
        let (calm, _) = file(&town, &directory, &ask(Some("voirie")));
        let (danger, _) = file(&town, &directory, &Ask { danger: true, ..ask(Some("voirie")) });
        assert!(danger.internal_due < calm.internal_due && danger.slope > calm.slope);
        assert_eq!(danger.announced_due, calm.announced_due);
    }
}
