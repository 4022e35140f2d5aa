//! The engine against a naive reading of the rules: random days at a random desk, checked after every fact.

use std::collections::HashMap;
use std::sync::Arc;

use guichet_core::work::{Channel, PresenceState, Tier};
use guichet_core::{ManualClock, Rng};
use guichet_core::{SeededRng, Timestamp, id::new_uuid};
use guichet_events::SkillLevel;
use proptest::prelude::*;

use super::*;
use crate::domain::town::{Town, arbitrary};

mod fairness;
mod learners;
mod people;

const SKILLS: [&str; 4] = ["ACC", "ECI", "VOI", "URB"];

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_795_000_000_000).plus_seconds(seconds)
}

fn need(skills: &[(&str, u8)]) -> Need {
    Need {
        skills: skills.iter().map(|&(skill, level)| SkillLevel { skill: skill.into(), level }).collect(),
        ..Need::of("valorme", "GU")
    }
}

fn entry(number: u128, need: Need, since: Timestamp) -> Entry {
    Entry {
        request_id: ServiceRequestId::from(uuid::Uuid::from_u128(number)),
        version: 1,
        steps: vec![Step { need: need.into(), expires_at: None }],
        channel: Channel::Web,
        slope: 3,
        since,
        late: false,
        excluded: Vec::new(),
        continuity: None,
    }
}

/// A login, a level and skills as `("ECI", 3)`.
type Card<'a> = (&'a str, Tier, &'a [(&'a str, u8)]);

