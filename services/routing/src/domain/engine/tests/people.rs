//! What the engine may know of people (ADR 0010): a change here is a change of what was promised to them.

use super::*;

#[test]
fn a_snapshot_says_of_an_agent_what_they_do_hold_and_were_given_and_nothing_else() {
    let agent = AgentSnapshot {
        agent_id: AgentId::of_login("aline"),
        presence: PresenceState::Available,
        serial: 1,
        served_at: at(0),
        given_today: 2,
        learned_today: 1,
    };
    let told = serde_json::to_value(agent).expect("plain data");
    let mut facts: Vec<&str> = told.as_object().expect("an object").keys().map(String::as_str).collect();
    facts.sort_unstable();
    assert_eq!(facts, ["agent_id", "given_today", "learned_today", "presence", "serial", "served_at"]);
}

/// Aline is done in ten seconds each time, Basile in forty minutes: the next request finds them equal but for chance.
#[test]
fn how_long_somebody_takes_changes_nothing() {
    let mut engine = desk(&[("aline", Tier::L1, &[("ECI", 3)]), ("basile", Tier::L1, &[("ECI", 3)])]);
    for round in 0..4 {
        let morning = at(round * 3_600);
        for number in [2 * round + 1, 2 * round + 2] {
            let arrived = Input::Arrived(entry(number as u128, need(&[("ECI", 2)]), morning));
            let (request_id, agent_id) = offered(&engine.apply(morning, arrived))[0];
            engine.apply(morning, Input::Held { request_id, version: 3, agent_id, weight: 1 });
            let took = if agent_id == AgentId::of_login("aline") { 10 } else { 2_400 };
            engine.apply(morning.plus_seconds(took), Input::Freed { request_id, version: 4 });
        }
    }
    let asked = Input::Arrived(entry(99, need(&[("ECI", 2)]), at(20_000)));
    let decisions = engine.apply(at(20_000), asked);
    let [Decision::Offer { record, .. }] = decisions.as_slice() else { panic!("one offer: {decisions:?}") };
    let [first, second] = record.top.as_slice() else { panic!("two candidates: {record:?}") };
    let same_but_for_who = Candidate { hash: first.hash, agent_id: first.agent_id, ..second.clone() };
    assert_eq!(*first, same_but_for_who);
}

/// Whoever passed a request is not offered less afterwards.
#[test]
fn what_somebody_passed_is_held_against_nobody() {
    let mut engine = desk(&[("aline", Tier::L1, &[("ECI", 3)]), ("basile", Tier::L1, &[("ECI", 3)])]);
    let (request_id, agent_id) = offered(&engine.apply(at(1), Input::Arrived(entry(1, need(&[("ECI", 2)]), at(0)))))[0];
    engine.apply(at(2), Input::Declined(Ended { request_id, version: 3, agent_id }));
    engine.apply(at(3), Input::Freed { request_id, version: 5 });
    let next = engine.apply(at(4), Input::Arrived(entry(2, need(&[("ECI", 2)]), at(4))));
    assert_eq!(offered(&next)[0].1, agent_id, "the other was given one today");
}

/// Aline knows the file and is away today; Basile stands in for her, and Claire knows the matter best.
fn desk_with_a_substitute(skills_of_basile: &[(&str, u8)]) -> Engine {
    let mut directory = arbitrary::directory("valorme");
    let (login, mut aline) = arbitrary::agent("aline", Tier::L1, &[("ECI", 3)]);
    let day = guichet_core::french::Dates::of_zone("Europe/Paris").local(at(0)).date().to_string();
    let absence =
        guichet_events::Absence { substitute: Some("basile".into()), ..guichet_events::Absence::new(&day, &day) };
    aline.absences = vec![absence];
    let basile = arbitrary::agent("basile", Tier::L1, skills_of_basile);
    directory.agents = [(login, aline), basile, arbitrary::agent("claire", Tier::L1, &[("ECI", 5)])].into();
    let mut engine = Engine::new(Policy::default(), Roster::of(&Town::of([Arc::new(directory)])), Snapshot::default());
    for login in ["aline", "basile", "claire"] {
        present(&mut engine, login, 1);
    }
    engine
}

fn known_to_aline(number: u128) -> Entry {
    let continuity = Continuity { agent_id: AgentId::of_login("aline"), until: at(86_400 * 3) };
    Entry { continuity: Some(continuity), ..entry(number, need(&[("ECI", 2)]), at(0)) }
}

#[test]
fn what_waits_for_somebody_on_leave_goes_to_who_stands_in_for_them() {
    let mut engine = desk_with_a_substitute(&[("ECI", 2)]);
    let decisions = engine.apply(at(1), Input::Arrived(known_to_aline(1)));
    let [Decision::Offer { agent_id, record, .. }] = decisions.as_slice() else { panic!("one offer: {decisions:?}") };
    assert_eq!((*agent_id, record.in_place_of), (AgentId::of_login("basile"), Some(AgentId::of_login("aline"))));
    assert_eq!(record.decided_by, Some(DecidedBy::Continuity));
}

#[test]
fn who_stands_in_without_the_skill_is_not_waited_for() {
    let mut engine = desk_with_a_substitute(&[("ACC", 2)]);
    let decisions = engine.apply(at(1), Input::Arrived(known_to_aline(1)));
    assert_eq!(offered(&decisions)[0].1, AgentId::of_login("claire"));
}

/// The one who knows it is back before anybody took it: it waits for them again, not for who stood in.
#[test]
fn what_waits_for_who_stands_in_goes_back_with_the_end_of_the_leave() {
    let mut engine = desk_with_a_substitute(&[("ECI", 2)]);
    let basile = AgentId::of_login("basile");
    engine.apply(at(1), Input::PresenceChanged { agent_id: basile, state: PresenceState::Phone, serial: 2 });
    let waiting = engine.apply(at(2), Input::Arrived(known_to_aline(1)));
    assert!(matches!(waiting.as_slice(), [Decision::Wait { record, .. }] if record.awaited == Some(basile)));
    let back = engine.next_wake().expect("she comes back");
    assert_eq!(offered(&engine.apply(back, Input::Tick))[0].1, AgentId::of_login("aline"));
    // Loaded again during a leave, an engine says the same as one that saw it begin.
    let mut loaded = desk_with_a_substitute(&[("ECI", 2)]);
    loaded.apply(at(1), Input::PresenceChanged { agent_id: basile, state: PresenceState::Phone, serial: 2 });
    loaded.apply(at(2), Input::Arrived(known_to_aline(1)));
    loaded.apply(at(3), Input::Reloaded);
    assert_eq!(loaded.waiting(), 1);
    let free = Input::PresenceChanged { agent_id: basile, state: PresenceState::Available, serial: 3 };
    assert_eq!(offered(&loaded.apply(at(4), free))[0].1, basile);
}
