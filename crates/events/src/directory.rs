//! An authority's published directory: what every service knows about the town. Files become this through
//! `guichet-directory`; routing publishes it.

use std::collections::BTreeMap;

use guichet_core::id::{AgentId, AuthorityId};
use guichet_core::work::{Channel, SilenceRule, Tier};
use serde::{Deserialize, Serialize};

/// One authority and everything it declares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directory {
    /// The authority itself.
    pub authority: Authority,
    /// Departments by code.
    pub departments: BTreeMap<String, Department>,
    /// Sites by code.
    pub sites: BTreeMap<String, Site>,
    /// Calendars by code.
    pub calendars: BTreeMap<String, Calendar>,
    /// Procedures by code.
    pub procedures: BTreeMap<String, Procedure>,
    /// Agents it employs, by login.
    pub agents: BTreeMap<String, Agent>,
    /// Names of skills by code, in French.
    pub skills: BTreeMap<String, String>,
    /// Names of clearances by code, in French.
    pub clearances: BTreeMap<String, String>,
    /// What it shares with others; an agreement is written at both ends.
    pub pooling: Vec<Pooling>,
    /// Moments of life that lead to procedures, by code.
    #[serde(default)]
    pub life_events: BTreeMap<String, LifeEvent>,
    /// Answers that agents start from, by code.
    #[serde(default)]
    pub replies: BTreeMap<String, ReplyTemplate>,
}

impl Directory {
    /// Returns the directory of an authority that declares nothing yet.
    pub const fn new(authority: Authority) -> Self {
        Self {
            authority,
            departments: BTreeMap::new(),
            sites: BTreeMap::new(),
            calendars: BTreeMap::new(),
            procedures: BTreeMap::new(),
            agents: BTreeMap::new(),
            skills: BTreeMap::new(),
            clearances: BTreeMap::new(),
            pooling: Vec::new(),
            life_events: BTreeMap::new(),
            replies: BTreeMap::new(),
        }
    }
}

/// The tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authority {
    /// Follows from the code ([`AuthorityId::of_code`]).
    pub id: AuthorityId,
    /// Stable, short, lower case: `valorme`.
    pub code: String,
    /// As printed: « Ville de Valorme ».
    pub name: String,
    /// Commune, intermunicipal authority, social-action centre.
    pub kind: AuthorityKind,
    /// IANA name, `Europe/Paris`.
    pub time_zone: String,
    /// Which public holidays apply.
    pub holidays: HolidayRegion,
    /// The desk's telephone, on every message.
    pub phone: String,
    /// The desk's hours in words, `lun-sam`.
    pub hours: String,
    /// The desk's own mailbox: where usagers write, and From of every message.
    pub email: String,
    /// Other mailboxes that are the desk's.
    pub mailboxes: Vec<String>,
    /// Postal address on one line.
    pub postal_address: String,
    /// Address of the portal without scheme, as spoken and printed: `valorme.example`.
    pub website: String,
    /// The administrative court named in silence and refusal sentences: name, address.
    pub court: String,
    /// Who decides, for appeals: « la maire de Valorme ».
    pub decision_maker: String,
    /// Code of the procedure that takes what nobody could classify.
    pub triage_procedure: String,
    /// Reasons for which a request may be dismissed, as told to the usager, by code.
    pub dismissal_reasons: BTreeMap<String, String>,
    /// Colour of the pages, `#rrggbb`; empty = the product's own.
    #[serde(default)]
    pub colour: String,
    /// The logo, an SVG; empty = none.
    #[serde(default)]
    pub logo: String,
}

impl Authority {
    /// Returns a commune of metropolitan France known by its code and its name alone.
    pub fn new(code: &str, name: &str) -> Self {
        Self {
            id: AuthorityId::of_code(code),
            code: code.to_owned(),
            name: name.to_owned(),
            kind: AuthorityKind::Commune,
            time_zone: "Europe/Paris".to_owned(),
            holidays: HolidayRegion::Metropole,
            phone: String::new(),
            hours: String::new(),
            email: String::new(),
            mailboxes: Vec::new(),
            postal_address: String::new(),
            website: String::new(),
            court: String::new(),
            decision_maker: String::new(),
            triage_procedure: String::new(),
            dismissal_reasons: BTreeMap::new(),
            colour: String::new(),
            logo: String::new(),
        }
    }
}

/// What kind of authority it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthorityKind {
    /// Commune.
    Commune,
    /// Agglomération, communauté de communes.
    Intermunicipal,
    /// CCAS, CIAS.
    SocialCentre,
    /// Département and others.
    Other,
}

/// Which public holidays apply (Labour Code L.3133-1 and local law).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HolidayRegion {
    /// The eleven national days.
    #[default]
    Metropole,
    /// Plus Good Friday and 26 December.
    AlsaceMoselle,
    /// Plus 22 May.
    Martinique,
    /// Plus 27 May.
    Guadeloupe,
    /// Plus 10 June.
    Guyane,
    /// Plus 20 December.
    Reunion,
    /// Plus 27 April.
    Mayotte,
}

/// A service municipal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Department {
    /// « État civil, élections, cimetières ».
    pub name: String,
    /// Code of its site.
    pub site: String,
    /// Code of its calendar.
    pub calendar: String,
    /// As printed.
    pub phone: String,
    /// As printed; the authority's when empty.
    pub email: String,
}

impl Department {
    /// Returns a department that has its authority's address and hours.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }
}

/// A place open to the public.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// « Mairie annexe des Ormelles ».
    pub name: String,
    /// On one line.
    pub postal_address: String,
}

/// Opening hours: several intervals a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    /// Intervals of each weekday, in order; a missing day is closed.
    pub week: BTreeMap<Weekday, Vec<Interval>>,
    /// Days closed besides public holidays.
    pub closures: Vec<Closure>,
    /// Days between a public holiday and a Sunday are closed too.
    #[serde(default)]
    pub bridges: bool,
}

/// A day of the week, Monday first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the days' own names")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    /// The week in order.
    pub const ALL: [Self; 7] =
        [Self::Monday, Self::Tuesday, Self::Wednesday, Self::Thursday, Self::Friday, Self::Saturday, Self::Sunday];
}

/// Minutes after local midnight, the end excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    /// First minute open.
    pub from_minute: u16,
    /// First minute closed again, at most 1440.
    pub to_minute: u16,
}

/// Days closed, both ends included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closure {
    /// ISO 8601 date.
    pub from: String,
    /// ISO 8601 date.
    pub to: String,
    /// As told to usagers.
    pub reason: String,
}

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

/// Agents of one authority work on requests of another; files stay apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pooling {
    /// Code of the other authority.
    pub with: String,
    /// Its agents may treat this authority's procedures of these departments (codes); empty = all but confidential ones.
    pub departments: Vec<String>,
    /// Departments of the other authority that are in charge of procedures of this one.
    pub shared_departments: Vec<String>,
}
