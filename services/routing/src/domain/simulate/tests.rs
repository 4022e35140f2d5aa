//! The simulation against what is known without it: a naive queue, exact formulas, and what a person would see.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use guichet_core::Timestamp;
use guichet_core::id::AgentId;
use guichet_core::work::{PresenceState, Tier};
use guichet_events::{SkillLevel, Widening};

use super::instance::Instance;
use super::queueing::Figures;
use super::random::Draws;
use super::*;
use crate::domain::engine::Policy;
use crate::domain::town::{Town, arbitrary};

fn play(scenario: &Scenario) -> Outcome {
    let eligibility = Eligibility::of(scenario);
    run(scenario, &eligibility, &mut RealEngine::new(scenario, Policy::default()))
}

fn play_by(scenario: &Scenario, rule: Rule) -> Outcome {
    let eligibility = Eligibility::of(scenario);
    run(scenario, &eligibility, &mut Baseline::new(scenario, &eligibility, rule, Policy::default()))
}

/// First come first served by agents who are all alike: for each contact its wait, `None` when it is turned away.
fn naive(scenario: &Scenario) -> Vec<Option<i64>> {
    let mut free_at: BinaryHeap<Reverse<i64>> = (0..queueing::AGENTS).map(|_| Reverse(0)).collect();
    let mut leaves_at: BinaryHeap<Reverse<i64>> = BinaryHeap::new();
    let waits = scenario.arrivals.iter().map(|arrival| {
        let at = arrival.at.as_millis();
        while leaves_at.peek().is_some_and(|Reverse(leaves)| *leaves <= at) {
            leaves_at.pop();
        }
        if leaves_at.len() >= queueing::AGENTS + queueing::WAITING_PLACES {
            return None;
        }
        let Reverse(free) = free_at.pop().expect("there are agents");
        let start = free.max(at);
        free_at.push(Reverse(start + arrival.handling_ms));
        leaves_at.push(Reverse(start + arrival.handling_ms));
        Some(start - at)
    });
    waits.collect()
}

fn waits(outcome: &Outcome) -> Vec<Option<i64>> {
    let wait = |contact: &Contact| Some(contact.started_at?.millis_since(contact.arrived_at));
    outcome.contacts.iter().map(wait).collect()
}

#[test]
fn with_all_skills_the_engine_serves_each_contact_when_a_naive_queue_does() {
    let scenario = queueing::scenario(queueing::KINDS, 8_000, 7);
    let (real, expected) = (waits(&play(&scenario)), naive(&scenario));
    assert!(expected.contains(&None) && expected.iter().flatten().any(|wait| *wait > 0), "the desk is never full");
    assert_eq!(real, expected);
}

/// With the test above: what the engine does is, in the long run, what the exact formula says.
#[test]
fn the_naive_queue_is_the_exact_one_in_the_long_run() {
    let scenario = queueing::scenario(queueing::KINDS, 1_500_000, 1);
    let (found, exact) = (Figures::of_waits(naive(&scenario).into_iter()), Figures::pooled());
    assert!((found.blocked - exact.blocked).abs() < 0.001, "{found:?}");
    assert!((found.within - exact.within).abs() < 0.01, "{found:?}");
    assert!((found.mean_wait_s - exact.mean_wait_s).abs() < 1.5, "{found:?}");
}

/// A short run: the bench measures how near they are in the long run.
#[test]
fn two_skills_an_agent_are_nearly_as_good_as_all_and_one_skill_is_not() {
    let of = |skills| Figures::of(&play(&queueing::scenario(skills, 10_000, 3)), 0);
    let (all, two, one) = (of(queueing::KINDS), of(2), of(1));
    assert!(all.within - two.within < 0.08, "{all:?} {two:?}");
    assert!(two.within - one.within > 0.1 && one.mean_wait_s > 2.0 * two.mean_wait_s, "{two:?} {one:?}");
}

#[test]
fn the_same_day_always_ends_the_same_way() {
    let outcomes = [1, 1, 2].map(|seed| play(&town_hall::scenario(seed)));
    assert_eq!(outcomes[0], outcomes[1]);
    assert_ne!(outcomes[0], outcomes[2]);
}

