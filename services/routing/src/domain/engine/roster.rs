//! The people the engine knows: agents with their profile, profiles with the requirements they meet.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use guichet_core::Timestamp;
use guichet_core::id::AgentId;
use guichet_core::work::Tier;
use guichet_events::{Agent, Pooling, SkillLevel};
use jiff::tz::TimeZone;

use super::bits::Bits;
use super::hours::Hours;
use super::need::{Abilities, Need, Requirement, TierRule};
use super::needs::Fit;
use super::shifts::ShiftIx;
use crate::domain::calendar::{WorkCalendar, days_in, zone_of};
use crate::domain::town::{Town, substitutes};

/// Place of a profile in the roster.
pub(crate) type ProfileIx = usize;
/// Number of a requirement.
type BitIx = usize;
/// Number of a skill.
pub(crate) type SkillIx = usize;
/// A stretch of time.
pub(crate) type Span = Range<Timestamp>;

/// One set of abilities and the requirements met so far.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    pub(crate) abilities: Abilities,
    bits: Bits,
    skills: Vec<SkillIx>,
}

/// What the directories say of one agent.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) profile: ProfileIx,
    pub(crate) capacity: u32,
    /// Days off, in the time zone of the employer.
    pub(crate) absences: Vec<Span>,
    /// Who stands in for them on which of those days.
    pub(crate) substitutes: Vec<(Span, AgentId)>,
    /// Skills they learn, with their tutors.
    pub(crate) learning: Vec<(SkillLevel, AgentId)>,
    /// Learning cases of a day.
    pub(crate) lessons_a_day: u32,
    /// Working hours, when they are declared.
    pub(crate) shift: Option<ShiftIx>,
}

/// Agents, profiles and the numbers given to requirements. A requirement gets its number the first time a request asks
/// it: agents of one profile agree on every requirement there can be, so a new number costs one test a profile.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    people: BTreeMap<AgentId, Person>,
    profiles: Vec<Profile>,
    agreements: BTreeMap<(String, String), Pooling>,
    numbers: BTreeMap<Requirement, BitIx>,
    hours: Hours,
    shifts: Vec<WorkCalendar>,
    /// Each skill's number, and how many agents have it at whatever level.
    skills: BTreeMap<String, (SkillIx, u32)>,
    /// Where a day begins and ends.
    zone: Option<TimeZone>,
}

/// Levels of a skill above the lowest.
const LEVELS_ABOVE_MAX: u32 = 4;
/// What is rare in the skills of a whole town is one over its holders, in millionths.
const RARITY_UNIT: u64 = 1_000_000;

impl Roster {
    /// Returns the time zone of the town.
    pub(crate) fn zone(&self) -> TimeZone {
        self.zone.clone().unwrap_or(TimeZone::UTC)
    }

    /// Returns the working hours that agents declare.
    pub(crate) fn shifts(&self) -> &[WorkCalendar] {
        &self.shifts
    }

    /// Returns when departments are open.
    pub(crate) const fn hours(&self) -> &Hours {
        &self.hours
    }

    /// Returns the roster of every agent of the town.
    pub fn of(town: &Town) -> Self {
        let mut roster = Self { hours: Hours::of(town), ..Self::default() };
        let mut known: BTreeMap<Abilities, ProfileIx> = BTreeMap::new();
        for directory in town.all() {
            let code = &directory.authority.code;
            roster.zone.get_or_insert_with(|| zone_of(&directory.authority));
            let mut shifts: BTreeMap<&str, ShiftIx> = BTreeMap::new();
            for pooling in &directory.pooling {
                roster.agreements.insert((code.clone(), pooling.with.clone()), pooling.clone());
            }
            for agent in directory.agents.values() {
                let abilities = Abilities::of(code, agent);
                let skills: Vec<SkillIx> = abilities.skills.keys().map(|skill| roster.count_in(skill)).collect();
                let profile = *known.entry(abilities).or_insert_with_key(|abilities| {
                    roster.profiles.push(Profile { abilities: abilities.clone(), bits: Bits::default(), skills });
                    roster.profiles.len() - 1
                });
                let days =
                    agent.absences.iter().map(|absence| days_in(&directory.authority, &absence.from, &absence.to));
                let shift = directory.calendars.get(&agent.shift).map(|calendar| {
                    *shifts.entry(&agent.shift).or_insert_with(|| {
                        roster.shifts.push(WorkCalendar::new(&directory.authority, calendar));
                        roster.shifts.len() - 1
                    })
                });
                let person = Person {
                    profile,
                    capacity: agent.capacity,
                    absences: days.flatten().collect(),
                    substitutes: substitutes(directory, agent).collect(),
                    learning: learning(agent),
                    lessons_a_day: agent.learning_a_day(),
                    shift,
                };
                roster.people.insert(agent.id, person);
            }
        }
        roster
    }

