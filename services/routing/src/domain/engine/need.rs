//! What a request asks of whoever takes it, and what an agent brings: the hard eligibility of ROUTING §4, one
//! [`Requirement`] at a time so that a refusal can be told in words.

use std::collections::{BTreeMap, BTreeSet};

use guichet_core::work::Tier;
use guichet_events::{Agent, Pooling, SkillLevel};
use serde::{Deserialize, Serialize};

/// Which levels of the desk may take a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TierRule {
    /// Anybody with the skills, level 1 first.
    Any,
    /// Level 1 only: an answer that goes back through the desk.
    OnlyL1,
    /// Level 2 only.
    OnlyL2,
}

/// A department and the authority that declares it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DepartmentRef {
    /// Code of the authority.
    pub authority: String,
    /// Code of the department.
    pub department: String,
}

/// What a waiting request asks. Requests of one need, channel and urgency class wait in one bucket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Need {
    /// Code of the authority it was addressed to.
    pub authority: String,
    /// Code of the department in charge, as that authority knows it.
    pub department: String,
    /// Only cleared agents may read it.
    pub confidential: bool,
    /// All of them.
    pub skills: Vec<SkillLevel>,
    /// All of them, never relaxed.
    pub clearances: Vec<String>,
    /// A language other than French, if anybody who may take it speaks it.
    pub language: Option<String>,
    /// Which levels may take it.
    pub tier: TierRule,
    /// Only members of this department: a transfer or an escalation that names one.
    pub members_of: Option<DepartmentRef>,
    /// It came by phone or at the counter: rather not for agents who only do deferred work.
    pub live: bool,
    /// What it weighs, in capacity units.
    pub weight: u32,
}

/// One thing an agent must have; eligibility is having all of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Requirement {
    /// Employed by the authority, or pooled for the department in charge.
    Scope { authority: String, department: String, confidential: bool },
    /// Cleared.
    Clearance(String),
    /// Of the level asked.
    Tier(Tier),
    /// Member of the department.
    Member(DepartmentRef),
    /// A skill at this level or above: one bit a threshold.
    Skill(SkillLevel),
    /// A skill held at this level or above, or learnt.
    Learns(SkillLevel),
    /// Speaks it.
    Language(String),
    /// Takes live channels.
    Live,
}

impl Need {
    /// Returns a need that asks nothing but to work for the authority, in writing and in French.
    pub fn of(authority: &str, department: &str) -> Self {
        Self {
            authority: authority.to_owned(),
            department: department.to_owned(),
            confidential: false,
            skills: Vec::new(),
            clearances: Vec::new(),
            language: None,
            tier: TierRule::Any,
            members_of: None,
            live: false,
            weight: 1,
        }
    }

    /// Returns whether somebody who learns may do it: in writing, for anybody of the desk, of ordinary weight, and nobody's
    /// secret.
    pub(crate) fn is_easy(&self) -> bool {
        let anybody = self.tier == TierRule::Any && self.members_of.is_none();
        anybody && !self.live && !self.confidential && self.weight == 1
    }

    /// Returns everything this need asks, in the order refusals are told.
    pub(crate) fn requirements(&self) -> Vec<Requirement> {
        let scope = Requirement::Scope {
            authority: self.authority.clone(),
            department: self.department.clone(),
            confidential: self.confidential,
        };
        let tier = match self.tier {
            TierRule::Any => None,
            TierRule::OnlyL1 => Some(Requirement::Tier(Tier::L1)),
            TierRule::OnlyL2 => Some(Requirement::Tier(Tier::L2)),
        };
        std::iter::once(scope)
            .chain(self.clearances.iter().cloned().map(Requirement::Clearance))
            .chain(tier)
            .chain(self.members_of.clone().map(Requirement::Member))
            .chain(self.skills.iter().cloned().map(Requirement::Skill))
            .chain(self.language.clone().map(Requirement::Language))
            .chain(self.live.then_some(Requirement::Live))
            .collect()
    }
}

/// What an agent brings. Agents with equal abilities share one profile of the engine.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Abilities {
    pub(crate) employer: String,
    pub(crate) pooled_for: BTreeSet<String>,
    pub(crate) departments: BTreeSet<String>,
    pub(crate) skills: BTreeMap<String, u8>,
    /// Skills they learn, at the level they will hold.
    pub(crate) learning: BTreeMap<String, u8>,
    pub(crate) clearances: BTreeSet<String>,
    pub(crate) languages: BTreeSet<String>,
    pub(crate) tier: Tier,
    pub(crate) deferred_only: bool,
}

impl Abilities {
    /// Returns what an agent of `employer` brings.
    pub(crate) fn of(employer: &str, agent: &Agent) -> Self {
        let mut skills = BTreeMap::new();
        for held in &agent.skills {
            let level = skills.entry(held.skill.clone()).or_insert(held.level);
            *level = held.level.max(*level);
        }
        Self {
            employer: employer.to_owned(),
            pooled_for: agent.pooled_for.iter().cloned().collect(),
            departments: agent.departments.iter().cloned().collect(),
            skills,
            learning: agent.learning.iter().map(|known| (known.skill.skill.clone(), known.skill.level)).collect(),
            clearances: agent.clearances.iter().cloned().collect(),
            languages: agent.languages.iter().cloned().collect(),
            tier: agent.tier,
            deferred_only: agent.deferred_only,
        }
    }

    /// Returns whether an agent with these abilities has what `requirement` asks. `agreement` is the one by which the
    /// request's authority opens itself to the agent's employer.
    pub(crate) fn meet(&self, requirement: &Requirement, agreement: Option<&Pooling>) -> bool {
        match requirement {
            Requirement::Scope { authority, department, confidential } => {
                *authority == self.employer
                    || agreement.is_some_and(|pooling| self.is_pooled(pooling, authority, department, *confidential))
            }
            Requirement::Clearance(code) => self.clearances.contains(code),
            Requirement::Tier(tier) => self.tier == *tier,
            Requirement::Member(of) => of.authority == self.employer && self.departments.contains(&of.department),
            Requirement::Skill(asked) => self.holds(asked),
            Requirement::Learns(asked) => self.holds(asked) || self.learns(asked),
            Requirement::Language(tag) => self.languages.contains(tag),
            Requirement::Live => !self.deferred_only,
        }
    }

    /// Returns whether a skill is held at the level asked.
    pub(crate) fn holds(&self, asked: &SkillLevel) -> bool {
        self.skills.get(&asked.skill).is_some_and(|level| *level >= asked.level)
    }

    /// Returns whether a skill is learnt up to the level asked.
    pub(crate) fn learns(&self, asked: &SkillLevel) -> bool {
        self.learning.get(&asked.skill).is_some_and(|level| *level >= asked.level)
    }

    fn is_pooled(&self, pooling: &Pooling, authority: &str, department: &str, confidential: bool) -> bool {
        let names = |list: &[String]| list.iter().any(|code| code == department);
        let shared = names(&pooling.shared_departments);
        let opened = shared || names(&pooling.departments) || (pooling.departments.is_empty() && !confidential);
        (self.pooled_for.contains(authority) && opened) || (shared && self.departments.contains(department))
    }
}
