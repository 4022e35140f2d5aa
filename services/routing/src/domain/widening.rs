//! What is asked less of whoever takes a request, while nobody does: declared by the procedure, counted on the
//! department's calendar when the request begins to wait, kept with its work.
//!
//! Only skills are asked less. Language, clearances, confidentiality and who is excluded are the same in all steps, since
//! a step has no word for them.

use guichet_core::Timestamp;
use guichet_events::SkillLevel;
use serde::{Deserialize, Serialize};

use super::engine::{Need, Step};
use super::town::Town;
use super::work::{Change, Work};

/// What is asked from an instant on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Wider {
    pub(crate) from: Timestamp,
    pub(crate) skills: Vec<SkillLevel>,
}

impl Wider {
    /// Returns what is asked then of whoever takes a request that asked `need` at first.
    pub(crate) fn of(&self, need: &Need) -> Need {
        Need { skills: self.skills.clone(), ..need.clone() }
    }
}

/// Returns whether a change makes a request begin to wait, or ask something else.
pub(crate) fn is_news(change: &Change) -> bool {
    let begins = |before: &Work| before.queue.is_none() || before.need != change.after.need;
    change.after.queue.is_some() && change.before.as_ref().is_none_or(begins)
}

/// Returns the steps of a request that begins to wait now. Who is asked for otherwise than by the procedure (another
/// department's people, the desk for an answer given back) is asked for from beginning to end.
pub(crate) fn of(work: &Work, town: &Town, now: Timestamp) -> Vec<Wider> {
    let Some(directory) = town.by_id(work.authority_id) else { return Vec::new() };
    let triage = &directory.authority.triage_procedure;
    let rules = directory.procedures.get(work.filing.procedure.as_ref().unwrap_or(triage));
    let Some(rules) = rules.filter(|rules| rules.skills == work.need.skills && work.need.members_of.is_none()) else {
        return Vec::new();
    };
    from(&rules.widened(), &work.need, town, now)
}

/// Returns the steps of a request that begins to wait now, by the minutes of its department's opening after which less is
/// asked; minutes on the wall when somebody is on the line.
pub(crate) fn from(widened: &[(u32, Vec<SkillLevel>)], need: &Need, town: &Town, now: Timestamp) -> Vec<Wider> {
    let Some(directory) = town.by_code(&need.authority).filter(|_| !widened.is_empty()) else { return Vec::new() };
    let calendar = town.calendar(directory, &need.department);
    let from = |minutes: u32| {
        if need.live { now.plus_seconds(i64::from(minutes) * 60) } else { calendar.after_opening(now, minutes) }
    };
    widened.iter().map(|(minutes, skills)| Wider { from: from(*minutes), skills: skills.clone() }).collect()
}

