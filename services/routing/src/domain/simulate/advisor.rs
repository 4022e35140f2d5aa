//! Whom to teach what: subjects that one person alone can take, and the skill whose teaching would shorten the waits of a
//! simulated day most.

use std::collections::BTreeMap;

use guichet_core::id::AgentId;
use guichet_events::SkillLevel;

use super::driver::run;
use super::eligibility::Eligibility;
use super::measure::{Report, Waits, first_offer_ms};
use super::outcome::Outcome;
use super::scenario::Kind;
use super::{RealEngine, Scenario};
use crate::domain::access;
use crate::domain::engine::Policy;
use crate::domain::town::Town;

/// Subjects looked at: those that wait longest.
const SUBJECTS_TRIED: usize = 4;
/// Learners looked at for each: those with most time.
const LEARNERS_TRIED: usize = 4;
/// Lessons proposed: a team plans no more at a time.
const LESSONS_MAX: usize = 3;

/// A subject that falls with one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinglePoint {
    /// Code of the authority it is a procedure of.
    pub authority: String,
    /// Name of the procedure.
    pub procedure: String,
    /// Only its calls and visits do: others may take what is written.
    pub live_only: bool,
    /// Who alone may take it; `None` = nobody may.
    pub agent_id: Option<AgentId>,
}

/// Returns the subjects that at most one person may take, in the order of the scenario.
pub fn single_points(scenario: &Scenario, eligibility: &Eligibility) -> Vec<SinglePoint> {
    let mut found: BTreeMap<(&str, &str), (usize, SinglePoint)> = BTreeMap::new();
    for (place, kind) in scenario.kinds.iter().enumerate() {
        let takers = eligibility.takers(&kind.need);
        // Who speaks a language is another question than who knows a subject.
        if takers.len() > 1 || kind.need.language.is_some() {
            continue;
        }
        let (authority, procedure) = (kind.need.authority.clone(), kind.procedure.clone());
        let (agent_id, live_only) = (takers.first().copied(), kind.need.live);
        let point = SinglePoint { authority, procedure, live_only, agent_id };
        let known = found.entry((&kind.need.authority, &kind.procedure)).or_insert((place, point));
        known.1.live_only &= live_only;
        // Nobody for calls, one for letters: that one is who it falls with.
        known.1.agent_id = known.1.agent_id.or(agent_id);
    }
    let mut found: Vec<(usize, SinglePoint)> = found.into_values().collect();
    found.sort_by_key(|(place, _)| *place);
    found.into_iter().map(|(_, point)| point).collect()
}

/// A skill worth teaching, and what the day would be with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Lesson {
    /// Who learns.
    pub agent_id: AgentId,
    /// What.
    pub skills: Vec<SkillLevel>,
    /// Name of the procedure it opens.
    pub procedure: String,
    /// Waits of all contacts until the first offer, as things are.
    pub before: Waits,
    /// The same, once taught.
    pub after: Waits,
    /// Waits of the contacts it is about, as things are.
    pub subject_before: Waits,
    /// The same, once taught.
    pub subject_after: Waits,
}

/// What lessons are looked for.
#[derive(Clone, Copy, Debug)]
pub enum Aim<'a> {
    /// Those that shorten the day of everybody.
    Everybody,
    /// Those that shorten the wait of what asks one skill, at this level at least.
    Skill(&'a SkillLevel),
}

/// Returns the lesson that lowers the 90th percentile of the waits most (the mean decides between equals); `None` when
/// none of those tried does.
pub fn next_lesson(scenario: &Scenario, policy: Policy) -> Option<Lesson> {
    lessons(scenario, policy, Aim::Everybody).into_iter().next()
}

/// Returns the lessons that lower the 90th percentile of the waits aimed at, the best first (the mean decides between
/// equals): for everybody, the best of each subject; for a skill, the best learners.
pub fn lessons(scenario: &Scenario, policy: Policy, aim: Aim<'_>) -> Vec<Lesson> {
    let (eligibility, outcome) = play(scenario, policy);
    let mut found = Vec::new();
    for kind in subjects(scenario, &outcome, aim) {
        let asked = &scenario.kinds[kind];
        let skills = skills_to_teach(asked, aim);
        let may_learn =
            |agent_id| !eligibility.may_take(agent_id, &asked.need) && lacks_only(scenario, agent_id, asked, &skills);
        let tried = most_time(&outcome, may_learn).into_iter();
        let mut better: Vec<Lesson> = tried
            .filter_map(|agent_id| lesson(scenario, policy, &outcome, kind, (agent_id, &skills), aim))
            .filter(|lesson| gain(lesson, aim).1 < gain(lesson, aim).0)
            .collect();
        sort(&mut better, aim);
        let kept = if matches!(aim, Aim::Everybody) { 1 } else { LESSONS_MAX };
        found.extend(better.into_iter().take(kept));
    }
    sort(&mut found, aim);
    found.truncate(LESSONS_MAX);
    found
}

