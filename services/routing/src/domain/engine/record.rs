//! Why a decision was what it was: a record a machine can replay and a person can read.

use std::collections::BTreeMap;

use guichet_core::Timestamp;
use guichet_core::id::AgentId;
use guichet_core::work::Tier;
use guichet_events::SkillLevel;
use serde::{Deserialize, Serialize};

use super::need::{DepartmentRef, Need, Requirement};

/// Name of the policy in records; it changes with the rules.
pub(crate) const POLICY: &str = "simple-1";
/// Agents named with their reason in one record; the others are counted.
pub(crate) const NAMED_MAX: usize = 20;
/// Candidates kept with their terms.
pub(crate) const TOP_MAX: usize = 3;

/// Why an agent was not offered a request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the reasons speak for themselves")]
pub enum Reason {
    /// Works for another authority, without an agreement for this department.
    OutOfScope,
    Clearance {
        code: String,
    },
    Tier {
        asked: Tier,
    },
    Department {
        department: String,
    },
    Skill {
        skill: String,
        level: u8,
    },
    Language {
        language: String,
    },
    DeferredOnly,
    /// Never offered this one: it is about them, or they hand it on.
    Excluded,
    AtCounter,
    OnPhone,
    OnBreak,
    Away,
    /// On leave today, as the directory says.
    Absent,
    /// Holds as much as they can.
    Full,
    Declined,
    DidNotAnswer,
    /// Eligible and free, but another came first.
    NotChosen,
}

impl Reason {
    /// Returns the text of the reason's kind, for counting.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::OutOfScope => "out_of_scope",
            Self::Clearance { .. } => "clearance",
            Self::Tier { .. } => "tier",
            Self::Department { .. } => "department",
            Self::Skill { .. } => "skill",
            Self::Language { .. } => "language",
            Self::DeferredOnly => "deferred_only",
            Self::Excluded => "excluded",
            Self::AtCounter => "at_counter",
            Self::OnPhone => "on_phone",
            Self::OnBreak => "on_break",
            Self::Away => "away",
            Self::Absent => "absent",
            Self::Full => "full",
            Self::Declined => "declined",
            Self::DidNotAnswer => "did_not_answer",
            Self::NotChosen => "not_chosen",
        }
    }
}

impl From<Requirement> for Reason {
    fn from(lacking: Requirement) -> Self {
        match lacking {
            Requirement::Scope { .. } => Self::OutOfScope,
            Requirement::Clearance(code) => Self::Clearance { code },
            Requirement::Tier(asked) => Self::Tier { asked },
            Requirement::Member(DepartmentRef { department, .. }) => Self::Department { department },
            Requirement::Skill(SkillLevel { skill, level }) => Self::Skill { skill, level },
            Requirement::Language(language) => Self::Language { language },
            Requirement::Live => Self::DeferredOnly,
        }
    }
}

/// One agent and why not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Who.
    pub agent_id: AgentId,
    /// Why not.
    #[serde(flatten)]
    pub reason: Reason,
}

/// One free and eligible agent, with the terms in the order they are compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Candidate {
    /// 0 when of the preferred level, 1 otherwise.
    pub tier_distance: u8,
    /// Capacity in use, in thousandths.
    pub load_permille: u32,
    /// When they were last given work: the longest idle comes first.
    pub served_at: Timestamp,
    /// Of the request and the agent: the tie-break.
    pub hash: u64,
    /// Who.
    pub agent_id: AgentId,
}

/// The first term by which the chosen agent differs from the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the terms of `Candidate`")]
pub enum DecidedBy {
    OnlyOne,
    Tier,
    Load,
    Idle,
    Hash,
}

/// The whole account of one decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Which rules.
    pub policy: String,
    /// When.
    pub at: Timestamp,
    /// Step of the search, from 0, and whether it is wider than the first.
    pub step: usize,
    /// Since when the request waits.
    pub since: Timestamp,
    /// When the department in charge opens; `None` when it is open, or when its hours do not count.
    #[serde(default)]
    pub opens_at: Option<Timestamp>,
    /// Urgency at the time, as text: larger than JSON numbers hold.
    pub urgency: String,
    /// What was asked.
    pub need: Need,
    /// Agents with everything it takes, present or not.
    pub capable: u32,
    /// Of those, free.
    pub eligible: u32,
    /// Agents refused, by reason.
    pub refused: BTreeMap<String, u32>,
    /// Up to twenty agents by name: those with the skills first.
    pub named: Vec<Named>,
    /// The first three, the chosen one first.
    pub top: Vec<Candidate>,
    /// What decided, when somebody was chosen.
    pub decided_by: Option<DecidedBy>,
}

/// Returns what set the first candidate apart from the second.
pub(crate) fn decided_by(top: &[Candidate]) -> Option<DecidedBy> {
    let first = top.first()?;
    let Some(second) = top.get(1) else { return Some(DecidedBy::OnlyOne) };
    Some(match () {
        () if first.tier_distance != second.tier_distance => DecidedBy::Tier,
        () if first.load_permille != second.load_permille => DecidedBy::Load,
        () if first.served_at != second.served_at => DecidedBy::Idle,
        () => DecidedBy::Hash,
    })
}

/// Returns the tie-break of a request and an agent: the same on every machine, and no agent is favoured over many
/// requests (the finaliser of SplitMix64).
pub(crate) fn tie_break(request: u128, agent: u128) -> u64 {
    let fold = |value: u128| (value >> 64) as u64 ^ value as u64;
    let mut mixed = fold(request).wrapping_add(fold(agent).rotate_left(29)).wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
