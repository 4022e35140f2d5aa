//! Records made by hand and by chance, read and played again.

use std::sync::Arc;

use guichet_core::work::{Channel, PresenceState, Tier};
use guichet_events::SkillLevel;
use proptest::prelude::*;
use uuid::Uuid;

use super::super::what_if::{Change, Question, Source, answer};
use super::super::{Eligibility, Ending, Outcome, Pace, RealEngine, Scenario, run};
use super::*;
use crate::domain::engine::{AgentSnapshot, Ended, HeldEntry, Input, Need, Policy, Snapshot, Step};
use crate::domain::town::{Town, arbitrary};

/// Tuesday 24 November 2026, midnight in Paris.
const MIDNIGHT: Timestamp = Timestamp::from_millis(1_795_474_800_000);
const MINUTE_MS: i64 = 60_000;
const OPENS: i64 = 510;
const CLOSES: i64 = 1_050;

fn minute(minute: i64) -> Timestamp {
    MIDNIGHT.plus_millis(minute * MINUTE_MS)
}

fn day() -> Range<Timestamp> {
    MIDNIGHT..minute(1_440)
}

fn town(agents: &[&str]) -> Town {
    let mut directory = arbitrary::directory("valorme");
    directory.agents = agents.iter().map(|login| arbitrary::agent(login, Tier::L1, &[("ACC", 1)])).collect();
    Town::of([Arc::new(directory)])
}

fn request(number: usize) -> ServiceRequestId {
    ServiceRequestId::from(Uuid::from_u128(number as u128 + 1))
}

fn entry(number: usize, version: i64, at: Timestamp) -> Entry {
    let need = Need { skills: vec![SkillLevel::new("ACC", 1)], ..Need::of("valorme", "GU") };
    Entry {
        request_id: request(number),
        version,
        steps: vec![Step { need: need.into(), expires_at: None }],
        channel: Channel::Web,
        slope: 20,
        since: at,
        late: false,
        excluded: Vec::new(),
        continuity: None,
    }
}

fn held(number: usize, version: i64, login: &str) -> Input {
    Input::Held { request_id: request(number), version, agent_id: AgentId::of_login(login), weight: 1 }
}

fn freed(number: usize, version: i64) -> Input {
    Input::Freed { request_id: request(number), version }
}

fn presence(login: &str, state: PresenceState, serial: i64) -> Input {
    Input::PresenceChanged { agent_id: AgentId::of_login(login), state, serial }
}

/// A record of a day on which these agents come when the doors open and leave when they close.
fn recording(agents: &[&str], snapshot: Snapshot) -> Recording {
    let mut recording = Recording::begin(day(), MIDNIGHT.plus_millis(-MINUTE_MS), snapshot);
    for login in agents {
        recording.told(minute(OPENS), &presence(login, PresenceState::Available, 1));
    }
    recording
}

fn closed(mut recording: Recording, agents: &[&str], files: &BTreeMap<ServiceRequestId, File>) -> Option<Recorded> {
    for login in agents {
        recording.told(minute(CLOSES), &presence(login, PresenceState::Away, 2));
    }
    recording.finish(town(agents), files)
}

fn play(scenario: &Scenario) -> Outcome {
    run(scenario, &Eligibility::of(scenario), &mut RealEngine::new(scenario, Policy::default()))
}

#[test]
fn work_lasts_as_long_as_it_was_in_hand_and_its_pauses_do_not_count() {
    let mut recording = recording(&["aline"], Snapshot::default());
    recording.told(minute(600), &Input::Arrived(entry(0, 1, minute(600))));
    recording.told(minute(605), &held(0, 3, "aline"));
    recording.told(minute(606), &held(0, 4, "aline"));
    recording.told(minute(615), &freed(0, 5));
    recording.told(minute(700), &held(0, 6, "aline"));
    recording.told(minute(720), &freed(0, 7));
    let day = closed(recording, &["aline"], &BTreeMap::new()).expect("a day");
    let scenario = day.under(day.as_it_was(), 1);
    assert_eq!((day.open.clone(), scenario.pace), (minute(OPENS)..minute(CLOSES), Pace::InHand));
    let arrival = &scenario.arrivals[0];
    assert_eq!((arrival.at, arrival.handling_ms), (minute(600), 30 * MINUTE_MS));
    assert_eq!(scenario.kinds[0].procedure, "Guichet unique", "without its file, the department names it");
}