#[test]
fn a_day_at_the_town_hall_loses_nobody_and_leaves_nobody_idle_beside_a_waiting_contact() {
    let scenario = town_hall::scenario(1);
    let outcome = play(&scenario);
    let report = Report::of(&scenario, &outcome);
    assert_eq!((report.contacts, report.idle_beside_waiting), (1_800, 0));
    assert!(report.by_channel.len() == 6 && report.by_department.len() == 8, "{report:?}");
    assert!(report.misrouted > 0.08 && report.misrouted < 0.16, "{}", report.misrouted);
    assert!(report.accepted > 0.9 && report.accepted < 1.0, "{}", report.accepted);
    for contact in &outcome.contacts {
        let ended = contact.ending == Ending::GaveUp || contact.started_at.is_some();
        assert!(contact.ended_at.is_none() || ended, "{contact:?}");
    }
    let on_leave = scenario.town.all().flat_map(|directory| directory.agents.values());
    let on_leave: Vec<AgentId> = on_leave.filter(|agent| !agent.absences.is_empty()).map(|agent| agent.id).collect();
    let offers = outcome.agents.iter().filter(|agent| on_leave.contains(&agent.agent_id)).map(|agent| agent.offers);
    assert_eq!(offers.collect::<Vec<_>>(), [0, 0]);
}

#[test]
fn the_other_ways_of_dispatching_meet_the_same_day_under_the_same_rules() {
    let scenario = town_hall::scenario(1);
    for rule in Rule::ALL {
        let report = Report::of(&scenario, &play_by(&scenario, rule));
        assert_eq!(report.contacts, 1_800, "{}", rule.name());
        assert_eq!(report.idle_beside_waiting == 0, rule.conserves_work(), "{}: {report:?}", rule.name());
        assert!(report.resolution.count > 1_000, "{report:?}");
    }
}

/// One agent, busy for two slots, then an old slow contact and a recent urgent one.
fn two_in_turn() -> Instance {
    Instance {
        agents: vec![vec![0, 1]],
        kinds: vec![(1, 720), (10, 24)],
        contacts: vec![(0, 0, 2), (0, 0, 1), (1, 1, 1)],
        bound: 0.0,
    }
}

#[test]
fn the_oldest_goes_first_by_fifo_and_the_urgent_one_by_priority_and_by_urgency() {
    let instance = two_in_turn();
    let scenario = instance.scenario();
    let started = |outcome: &Outcome| {
        let started = outcome.contacts.iter().map(|contact| contact.started_at.map(Timestamp::as_millis));
        started.map(|at| at.expect("it is begun") / 600_000).collect::<Vec<_>>()
    };
    assert_eq!(started(&play_by(&scenario, Rule::Fifo)), [0, 2, 3]);
    assert_eq!(started(&play_by(&scenario, Rule::StrictPriority)), [0, 3, 2]);
    let outcome = play(&scenario);
    assert_eq!(started(&outcome), [0, 3, 2]);
    let cost = instance.cost(&outcome);
    let expected = (3.0_f64 / 720.0).powi(2) + 10.0 * (1.0_f64 / 24.0).powi(2);
    assert!((cost - expected).abs() < 1e-12, "{cost}");
}

#[test]
fn whoever_has_been_idle_longest_is_chosen_by_that_rule_alone() {
    let contacts = vec![(1, 0, 1), (4, 0, 1), (8, 0, 1)];
    let instance = Instance { agents: vec![vec![0]; 3], kinds: vec![(1, 24)], contacts, bound: 0.0 };
    let busiest = |rule| {
        let days = play_by(&instance.scenario(), rule).agents;
        days.iter().map(|day| day.accepted).max()
    };
    assert_eq!((busiest(Rule::Fifo), busiest(Rule::LongestIdle)), (Some(3), Some(1)));
}

#[test]
fn a_contact_of_another_kind_is_handed_on_after_a_look() {
    let mut scenario = two_in_turn().scenario();
    scenario.arrivals.truncate(1);
    scenario.arrivals[0].truly = Some(1);
    scenario.discovery_ms = 120_000;
    let outcome = play(&scenario);
    let contact = &outcome.contacts[0];
    assert_eq!((contact.transfers, contact.kind, contact.ending), (1, 1, Ending::Done));
    assert_eq!(contact.ended_at, Some(Timestamp::from_millis(120_000 + 2 * 600_000)));
}

