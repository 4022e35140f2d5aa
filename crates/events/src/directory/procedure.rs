//! What usagers may ask for, and what it takes to answer.

use guichet_core::work::{Channel, SilenceRule, Tier};
use serde::{Deserialize, Serialize};

/// What a usager can ask for, and what it takes to answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Procedure {
    /// As printed: « Copie d'acte d'état civil ».
    pub name: String,
    /// Code of the department in charge.
    pub department: String,
    /// Level that treats it.
    pub tier: Tier,
    /// Skills required, all of them.
    pub skills: Vec<SkillLevel>,
    /// Clearances required, all of them; never relaxed.
    pub clearances: Vec<String>,
    /// The delay told to usagers.
    pub announced: Delay,
    /// The delay of the law.
    pub legal: Option<Delay>,
    /// The authority's own target; a share of the announced delay when absent.
    pub internal: Option<Delay>,
    /// What silence means; `None` = nobody has said.
    pub silence: Option<SilenceRule>,
    /// How level 2 answers.
    pub level2_answer: Level2Answer,
    /// Business days after which whoever was confided a request is reminded of it.
    #[serde(default)]
    pub reminder_days: Option<u32>,
    /// Business days after which it comes back to level 1 by itself.
    #[serde(default)]
    pub automatic_return_days: Option<u32>,
    /// Only cleared agents may read its requests.
    pub confidential: bool,
    /// What one request weighs on an agent, in capacity units.
    pub weight: u32,
    /// Cost of waiting beside other procedures, 1 to 10.
    pub cost: u32,
    /// Words that point to it, for the first classifier.
    pub keywords: Vec<String>,
    /// Papers to join, as printed.
    pub documents: Vec<String>,
    /// Shown on the portal.
    pub public: bool,
    /// Hours within which danger must be handled, when the procedure may carry some.
    pub danger_hours: Option<u32>,
    /// It is a complaint about the authority: the agent it concerns is excluded, and it is counted apart.
    pub complaint: bool,
    /// Channels it is open to; empty = all (L.112-9: a téléservice may be the only way).
    pub channels: Vec<Channel>,
    /// What its form asks, in order; empty = a text in one's own words.
    #[serde(default)]
    pub fields: Vec<FormField>,
    /// What is asked less while nobody takes a request, in order; empty = the same from beginning to end.
    #[serde(default)]
    pub widen: Vec<Widening>,
}

/// From when on a request that nobody has taken asks less of whoever takes it. Only skills are asked less: language,
/// clearances, confidentiality and who is excluded never relax.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Widening {
    /// Minutes since it began to wait: the department's opening minutes, the clock's for whoever calls or is there.
    pub after_minutes: u32,
    /// Skills asked at a lower level from then on.
    #[serde(default)]
    pub skills: Vec<SkillLevel>,
    /// Codes of skills not asked any more.
    #[serde(default)]
    pub drop: Vec<String>,
}

impl Widening {
    /// Returns what is left of the skills asked before.
    pub fn applied_to(&self, asked: &[SkillLevel]) -> Vec<SkillLevel> {
        let kept = asked.iter().filter(|skill| !self.drop.contains(&skill.skill));
        let lowered = |skill: &SkillLevel| self.skills.iter().find(|lower| lower.skill == skill.skill).cloned();
        kept.map(|skill| lowered(skill).unwrap_or_else(|| skill.clone())).collect()
    }
}

impl Procedure {
    /// Business days before a reminder when nothing is said: a week.
    pub const REMINDER_DAYS: u32 = 5;
    /// Business days before an automatic return when nothing is said: two weeks.
    pub const RETURN_DAYS: u32 = 10;

    /// Returns after how many business days whoever was confided a request is reminded.
    pub fn reminder_days(&self) -> u32 {
        self.reminder_days.unwrap_or(Self::REMINDER_DAYS)
    }

    /// Returns after how many business days it comes back to level 1.
    pub fn return_days(&self) -> u32 {
        self.automatic_return_days.unwrap_or(Self::RETURN_DAYS)
    }

    /// Returns an ordinary public procedure: anybody of the level may treat it, in five business days.
    pub fn new(name: &str, department: &str, tier: Tier) -> Self {
        Self {
            name: name.to_owned(),
            department: department.to_owned(),
            tier,
            skills: Vec::new(),
            clearances: Vec::new(),
            announced: Delay { count: 5, unit: DelayUnit::BusinessDays },
            legal: None,
            internal: None,
            silence: None,
            level2_answer: Level2Answer::Direct,
            reminder_days: None,
            automatic_return_days: None,
            confidential: false,
            weight: 1,
            cost: 1,
            keywords: Vec::new(),
            documents: Vec::new(),
            public: true,
            danger_hours: None,
            complaint: false,
            channels: Vec::new(),
            fields: Vec::new(),
            widen: Vec::new(),
        }
    }

    /// Returns what each widening leaves of the skills asked, in order, with the minutes after which it does.
    pub fn widened(&self) -> Vec<(u32, Vec<SkillLevel>)> {
        let mut asked = self.skills.clone();
        let step = |widening: &Widening| {
            asked = widening.applied_to(&asked);
            (widening.after_minutes, asked.clone())
        };
        self.widen.iter().map(step).collect()
    }
}

/// A question that the form of a procedure asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormField {
    /// Stable, unique in its form.
    pub code: String,
    /// As printed: « Où se trouve le problème ? ».
    pub label: String,
    /// Under the label; often empty.
    #[serde(default)]
    pub hint: String,
    /// What an answer looks like.
    pub kind: FieldKind,
    /// Nothing can be sent without it.
    #[serde(default)]
    pub required: bool,
    /// Answers to choose from, of a choice.
    #[serde(default)]
    pub options: Vec<String>,
}

/// What the answer to a question looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// One line.
    Text,
    /// Several lines.
    LongText,
    /// A day.
    Date,
    /// A whole number.
    Number,
    /// One of the options.
    Choice,
    /// Yes or no.
    YesNo,
}

/// A moment of life that leads to procedures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LifeEvent {
    /// « J'attends un enfant ».
    pub name: String,
    /// One sentence.
    pub lead: String,
    /// Codes of procedures.
    pub procedures: Vec<String>,
    /// External ids of sheets.
    pub sheets: Vec<String>,
}

/// An answer that agents start from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyTemplate {
    /// As agents find it: « Bac livré ».
    pub name: String,
    /// Codes of the procedures it answers; empty = all.
    pub procedures: Vec<String>,
    /// The text, with its `{champs}`.
    pub body: String,
}

/// A skill and the level held or asked, 1 to 5.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SkillLevel {
    /// Code of the skill.
    pub skill: String,
    /// 1 to 5.
    pub level: u8,
}

impl SkillLevel {
    /// Returns a skill at a level, 1 to 5.
    pub fn new(skill: &str, level: u8) -> Self {
        Self { skill: skill.to_owned(), level }
    }
}

/// A length of time on a calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delay {
    /// How many.
    pub count: u32,
    /// Of what.
    pub unit: DelayUnit,
}

/// What a delay counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DelayUnit {
    /// Opening hours.
    Hours,
    /// Days the department is open.
    BusinessDays,
    /// Days.
    Days,
    /// Calendar months, date to date.
    Months,
}

/// Who answers once level 2 has worked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level2Answer {
    /// The specialist answers the usager.
    #[default]
    Direct,
    /// The answer goes back through level 1.
    Return,
}