#[test]
fn what_is_still_in_hand_gets_the_median_of_the_day_and_what_nobody_took_that_of_its_need() {
    let mut recording = recording(&["aline"], Snapshot::default());
    for (number, length) in [(0, 10), (1, 20), (2, 90)] {
        recording.told(minute(600), &Input::Arrived(entry(number, 1, minute(600))));
        recording.told(minute(610), &held(number, 2, "aline"));
        recording.told(minute(610 + length), &freed(number, 3));
    }
    let mut other = entry(3, 1, minute(620));
    Arc::make_mut(&mut other.steps[0].need).skills.clear();
    recording.told(minute(620), &Input::Arrived(other));
    recording.told(minute(621), &held(3, 2, "aline"));
    recording.told(minute(700), &Input::Arrived(entry(4, 1, minute(700))));
    let day = closed(recording, &["aline"], &BTreeMap::new()).expect("a day");
    let lengths: Vec<i64> = day.under(day.as_it_was(), 1).arrivals.iter().map(|arrival| arrival.handling_ms).collect();
    assert_eq!(lengths, [10, 20, 90, 20, 20].map(|minutes| minutes * MINUTE_MS));
}

#[test]
fn what_came_before_the_doors_opened_waits_at_the_door_and_what_came_after_is_the_next_days() {
    let snapshot =
        Snapshot { waiting: vec![entry(0, 1, MIDNIGHT.plus_millis(-600 * MINUTE_MS))], ..Snapshot::default() };
    let mut recording = recording(&["aline"], snapshot);
    recording.told(minute(300), &Input::Arrived(entry(1, 1, minute(300))));
    recording.told(minute(CLOSES + 30), &Input::Arrived(entry(2, 1, minute(CLOSES + 30))));
    let day = closed(recording, &["aline"], &BTreeMap::new()).expect("a day");
    let scenario = day.under(day.as_it_was(), 1);
    assert_eq!((day.works(), day.at_the_door()), (2, 2));
    assert!(scenario.arrivals.iter().all(|arrival| arrival.at == minute(OPENS)));
    let since = |place: usize| scenario.arrivals[place].past.as_ref().map(|past| past.since);
    assert_eq!((since(0), since(1)), (Some(MIDNIGHT.plus_millis(-600 * MINUTE_MS)), Some(minute(300))));
}

#[test]
fn what_was_in_hand_before_the_record_asks_what_its_file_says_and_is_known_to_its_holder() {
    let held = HeldEntry {
        request_id: request(0),
        version: 4,
        agent_id: AgentId::of_login("aline"),
        weight: 1,
        offered: None,
        lesson: false,
    };
    let agents = vec![AgentSnapshot {
        agent_id: AgentId::of_login("aline"),
        presence: PresenceState::Available,
        serial: 1,
        served_at: MIDNIGHT,
        given_today: 0,
        learned_today: 0,
    }];
    let mut recording = recording(&[], Snapshot { held: vec![held], agents, ..Snapshot::default() });
    recording.told(minute(30), &freed(0, 5));
    assert_eq!(recording.unknown(), [request(0)]);
    let legal_at = Some(minute(900));
    let file = File { procedure: "Passeport".to_owned(), legal_at, entry: entry(0, 4, MIDNIGHT) };
    let day = closed(recording, &["aline"], &[(request(0), file)].into()).expect("a day");
    let scenario = day.under(day.as_it_was(), 1);
    let arrival = &scenario.arrivals[0];
    assert_eq!((arrival.known_to, arrival.legal_at), (Some(AgentId::of_login("aline")), legal_at));
    assert_eq!((scenario.kinds[0].procedure.as_str(), arrival.handling_ms), ("Passeport", 30 * MINUTE_MS));
}

#[test]
fn who_may_take_a_request_once_less_is_asked_takes_it_then() {
    let mut asking = entry(0, 1, minute(600));
    let less = Step { need: Arc::clone(&asking.steps[0].need), expires_at: None };
    Arc::make_mut(&mut asking.steps[0].need).skills = vec![SkillLevel::new("ACC", 3)];
    asking.steps[0].expires_at = Some(minute(660));
    asking.steps.push(less);
    let mut recording = recording(&["aline"], Snapshot::default());
    recording.told(minute(600), &Input::Arrived(asking));
    let day = closed(recording, &["aline"], &BTreeMap::new()).expect("a day");
    let outcome = play(&day.under(day.as_it_was(), 1));
    assert_eq!(outcome.contacts[0].offered_at, Some(minute(660)), "Aline has level 1, which is enough from then on");
}