/// Plays the day again with one agent who knows more; `None` when they still may not take it.
fn lesson(
    scenario: &Scenario,
    policy: Policy,
    as_it_is: &Outcome,
    kind: usize,
    (agent_id, skills): (AgentId, &[SkillLevel]),
    aim: Aim<'_>,
) -> Option<Lesson> {
    let taught = Scenario { town: teach(&scenario.town, agent_id, skills)?, ..scenario.clone() };
    let (eligibility, outcome) = play(&taught, policy);
    let asked = &scenario.kinds[kind];
    if !eligibility.may_take(agent_id, &asked.need) {
        return None;
    }
    let about = |other: &Kind| match aim {
        Aim::Everybody => other.procedure == asked.procedure && other.need.authority == asked.need.authority,
        Aim::Skill(skill) => asks(other, skill),
    };
    Some(Lesson {
        agent_id,
        skills: skills.to_vec(),
        procedure: asked.procedure.clone(),
        before: Report::of(scenario, as_it_is).first_offer,
        after: Report::of(&taught, &outcome).first_offer,
        subject_before: waits_of(scenario, as_it_is, about),
        subject_after: waits_of(&taught, &outcome, about),
    })
}

/// Returns what a lesson is judged by, before and after: the longer waits, then the mean.
const fn gain(lesson: &Lesson, aim: Aim<'_>) -> ((f64, f64), (f64, f64)) {
    let (before, after) = match aim {
        Aim::Everybody => (&lesson.before, &lesson.after),
        Aim::Skill(_) => (&lesson.subject_before, &lesson.subject_after),
    };
    ((before.p90_s, before.mean_s), (after.p90_s, after.mean_s))
}

/// Puts the best first; of equals, the one found first stays first.
fn sort(lessons: &mut [Lesson], aim: Aim<'_>) {
    lessons.sort_by(|one, other| {
        let (one, other) = (gain(one, aim).1, gain(other, aim).1);
        one.0.total_cmp(&other.0).then(one.1.total_cmp(&other.1))
    });
}

fn play(scenario: &Scenario, policy: Policy) -> (Eligibility, Outcome) {
    let eligibility = Eligibility::of(scenario);
    let outcome = run(scenario, &eligibility, &mut RealEngine::new(scenario, policy));
    (eligibility, outcome)
}

/// Returns one kind of each of the subjects to look at: for everybody, those whose contacts waited longest in all; for a
/// skill, the one of its subjects that did.
fn subjects(scenario: &Scenario, outcome: &Outcome, aim: Aim<'_>) -> Vec<usize> {
    let mut waited: BTreeMap<(&str, &str), (i64, usize)> = BTreeMap::new();
    for contact in &outcome.contacts {
        let kind = &scenario.kinds[contact.kind];
        if matches!(aim, Aim::Skill(skill) if !asks(kind, skill)) {
            continue;
        }
        let total = waited.entry((&kind.need.authority, &kind.procedure)).or_insert((0, contact.kind));
        total.0 += first_offer_ms(contact, outcome.ended_at);
    }
    let mut order: Vec<(i64, usize)> = waited.into_values().collect();
    order.sort_by_key(|&(total, kind)| (std::cmp::Reverse(total), kind));
    let tried = if matches!(aim, Aim::Everybody) { SUBJECTS_TRIED } else { 1 };
    order.into_iter().take(tried).map(|(_, kind)| kind).collect()
}

fn asks(kind: &Kind, skill: &SkillLevel) -> bool {
    kind.need.skills.iter().any(|asked| asked.skill == skill.skill && asked.level <= skill.level)
}

fn skills_to_teach(kind: &Kind, aim: Aim<'_>) -> Vec<SkillLevel> {
    let level = |asked: &SkillLevel| match aim {
        Aim::Skill(skill) if skill.skill == asked.skill => asked.level.max(skill.level),
        _ => asked.level,
    };
    kind.need.skills.iter().map(|asked| SkillLevel::new(&asked.skill, level(asked))).collect()
}

fn waits_of(scenario: &Scenario, outcome: &Outcome, about: impl Fn(&Kind) -> bool) -> Waits {
    let contacts = outcome.contacts.iter().filter(|contact| about(&scenario.kinds[contact.kind]));
    Waits::of(contacts.map(|contact| first_offer_ms(contact, outcome.ended_at)))
}

/// Returns whether these skills are all an agent lacks to take a kind of contact.
fn lacks_only(scenario: &Scenario, agent_id: AgentId, kind: &Kind, skills: &[SkillLevel]) -> bool {
    teach(&scenario.town, agent_id, skills)
        .is_some_and(|taught| access::missing(&taught, agent_id, &kind.need).is_empty())
}

/// Returns those at work who have most time left, among some.
fn most_time(outcome: &Outcome, among: impl Fn(AgentId) -> bool) -> Vec<AgentId> {
    let there = outcome.agents.iter().filter(|agent| agent.present_ms > 0 && among(agent.agent_id));
    let mut free: Vec<(i64, AgentId)> = there.map(|agent| (agent.busy_ms - agent.present_ms, agent.agent_id)).collect();
    free.sort_unstable();
    free.into_iter().take(LEARNERS_TRIED).map(|(_, id)| id).collect()
}

/// Returns the same town with one agent who knows more; `None` when nobody has that id. What they know better stays.
pub fn teach(town: &Town, agent_id: AgentId, skills: &[SkillLevel]) -> Option<Town> {
    super::what_if::with_agents_of(town, agent_id, |agents, login| {
        let Some(learner) = agents.get_mut(login) else { return };
        for taught in skills {
            match learner.skills.iter_mut().find(|known| known.skill == taught.skill) {
                Some(known) => known.level = known.level.max(taught.level),
                None => learner.skills.push(taught.clone()),
            }
        }
    })
}
