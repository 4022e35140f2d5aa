//! What if: the same day of a town, ordinary or recorded, with one person more, less or better taught, other directories or
//! another way of dispatching.

use std::collections::BTreeMap;
use std::sync::Arc;

use guichet_core::id::AgentId;
use guichet_events::{Agent, SkillLevel};

use super::advisor::{self, Aim, Lesson, SinglePoint};
use super::ordinary::Day;
use super::recorded::{Recorded, Under};
use super::{Eligibility, Report, Rule, Scenario, compare, run, way};
use crate::domain::engine::Policy;
use crate::domain::town::Town;

/// Login of the agent who is there only in the simulation: no login of a directory has a space.
const NEWCOMER: &str = "agent de plus";

/// What is tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The day as it is.
    Nothing,
    /// An agent knows more.
    Teach {
        /// Who.
        agent_id: AgentId,
        /// What, and how well.
        skill: SkillLevel,
    },
    /// One agent more, who knows what a colleague does.
    More {
        /// That colleague.
        like: AgentId,
    },
    /// An agent is not there.
    Less {
        /// Who.
        agent_id: AgentId,
    },
}

/// Which day is played.
#[derive(Clone, Debug)]
pub enum Source {
    /// An ordinary one, drawn from a seed.
    Ordinary {
        /// How many contacts come.
        contacts: usize,
    },
    /// One that was recorded.
    Recorded {
        /// The day.
        day: Box<Recorded>,
        /// How its offers were made.
        policy: Policy,
    },
}

/// What is asked of the simulation.
#[derive(Clone, Debug)]
pub struct Question {
    /// Code of the authority that asks: what rests on one person is told of its procedures; empty = of everybody's.
    pub authority: String,
    /// Which day.
    pub source: Source,
    /// What is tried.
    pub change: Change,
    /// Other directories tried.
    pub against: Option<Town>,
    /// Another way of dispatching tried.
    pub rule: Option<Rule>,
    /// Whether advice is wanted.
    pub advise: bool,
    /// The skill it is wanted about; `None` = whatever makes people wait.
    pub skill: Option<SkillLevel>,
    /// Of the hazards.
    pub seed: u64,
}

/// What it answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The day as it is.
    pub before: Report,
    /// The same day, changed; `None` when nothing was.
    pub after: Option<Report>,
    /// What both are like, in French, one sentence a line.
    pub sentences: Vec<String>,
    /// What to teach next on the changed day, the best first, each with its sentence.
    pub lessons: Vec<(Lesson, String)>,
    /// What at most one person can do on the changed day, each with its sentence.
    pub points: Vec<(SinglePoint, String)>,
}

/// Plays the day, the changed day, and the lessons that could follow; `None` when the change is about somebody who is not
/// of the town.
pub fn answer(town: &Town, question: &Question) -> Option<Answer> {
    let changed = changed(question.against.as_ref().unwrap_or(town), &question.change)?;
    let played = Played::of(town, question);
    let as_it_is = played.under(town.clone(), &Change::Nothing);
    let before = played.report(&as_it_is, None);
    let scenario = played.under(changed, &question.change);
    let is_changed = question.change != Change::Nothing || question.against.is_some() || question.rule.is_some();
    let after = is_changed.then(|| played.report(&scenario, question.rule));
    let aim = question.skill.as_ref().map_or(Aim::Everybody, Aim::Skill);
    let told = |lesson: Lesson| (lesson.clone(), compare::lesson(&scenario.town, &lesson));
    let lessons = if question.advise { advisor::lessons(&scenario, played.policy, aim) } else { Vec::new() };
    let points = if question.advise { points(&scenario, &question.authority) } else { Vec::new() };
    let told_points = points.iter().cloned().zip(compare::fragile(&scenario.town, &points)).collect();
    let mut sentences = played.introduction();
    match &after {
        None => sentences.extend(compare::describe(&before, scenario.pace)),
        Some(after) => {
            sentences.extend(compare::tried(town, &question.change));
            sentences.extend(compare::compare(&before, after, scenario.pace));
        }
    }
    Some(Answer { before, after, sentences, lessons: lessons.into_iter().map(told).collect(), points: told_points })
}

