//! Random people give random commands: whatever they do, the work keeps its rules.

use std::sync::Arc;

use guichet_core::id::{AgentId, OfferId, ServiceRequestId};
use guichet_core::work::{Channel, Outcome, Tier, WorkState};
use guichet_core::{Rng, SeededRng, Timestamp};
use guichet_events::{Directory, Level2Answer};
use proptest::prelude::*;

use super::access::{Access, actor};
use super::command::{Command, Refusal, Verb, allowed, decide};
use super::filing::{self, Ask, file};
use super::town::{Town, arbitrary};
use super::work::{Change, Desk, OpenOffer, Work};

const PEOPLE: [&str; 4] = ["aline", "basile", "gaelle", "leon"];
const NOW: Timestamp = Timestamp::from_millis(1_795_510_800_000);

fn town() -> (Town, Arc<Directory>) {
    let mut directory = arbitrary::directory("valorme");
    let (code, mut facture) = arbitrary::procedure("facture", "GU", Tier::L1, &[("ECI", 2)]);
    facture.level2_answer = Level2Answer::Return;
    directory.procedures.insert(code, facture);
    let (code, mut mariage) = arbitrary::procedure("mariage", "GU", Tier::L2, &[("ECI", 4)]);
    mariage.confidential = true;
    mariage.clearances = vec!["OEC".into()];
    directory.procedures.insert(code, mariage);
    let (gaelle, mut card) = arbitrary::agent("gaelle", Tier::L2, &[("ECI", 5)]);
    card.clearances = vec!["OEC".into()];
    let (leon, mut supervisor) = arbitrary::agent("leon", Tier::L2, &[("ACC", 4)]);
    supervisor.role = guichet_events::Role::Supervisor;
    directory.agents = [
        arbitrary::agent("aline", Tier::L1, &[("ACC", 5), ("ECI", 3)]),
        arbitrary::agent("basile", Tier::L1, &[("ACC", 2)]),
        (gaelle, card),
        (leon, supervisor),
    ]
    .into();
    let directory = Arc::new(directory);
    (Town::of([Arc::clone(&directory)]), directory)
}

fn arbitrary_work(town: &Town, directory: &Directory, procedure: &str) -> Work {
    let ask =
        Ask { procedure: Some(procedure), channel: Channel::Web, language: "fr", danger: false, received_at: NOW };
    let (filing, need) = file(town, directory, &ask);
    Work::received((ServiceRequestId::from(uuid::Uuid::from_u128(7)), directory.authority.id), (filing, need), NOW)
}

fn command(verb: Verb, town: &Town, directory: &Directory, work: &Work, coin: bool) -> Command {
    let ask = Ask {
        procedure: work.filing.procedure.as_deref(),
        channel: work.channel,
        language: "fr",
        danger: false,
        received_at: NOW,
    };
    let (filing, need) = file(town, directory, &ask);
    match verb {
        Verb::Take => Command::Take,
        Verb::Start => Command::Start,
        Verb::Transfer => Command::Transfer { filing: Box::new(filing), clock: work.clock.clone(), need },
        Verb::Escalate => Command::Escalate { need: filing::for_level2(town, &need, "GU", "GU") },
        Verb::Return => Command::Return { holder_present: coin, need: filing::for_level1(directory, &need) },
        Verb::Forward => Command::Forward { organisation: "Département".into(), phone: String::new() },
        Verb::Pause => Command::Pause { until: None },
        Verb::Resume => Command::Resume,
        Verb::Resolve => Command::Resolve { outcome: Outcome::Granted },
        Verb::Withdraw => Command::Withdraw,
        Verb::Dismiss => Command::Dismiss { reason: "doublon".into() },
        Verb::Reopen => Command::Reopen { need, known_until: NOW },
    }
}

fn assert_rules(change: &Change) {
    let (before, after) = (change.before.as_ref().expect("it began before"), &change.after);
    assert_eq!(after.version, before.version + 1, "versions strictly increase");
    assert!(before.state == after.state || before.state.can_become(after.state), "{} to {}", before.state, after.state);
    let queued = matches!(after.state, WorkState::Queued | WorkState::Offered);
    assert_eq!(after.queue == Some(Desk::Main), queued, "in the queue exactly when its state says so");
    assert_eq!(after.state == WorkState::Offered, queued && after.offer.is_some());
    assert!(after.offer.is_none() || after.queue.is_some(), "only what waits is offered");
    if after.state == WorkState::Escalated {
        assert!(after.queue == Some(Desk::Level2) || after.level2.is_some(), "level 2 is waited for or at work");
        assert!(after.assignee.is_some(), "level 1 still knows who asked");
    }
    if matches!(after.state, WorkState::Assigned | WorkState::InProgress) {
        assert!(after.holder().is_some(), "work under way is somebody's");
    }
    assert_eq!(after.loaded().is_some(), after.state.is_open() && (after.offer.is_some() || is_on_a_desk(after)));
}

fn is_on_a_desk(work: &Work) -> bool {
    matches!(work.state, WorkState::Assigned | WorkState::InProgress)
        || (work.state == WorkState::Escalated && work.level2.is_some())
}