#[test]
fn a_caller_who_hung_up_hangs_up_after_the_same_wait() {
    let mut recording = recording(&["aline"], Snapshot::default());
    recording.told(minute(600), &Input::Arrived(Entry { channel: Channel::Phone, ..entry(0, 1, minute(600)) }));
    recording.told(minute(607), &freed(0, 2));
    let day = closed(recording, &["aline"], &BTreeMap::new()).expect("a day");
    assert_eq!(day.under(day.as_it_was(), 1).arrivals[0].patience_ms, Some(7 * MINUTE_MS));
}

#[test]
fn work_handed_on_is_another_piece_of_work_and_a_level_2_question_is_no_mistake() {
    let mut recording = recording(&["aline"], Snapshot::default());
    recording.told(minute(600), &Input::Arrived(entry(0, 1, minute(600))));
    recording.told(minute(601), &held(0, 2, "aline"));
    let mut other = entry(0, 3, minute(600));
    Arc::make_mut(&mut other.steps[0].need).department = "VO".to_owned();
    recording.told(minute(603), &Input::Arrived(other.clone()));
    recording.told(minute(610), &held(0, 4, "aline"));
    Arc::make_mut(&mut other.steps[0].need).tier = crate::domain::engine::TierRule::OnlyL2;
    recording.told(minute(620), &Input::Arrived(Entry { version: 5, ..other }));
    let day = closed(recording, &["aline"], &BTreeMap::new()).expect("a day");
    let arrivals = day.under(day.as_it_was(), 1).arrivals;
    let told: Vec<(Timestamp, bool)> =
        arrivals.iter().map(|one| (one.at, one.past.as_ref().is_some_and(|past| past.handed_on))).collect();
    assert_eq!(told, [(minute(600), false), (minute(603), true), (minute(620), false)]);
}

#[test]
fn a_fact_told_twice_or_late_changes_nothing() {
    let mut recording = recording(&["aline"], Snapshot::default());
    recording.told(minute(600), &Input::Arrived(entry(0, 1, minute(600))));
    recording.told(minute(605), &held(0, 3, "aline"));
    recording.told(minute(606), &Input::Arrived(entry(0, 1, minute(600))));
    let ended = Ended { request_id: request(0), version: 3, agent_id: AgentId::of_login("aline") };
    recording.told(minute(607), &Input::Declined(ended));
    recording.told(minute(608), &held(0, 3, "aline"));
    recording.told(minute(615), &freed(0, 5));
    let day = closed(recording, &["aline"], &BTreeMap::new()).expect("a day");
    assert_eq!(day.works(), 1);
    assert_eq!(day.under(day.as_it_was(), 1).arrivals[0].handling_ms, 10 * MINUTE_MS);
}

#[test]
fn a_day_without_anybody_or_without_requests_is_no_day() {
    assert!(closed(recording(&["aline"], Snapshot::default()), &["aline"], &BTreeMap::new()).is_none());
    let mut deserted = recording(&[], Snapshot::default());
    deserted.told(minute(600), &Input::Arrived(entry(0, 1, minute(600))));
    assert!(closed(deserted, &[], &BTreeMap::new()).is_none());
}

#[test]
fn whoever_was_in_a_call_was_at_work() {
    let mut recording = recording(&["aline"], Snapshot::default());
    recording.told(minute(600), &Input::Arrived(entry(0, 1, minute(600))));
    recording.told(minute(610), &presence("aline", PresenceState::Phone, 2));
    recording.told(minute(CLOSES), &presence("aline", PresenceState::Away, 3));
    let day = recording.finish(town(&["aline"]), &BTreeMap::new()).expect("a day");
    assert_eq!(day.open, minute(OPENS)..minute(CLOSES));
    assert_eq!(play(&day.under(day.as_it_was(), 1)).agents[0].present_ms, (CLOSES - OPENS) * MINUTE_MS);
}

#[test]
fn offers_are_met_as_they_were_that_day() {
    let mut recording = recording(&["aline"], Snapshot::default());
    for number in 0..20 {
        let at = minute(600 + i64::try_from(number).expect("few"));
        recording.told(at, &Input::Arrived(entry(number, 1, at)));
        recording.offered(at, request(number));
        let ended = Ended { request_id: request(number), version: 3, agent_id: AgentId::of_login("aline") };
        let answer = if number < 5 { Input::Declined(ended) } else { held(number, 3, "aline") };
        recording.told(at.plus_millis(30_000), &answer);
    }
    let day = closed(recording, &["aline"], &BTreeMap::new()).expect("a day");
    let answering = day.under(day.as_it_was(), 1).answering;
    assert!(
        (answering.declined - 0.25).abs() < 1e-9 && (answering.reaction_ms - 30_000.0).abs() < 1e-9,
        "{answering:?}"
    );
}