/// Doors open at 8:30 and every contact comes while they are.
fn doors_open() -> Policy {
    Policy { always_open: true, ..Policy::default() }
}

/// The day that is played, whoever is there.
struct Played<'a> {
    day: PlayedDay<'a>,
    policy: Policy,
    seed: u64,
}

enum PlayedDay<'a> {
    Ordinary(Day),
    Recorded(&'a Recorded),
}

impl<'a> Played<'a> {
    fn of(town: &Town, question: &'a Question) -> Self {
        let (day, policy) = match &question.source {
            Source::Ordinary { contacts } => {
                (PlayedDay::Ordinary(Day::of(town, Some(*contacts), question.seed)), doors_open())
            }
            Source::Recorded { day, policy } => (PlayedDay::Recorded(day), *policy),
        };
        Self { day, policy, seed: question.seed }
    }

    fn under(&self, town: Town, change: &Change) -> Scenario {
        match self.day {
            PlayedDay::Ordinary(ref day) => day.under(town),
            PlayedDay::Recorded(day) => {
                let newcomer = match change {
                    Change::More { like } => Some((AgentId::of_login(NEWCOMER), *like)),
                    Change::Nothing | Change::Teach { .. } | Change::Less { .. } => None,
                };
                day.under(Under { town, newcomer }, self.seed)
            }
        }
    }

    fn report(&self, scenario: &Scenario, rule: Option<Rule>) -> Report {
        let eligibility = Eligibility::of(scenario);
        Report::of(scenario, &run(scenario, &eligibility, &mut *way(scenario, &eligibility, rule, self.policy)))
    }

    fn introduction(&self) -> Vec<String> {
        match self.day {
            PlayedDay::Ordinary(_) => Vec::new(),
            PlayedDay::Recorded(day) => compare::recorded(day),
        }
    }
}

/// Returns what at most one person can do on a day, of all that an authority does.
fn points(scenario: &Scenario, authority: &str) -> Vec<SinglePoint> {
    let mut each = Day::of_each(&scenario.town).under(scenario.town.clone());
    each.presence.clear();
    each.arrivals.iter_mut().for_each(|arrival| arrival.at = scenario.starts_at());
    let mut points = advisor::single_points(&each, &Eligibility::of(&each));
    points.retain(|point| authority.is_empty() || point.authority == authority);
    points
}

/// Returns the town with a change; `None` when the person is not of it.
pub fn changed(town: &Town, change: &Change) -> Option<Town> {
    match change {
        Change::Nothing => Some(town.clone()),
        Change::Teach { agent_id, skill } => advisor::teach(town, *agent_id, std::slice::from_ref(skill)),
        Change::More { like } => with_agents_of(town, *like, |agents, login| {
            let Some(colleague) = agents.get(login).cloned() else { return };
            let newcomer = Agent { id: AgentId::of_login(NEWCOMER), name: NEWCOMER.to_owned(), ..colleague };
            agents.insert(NEWCOMER.to_owned(), newcomer);
        }),
        Change::Less { agent_id } => with_agents_of(town, *agent_id, |agents, login| {
            agents.remove(login);
        }),
    }
}