#[test]
fn who_leaves_gives_back_what_they_had_not_begun() {
    let mut scenario = two_in_turn().scenario();
    scenario.answering = Answering { reaction_ms: 1_000.0, declined: 0.0, unanswered: 0.0, stands_ms: 60_000 };
    let agent_id = scenario.presence[0].agent_id;
    let change = |at, state| PresenceChange { at: Timestamp::from_millis(at), agent_id, state };
    // They leave in the middle of the first contact and are back much later.
    scenario.presence.extend([change(600_000, PresenceState::Away), change(60_000_000, PresenceState::Available)]);
    let outcome = play(&scenario);
    let started: Vec<i64> =
        outcome.contacts.iter().filter_map(|contact| contact.started_at.map(Timestamp::as_millis)).collect();
    assert!(started[0] < 600_000 && started[1] > 60_000_000 && started[2] > 60_000_000, "{started:?}");
    assert!(outcome.contacts.iter().all(|contact| contact.ending == Ending::Done));
}

#[test]
fn an_impatient_caller_leaves_and_frees_their_place() {
    let mut scenario = two_in_turn().scenario();
    scenario.arrivals[1].patience_ms = Some(60_000);
    let outcome = play(&scenario);
    assert_eq!(outcome.contacts[1].ending, Ending::GaveUp);
    assert_eq!(outcome.contacts[2].started_at, Some(Timestamp::from_millis(2 * 600_000)));
}

#[test]
fn subjects_that_fall_with_one_person_are_named() {
    let scenario = town_hall::scenario(1);
    let named = advisor::single_points(&scenario, &Eligibility::of(&scenario));
    let told: Vec<(&str, bool)> = named.iter().map(|point| (point.procedure.as_str(), point.live_only)).collect();
    assert_eq!(told, [("Surendettement", true), ("Recours", false), ("Marché public", false)]);
    assert!(named.iter().all(|point| point.agent_id.is_some()));
}

#[test]
fn the_lesson_opens_a_subject_to_who_has_time() {
    // Everything of kind 1 falls on one agent while the other two have nothing to do.
    let contacts = (0..30).map(|slot| (slot, usize::from(slot % 10 != 0), 2)).collect();
    let agents = vec![vec![0], vec![1], vec![0]];
    let instance = Instance { agents, kinds: vec![(1, 24), (1, 24)], contacts, bound: 0.0 };
    let scenario = instance.scenario();
    let lesson = advisor::next_lesson(&scenario, Policy::default()).expect("somebody can learn");
    assert_eq!(lesson.procedure, "Sujet 1");
    assert_ne!(lesson.agent_id, AgentId::of_login("agent.01"));
    assert!(lesson.after.p90_s < lesson.before.p90_s / 2.0, "{lesson:?}");
}

#[test]
fn fairness_is_one_when_all_work_alike_and_the_share_of_one_when_one_works_alone() {
    assert!((jain(&[0.5, 0.5, 0.5]) - 1.0).abs() < 1e-12);
    assert!((jain(&[1.0, 0.0, 0.0, 0.0]) - 0.25).abs() < 1e-12);
    assert!((jain(&[]) - 1.0).abs() < 1e-12);
}

#[test]
fn waits_are_told_with_the_longest() {
    let waits = Waits::of((1..=100).map(|wait| wait * 1_000));
    assert_eq!((waits.count, waits.max_s), (100, 100.0));
    assert!((waits.mean_s - 50.5).abs() < 1e-9 && waits.p50_s <= 51.0 && waits.p90_s >= 90.0, "{waits:?}");
}

#[test]
fn draws_have_the_mean_they_were_asked_for() {
    let draws = Draws::new(11);
    let mean = |draw: &dyn Fn() -> f64| (0..40_000).map(|_| draw()).sum::<f64>() / 40_000.0;
    let exponential = mean(&|| draws.exponential_ms(600.0));
    #[expect(clippy::cast_precision_loss, reason = "lengths of minutes")]
    let work = mean(&|| draws.work_ms(600_000.0, 0.8) as f64);
    assert!((exponential / 600.0 - 1.0).abs() < 0.03 && (work / 600_000.0 - 1.0).abs() < 0.03, "{exponential} {work}");
    let heavy = (0..4_000).filter(|_| draws.weighted(&[1.0, 3.0]) == 1).count();
    assert!((2_850..3_150).contains(&heavy), "{heavy}");
}

/// A town of two agents for one procedure.
fn small_town(agents: &[&str]) -> Town {
    let mut directory = arbitrary::directory("valorme");
    directory.agents = agents.iter().map(|login| arbitrary::agent(login, Tier::L1, &[("ACC", 1)])).collect();
    Town::of([Arc::new(directory)])
}