    /// Counts one more agent who has a skill; returns its number.
    fn count_in(&mut self, skill: &str) -> SkillIx {
        let next = self.skills.len();
        let (number, holders) = self.skills.entry(skill.to_owned()).or_insert((next, 0));
        *holders += 1;
        *number
    }

    /// Returns how many skills anybody has.
    pub(crate) fn skill_count(&self) -> usize {
        self.skills.len()
    }

    /// Returns the skills of a profile's agents.
    pub(crate) fn skills_of(&self, profile: ProfileIx) -> &[SkillIx] {
        &self.profiles[profile].skills
    }

    /// Returns the skills a need asks, those that nobody has apart.
    pub(crate) fn skills_asked(&self, need: &Need) -> Vec<SkillIx> {
        need.skills.iter().filter_map(|asked| Some(self.skills.get(&asked.skill)?.0)).collect()
    }

    /// Returns every agent, in the order of their ids.
    pub(crate) fn people(&self) -> impl Iterator<Item = (AgentId, &Person)> {
        self.people.iter().map(|(&id, person)| (id, person))
    }

    /// Returns who stands in for an agent now.
    pub(crate) fn substitute(&self, agent_id: AgentId, now: Timestamp) -> Option<AgentId> {
        let substitutes = &self.people.get(&agent_id)?.substitutes;
        substitutes.iter().find(|(days, _)| days.contains(&now)).map(|(_, substitute)| *substitute)
    }

