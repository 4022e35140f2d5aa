//! An authority's published directory: what every service knows about the town. Files become this through
//! `guichet-directory`; routing publishes it.

mod agent;
mod procedure;

use std::collections::BTreeMap;

use guichet_core::id::AuthorityId;
use serde::{Deserialize, Serialize};

pub use self::agent::{Absence, Agent, Learning, Role};
pub use self::procedure::{
    Delay, DelayUnit, FieldKind, FormField, Level2Answer, LifeEvent, Procedure, ReplyTemplate, SkillLevel, Widening,
};

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