#[test]
fn one_agent_more_on_the_same_day_makes_waits_shorter_and_is_told_in_french() {
    let day = ordinary::Day::of(&small_town(&["aline"]), Some(40), 1);
    let reports = [&["aline"][..], &["aline", "basile"]].map(|agents| {
        let scenario = day.under(small_town(agents));
        Report::of(&scenario, &play(&scenario))
    });
    let [alone, two] = &reports;
    assert_eq!((alone.contacts, two.contacts), (40, 40));
    assert!(two.first_offer.mean_s < alone.first_offer.mean_s, "{alone:?} {two:?}");
    let told = compare::compare(alone, two, Pace::OneAtATime);
    assert!(
        told[0].starts_with("La moitié des demandes attend moins de ") && told[0].contains(", au lieu de "),
        "{told:?}"
    );
    assert_eq!(compare::compare(two, two, Pace::OneAtATime), ["Rien ne change."]);
    assert!(compare::describe(two, Pace::OneAtATime)[0].starts_with("40 demandes ; la moitié attend moins de "));
}

#[test]
fn what_rests_on_one_person_is_told_by_their_name() {
    let scenario = ordinary::Day::of(&small_town(&["aline"]), Some(40), 1).under(small_town(&["aline"]));
    let points = advisor::single_points(&scenario, &Eligibility::of(&scenario));
    assert_eq!(
        compare::fragile(&scenario.town, &points),
        ["« Démarche question » repose sur une seule personne : aline."]
    );
    assert_eq!(advisor::next_lesson(&scenario, Policy::default()), None);
}

#[test]
fn a_town_without_procedures_has_a_quiet_day() {
    let town = Town::default();
    let scenario = ordinary::Day::of(&town, Some(40), 1).under(town);
    assert_eq!(Report::of(&scenario, &play(&scenario)).contacts, 0);
}

/// Some days only: the bench has many.
#[test]
fn announced_ends_are_kept_nine_times_in_ten_and_the_middle_beats_the_average_of_the_last_hour() {
    let scenario = days::scenario(1, 5);
    let measured = forecasts::measure(&scenario, &play(&scenario));
    let sum = |live| {
        let alike = measured.iter().filter(|line| line.live == live);
        alike.fold(forecasts::Measured::default(), forecasts::Measured::plus)
    };
    for (live, better) in [(false, 0.30), (true, 0.10)] {
        let sum = sum(live);
        let share = |part: usize| f64::from(u32::try_from(part).unwrap()) / f64::from(u32::try_from(sum.told).unwrap());
        assert!(sum.told > 1_000, "{sum:?}");
        assert!((0.82..=0.97).contains(&share(sum.within_p90)), "{} {sum:?}", share(sum.within_p90));
        assert!(sum.within_announced >= sum.within_p90, "edges are rounded up: {sum:?}");
        let ratio = sum.mistakes_ms * 1_000 / sum.plain_mistakes_ms;
        assert!(ratio <= ((1.0 - better) * 1_000.0) as i64, "{ratio} ‰ of the mistakes of the average: {sum:?}");
    }
}

#[test]
fn on_an_ordinary_day_less_is_asked_in_time_where_the_procedure_says_so() {
    let day = |after_minutes: Option<u32>| {
        let mut directory = arbitrary::directory("valorme");
        directory.procedures.clear();
        let (code, mut asking) = arbitrary::procedure("acte", "GU", Tier::L1, &[("ECI", 3)]);
        let lower =
            |after_minutes| Widening { after_minutes, skills: vec![SkillLevel::new("ECI", 1)], drop: Vec::new() };
        asking.widen = after_minutes.map(lower).into_iter().collect();
        directory.procedures.insert(code, asking);
        directory.agents = [arbitrary::agent("aline", Tier::L1, &[("ECI", 1)])].into();
        let scenario =
            ordinary::Day::of_each(&Town::of([Arc::new(directory.clone())])).under(Town::of([Arc::new(directory)]));
        let outcome = play(&scenario);
        let written = outcome.contacts.iter().zip(&scenario.arrivals);
        let written = written.filter(|(_, arrival)| !traffic::is_live(scenario.kinds[arrival.kind].channel));
        written.map(|(contact, arrival)| Some(contact.offered_at?.millis_since(arrival.at))).collect::<Vec<_>>()
    };
    assert_eq!(day(None), [None], "nobody has level 3");
    let offered = day(Some(30));
    assert!(offered.len() == 1 && offered[0] >= Some(30 * traffic::MINUTE_MS), "{offered:?}");
}
