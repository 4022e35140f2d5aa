//! What somebody learns with a request, and how that ends: answered, handed on, or neither.
//!
//! Counted for skills that somebody is declared to learn, and for nothing else: how many cases they answered, never how long they
//! took (ADR 0010).

use guichet_core::Timestamp;
use guichet_core::id::AgentId;
use guichet_core::work::WorkState;
use guichet_events::SkillLevel;
use serde::{Deserialize, Serialize};

use super::engine::Record;
use super::work::Change;

/// Learning cases answered before the skill is proposed to be granted: two weeks of a few a day.
pub(crate) const ANSWERED_ENOUGH: u32 = 10;

/// A request offered to somebody who learns with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Taught {
    pub(crate) agent_id: AgentId,
    pub(crate) skills: Vec<SkillLevel>,
    pub(crate) given_at: Timestamp,
}

guichet_core::codes! {
    /// How a learning case ended.
    Ending {
        /// They answered the usager.
        Answered = "answered",
        /// Somebody else went on with it: it was confided, transferred, given back or taken over.
        HandedOn = "handed_on",
        /// Nobody had anything more to do: withdrawn, dismissed, answered by somebody else.
        Over = "over",
        /// It was offered and not accepted.
        NotBegun = "not_begun",
    }
}

/// Returns what an agent learns with what they are offered.
pub(crate) fn begun(agent_id: AgentId, record: &Record, given_at: Timestamp) -> Option<Taught> {
    record.lesson.as_ref().map(|lesson| Taught { agent_id, skills: lesson.skills.clone(), given_at })
}

/// Returns how a change ends a learning case; `None` when there is none, or when it goes on.
pub(crate) fn ended(change: &Change) -> Option<Ending> {
    let before = change.before.as_ref()?;
    let learner = before.lesson.as_ref()?.agent_id;
    let after = &change.after;
    let holds = after.holder() == Some(learner);
    if before.offer.is_some() {
        return (after.offer != before.offer && !holds).then_some(Ending::NotBegun);
    }
    match after.state {
        WorkState::Resolved if change.agent_id == Some(learner) => Some(Ending::Answered),
        WorkState::Resolved | WorkState::Closed | WorkState::Withdrawn | WorkState::Dismissed => Some(Ending::Over),
        _ => (!holds).then_some(Ending::HandedOn),
    }
}

#[cfg(test)]
mod tests {
    use guichet_core::id::{AuthorityId, OfferId, ServiceRequestId};
    use guichet_core::work::{Outcome, Tier};

    use super::*;
    use crate::domain::engine::Need;
    use crate::domain::filing::{Ask, file};
    use crate::domain::town::{Town, arbitrary};
    use crate::domain::work::{OpenOffer, Work};

    const NOW: Timestamp = Timestamp::from_millis(1_795_510_800_000);

    fn offered_to_firmin() -> Work {
        let mut directory = arbitrary::directory("valorme");
        let (code, acte) = arbitrary::procedure("acte", "GU", Tier::L1, &[("ECI", 2)]);
        directory.procedures.insert(code, acte);
        let directory = std::sync::Arc::new(directory);
        let town = Town::of([std::sync::Arc::clone(&directory)]);
        let channel = guichet_core::work::Channel::Web;
        let ask = Ask { procedure: Some("acte"), channel, language: "fr", danger: false, received_at: NOW };
        let ids = (ServiceRequestId::from(uuid::Uuid::from_u128(7)), AuthorityId::of_code("valorme"));
        let work = Work::received(ids, file(&town, &directory, &ask), NOW);
        let (agent_id, skills) = (AgentId::of_login("firmin"), vec![SkillLevel::new("ECI", 2)]);
        let offer = OpenOffer { offer_id: OfferId::from(uuid::Uuid::from_u128(1)), agent_id };
        let offered = work.offered(offer).expect("it waits").after;
        Work { lesson: Some(Taught { agent_id, skills, given_at: NOW }), ..offered }
    }

    fn need() -> Need {
        Need::of("valorme", "GU")
    }

    #[test]
    fn a_case_answered_by_who_learns_counts_and_one_answered_by_another_does_not() {
        let firmin = AgentId::of_login("firmin");
        let accepted = offered_to_firmin().given_to(firmin, "accept").expect("it is offered");
        assert_eq!(ended(&accepted), None, "it goes on");
        let resolved = |who: &str| {
            let who = Some(AgentId::of_login(who));
            accepted.after.resolved(Outcome::Granted, NOW, who).expect("it is held")
        };
        assert_eq!(ended(&resolved("firmin")), Some(Ending::Answered));
        assert_eq!(ended(&resolved("leon")), Some(Ending::Over));
        let paused = accepted.after.paused(None, Some(firmin)).expect("it is held");
        assert_eq!(ended(&paused), None, "the usager is waited for, the lesson too");
    }

    #[test]
    fn a_case_that_somebody_else_goes_on_with_is_handed_on() {
        let accepted =
            offered_to_firmin().given_to(AgentId::of_login("firmin"), "accept").expect("it is offered").after;
        let queued = accepted.requeued(need()).expect("a legal move");
        let change = accepted.change(queued, crate::domain::work::Fact::Queued, "transfer", None);
        assert_eq!(ended(&change), Some(Ending::HandedOn));
        let taken = accepted.taken_over(AgentId::of_login("aline")).expect("it is held");
        assert_eq!(ended(&taken), Some(Ending::HandedOn));
    }

    #[test]
    fn an_offer_that_is_passed_teaches_nothing() {
        let declined = offered_to_firmin().offer_ended("decline").expect("it is offered");
        assert_eq!(ended(&declined), Some(Ending::NotBegun));
    }
}