    /// Returns everybody who stands in for an agent at one time or another.
    pub(crate) fn stand_ins(&self, agent_id: AgentId) -> impl Iterator<Item = AgentId> + '_ {
        self.people.get(&agent_id).into_iter().flat_map(|person| &person.substitutes).map(|&(_, substitute)| substitute)
    }

    /// Returns how many profiles there are.
    pub(crate) fn profile_count(&self) -> usize {
        self.profiles.len()
    }

    /// Returns what is asked in the end, and the profiles whose agents have all of it. What only makes an answer pleasant
    /// is not asked when nobody has it, since somebody has to answer: that the agent takes live channels first (once a
    /// call is recorded, nobody holds the line), then the language.
    pub(crate) fn eligible(&mut self, need: &Need) -> (Need, Vec<ProfileIx>) {
        let deferred = Need { live: false, ..need.clone() };
        let any_language = Need { language: None, ..need.clone() };
        let least = Need { live: false, ..any_language.clone() };
        for asked in [need.clone(), deferred, any_language] {
            let profiles = self.matching(&asked);
            if !profiles.is_empty() {
                return (asked, profiles);
            }
        }
        let profiles = self.matching(&least);
        (least, profiles)
    }

    /// Returns the profiles whose agents learn what they lack for a need that is asked in the end; none unless it is easy.
    pub(crate) fn learners(&mut self, asked: &Need) -> Vec<ProfileIx> {
        if !asked.is_easy() || self.profiles.iter().all(|profile| profile.abilities.learning.is_empty()) {
            return Vec::new();
        }
        let mut bits = Bits::default();
        for requirement in asked.requirements() {
            let number = self.number_of(match requirement {
                Requirement::Skill(skill) => Requirement::Learns(skill),
                other => other,
            });
            bits.insert(number);
        }
        let lacks = |profile: &ProfileIx| !self.missing(*profile, asked).is_empty();
        let all = 0..self.profiles.len();
        all.filter(|&profile| bits.is_within(&self.profiles[profile].bits)).filter(lacks).collect()
    }

    /// Returns the skills of a need that the agents of a profile learn, for all that they lack.
    pub(crate) fn lesson(&self, profile: ProfileIx, need: &Need) -> Vec<SkillLevel> {
        let abilities = &self.profiles[profile].abilities;
        need.skills.iter().filter(|asked| !abilities.holds(asked)).cloned().collect()
    }

    /// Returns whether all that the agents of a profile lack for a need is what they learn.
    pub(crate) fn learns(&self, profile: ProfileIx, need: &Need) -> bool {
        let abilities = &self.profiles[profile].abilities;
        let learnt = |lacking: &Requirement| matches!(lacking, Requirement::Skill(asked) if abilities.learns(asked));
        need.is_easy() && self.missing(profile, need).iter().all(learnt)
    }

    /// Returns the agents who have everything that is asked in the end.
    pub(crate) fn capable(&mut self, need: &Need) -> BTreeSet<AgentId> {
        let profiles: Bits = self.eligible(need).1.into_iter().collect();
        self.people().filter(|(_, person)| profiles.contains(person.profile)).map(|(id, _)| id).collect()
    }

    fn matching(&mut self, need: &Need) -> Vec<ProfileIx> {
        let mut asked = Bits::default();
        for requirement in need.requirements() {
            asked.insert(self.number_of(requirement));
        }
        (0..self.profiles.len()).filter(|&profile| asked.is_within(&self.profiles[profile].bits)).collect()
    }

    fn number_of(&mut self, requirement: Requirement) -> BitIx {
        if let Some(&number) = self.numbers.get(&requirement) {
            return number;
        }
        let number = self.numbers.len();
        for profile in &mut self.profiles {
            if meets(&self.agreements, &profile.abilities, &requirement) {
                profile.bits.insert(number);
            }
        }
        self.numbers.insert(requirement, number);
        number
    }

    /// Returns how well a need fits the agents of a profile.
    pub(crate) fn fit(&self, profile: ProfileIx, need: &Need) -> Fit {
        let abilities = &self.profiles[profile].abilities;
        let asked = |skill: &str| need.skills.iter().find(|asked| asked.skill == skill);
        let (mut rare, mut wasted) = (0, 0);
        let (mut above, mut skills) = (0, 0);
        for (skill, level) in &abilities.skills {
            let rarity = RARITY_UNIT / u64::from(self.skills.get(skill).map_or(1, |&(_, holders)| holders));
            rare += rarity;
            match asked(skill) {
                Some(asked) => {
                    above += u32::from(level.saturating_sub(asked.level));
                    skills += 1;
                }
                None => wasted += rarity,
            }
        }
        let permille = |part: u64, whole: u64| u16::try_from(part * 1_000 / whole.max(1)).unwrap_or(1_000);
        Fit {
            tier_distance: tier_distance(need.tier, abilities.tier),
            waste_permille: permille(wasted, rare),
            surplus_permille: permille(u64::from(above), u64::from(skills * LEVELS_ABOVE_MAX)),
        }
    }

    /// Returns what the agents of `profile` lack for `need`, in the order refusals are told.
    pub(crate) fn missing(&self, profile: ProfileIx, need: &Need) -> Vec<Requirement> {
        let profile = &self.profiles[profile];
        let lacks = |requirement: &Requirement| match self.numbers.get(requirement) {
            Some(&number) => !profile.bits.contains(number),
            None => !meets(&self.agreements, &profile.abilities, requirement),
        };
        need.requirements().into_iter().filter(lacks).collect()
    }
}

fn learning(agent: &Agent) -> Vec<(SkillLevel, AgentId)> {
    agent.learning.iter().map(|known| (known.skill.clone(), AgentId::of_login(&known.tutor))).collect()
}

/// Returns how far an agent of this level is from the level the request prefers: 0 is best.
fn tier_distance(rule: TierRule, tier: Tier) -> u8 {
    u8::from(rule == TierRule::Any && tier == Tier::L2)
}

fn meets(agreements: &BTreeMap<(String, String), Pooling>, abilities: &Abilities, requirement: &Requirement) -> bool {
    let agreement = match requirement {
        Requirement::Scope { authority, .. } => agreements.get(&(authority.clone(), abilities.employer.clone())),
        _ => None,
    };
    abilities.meet(requirement, agreement)
}
