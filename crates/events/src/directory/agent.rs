//! The people who answer.

use guichet_core::id::AgentId;
use guichet_core::work::Tier;
use serde::{Deserialize, Serialize};

use super::SkillLevel;

/// A person who answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// Follows from the login ([`AgentId::of_login`]).
    pub id: AgentId,
    /// As shown: « Aline Encre ».
    pub name: String,
    /// As signed under answers: « agente d'accueil ».
    pub title: String,
    /// Where they may work.
    pub role: Role,
    /// Level.
    pub tier: Tier,
    /// Codes of departments of their employer they belong to.
    pub departments: Vec<String>,
    /// Code of the site, empty when shared.
    pub site: String,
    /// What they can do.
    pub skills: Vec<SkillLevel>,
    /// What they are cleared for.
    pub clearances: Vec<String>,
    /// BCP 47, besides French.
    pub languages: Vec<String>,
    /// How much they hold at a time, in capacity units.
    pub capacity: u32,
    /// They work for these authorities too, under a pooling agreement.
    pub pooled_for: Vec<String>,
    /// Never offered live channels.
    pub deferred_only: bool,
    /// Learner: easy cases, half capacity.
    pub tutor: Option<String>,
    /// Skills they learn: easy cases of them may be offered while the tutor is at work.
    #[serde(default)]
    pub learning: Vec<Learning>,
    /// Learning cases offered in a day; [`Agent::LEARNING_A_DAY`] when nothing is said.
    #[serde(default)]
    pub learning_a_day: Option<u32>,
    /// Code of the calendar of their employer that says when they work, empty when they do not declare it: who is about
    /// to arrive is left a share of what waits, and nothing long is begun just before the end.
    #[serde(default)]
    pub shift: String,
    /// Days away: nothing is offered to them, whatever their presence says. The reason is nobody's business here.
    #[serde(default)]
    pub absences: Vec<Absence>,
}

/// A skill somebody learns, and under whose eye.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Learning {
    /// What they will hold.
    #[serde(flatten)]
    pub skill: SkillLevel,
    /// Login of who answers for them meanwhile.
    pub tutor: String,
}

/// Days somebody is away, both ends included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Absence {
    /// ISO 8601 date.
    pub from: String,
    /// ISO 8601 date.
    pub to: String,
    /// Login of the colleague who stands in for them meanwhile.
    #[serde(default)]
    pub substitute: Option<String>,
}

impl Absence {
    /// Returns the days from one to another, with nobody to stand in.
    pub fn new(from: &str, to: &str) -> Self {
        Self { from: from.to_owned(), to: to.to_owned(), substitute: None }
    }
}

impl Agent {
    /// Learning cases offered in a day when nothing is said: enough to learn by, few enough for a tutor to read.
    pub const LEARNING_A_DAY: u32 = 3;

    /// Returns how many learning cases they may be offered in a day.
    pub fn learning_a_day(&self) -> u32 {
        self.learning_a_day.unwrap_or(Self::LEARNING_A_DAY)
    }

    /// Returns the level at which they hold a skill; 0 when they do not.
    pub fn level_of(&self, skill: &str) -> u8 {
        self.skills.iter().filter(|held| held.skill == skill).map(|held| held.level).max().unwrap_or(0)
    }

    /// Returns an agent of a level who holds `capacity` units and has no skill yet.
    pub fn new(login: &str, name: &str, tier: Tier, capacity: u32) -> Self {
        Self {
            id: AgentId::of_login(login),
            name: name.to_owned(),
            title: String::new(),
            role: Role::Agent,
            tier,
            departments: Vec::new(),
            site: String::new(),
            skills: Vec::new(),
            clearances: Vec::new(),
            languages: Vec::new(),
            capacity,
            pooled_for: Vec::new(),
            deferred_only: false,
            shift: String::new(),
            tutor: None,
            learning: Vec::new(),
            learning_a_day: None,
            absences: Vec::new(),
        }
    }
}

/// What an account may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Answers.
    #[default]
    Agent,
    /// Answers and supervises.
    Supervisor,
    /// Sets up.
    Administrator,
}
