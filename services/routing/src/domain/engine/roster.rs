//! The people the engine knows: agents with their profile, profiles with the requirements they meet.

use std::collections::BTreeMap;
use std::ops::Range;

use guichet_core::Timestamp;
use guichet_core::id::AgentId;
use guichet_core::work::Tier;
use guichet_events::Pooling;

use super::bits::Bits;
use super::hours::Hours;
use super::need::{Abilities, Need, Requirement, TierRule};
use crate::domain::calendar::days_in;
use crate::domain::town::Town;

/// Place of a profile in the roster.
pub(crate) type ProfileIx = usize;
/// Number of a requirement.
type BitIx = usize;
/// A stretch of time.
pub(crate) type Span = Range<Timestamp>;

/// One set of abilities and the requirements met so far.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    pub(crate) abilities: Abilities,
    bits: Bits,
}

/// What the directories say of one agent.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) profile: ProfileIx,
    pub(crate) capacity: u32,
    /// Days off, in the time zone of the employer.
    pub(crate) absences: Vec<Span>,
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
}

impl Roster {
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
            for pooling in &directory.pooling {
                roster.agreements.insert((code.clone(), pooling.with.clone()), pooling.clone());
            }
            for agent in directory.agents.values() {
                let abilities = Abilities::of(code, agent);
                let profile = *known.entry(abilities).or_insert_with_key(|abilities| {
                    roster.profiles.push(Profile { abilities: abilities.clone(), bits: Bits::default() });
                    roster.profiles.len() - 1
                });
                let days =
                    agent.absences.iter().map(|absence| days_in(&directory.authority, &absence.from, &absence.to));
                let person = Person { profile, capacity: agent.capacity, absences: days.flatten().collect() };
                roster.people.insert(agent.id, person);
            }
        }
        roster
    }

    /// Returns every agent, in the order of their ids.
    pub(crate) fn people(&self) -> impl Iterator<Item = (AgentId, &Person)> {
        self.people.iter().map(|(&id, person)| (id, person))
    }

    /// Returns how many profiles there are.
    pub(crate) fn profile_count(&self) -> usize {
        self.profiles.len()
    }

    /// Returns the level of a profile's agents.
    pub(crate) fn tier(&self, profile: ProfileIx) -> Tier {
        self.profiles[profile].abilities.tier
    }

    /// Returns the profiles whose agents have everything `need` asks. What only makes an answer pleasant is not asked
    /// when nobody has it, since somebody has to answer: that the agent takes live channels first (once a call is
    /// recorded, nobody holds the line), then the language.
    pub(crate) fn eligible(&mut self, need: &Need) -> Vec<ProfileIx> {
        let deferred = Need { live: false, ..need.clone() };
        let any_language = Need { language: None, ..need.clone() };
        let least = Need { live: false, ..any_language.clone() };
        [need, &deferred, &any_language, &least]
            .into_iter()
            .map(|asked| self.matching(asked))
            .find(|profiles| !profiles.is_empty())
            .unwrap_or_default()
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

/// Returns how far an agent of this level is from the level the request prefers: 0 is best.
pub(crate) fn tier_distance(rule: TierRule, tier: Tier) -> u8 {
    u8::from(rule == TierRule::Any && tier == Tier::L2)
}

fn meets(agreements: &BTreeMap<(String, String), Pooling>, abilities: &Abilities, requirement: &Requirement) -> bool {
    let agreement = match requirement {
        Requirement::Scope { authority, .. } => agreements.get(&(authority.clone(), abilities.employer.clone())),
        _ => None,
    };
    abilities.meet(requirement, agreement)
}