proptest! {
    #[test]
    fn whatever_people_ask_versions_rise_moves_are_legal_and_nothing_is_stuck(seed in any::<u64>(), procedure in 0_usize..3) {
        let rng = SeededRng::new(seed);
        let (town, directory) = town();
        let mut work = arbitrary_work(&town, &directory, ["question", "facture", "mariage"][procedure]);
        for step in 0..60_u32 {
            let person = AgentId::of_login(PEOPLE[rng.below(4) as usize]);
            let change = if work.queue.is_some() && rng.below(3) == 0 {
                match work.offer {
                    Some(offer) if rng.below(2) == 0 => work.given_to(offer.agent_id, "accept").map_err(Refusal::from),
                    Some(_) => work.offer_ended("decline").map_err(Refusal::from),
                    None => {
                        let offer_id = OfferId::from(uuid::Uuid::from_u128(u128::from(step)));
                        work.offered(OpenOffer { offer_id, agent_id: person }).map_err(Refusal::from)
                    }
                }
            } else {
                let (verb, name) = Verb::ALL[rng.below(12) as usize];
                let actor = actor(&town, person, &work, NOW);
                let is_allowed = allowed(&work, &actor, NOW).contains(&name);
                let outcome = decide(&work, &actor, command(verb, &town, &directory, &work, rng.below(2) == 0), NOW);
                prop_assert_eq!(is_allowed, outcome.is_ok(), "what is shown as allowed is accepted: {} in {}", name, work.state);
                outcome
            };
            if let Ok(change) = change {
                assert_rules(&change);
                work = change.after;
            }
            let somebody = PEOPLE.iter().any(|login| !allowed(&work, &actor(&town, AgentId::of_login(login), &work, NOW), NOW).is_empty());
            prop_assert!(somebody || work.queue.is_some(), "nobody can do anything in {}", work.state);
        }
    }
}

#[test]
fn what_somebody_sees_follows_from_employer_agreement_and_clearance() {
    let (town, directory) = town();
    let work = arbitrary_work(&town, &directory, "mariage");
    let sees = |login: &str, work: &Work| actor(&town, AgentId::of_login(login), work, NOW).access;
    assert_eq!(sees("gaelle", &work), Access::Full);
    assert_eq!(sees("aline", &work), Access::Existence);
    assert_eq!(sees("personne", &work), Access::None);
    let about_gaelle = Work { excluded: vec![AgentId::of_login("gaelle")], ..work.clone() };
    assert_eq!(sees("gaelle", &about_gaelle), Access::None);
    let given = Work { assignee: Some(AgentId::of_login("aline")), ..work };
    assert_eq!(sees("aline", &given), Access::Full, "whoever was given it");
}

#[test]
fn a_refusal_names_what_is_missing_in_french() {
    let (town, directory) = town();
    let work = arbitrary_work(&town, &directory, "facture");
    let basile = actor(&town, AgentId::of_login("basile"), &work, NOW);
    let refused = decide(&work, &basile, Command::Take, NOW).expect_err("he has no such skill");
    assert_eq!(refused, Refusal::Lacks(vec!["la compétence État civil niveau 2".into()]));
}

/// Basile stands in for Aline today, and for nobody tomorrow.
#[test]
fn who_stands_in_takes_over_what_the_absent_holds_if_they_have_what_it_takes() {
    let (_, directory) = town();
    let mut directory = Directory::clone(&directory);
    let absence = guichet_events::Absence {
        substitute: Some("basile".into()),
        ..guichet_events::Absence::new("2026-11-24", "2026-11-24")
    };
    directory.agents.get_mut("aline").expect("Aline").absences = vec![absence];
    let town_of = |directory: &Directory| Town::of([Arc::new(directory.clone())]);
    let town = town_of(&directory);
    let work = Work {
        state: WorkState::WaitingRequester,
        queue: None,
        assignee: Some(AgentId::of_login("aline")),
        ..arbitrary_work(&town, &directory, "question")
    };
    let take = |town: &Town, login: &str, now: Timestamp, work: &Work| {
        decide(work, &actor(town, AgentId::of_login(login), work, now), Command::Take, now)
    };
    let taken = take(&town, "basile", NOW, &work).expect("he stands in").after;
    assert_eq!((taken.assignee, taken.state), (Some(AgentId::of_login("basile")), WorkState::WaitingRequester));
    assert_eq!(take(&town, "leon", NOW, &work).err(), Some(Refusal::State), "he stands in for nobody");
    assert_eq!(take(&town, "basile", NOW.plus_seconds(86_400), &work).err(), Some(Refusal::State), "she is back");
    let harder = Work {
        state: WorkState::Assigned,
        assignee: work.assignee,
        queue: None,
        ..arbitrary_work(&town, &directory, "facture")
    };
    assert!(matches!(take(&town, "basile", NOW, &harder), Err(Refusal::Lacks(_))), "he has no civil status");
    // At level 2 the level-1 holder stays known.
    let confided = Work {
        assignee: Some(AgentId::of_login("leon")),
        level2: Some(AgentId::of_login("aline")),
        state: WorkState::InProgress,
        ..work
    };
    let taken = take(&town, "basile", NOW, &confided).expect("he stands in").after;
    assert_eq!((taken.assignee, taken.level2), (confided.assignee, Some(AgentId::of_login("basile"))));
}