/// Requests that come when they come, are taken two minutes later and are in hand for so many minutes.
fn recorded(agents: &[&str], works: &[(i64, i64)]) -> Recorded {
    let mut recording = recording(agents, Snapshot::default());
    for (number, (at, length)) in works.iter().enumerate() {
        let login = agents[number % agents.len()];
        recording.told(minute(*at), &Input::Arrived(entry(number, 1, minute(*at))));
        recording.told(minute(at + 2), &held(number, 3, login));
        recording.told(minute(at + 2 + length), &freed(number, 4));
    }
    closed(recording, agents, &BTreeMap::new()).expect("a day")
}

#[test]
fn the_day_with_one_agent_less_is_told_beside_the_same_day_as_it_was() {
    let works: Vec<(i64, i64)> = (0..60).map(|number| (OPENS + 5 + number * 4, 20)).collect();
    let day = recorded(&["aline", "basile"], &works);
    let town = day.town.clone();
    let question = |change| Question {
        authority: "valorme".to_owned(),
        source: Source::Recorded { day: Box::new(day.clone()), policy: Policy::default() },
        change,
        against: None,
        rule: None,
        advise: true,
        skill: None,
        seed: 1,
    };
    let less = answer(&town, &question(Change::Less { agent_id: AgentId::of_login("basile") })).expect("known");
    let start = "Journée enregistrée du mardi 24 novembre 2026, de 8 h 30 à 17 h 30 : 60 demandes, dont 0 déjà là";
    assert!(less.sentences[0].starts_with(start), "{:?}", less.sentences);
    assert!(less.sentences[1].starts_with("Elle est rejouée : même telle quelle"), "{:?}", less.sentences);
    assert_eq!(less.sentences[2], "Essai : basile n'est pas là.");
    let after = less.after.expect("changed");
    assert!(after.first_offer.mean_s > less.before.first_offer.mean_s, "{after:?}");
    assert!(after.utilisation > less.before.utilisation, "{after:?}");
    assert_eq!(less.points[0].1, "« Démarche question » repose sur une seule personne : aline.");
    let more = answer(&town, &question(Change::More { like: AgentId::of_login("aline") })).expect("known");
    assert!(more.after.expect("changed").utilisation < more.before.utilisation);
    let unchanged = answer(&town, &question(Change::Nothing)).expect("known");
    assert!(unchanged.after.is_none());
    assert!(
        unchanged.sentences[5].contains("occupent") && unchanged.sentences[5].contains("de la capacité des agents"),
        "{:?}",
        unchanged.sentences
    );
}

proptest! {
    #[test]
    fn with_the_same_people_every_request_of_the_day_is_served(
        works in prop::collection::vec((OPENS..CLOSES - 120, 1_i64..15), 1..25),
    ) {
        let day = recorded(&["aline", "basile"], &works);
        let scenario = day.under(day.as_it_was(), 1);
        let outcome = play(&scenario);
        prop_assert_eq!(outcome.contacts.len(), works.len());
        for contact in &outcome.contacts {
            prop_assert_eq!(contact.ending, Ending::Done, "{:?}", contact);
        }
    }

    #[test]
    fn a_request_comes_when_it_came_and_lasts_what_it_lasted_whoever_is_there(
        works in prop::collection::vec((OPENS..CLOSES - 120, 1_i64..60), 1..25),
        agents in 1_usize..4,
    ) {
        let day = recorded(&["aline", "basile"], &works);
        let (was, other) = (day.under(day.as_it_was(), 1), day.under(
            Under { town: town(&["aline", "carole", "denis"][..agents]), newcomer: None },
            1,
        ));
        prop_assert_eq!(&was.arrivals, &other.arrivals);
        let mut came: Vec<(Timestamp, i64)> = was.arrivals.iter().map(|one| (one.at, one.handling_ms)).collect();
        let mut expected: Vec<(Timestamp, i64)> = works.iter().map(|(at, length)| (minute(*at), length * MINUTE_MS)).collect();
        came.sort_unstable();
        expected.sort_unstable();
        prop_assert_eq!(came, expected);
    }

    #[test]
    fn nobody_ever_has_more_in_hand_than_their_capacity(
        works in prop::collection::vec((OPENS..CLOSES - 120, 1_i64..200), 1..40),
    ) {
        let day = recorded(&["aline"], &works);
        let outcome = play(&day.under(day.as_it_was(), 1));
        for agent in &outcome.agents {
            prop_assert!(agent.busy_ms <= agent.present_ms, "{:?}", agent);
        }
        for slot in &outcome.slots {
            prop_assert!(slot.busy_ms <= slot.present_ms, "{:?}", slot);
        }
    }
}