/// Returns the steps of a search as the engine is told them.
pub(crate) fn steps(need: &Need, wider: &[Wider]) -> Vec<Step> {
    let needs = std::iter::once(need.clone()).chain(wider.iter().map(|step| step.of(need)));
    let ends = wider.iter().map(|step| Some(step.from)).chain(std::iter::once(None));
    needs.zip(ends).map(|(need, expires_at)| Step { need: need.into(), expires_at }).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use guichet_core::id::{AgentId, AuthorityId, ServiceRequestId};
    use guichet_core::work::{Channel, Tier, WorkState};
    use guichet_events::{Directory, Widening};

    use super::*;
    use crate::domain::engine::TierRule;
    use crate::domain::filing::{self, Ask, file};
    use crate::domain::town::arbitrary;
    use crate::domain::work::Fact;

    /// Tuesday 24 November 2026, 16:30 in Paris; the department closes at 17:00 and opens at 9:00.
    const NOW: Timestamp = Timestamp::from_millis(1_795_534_200_000);

    fn town() -> (Town, Arc<Directory>) {
        let mut directory = arbitrary::directory("valorme");
        let (code, mut ecole) = arbitrary::procedure("ecole", "GU", Tier::L1, &[("ECI", 3), ("ACC", 1)]);
        let lower = |skill, level| vec![SkillLevel::new(skill, level)];
        ecole.widen = vec![
            Widening { after_minutes: 120, skills: lower("ECI", 1), drop: Vec::new() },
            Widening { after_minutes: 240, skills: Vec::new(), drop: vec!["ECI".into()] },
        ];
        directory.procedures.insert(code, ecole);
        let directory = Arc::new(directory);
        (Town::of([Arc::clone(&directory)]), directory)
    }

    fn received(town: &Town, directory: &Directory, channel: Channel) -> Work {
        let ask = Ask { procedure: Some("ecole"), channel, language: "ar", danger: false, received_at: NOW };
        let ids = (ServiceRequestId::from(uuid::Uuid::from_u128(7)), AuthorityId::of_code("valorme"));
        let work = Work::received(ids, file(town, directory, &ask), NOW);
        Work { wider: of(&work, town, NOW), ..work }
    }

    #[test]
    fn steps_are_counted_in_opening_minutes_and_of_a_call_in_minutes() {
        let (town, directory) = town();
        let after =
            |work: &Work| work.wider.iter().map(|step| step.from.millis_since(NOW) / 60_000).collect::<Vec<_>>();
        // Half an hour today, the rest from nine tomorrow.
        assert_eq!(after(&received(&town, &directory, Channel::Web)), [16 * 60 + 30 + 90, 16 * 60 + 30 + 210]);
        assert_eq!(after(&received(&town, &directory, Channel::Phone)), [120, 240]);
    }

    #[test]
    fn each_step_asks_less_skill_and_the_same_of_all_else() {
        let (town, directory) = town();
        let work = received(&town, &directory, Channel::Web);
        let entry = work.entry();
        let asked: Vec<usize> = entry.steps.iter().map(|step| step.need.skills.len()).collect();
        assert_eq!(asked, [2, 2, 1]);
        for step in &entry.steps {
            assert_eq!(Need { skills: work.need.skills.clone(), ..Need::clone(&step.need) }, work.need);
        }
        assert_eq!(entry.steps.iter().map(|step| step.expires_at.is_some()).collect::<Vec<_>>(), [true, true, false]);
        let at = |minutes: i64| work.need_at(NOW.plus_seconds(minutes * 60)).skills[0].level;
        assert_eq!((at(0), at(16 * 60 + 30 + 90)), (3, 1));
    }

    #[test]
    fn whoever_is_asked_for_otherwise_is_asked_for_to_the_end() {
        let (town, directory) = town();
        let work = received(&town, &directory, Channel::Web);
        let elsewhere = Work { need: filing::for_department(&town, &work.need, "XX"), ..work.clone() };
        let given_back = Work { need: filing::for_level1(&directory, &work.need), ..work.clone() };
        assert_eq!((of(&elsewhere, &town, NOW), of(&given_back, &town, NOW)), (vec![], vec![]));
        let level2 = Work { need: filing::for_level2(&town, &work.need, "GU", "GU"), ..work };
        assert_eq!((level2.need.tier, of(&level2, &town, NOW).len()), (TierRule::OnlyL2, 2));
    }

    #[test]
    fn an_offer_that_ends_goes_on_with_the_same_steps_and_a_new_wait_begins_anew() {
        let (town, directory) = town();
        let work = received(&town, &directory, Channel::Web);
        let offer = crate::domain::work::OpenOffer {
            offer_id: guichet_core::id::OfferId::from(uuid::Uuid::from_u128(1)),
            agent_id: AgentId::of_login("aline"),
        };
        let offered = work.offered(offer).expect("it waits");
        let declined = offered.after.offer_ended("decline").expect("it is offered");
        assert!(!is_news(&offered) && !is_news(&declined));
        let held = Work { state: WorkState::InProgress, queue: None, ..work.clone() };
        let back = held.requeued(work.need.clone()).expect("a legal move");
        assert!(is_news(&held.change(back, Fact::Queued, "release", None)));
    }
}
