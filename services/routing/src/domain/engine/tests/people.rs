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
    };
    let told = serde_json::to_value(agent).expect("plain data");
    let mut facts: Vec<&str> = told.as_object().expect("an object").keys().map(String::as_str).collect();
    facts.sort_unstable();
    assert_eq!(facts, ["agent_id", "given_today", "presence", "serial", "served_at"]);
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
