//! Why a decision was what it was: a record a machine can replay and a person can read.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use guichet_core::Timestamp;
use guichet_core::id::AgentId;
use guichet_core::work::Tier;
use guichet_events::SkillLevel;
use serde::{Deserialize, Serialize};

use super::need::{DepartmentRef, Need, Requirement};

/// Name of the policy in records; it changes with the rules.
pub(crate) const POLICY: &str = "gcu-2";
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
    /// Their shift ends soon: nothing that may last longer is begun.
    EndOfShift,
    /// Had their share of what waited when they arrived: the rest is for colleagues who are about to.
    Share,
    Declined,
    DidNotAnswer,
    /// Free, but the request waits a while for whoever knows it.
    Awaited,
    /// Eligible and free, but another came first.
    NotChosen,
    /// Learns what it asks, and their tutor is not at work.
    TutorAway,
    /// Learns what it asks, and had the learning cases of the day.
    LessonsDone,
}

impl Reason {
    /// Returns the reason without its details, for counting.
    pub(crate) const fn kind(&self) -> Kind {
        match self {
            Self::OutOfScope => Kind::OutOfScope,
            Self::Clearance { .. } => Kind::Clearance,
            Self::Tier { .. } => Kind::Tier,
            Self::Department { .. } => Kind::Department,
            Self::Skill { .. } => Kind::Skill,
            Self::Language { .. } => Kind::Language,
            Self::DeferredOnly => Kind::DeferredOnly,
            Self::Excluded => Kind::Excluded,
            Self::AtCounter => Kind::AtCounter,
            Self::OnPhone => Kind::OnPhone,
            Self::OnBreak => Kind::OnBreak,
            Self::Away => Kind::Away,
            Self::Absent => Kind::Absent,
            Self::Full => Kind::Full,
            Self::EndOfShift => Kind::EndOfShift,
            Self::Share => Kind::Share,
            Self::Declined => Kind::Declined,
            Self::DidNotAnswer => Kind::DidNotAnswer,
            Self::Awaited => Kind::Awaited,
            Self::NotChosen => Kind::NotChosen,
            Self::TutorAway => Kind::TutorAway,
            Self::LessonsDone => Kind::LessonsDone,
        }
    }
}

guichet_core::codes! {
    /// A [`Reason`] without its details.
    #[expect(missing_docs, reason = "the kinds of `Reason`")]
    Kind {
        OutOfScope = "out_of_scope",
        Clearance = "clearance",
        Tier = "tier",
        Department = "department",
        Skill = "skill",
        Language = "language",
        DeferredOnly = "deferred_only",
        Excluded = "excluded",
        AtCounter = "at_counter",
        OnPhone = "on_phone",
        OnBreak = "on_break",
        Away = "away",
        Absent = "absent",
        Full = "full",
        EndOfShift = "end_of_shift",
        Share = "share",
        Declined = "declined",
        DidNotAnswer = "did_not_answer",
        Awaited = "awaited",
        NotChosen = "not_chosen",
        TutorAway = "tutor_away",
        LessonsDone = "lessons_done",
    }
}

/// Agents counted by why they are refused; in a record, the kinds that are true of somebody. An array and not a map: a
/// record is made for each decision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "BTreeMap<Kind, u32>")]
pub struct Counts([u32; Kind::ALL.len()]);

impl Counts {
    /// Returns how many agents a kind of refusal is true of.
    pub const fn of(&self, kind: Kind) -> u32 {
        self.0[kind as usize]
    }

    /// Counts agents in.
    pub(crate) fn add(&mut self, kind: Kind, agents: u32) {
        self.0[kind as usize] += agents;
    }

    /// Counts an agent out.
    pub(crate) fn remove(&mut self, kind: Kind) {
        self.0[kind as usize] -= 1;
    }
}

impl From<BTreeMap<Kind, u32>> for Counts {
    fn from(told: BTreeMap<Kind, u32>) -> Self {
        let mut counts = Self::default();
        told.into_iter().for_each(|(kind, agents)| counts.add(kind, agents));
        counts
    }
}

impl Serialize for Counts {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(Kind::ALL.iter().zip(self.0).filter(|&(_, agents)| agents > 0))
    }
}

