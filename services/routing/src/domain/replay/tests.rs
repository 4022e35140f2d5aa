//! A morning recorded, decided again, and forged in every way that counts.

use std::sync::Arc;

use guichet_core::work::{Channel, PresenceState, Tier};

use super::*;
use crate::domain::engine::{AgentSnapshot, Ended, Entry, Need, Step};
use crate::domain::town::arbitrary;

const MORNING: Timestamp = Timestamp::from_millis(1_795_510_800_000);

fn town() -> Town {
    let mut directory = arbitrary::directory("valorme");
    directory.agents = [
        arbitrary::agent("aline.encre", Tier::L1, &[("ACC", 3)]),
        arbitrary::agent("basile.tampon", Tier::L1, &[("ACC", 2)]),
    ]
    .into();
    Town::of([Arc::new(directory)])
}

fn request(number: u128) -> ServiceRequestId {
    ServiceRequestId::from(uuid::Uuid::from_u128(number))
}

fn entry(number: u128) -> Entry {
    let need = Need { skills: vec![guichet_events::SkillLevel::new("ACC", 1)], ..Need::of("valorme", "GU") };
    Entry {
        request_id: request(number),
        version: 1,
        steps: vec![Step { need: need.into(), expires_at: None }],
        channel: Channel::Web,
        slope: 3,
        since: MORNING,
        late: false,
        excluded: Vec::new(),
        continuity: None,
    }
}

fn snapshot() -> Snapshot {
    let present = |login: &str| AgentSnapshot {
        agent_id: AgentId::of_login(login),
        presence: PresenceState::Available,
        serial: 1,
        served_at: Timestamp::default(),
        given_today: 0,
        learned_today: 0,
    };
    Snapshot {
        waiting: vec![entry(1)],
        agents: vec![present("aline.encre"), present("basile.tampon")],
        ..Snapshot::default()
    }
}

/// Plays a morning as the matcher does, and returns what it would have recorded.
fn recorded() -> Vec<Batch> {
    let mut engine = Engine::new(Policy::default(), Roster::of(&town()), snapshot());
    let mut batches = Vec::new();
    let mut tell = |number: i64, inputs: Vec<Input>, absorbed: Vec<Input>| {
        let at = MORNING.plus_seconds(number * 60);
        let mut decisions = Vec::new();
        for input in &inputs {
            let mut made = engine.apply(at, input.clone());
            if *input == Input::Reloaded {
                tell_at_load(&mut made, &absorbed);
            }
            decisions.extend(made);
        }
        let decided = decisions.iter().map(Decided::of).collect();
        let offered = decisions.iter().find_map(|decision| match decision {
            Decision::Offer { request_id, agent_id, version, .. } => Some((*request_id, *agent_id, *version)),
            _ => None,
        });
        batches.push(Batch { number, at, absorbed, inputs, decided });
        offered
    };
    let (request_id, agent_id, version) =
        tell(1, vec![Input::Reloaded], Vec::new()).expect("the first is offered at once");
    tell(2, (2..8).map(|number| Input::Arrived(entry(number))).collect(), Vec::new());
    let ended = Ended { request_id, version: version + 2, agent_id };
    tell(3, vec![Input::Tick, Input::Declined(ended)], Vec::new());
    batches
}

fn replayed(batches: &[Batch], period: &Range<Timestamp>) -> Outcome {
    let mut outcome = Outcome::default();
    // Through the JSON that is stored, as after a restart.
    let stored = serde_json::to_string(&snapshot()).expect("a snapshot is plain data");
    let snapshot: Snapshot = serde_json::from_str(&stored).expect("it reads back");
    let policy: Policy =
        serde_json::from_str(&serde_json::to_string(&Policy::default()).expect("plain data")).expect("reads back");
    let mut replay = Replay::of(policy, &town(), snapshot);
    batches.iter().for_each(|batch| replay.follow(batch, period, &mut outcome));
    outcome
}

fn whole_day() -> Range<Timestamp> {
    MORNING.plus_seconds(-3_600)..MORNING.plus_seconds(3_600)
}

#[test]
fn a_recorded_morning_is_decided_again_as_it_was() {
    let batches = recorded();
    let decided: usize = batches.iter().map(|batch| batch.decided.len()).sum();
    let outcome = replayed(&batches, &whole_day());
    assert!(decided >= 8, "{batches:?}");
    assert_eq!((outcome.compared, outcome.mismatches), (decided as u64, 0), "{:?}", outcome.told);
}

#[test]
fn a_forged_decision_is_found_with_what_was_forged() {
    let mut batches = recorded();
    let forged = &mut batches[1].decided[2];
    forged.record = forged.record.replace("\"step\":0", "\"step\":1");
    let request_id = forged.request_id;
    let outcome = replayed(&batches, &whole_day());
    assert_eq!(outcome.mismatches, 1);
    let told = &outcome.told[0];
    assert_eq!((told.batch, told.request_id), (2, request_id));
    assert_eq!(told.difference, "record/step: recorded 1, made again 0");
}

#[test]
fn another_agent_is_found_and_so_is_a_decision_taken_out_or_put_in() {
    let batches = recorded();
    let mut other = batches.clone();
    other[0].decided[0].agent_id = Some(AgentId::of_login("leon.virgule"));
    assert!(replayed(&other, &whole_day()).told[0].difference.contains("made again"));
    let mut fewer = batches.clone();
    fewer[1].decided.remove(0);
    let outcome = replayed(&fewer, &whole_day());
    assert_eq!(outcome.mismatches, 1, "only the one that is missing: {:?}", outcome.told);
    assert!(outcome.told[0].difference.ends_with("not recorded"));
    let mut more = batches;
    let twice = more[1].decided[3].clone();
    more[1].decided.insert(3, twice);
    let outcome = replayed(&more, &whole_day());
    assert_eq!(outcome.mismatches, 1, "{:?}", outcome.told);
    assert!(outcome.told[0].difference.ends_with("not made again"));
}

#[test]
fn an_input_in_another_order_is_found() {
    let mut batches = recorded();
    batches[1].inputs.reverse();
    assert!(replayed(&batches, &whole_day()).mismatches > 0);
}

#[test]
fn what_is_not_of_the_day_is_followed_and_not_compared() {
    let mut batches = recorded();
    batches[0].decided.clear();
    let late = MORNING.plus_seconds(90)..MORNING.plus_seconds(3_600);
    let outcome = replayed(&batches, &late);
    let expected: usize = batches[1..].iter().map(|batch| batch.decided.len()).sum();
    assert_eq!((outcome.mismatches, outcome.compared), (0, expected as u64), "{:?}", outcome.told);
}

#[test]
fn a_request_that_waited_before_the_load_is_not_told_again() {
    let mut engine = Engine::new(
        Policy::default(),
        Roster::of(&town()),
        Snapshot { waiting: vec![entry(1), entry(2)], ..Snapshot::default() },
    );
    let mut decisions = engine.apply(MORNING, Input::Reloaded);
    assert_eq!(decisions.len(), 2, "nobody is there: both wait");
    tell_at_load(&mut decisions, &[Input::Arrived(entry(2))]);
    let told: Vec<_> = decisions.iter().map(Decision::request_id).collect();
    assert_eq!(told, [request(2)]);
}
