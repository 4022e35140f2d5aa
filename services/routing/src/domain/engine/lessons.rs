//! Learning cases: somebody who learns a skill is offered easy cases of it, a few a day, while their tutor is at work.

use guichet_core::Timestamp;

use super::Engine;
use super::agents::{AgentIx, AgentState};
use super::message::Decision;
use super::needs::NeedIx;
use super::record::{Lesson, Reason};

impl Engine {
    /// Returns why somebody who only learns what a request asks may not be offered it now; `None` = they may, or have all
    /// it takes.
    pub(super) fn lesson_refusal(&self, agent: AgentIx, need: NeedIx) -> Option<Reason> {
        let state = self.agents.get(agent);
        // Most agents learn nothing: known without a look.
        if state.learning.is_empty() || !self.needs.get(need).learner_bits.contains(state.profile) {
            return None;
        }
        if state.learned_today >= state.lessons_a_day {
            return Some(Reason::LessonsDone);
        }
        let is_there = |tutor: Option<AgentIx>| tutor.is_some_and(|tutor| self.agents.get(tutor).is_present());
        let tutors = self.tutors(state, need);
        (!tutors.into_iter().all(is_there)).then_some(Reason::TutorAway)
    }

    /// Returns what an agent learns with a request; `None` when they have all it takes.
    pub(super) fn lesson(&self, agent: AgentIx, need: NeedIx) -> Option<Lesson> {
        let state = self.agents.get(agent);
        let card = self.needs.get(need);
        if !card.learner_bits.contains(state.profile) {
            return None;
        }
        let mut tutors: Vec<_> = self.tutors(state, need).into_iter().flatten().collect();
        tutors.dedup();
        let tutors = tutors.into_iter().map(|tutor| self.agents.get(tutor).id).collect();
        Some(Lesson { skills: self.roster.lesson(state.profile, &card.asked), tutors })
    }

    fn tutors(&self, state: &AgentState, need: NeedIx) -> Vec<Option<AgentIx>> {
        let lacking = self.roster.lesson(state.profile, &self.needs.get(need).asked);
        let tutor = |skill: &str| state.learning.iter().find(|learnt| learnt.skill.skill == skill)?.tutor;
        lacking.iter().map(|asked| tutor(&asked.skill)).collect()
    }

    /// Offers what those who learn under somebody's eye may be offered once that person is at work.
    pub(super) fn serve_learners_of(&mut self, now: Timestamp, tutor: AgentIx) -> Vec<Decision> {
        if !self.agents.get(tutor).is_present() {
            return Vec::new();
        }
        let learners: Vec<AgentIx> = self.agents.learners_of(tutor).collect();
        learners.into_iter().flat_map(|learner| self.serve_all(now, Some(learner))).collect()
    }

    /// Offers what a new day lets learners be offered.
    pub(super) fn serve_learners(&mut self, now: Timestamp) -> Vec<Decision> {
        let learners: Vec<AgentIx> = self.agents.learners().collect();
        learners.into_iter().flat_map(|learner| self.serve_all(now, Some(learner))).collect()
    }
}