impl From<Requirement> for Reason {
    fn from(lacking: Requirement) -> Self {
        match lacking {
            Requirement::Scope { .. } => Self::OutOfScope,
            Requirement::Clearance(code) => Self::Clearance { code },
            Requirement::Tier(asked) => Self::Tier { asked },
            Requirement::Member(DepartmentRef { department, .. }) => Self::Department { department },
            Requirement::Skill(SkillLevel { skill, level }) | Requirement::Learns(SkillLevel { skill, level }) => {
                Self::Skill { skill, level }
            }
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
    /// 0 when they know the file already, 1 otherwise.
    #[serde(default)]
    pub newcomer: u8,
    /// 0 when of the preferred level, 1 otherwise.
    pub tier_distance: u8,
    /// How scarce their other skills are among who is free: 0 when many colleagues have them too, 3 when nobody else
    /// does, so that whoever is needed elsewhere is kept free.
    #[serde(default)]
    pub scarcity: u8,
    /// Capacity in use, in thousandths.
    pub load_permille: u32,
    /// How often their capacity was filled today, in thousandths.
    #[serde(default)]
    pub effort_permille: u32,
    /// Levels they have above those asked, in thousandths of all there could be, negated: the most come first.
    #[serde(default)]
    pub surplus_permille: std::cmp::Reverse<u16>,
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
    Continuity,
    Tier,
    Scarcity,
    Load,
    Effort,
    Surplus,
    Idle,
    Hash,
}

/// What the chosen agent learns with a request, and under whose eye.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lesson {
    /// Skills asked that they learn.
    pub skills: Vec<SkillLevel>,
    /// Their tutors, at work.
    pub tutors: Vec<AgentId>,
}

/// The whole account of one decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Which rules.
    pub policy: Cow<'static, str>,
    /// When.
    pub at: Timestamp,
    /// Step of the search, from 0, and whether it is wider than the first.
    pub step: usize,
    /// Skills asked at first that are asked less in this step, or not at all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relaxed: Vec<SkillLevel>,
    /// Since when the request waits.
    pub since: Timestamp,
    /// When the department in charge opens; `None` when it is open, or when its hours do not count.
    #[serde(default)]
    pub opens_at: Option<Timestamp>,
    /// Who knows the file and is waited for.
    #[serde(default)]
    pub awaited: Option<AgentId>,
    /// Who knows the file and is on leave: somebody stands in for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_place_of: Option<AgentId>,
    /// The one chosen learns with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lesson: Option<Lesson>,
    /// Urgency at the time; stored as text, being larger than JSON numbers hold.
    #[serde(with = "as_text")]
    pub urgency: i128,
    /// What was asked.
    #[serde(with = "shared")]
    pub need: Arc<Need>,
    /// Agents with everything it takes, present or not.
    pub capable: u32,
    /// Of those, free.
    pub eligible: u32,
    /// Agents refused, by reason.
    pub refused: Counts,
    /// Up to twenty agents by name who have everything it takes, the chosen one apart.
    pub named: Vec<Named>,
    /// Up to twenty who have not.
    #[serde(with = "shared", default)]
    pub lacking: Arc<Vec<Named>>,
    /// The first three, the chosen one first.
    pub top: Vec<Candidate>,
    /// What decided, when somebody was chosen.
    pub decided_by: Option<DecidedBy>,
}

impl Record {
    /// Returns who was not chosen and why, up to twenty: those who could have been first.
    pub fn others(&self) -> impl Iterator<Item = &Named> {
        self.named.iter().chain(self.lacking.iter()).take(NAMED_MAX)
    }
}

/// What many records share is stored with each of them.
pub(crate) mod shared {
    use super::{Arc, Deserialize, Serialize};

    pub(crate) fn serialize<T: Serialize, S: serde::Serializer>(value: &Arc<T>, to: S) -> Result<S::Ok, S::Error> {
        value.as_ref().serialize(to)
    }

    pub(crate) fn deserialize<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(
        from: D,
    ) -> Result<Arc<T>, D::Error> {
        T::deserialize(from).map(Arc::new)
    }
}

mod as_text {
    use super::Deserialize;

    pub(super) fn serialize<S: serde::Serializer>(value: &i128, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(from: D) -> Result<i128, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Returns what set the first candidate apart from the second.
pub(crate) fn decided_by(top: &[Candidate]) -> Option<DecidedBy> {
    let first = top.first()?;
    if first.newcomer == 0 {
        return Some(DecidedBy::Continuity);
    }
    let Some(second) = top.get(1) else { return Some(DecidedBy::OnlyOne) };
    Some(match () {
        () if first.tier_distance != second.tier_distance => DecidedBy::Tier,
        () if first.scarcity != second.scarcity => DecidedBy::Scarcity,
        () if first.load_permille != second.load_permille => DecidedBy::Load,
        () if first.effort_permille != second.effort_permille => DecidedBy::Effort,
        () if first.surplus_permille != second.surplus_permille => DecidedBy::Surplus,
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