/// Returns a town in which the colleagues of an agent, given by login with the agent's own, are changed.
pub(super) fn with_agents_of(
    town: &Town,
    agent_id: AgentId,
    change: impl FnOnce(&mut BTreeMap<String, Agent>, &str),
) -> Option<Town> {
    let (employer, _) = town.agent(agent_id)?;
    let mut changed = employer.as_ref().clone();
    let login = changed.agents.iter().find(|(_, agent)| agent.id == agent_id)?.0.clone();
    change(&mut changed.agents, &login);
    let code = changed.authority.code.clone();
    let others = town.all().filter(|directory| directory.authority.code != code).cloned();
    Some(Town::of(others.chain([Arc::new(changed)]).collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    use guichet_core::work::Tier;
    use proptest::prelude::*;

    use super::*;
    use crate::domain::town::arbitrary;

    /// Two agents at the desk; the first alone knows « État civil ».
    fn town() -> Town {
        let mut directory = arbitrary::directory("valorme");
        directory.agents = [("aline", &[("ACC", 3), ("ECI", 3)][..]), ("basile", &[("ACC", 3)][..])]
            .map(|(login, skills)| arbitrary::agent(login, Tier::L1, skills))
            .into();
        let (code, acts) = arbitrary::procedure("actes", "GU", Tier::L1, &[("ECI", 3)]);
        directory.procedures.insert(code, acts);
        Town::of([Arc::new(directory)])
    }

    fn question(change: Change, skill: Option<SkillLevel>, contacts: usize) -> Question {
        Question {
            authority: "valorme".to_owned(),
            source: Source::Ordinary { contacts },
            change,
            against: None,
            rule: None,
            advise: true,
            skill,
            seed: 1,
        }
    }

    fn asked(change: Change, skill: Option<SkillLevel>) -> Answer {
        answer(&town(), &question(change, skill, 60)).expect("everybody is of the town")
    }

    fn aline() -> AgentId {
        AgentId::of_login("aline")
    }

    #[test]
    fn when_the_only_one_who_knows_leaves_the_colleague_is_to_be_taught() {
        let answer = asked(Change::Less { agent_id: aline() }, Some(SkillLevel::new("ECI", 3)));
        assert_eq!(answer.sentences[0], "Essai : aline n'est pas là.");
        let after = answer.after.expect("the day is changed");
        assert!(after.first_offer.p90_s > answer.before.first_offer.p90_s, "{after:?}");
        let (lesson, sentence) = &answer.lessons[0];
        assert_eq!(lesson.agent_id, AgentId::of_login("basile"));
        assert!(lesson.subject_after.p90_s < lesson.subject_before.p90_s, "{lesson:?}");
        let start = "Former basile au niveau 3 en État civil ramène l'attente pour « Démarche actes » de ";
        assert!(sentence.starts_with(start), "{sentence}");
        let points: Vec<&str> = answer.points.iter().map(|(_, sentence)| sentence.as_str()).collect();
        assert_eq!(
            points,
            [
                "« Démarche actes » : personne ne peut s'en charger ce jour-là.",
                "« Démarche question » repose sur une seule personne : basile."
            ]
        );
    }

    #[test]
    fn what_rests_on_one_person_is_told_even_when_nobody_asks_for_it_that_day() {
        let answer = answer(&town(), &question(Change::Nothing, None, 0)).expect("nobody is named");
        assert_eq!(answer.points[0].1, "« Démarche actes » repose sur une seule personne : aline.");
        assert_eq!((answer.after, answer.lessons.len()), (None, 0));
    }

    #[test]
    fn one_agent_more_is_like_a_colleague_and_shortens_the_waits() {
        let answer = asked(Change::More { like: aline() }, None);
        let after = answer.after.expect("the day is changed");
        assert!(after.first_offer.mean_s < answer.before.first_offer.mean_s, "{after:?}");
        assert!(answer.points.is_empty(), "two know each procedure: {:?}", answer.points);
    }

    #[test]
    fn a_stranger_changes_nothing() {
        let stranger = AgentId::of_login("nobody");
        assert_eq!(changed(&town(), &Change::Less { agent_id: stranger }).map(|_| ()), None);
    }

    proptest! {
        #[test]
        fn teaching_never_lowers_what_somebody_knows(known in 1_u8..=5, taught in 1_u8..=5) {
            let skill = |level| SkillLevel::new("ECI", level);
            let first = advisor::teach(&town(), AgentId::of_login("basile"), &[skill(known)]).expect("known");
            let then = advisor::teach(&first, AgentId::of_login("basile"), &[skill(taught)]).expect("known");
            let (_, basile) = then.agent(AgentId::of_login("basile")).expect("known");
            let levels: Vec<u8> = basile.skills.iter().filter(|known| known.skill == "ECI").map(|known| known.level).collect();
            prop_assert_eq!(levels, [known.max(taught)]);
        }
    }
}