fn desk(agents: &[Card<'_>]) -> Engine {
    let mut directory = arbitrary::directory("valorme");
    directory.agents = agents.iter().map(|&(login, tier, skills)| arbitrary::agent(login, tier, skills)).collect();
    let roster = Roster::of(&Town::of([Arc::new(directory)]));
    let mut engine = Engine::new(Policy::default(), roster, Snapshot::default());
    for &(login, ..) in agents {
        present(&mut engine, login, 1);
    }
    engine
}

fn present(engine: &mut Engine, login: &str, serial: i64) -> Vec<Decision> {
    let agent_id = AgentId::of_login(login);
    engine.apply(at(0), Input::PresenceChanged { agent_id, state: PresenceState::Available, serial })
}

fn offered(decisions: &[Decision]) -> Vec<(ServiceRequestId, AgentId)> {
    let offers = decisions.iter().filter_map(|decision| match decision {
        Decision::Offer { request_id, agent_id, .. } => Some((*request_id, *agent_id)),
        _ => None,
    });
    offers.collect()
}

#[test]
fn the_agent_with_the_skill_is_offered_the_request_and_the_record_says_why() {
    let mut engine = desk(&[("aline", Tier::L1, &[("ECI", 3)]), ("basile", Tier::L1, &[("ECI", 1)])]);
    let decisions = engine.apply(at(1), Input::Arrived(entry(1, need(&[("ECI", 2)]), at(0))));
    let [Decision::Offer { agent_id, record, .. }] = decisions.as_slice() else { panic!("one offer: {decisions:?}") };
    assert_eq!(*agent_id, AgentId::of_login("aline"));
    assert_eq!((record.capable, record.eligible, record.decided_by), (1, 1, Some(DecidedBy::OnlyOne)));
    assert_eq!(
        *record.lacking,
        [Named { agent_id: AgentId::of_login("basile"), reason: Reason::Skill { skill: "ECI".into(), level: 2 } }]
    );
    let text = serde_json::to_string(record).expect("a record is plain data");
    assert_eq!(serde_json::from_str::<Record>(&text).expect("and is read back"), **record);
}

#[test]
fn level_one_comes_first_even_when_busier_and_level_two_procedures_are_for_level_two() {
    let mut engine = desk(&[("aline", Tier::L1, &[("ECI", 3)]), ("gaelle", Tier::L2, &[("ECI", 5)])]);
    engine.apply(at(1), Input::Arrived(entry(1, need(&[("ECI", 2)]), at(0))));
    let second = engine.apply(at(2), Input::Arrived(entry(2, need(&[("ECI", 2)]), at(1))));
    assert_eq!(offered(&second)[0].1, AgentId::of_login("aline"));
    let specialist = Need { tier: TierRule::OnlyL2, ..need(&[("ECI", 2)]) };
    let third = engine.apply(at(3), Input::Arrived(entry(3, specialist, at(2))));
    assert_eq!(offered(&third)[0].1, AgentId::of_login("gaelle"));
}

#[test]
fn a_request_nobody_can_serve_is_unroutable_and_clearances_are_never_relaxed() {
    let mut engine = desk(&[("aline", Tier::L1, &[("ECI", 5)])]);
    let cleared = Need { clearances: vec!["OEC".into()], ..need(&[("ECI", 2)]) };
    let decisions = engine.apply(at(1), Input::Arrived(entry(1, cleared, at(0))));
    assert!(
        matches!(decisions.as_slice(), [Decision::Unroutable { record, .. }] if record.refused.of(Kind::Clearance) == 1)
    );
}

#[test]
fn who_is_on_leave_is_offered_what_waits_once_they_are_back() {
    let mut directory = arbitrary::directory("valorme");
    let (login, mut aline) = arbitrary::agent("aline", Tier::L1, &[("ECI", 3)]);
    let day = guichet_core::french::Dates::of_zone("Europe/Paris").local(at(0)).date().to_string();
    aline.absences = vec![guichet_events::Absence::new(&day, &day)];
    directory.agents = [(login, aline)].into();
    let mut engine = Engine::new(Policy::default(), Roster::of(&Town::of([Arc::new(directory)])), Snapshot::default());
    present(&mut engine, "aline", 1);
    let decisions = engine.apply(at(1), Input::Arrived(entry(1, need(&[("ECI", 2)]), at(0))));
    let [Decision::Wait { record, .. }] = decisions.as_slice() else { panic!("it waits: {decisions:?}") };
    assert_eq!(record.named, [Named { agent_id: AgentId::of_login("aline"), reason: Reason::Absent }]);
    let back = engine.next_wake().expect("she comes back");
    assert_eq!(offered(&engine.apply(back, Input::Tick)).len(), 1);
}

/// Two stretches of leave in a row, and the engine looks at the clock during the second only.
#[test]
fn whoever_goes_from_one_leave_to_the_next_is_offered_nothing_in_between() {
    let mut directory = arbitrary::directory("valorme");
    let (login, mut aline) = arbitrary::agent("aline", Tier::L1, &[("ECI", 3)]);
    let today = guichet_core::french::Dates::of_zone("Europe/Paris").local(at(0)).date();
    let day = |days: i32| today.checked_add(jiff::Span::new().days(days)).expect("a day").to_string();
    let leave = |from, to| guichet_events::Absence::new(&day(from), &day(to));
    aline.absences = vec![leave(0, 0), leave(1, 2)];
    directory.agents = [(login, aline)].into();
    let mut engine = Engine::new(Policy::default(), Roster::of(&Town::of([Arc::new(directory)])), Snapshot::default());
    present(&mut engine, "aline", 1);
    engine.apply(at(1), Input::Arrived(entry(1, need(&[("ECI", 2)]), at(0))));
    assert_eq!(engine.apply(at(86_400 + 3_600), Input::Tick), []);
    assert_eq!(offered(&engine.apply(at(4 * 86_400), Input::Tick)).len(), 1, "she is back");
}

#[test]
fn an_engine_loaded_again_names_what_nobody_can_serve() {
    let mut engine = desk(&[("aline", Tier::L1, &[("ECI", 1)])]);
    engine.apply(at(1), Input::Arrived(entry(1, need(&[("ECI", 2)]), at(0))));
    engine.apply(at(1), Input::Arrived(entry(2, need(&[("ECI", 1)]), at(0))));
    let decisions = engine.apply(at(2), Input::Reloaded);
    let named = |decision: &Decision| matches!(decision, Decision::Unroutable { .. });
    assert!(matches!(decisions.as_slice(), [decision] if named(decision)), "{decisions:?}");
}

#[test]
fn a_language_nobody_speaks_does_not_leave_the_request_without_an_agent() {
    let mut engine = desk(&[("aline", Tier::L1, &[("ECI", 5)])]);
    let foreign = Need { language: Some("de".into()), ..need(&[("ECI", 2)]) };
    assert_eq!(offered(&engine.apply(at(1), Input::Arrived(entry(1, foreign, at(0))))).len(), 1);
}

#[test]
fn a_call_goes_to_who_takes_calls_and_without_them_to_who_only_does_deferred_work() {
    let mut directory = arbitrary::directory("valorme");
    let (login, mut joseph) = arbitrary::agent("joseph", Tier::L2, &[("ASS", 4), ("VOI", 4)]);
    joseph.deferred_only = true;
    directory.agents = [(login, joseph), arbitrary::agent("basile", Tier::L1, &[("VOI", 1)])].into();
    let roster = Roster::of(&Town::of([Arc::new(directory)]));
    let mut engine = Engine::new(Policy::default(), roster, Snapshot::default());
    present(&mut engine, "joseph", 1);
    let call = |skill| Need { live: true, ..need(&[(skill, 1)]) };
    let subsidy = engine.apply(at(1), Input::Arrived(entry(1, call("ASS"), at(0))));
    assert_eq!(offered(&subsidy).first().map(|offer| offer.1), Some(AgentId::of_login("joseph")));
    let street = engine.apply(at(2), Input::Arrived(entry(2, call("VOI"), at(1))));
    assert!(matches!(street.as_slice(), [Decision::Wait { .. }]), "Basile takes calls and will be back: {street:?}");
    let foreign = Need { language: Some("de".into()), ..call("ASS") };
    assert_eq!(offered(&engine.apply(at(3), Input::Arrived(entry(3, foreign, at(2))))).len(), 1);
}

#[test]
fn a_declined_request_goes_to_the_next_agent_and_comes_back_after_ten_minutes() {
    let mut engine = desk(&[("aline", Tier::L1, &[("ECI", 3)])]);
    let first = entry(1, need(&[("ECI", 2)]), at(0));
    let request_id = first.request_id;
    engine.apply(at(1), Input::Arrived(first));
    let agent_id = AgentId::of_login("aline");
    let after = engine.apply(at(5), Input::Declined(Ended { request_id, version: 3, agent_id }));
    assert!(matches!(after.as_slice(), [Decision::Wait { record, .. }] if record.refused.of(Kind::Declined) == 1));
    let wake = engine.next_wake().expect("the refusal lapses");
    assert_eq!(wake, at(5 + 600));
    assert_eq!(offered(&engine.apply(wake, Input::Tick)), [(request_id, agent_id)]);
}

#[test]
fn the_most_urgent_request_goes_first_when_an_agent_is_freed() {
    let mut engine = desk(&[]);
    let mut directory = arbitrary::directory("valorme");
    directory.agents = [arbitrary::agent("aline", Tier::L1, &[("ECI", 3), ("VOI", 3)])].into();
    engine.roster = Roster::of(&Town::of([Arc::new(directory)]));
    let mut engine = Engine::new(Policy::default(), engine.roster, Snapshot::default());
    engine.apply(at(1), Input::Arrived(entry(1, need(&[("ECI", 2)]), at(0))));
    engine.apply(at(2), Input::Arrived(Entry { slope: 30, ..entry(2, need(&[("VOI", 1)]), at(1)) }));
    let offers = offered(&present(&mut engine, "aline", 1));
    assert_eq!(
        offers.iter().map(|(id, _)| id.uuid().as_u128()).collect::<Vec<_>>(),
        [1, 2],
        "both have waited before time zero"
    );
    assert!(
        engine.apply(at(3), Input::Arrived(entry(1, need(&[("ECI", 2)]), at(0)))).is_empty(),
        "an old fact is ignored"
    );
}

#[test]
fn a_step_that_expires_widens_the_search() {
    let mut engine = desk(&[("basile", Tier::L1, &[("ECI", 1)])]);
    let steps = vec![
        Step { need: need(&[("ECI", 3)]).into(), expires_at: Some(at(60)) },
        Step { need: need(&[("ECI", 1)]).into(), expires_at: None },
    ];
    let waiting = engine.apply(at(1), Input::Arrived(Entry { steps, ..entry(1, need(&[]), at(0)) }));
    assert!(offered(&waiting).is_empty());
    assert_eq!(offered(&engine.apply(at(60), Input::Tick)).len(), 1);
}

/// It waits rather than being nobody's; each step is told, and the last one says when nobody is left to ask.
#[test]
fn each_step_is_told_with_what_it_asks_less_and_only_the_last_one_is_nobody_s() {
    let mut engine = desk(&[("basile", Tier::L1, &[("VOI", 1)])]);
    let steps = vec![
        Step { need: need(&[("ECI", 3), ("VOI", 1)]).into(), expires_at: Some(at(60)) },
        Step { need: need(&[("ECI", 1), ("VOI", 1)]).into(), expires_at: Some(at(120)) },
        Step { need: need(&[("URB", 1)]).into(), expires_at: None },
    ];
    let first = engine.apply(at(1), Input::Arrived(Entry { steps, ..entry(1, need(&[]), at(0)) }));
    assert!(
        matches!(first.as_slice(), [Decision::Wait { record, .. }] if record.step == 0 && record.relaxed.is_empty())
    );
    let second = engine.apply(at(60), Input::Tick);
    let [Decision::Wait { record, .. }] = second.as_slice() else { panic!("it waits: {second:?}") };
    assert_eq!((record.step, record.relaxed.as_slice()), (1, [SkillLevel::new("ECI", 3)].as_slice()));
    let third = engine.apply(at(120), Input::Tick);
    assert!(matches!(third.as_slice(), [Decision::Unroutable { record, .. }] if record.step == 2), "{third:?}");
}

/// An offer that lasts longer than its step, and a request that comes back later than all of them.
#[test]
fn steps_pass_while_a_request_is_offered_and_before_it_arrives() {
    let mut engine = desk(&[("aline", Tier::L1, &[("ECI", 3)])]);
    let steps = || {
        vec![
            Step { need: need(&[("ECI", 3)]).into(), expires_at: Some(at(60)) },
            Step { need: need(&[("ECI", 2)]).into(), expires_at: Some(at(70)) },
            Step { need: need(&[]).into(), expires_at: None },
        ]
    };
    let first = Entry { steps: steps(), ..entry(1, need(&[]), at(0)) };
    let request_id = first.request_id;
    engine.apply(at(1), Input::Arrived(first));
    let declined = Ended { request_id, version: 3, agent_id: AgentId::of_login("aline") };
    let after = engine.apply(at(100), Input::Declined(declined));
    assert!(matches!(after.as_slice(), [Decision::Wait { record, .. }] if record.step == 2), "{after:?}");
    let late = engine.apply(at(100), Input::Arrived(Entry { steps: steps(), ..entry(2, need(&[]), at(0)) }));
    assert!(matches!(late.as_slice(), [Decision::Offer { record, .. }] if record.step == 2), "{late:?}");
}

#[test]
fn pooled_agents_serve_the_departments_of_the_agreement_and_no_confidential_file_by_default() {
    let mut valorme = arbitrary::directory("valorme");
    let pooling = |departments: &[&str]| guichet_events::Pooling {
        with: "orvance".into(),
        departments: departments.iter().map(|&code| code.to_owned()).collect(),
        shared_departments: vec!["UR".into()],
    };
    valorme.pooling = vec![pooling(&[])];
    let mut orvance = arbitrary::directory("orvance");
    let (login, mut capucine) = arbitrary::agent("capucine", Tier::L1, &[("ACC", 4)]);
    capucine.pooled_for = vec!["valorme".into()];
    let (other, mut iris) = arbitrary::agent("iris", Tier::L2, &[("ACC", 4)]);
    iris.departments = vec!["UR".into()];
    orvance.agents = [(login, capucine), (other, iris)].into();
    let mut roster = Roster::of(&Town::of([Arc::new(valorme), Arc::new(orvance)]));
    let asked = need(&[("ACC", 1)]);
    let eligible = |roster: &mut Roster, need: Need| roster.eligible(&need).1.len();
    assert_eq!(eligible(&mut roster, asked.clone()), 1, "Capucine");
    assert_eq!(eligible(&mut roster, Need { confidential: true, ..asked.clone() }), 0);
    assert_eq!(eligible(&mut roster, Need { department: "UR".into(), ..asked }), 2, "both for the shared department");
}

/// What the test believes, kept without the engine's structures.
#[derive(Default)]
struct Model {
    waiting: HashMap<ServiceRequestId, Entry>,
    held: HashMap<ServiceRequestId, (AgentId, Entry, i64, bool)>,
    blocked: HashMap<(ServiceRequestId, AgentId), Timestamp>,
    presence: HashMap<AgentId, PresenceState>,
    skills: HashMap<AgentId, Vec<(&'static str, u8)>>,
    capacity: u32,
}

impl Model {
    fn load(&self, agent: AgentId) -> u32 {
        self.held
            .values()
            .filter(|(holder, ..)| *holder == agent)
            .map(|(_, entry, ..)| entry.steps[0].need.weight)
            .sum()
    }

    fn is_eligible(&self, agent: AgentId, entry: &Entry, now: Timestamp) -> bool {
        let is_over = |step: &&Step| step.expires_at.is_some_and(|until| until <= now);
        let need = &entry.steps[entry.steps.iter().take_while(is_over).count()].need;
        let has = |asked: &SkillLevel| {
            self.skills[&agent].iter().any(|&(skill, level)| skill == asked.skill && level >= asked.level)
        };
        self.presence[&agent] == PresenceState::Available
            && need.skills.iter().all(has)
            && !entry.excluded.contains(&agent)
            && self.blocked.get(&(entry.request_id, agent)).is_none_or(|until| *until <= now)
    }

    fn learn(&mut self, decisions: &[Decision], now: Timestamp) {
        for (request_id, agent_id) in offered(decisions) {
            let entry = self.waiting.remove(&request_id).expect("only waiting requests are offered, and once");
            assert!(self.is_eligible(agent_id, &entry, now), "nobody ineligible is offered anything");
            let version = entry.version + 1;
            self.held.insert(request_id, (agent_id, entry, version, true));
            assert!(self.load(agent_id) <= self.capacity, "capacity is never exceeded");
        }
    }

    fn assert_work_is_conserved(&self, now: Timestamp) {
        for entry in self.waiting.values() {
            for &agent in self.presence.keys() {
                let room = self.load(agent) + entry.steps[0].need.weight <= self.capacity;
                assert!(
                    !(room && self.is_eligible(agent, entry, now)),
                    "a free eligible agent beside a waiting request"
                );
            }
        }
    }
}

fn random_desk(rng: &SeededRng, agents: u32) -> (Engine, Model) {
    let mut directory = arbitrary::directory("valorme");
    let mut model = Model { capacity: 3, ..Model::default() };
    for number in 0..agents {
        let skills: Vec<(&'static str, u8)> =
            SKILLS.iter().filter(|_| rng.below(2) == 0).map(|&skill| (skill, 1 + rng.below(5) as u8)).collect();
        let tier = if rng.below(3) == 0 { Tier::L2 } else { Tier::L1 };
        let (login, agent) = arbitrary::agent(&format!("agent{number}"), tier, &skills);
        model.skills.insert(agent.id, skills);
        model.presence.insert(agent.id, PresenceState::Away);
        directory.agents.insert(login, agent);
    }
    let roster = Roster::of(&Town::of([Arc::new(directory)]));
    // The model knows nothing of shares.
    (Engine::new(Policy { share_ms: 0, ..Policy::default() }, roster, Snapshot::default()), model)
}

fn random_entry(rng: &SeededRng, now: Timestamp, agents: &[AgentId]) -> Entry {
    let clock = ManualClock::at(now);
    let skills = [(SKILLS[rng.below(4) as usize], 1 + rng.below(5) as u8)];
    let weight = 1 + rng.below(2);
    let excluded = if rng.below(5) == 0 && !agents.is_empty() {
        vec![agents[rng.below(agents.len() as u32) as usize]]
    } else {
        Vec::new()
    };
    let waited = i64::from(rng.below(1_000));
    let asked = Need { weight, ..need(&skills) };
    let steps = match rng.below(3) {
        0 => random_steps(rng, now, &asked),
        _ => vec![Step { need: asked.clone().into(), expires_at: None }],
    };
    Entry {
        request_id: ServiceRequestId::from(new_uuid(&clock, rng)),
        slope: rng.below(32) as u8,
        excluded,
        steps,
        ..entry(0, asked, now.plus_seconds(-waited))
    }
}

/// A search that asks less twice, soon enough to be seen, perhaps before it arrives.
fn random_steps(rng: &SeededRng, now: Timestamp, asked: &Need) -> Vec<Step> {
    let first = now.plus_seconds(i64::from(rng.below(400)) - 50);
    let second = first.plus_seconds(1 + i64::from(rng.below(400)));
    let skills = vec![SkillLevel { level: 1, ..asked.skills[0].clone() }];
    vec![
        Step { need: asked.clone().into(), expires_at: Some(first) },
        Step { need: Need { skills, ..asked.clone() }.into(), expires_at: Some(second) },
        Step { need: Need { skills: Vec::new(), ..asked.clone() }.into(), expires_at: None },
    ]
}

/// Plays `steps` random facts at a desk of `agents` and checks every invariant after each.
fn play(seed: u64, agents: u32, steps: u32) -> Vec<Decision> {
    let rng = SeededRng::new(seed);
    let (mut engine, mut model) = random_desk(&rng, agents);
    let mut everybody: Vec<AgentId> = model.presence.keys().copied().collect();
    everybody.sort_unstable();
    let mut all = Vec::new();
    for step in 0..steps {
        let now = at(i64::from(step) * 20);
        // Refusals that lapse are told to the engine first, as the shell does.
        let lapsed = engine.apply(now, Input::Tick);
        model.learn(&lapsed, now);
        let agent = everybody[rng.below(agents) as usize];
        let mut busy: Vec<_> = model.held.keys().copied().collect();
        busy.sort_unstable();
        let held = (!busy.is_empty()).then(|| busy[rng.below(busy.len() as u32) as usize]);
        let input = match (rng.below(10), held) {
            (0..4, _) => {
                let entry = random_entry(&rng, now, &everybody);
                model.waiting.insert(entry.request_id, entry.clone());
                Input::Arrived(entry)
            }
            (4..6, _) => {
                let state = PresenceState::ALL[rng.below(5) as usize];
                model.presence.insert(agent, state);
                Input::PresenceChanged { agent_id: agent, state, serial: i64::from(step) + 1 }
            }
            (6, _) => Input::Tick,
            (_, None) => Input::Tick,
            (7, Some(request_id)) => {
                let (agent_id, entry, version, _) = model.held.remove(&request_id).expect("it is held");
                let weight = entry.steps[0].need.weight;
                model.held.insert(request_id, (agent_id, entry, version + 1, false));
                Input::Held { request_id, version: version + 1, agent_id, weight }
            }
            (8, Some(request_id)) => {
                let (.., version, _) = model.held.remove(&request_id).expect("it is held");
                Input::Freed { request_id, version: version + 1 }
            }
            (_, Some(request_id)) if model.held[&request_id].3 => {
                let (agent_id, mut entry, version, _) = model.held.remove(&request_id).expect("it is held");
                entry.version = version + 1;
                model.waiting.insert(request_id, entry);
                let ended = Ended { request_id, version: version + 1, agent_id };
                let declined = rng.below(2) == 0;
                let wait = if declined { 600 } else { 60 };
                model.blocked.insert((request_id, agent_id), now.plus_seconds(wait));
                if declined { Input::Declined(ended) } else { Input::Expired(ended) }
            }
            (_, Some(_)) => Input::Tick,
        };
        let decisions = engine.apply(now, input);
        model.learn(&decisions, now);
        model.assert_work_is_conserved(now);
        assert_eq!(engine.audit(), [], "the auditor agrees");
        assert_eq!(engine.waiting(), model.waiting.len(), "no request is lost");
        all.extend(lapsed.into_iter().chain(decisions));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn whatever_happens_no_request_is_lost_and_nobody_idle_stands_beside_work(seed in any::<u64>(), agents in 1_u32..12) {
        play(seed, agents, 250);
    }
}

#[test]
fn the_same_facts_give_the_same_decisions() {
    assert_eq!(play(42, 8, 300), play(42, 8, 300));
}

#[test]
fn two_hundred_agents_and_eight_thousand_arrivals_keep_every_invariant() {
    let rng = SeededRng::new(20_260_105);
    let (mut engine, mut model) = random_desk(&rng, 200);
    let mut everybody: Vec<AgentId> = model.presence.keys().copied().collect();
    everybody.sort_unstable();
    for (serial, &agent_id) in (1..).zip(&everybody) {
        model.presence.insert(agent_id, PresenceState::Available);
        engine.apply(at(0), Input::PresenceChanged { agent_id, state: PresenceState::Available, serial });
    }
    let mut desk = std::collections::VecDeque::new();
    for step in 0..8_000 {
        let now = at(step);
        let mut decisions = engine.apply(now, Input::Tick);
        let entry = random_entry(&rng, now, &everybody);
        model.waiting.insert(entry.request_id, entry.clone());
        decisions.extend(engine.apply(now, Input::Arrived(entry)));
        // Two answers for three arrivals, so that a backlog builds up.
        if step % 3 != 0
            && let Some(request_id) = desk.pop_front()
        {
            let (.., version, _) = model.held.remove(&request_id).expect("it is held");
            decisions.extend(engine.apply(now, Input::Freed { request_id, version: version + 1 }));
        }
        model.learn(&decisions, now);
        desk.extend(offered(&decisions).into_iter().map(|(request_id, _)| request_id));
    }
    model.learn(&engine.apply(at(8_000), Input::Tick), at(8_000));
    model.assert_work_is_conserved(at(8_000));
    assert_eq!(engine.waiting(), model.waiting.len());
    assert!(engine.waiting() > 1_000, "the backlog is real");
}

/// What came in writing waits for the department to open; whoever calls is there now.
#[test]
fn a_closed_department_is_offered_calls_only_until_it_opens() {
    let mut directory = arbitrary::directory("valorme");
    directory.agents = [arbitrary::agent("aline", Tier::L1, &[("ECI", 3)])].into();
    let roster = Roster::of(&Town::of([Arc::new(directory)]));
    let mut engine = Engine::new(Policy { always_open: false, ..Policy::default() }, roster, Snapshot::default());
    let evening = at(8 * 3_600);
    present(&mut engine, "aline", 1);
    let decisions = engine.apply(evening, Input::Arrived(entry(1, need(&[("ECI", 2)]), evening)));
    let [Decision::Wait { record, .. }] = decisions.as_slice() else { panic!("it waits: {decisions:?}") };
    let opens_at = record.opens_at.expect("it says until when");
    assert_eq!(engine.next_wake(), Some(opens_at));
    let call = Entry { channel: Channel::Phone, ..entry(2, Need { live: true, ..need(&[("ECI", 2)]) }, evening) };
    assert_eq!(offered(&engine.apply(evening, Input::Arrived(call))).len(), 1);
    assert!(engine.apply(opens_at.plus_millis(-1), Input::Tick).is_empty());
    assert_eq!(offered(&engine.apply(opens_at, Input::Tick)).len(), 1);
    // Open now: what comes next is offered at once.
    assert_eq!(offered(&engine.apply(opens_at, Input::Arrived(entry(3, need(&[("ECI", 2)]), opens_at)))).len(), 1);
}
