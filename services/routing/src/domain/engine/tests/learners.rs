//! Who learns is offered easy cases, a few a day, under the eyes of a tutor who is there.

use std::collections::HashSet;

use guichet_events::Learning;
use proptest::test_runner::TestCaseError;

use super::*;

/// Firmin learns civil status up to level 2 with Aline; `a_day` cases at most.
fn town_of_learners(a_day: u32, others: &[Card<'_>]) -> Town {
    let mut directory = arbitrary::directory("valorme");
    let (login, mut firmin) = arbitrary::agent("firmin", Tier::L1, &[("ECI", 1)]);
    firmin.learning = vec![Learning { skill: SkillLevel::new("ECI", 2), tutor: "aline".into() }];
    (firmin.learning_a_day, firmin.capacity) = (Some(a_day), 20);
    directory.agents = others.iter().map(|&(login, tier, skills)| arbitrary::agent(login, tier, skills)).collect();
    directory.agents.insert(login, firmin);
    Town::of([Arc::new(directory)])
}

/// Aline is at the counter: at work, and offered nothing.
fn desk_of_learners(a_day: u32) -> Engine {
    let town = town_of_learners(a_day, &[("aline", Tier::L1, &[("ECI", 5)])]);
    let mut engine = Engine::new(Policy::default(), Roster::of(&town), Snapshot::default());
    present(&mut engine, "firmin", 1);
    is(&mut engine, "aline", PresenceState::Counter, 1);
    engine
}

fn is(engine: &mut Engine, login: &str, state: PresenceState, serial: i64) -> Vec<Decision> {
    engine.apply(at(0), Input::PresenceChanged { agent_id: AgentId::of_login(login), state, serial })
}

fn arrives(engine: &mut Engine, number: u128, need: Need) -> Vec<Decision> {
    engine.apply(at(1), Input::Arrived(entry(number, need, at(0))))
}

fn reason_of(decisions: &[Decision], login: &str) -> Option<Reason> {
    let [Decision::Wait { record, .. } | Decision::Unroutable { record, .. }] = decisions else { return None };
    let named = record.others().find(|named| named.agent_id == AgentId::of_login(login));
    named.map(|named| named.reason.clone())
}

#[test]
fn an_easy_case_is_offered_to_who_learns_while_the_tutor_is_there_and_the_record_says_so() {
    let mut engine = desk_of_learners(3);
    let decisions = arrives(&mut engine, 1, need(&[("ECI", 2)]));
    let [Decision::Offer { agent_id, record, .. }] = decisions.as_slice() else { panic!("one offer: {decisions:?}") };
    assert_eq!(*agent_id, AgentId::of_login("firmin"));
    let lesson = Lesson { skills: vec![SkillLevel::new("ECI", 2)], tutors: vec![AgentId::of_login("aline")] };
    assert_eq!((record.lesson.as_ref(), record.capable), (Some(&lesson), 1), "Aline alone has all it takes");
    is(&mut engine, "aline", PresenceState::Away, 2);
    let waiting = arrives(&mut engine, 2, need(&[("ECI", 2)]));
    assert_eq!(reason_of(&waiting, "firmin"), Some(Reason::TutorAway));
    assert_eq!(offered(&is(&mut engine, "aline", PresenceState::Break, 3))[0].1, AgentId::of_login("firmin"));
}

#[test]
fn no_call_no_secret_no_heavy_case_and_nothing_beyond_what_is_learnt() {
    let easy = need(&[("ECI", 2)]);
    let refused = [
        Need { live: true, ..easy.clone() },
        Need { confidential: true, ..easy.clone() },
        Need { weight: 2, ..easy.clone() },
        Need { tier: TierRule::OnlyL2, ..easy.clone() },
        need(&[("ECI", 3)]),
        need(&[("ECI", 2), ("VOI", 1)]),
        Need { clearances: vec!["OEC".into()], ..easy },
    ];
    for (number, asked) in (1..).zip(refused) {
        let decisions = arrives(&mut desk_of_learners(3), number, asked.clone());
        assert!(offered(&decisions).is_empty(), "{asked:?}: {decisions:?}");
    }
}

#[test]
fn a_day_has_so_many_lessons_a_refusal_is_none_and_the_next_day_begins_anew() {
    let mut engine = desk_of_learners(2);
    let firmin = AgentId::of_login("firmin");
    assert_eq!(offered(&arrives(&mut engine, 1, need(&[("ECI", 2)]))).len(), 1);
    assert_eq!(offered(&arrives(&mut engine, 2, need(&[("ECI", 2)]))).len(), 1);
    let third = arrives(&mut engine, 3, need(&[("ECI", 2)]));
    assert_eq!(reason_of(&third, "firmin"), Some(Reason::LessonsDone));
    let request_id = ServiceRequestId::from(uuid::Uuid::from_u128(2));
    let declined = engine.apply(at(2), Input::Declined(Ended { request_id, version: 3, agent_id: firmin }));
    assert_eq!(offered(&declined), [(ServiceRequestId::from(uuid::Uuid::from_u128(3)), firmin)], "it was none");
    // What they hold already is no lesson.
    assert_eq!(offered(&arrives(&mut engine, 4, need(&[("ECI", 1)]))).len(), 1);
    assert_eq!(offered(&engine.apply(at(86_400), Input::Tick)).len(), 1, "the one that was passed, a day later");
}

#[test]
fn lessons_given_before_a_restart_count() {
    let town = town_of_learners(1, &[("aline", Tier::L1, &[("ECI", 5)])]);
    let known = |login: &str, presence, learned_today| AgentSnapshot {
        agent_id: AgentId::of_login(login),
        presence,
        serial: 1,
        served_at: at(0),
        given_today: learned_today,
        learned_today,
    };
    let agents = vec![known("firmin", PresenceState::Available, 1), known("aline", PresenceState::Counter, 0)];
    let snapshot = Snapshot { agents, ..Snapshot::default() };
    let mut engine = Engine::new(Policy::default(), Roster::of(&town), snapshot);
    engine.apply(at(0), Input::Reloaded);
    let waiting = arrives(&mut engine, 1, need(&[("ECI", 2)]));
    assert_eq!(reason_of(&waiting, "firmin"), Some(Reason::LessonsDone));
}

/// What an onlooker knows of a day with learners.
#[derive(Default)]
struct Day {
    lessons_a_day: usize,
    presence: HashMap<AgentId, PresenceState>,
    lessons: HashSet<ServiceRequestId>,
    held: Vec<(ServiceRequestId, AgentId, i64)>,
}

impl Day {
    /// Notes the offers; fails when one of them is a lesson that the rules forbid.
    fn see(&mut self, decisions: Vec<Decision>) -> Result<(), TestCaseError> {
        for decision in decisions {
            let Decision::Offer { request_id, agent_id, version, record } = decision else { continue };
            self.held.push((request_id, agent_id, version));
            if record.lesson.is_some() {
                let tutor = self.presence.get(&AgentId::of_login("aline"));
                prop_assert!(tutor.is_some_and(|state| *state != PresenceState::Away) && record.need.is_easy());
                self.lessons.insert(request_id);
                prop_assert!(self.lessons.len() <= self.lessons_a_day, "{} lessons", self.lessons.len());
            }
        }
        Ok(())
    }

    fn ends(&mut self, place: u32) -> (ServiceRequestId, AgentId, i64) {
        self.held.swap_remove(place as usize)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    /// Whatever happens, no lesson without its tutor, no more than the day has, and nobody idle beside a case for them.
    #[test]
    fn lessons_keep_their_rules_and_work_is_conserved(seed in any::<u64>(), a_day in 1_u32..4) {
        let rng = SeededRng::new(seed);
        let logins = ["firmin", "aline", "basile"];
        let cards: [Card<'_>; 2] = [("aline", Tier::L1, &[("ECI", 5)]), ("basile", Tier::L2, &[("ECI", 3), ("VOI", 1)])];
        let policy = Policy { share_ms: 0, ..Policy::default() };
        let mut engine = Engine::new(policy, Roster::of(&town_of_learners(a_day, &cards)), Snapshot::default());
        let mut day = Day { lessons_a_day: a_day as usize, ..Day::default() };
        for step in 0..150_i64 {
            let now = at(step * 20);
            // The clock first: what it brings is judged by who was there before the next thing happens.
            day.see(engine.apply(now, Input::Tick))?;
            let input = match rng.below(6) {
                0 | 1 => Input::Arrived(Entry { excluded: Vec::new(), ..random_entry(&rng, now, &[]) }),
                2 | 3 => {
                    let agent_id = AgentId::of_login(logins[rng.below(3) as usize]);
                    let state = PresenceState::ALL[rng.below(5) as usize];
                    day.presence.insert(agent_id, state);
                    Input::PresenceChanged { agent_id, state, serial: step + 1 }
                }
                4 if !day.held.is_empty() => {
                    let (request_id, agent_id, version) = day.ends(rng.below(day.held.len() as u32));
                    day.lessons.remove(&request_id);
                    Input::Declined(Ended { request_id, version: version + 2, agent_id })
                }
                5 if !day.held.is_empty() => {
                    let (request_id, _, version) = day.ends(rng.below(day.held.len() as u32));
                    Input::Freed { request_id, version: version + 2 }
                }
                _ => Input::Tick,
            };
            day.see(engine.apply(now, input))?;
            prop_assert_eq!(engine.audit(), []);
        }
    }
}
