//! The published directories read together: which authority shares which department, who works for whom.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, AuthorityId};
use guichet_events::{Agent, Calendar, Department, Directory, Interval, Pooling, Procedure, Weekday};
use jiff::tz::TimeZone;

use super::calendar::{WorkCalendar, days_in, start_of_day, zone_of};

/// Every published directory, by the authority's code.
#[derive(Clone, Debug, Default)]
pub struct Town {
    directories: BTreeMap<String, Arc<Directory>>,
    codes: BTreeMap<AuthorityId, String>,
    agents: BTreeMap<AgentId, (String, String)>,
    stand_ins: Vec<StandIn>,
}

/// Somebody who stands in for a colleague while they are away.
#[derive(Clone, Debug)]
struct StandIn {
    absent: AgentId,
    substitute: AgentId,
    days: Range<Timestamp>,
}

impl Town {
    /// Returns the town of these directories.
    pub fn of(directories: impl IntoIterator<Item = Arc<Directory>>) -> Self {
        let mut town = Self::default();
        for directory in directories {
            let code = directory.authority.code.clone();
            town.codes.insert(directory.authority.id, code.clone());
            for (login, agent) in &directory.agents {
                town.agents.insert(agent.id, (code.clone(), login.clone()));
                town.stand_ins.extend(stand_ins(&directory, agent));
            }
            town.directories.insert(code, directory);
        }
        town
    }

    /// Returns every directory, in the order of the codes.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Directory>> {
        self.directories.values()
    }

    /// Returns an authority's directory.
    pub fn by_code(&self, code: &str) -> Option<&Arc<Directory>> {
        self.directories.get(code)
    }

    /// Returns an authority's directory.
    pub fn by_id(&self, id: AuthorityId) -> Option<&Arc<Directory>> {
        self.directories.get(self.codes.get(&id)?)
    }

    /// Returns an agent and the directory of their employer.
    pub fn agent(&self, id: AgentId) -> Option<(&Arc<Directory>, &Agent)> {
        let (code, login) = self.agents.get(&id)?;
        let directory = self.directories.get(code)?;
        Some((directory, directory.agents.get(login)?))
    }

    /// Returns whether somebody stands in for somebody else who is away now.
    pub(crate) fn stands_in(&self, substitute: AgentId, absent: AgentId, now: Timestamp) -> bool {
        let known = self.stand_ins.iter().filter(|known| known.substitute == substitute && known.absent == absent);
        known.clone().any(|known| known.days.contains(&now))
    }

    /// Returns an agent's name, for sentences.
    pub fn name_of(&self, id: AgentId) -> &str {
        self.agent(id).map_or("une personne partie", |(_, agent)| agent.name.as_str())
    }

    /// Returns a procedure of an authority.
    pub fn procedure(&self, authority: &str, code: &str) -> Option<&Procedure> {
        self.by_code(authority)?.procedures.get(code)
    }

    /// Returns the department an authority knows by `code` and the directory that declares it: its own, or one
    /// shared with it by a pooling agreement.
    pub fn department<'a>(&'a self, authority: &str, code: &str) -> Option<(&'a Arc<Directory>, &'a Department)> {
        let own = self.by_code(authority)?;
        if let Some(department) = own.departments.get(code) {
            return Some((own, department));
        }
        own.pooling.iter().filter(|pooling| pooling.shared_departments.iter().any(|shared| shared == code)).find_map(
            |pooling| {
                let other = self.by_code(&pooling.with)?;
                Some((other, other.departments.get(code)?))
            },
        )
    }

    /// Returns a department's name for people, its code when nobody declares it.
    pub fn department_name<'a>(&'a self, authority: &str, code: &'a str) -> &'a str {
        self.department(authority, code).map_or(code, |(_, department)| department.name.as_str())
    }

    /// Returns the calendar of a department; office hours when it has none.
    pub(crate) fn calendar(&self, authority: &Directory, department: &str) -> WorkCalendar {
        match self.department(&authority.authority.code, department) {
            Some((owner, department)) => match owner.calendars.get(&department.calendar) {
                Some(calendar) => WorkCalendar::new(&owner.authority, calendar),
                None => WorkCalendar::new(&owner.authority, &office_hours()),
            },
            None => WorkCalendar::new(&authority.authority, &office_hours()),
        }
    }

    /// Returns when the day of an instant began, in the town's time zone.
    pub(crate) fn start_of_day(&self, at: Timestamp) -> Timestamp {
        let zone = self.all().next().map_or(TimeZone::UTC, |directory| zone_of(&directory.authority));
        start_of_day(&zone, at)
    }

    /// Returns the agreement by which agents of `employer` may treat requests of `authority`.
    pub fn agreement(&self, authority: &str, employer: &str) -> Option<&Pooling> {
        self.by_code(authority)?.pooling.iter().find(|pooling| pooling.with == employer)
    }

    /// Returns the codes of the authorities an agent works for, the employer first.
    pub fn authorities_of(&self, employer: &Directory, agent: &Agent) -> Vec<String> {
        let own = employer.authority.code.clone();
        let pooled = agent.pooled_for.iter().filter(|code| **code != own && self.agreement(code, &own).is_some());
        std::iter::once(own.clone()).chain(pooled.cloned()).collect()
    }
}

fn stand_ins(directory: &Directory, agent: &Agent) -> Vec<StandIn> {
    substitutes(directory, agent).map(|(days, substitute)| StandIn { absent: agent.id, substitute, days }).collect()
}

/// Returns who stands in for an agent on which of their days away.
pub(crate) fn substitutes(directory: &Directory, agent: &Agent) -> impl Iterator<Item = (Range<Timestamp>, AgentId)> {
    agent.absences.iter().filter_map(|absence| {
        let substitute = directory.agents.get(absence.substitute.as_ref()?)?;
        Some((days_in(&directory.authority, &absence.from, &absence.to)?, substitute.id))
    })
}

/// Monday to Friday, 9 to 17: what applies until a department says otherwise.
fn office_hours() -> Calendar {
    let open = vec![Interval { from_minute: 9 * 60, to_minute: 17 * 60 }];
    let days = [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];
    Calendar { week: days.map(|day| (day, open.clone())).into(), closures: Vec::new(), bridges: false }
}

#[cfg(test)]
pub(crate) mod arbitrary {
    //! Directories for tests that do not care about most of their fields.

    use guichet_core::work::{SilenceRule, Tier};
    use guichet_events::{Agent, Authority, Delay, DelayUnit, Department, Directory, Procedure, SkillLevel};

    /// An authority in the time zone of Paris; nothing else about it matters.
    pub(crate) fn authority(code: &str) -> Authority {
        Authority {
            phone: "03 53 01 00 10".into(),
            hours: "lun-sam".into(),
            email: format!("guichet@{code}.example"),
            website: format!("{code}.example"),
            triage_procedure: "question".into(),
            dismissal_reasons: [("doublon".to_owned(), "Votre demande est déjà suivie.".to_owned())].into(),
            ..Authority::new(code, &format!("Ville de {code}"))
        }
    }

    /// An agent; skills as `("ECI", 3)`.
    pub(crate) fn agent(login: &str, tier: Tier, skills: &[(&str, u8)]) -> (String, Agent) {
        (login.to_owned(), Agent { skills: self::skills(skills), ..Agent::new(login, login, tier, 3) })
    }

    /// A procedure of three business days.
    pub(crate) fn procedure(code: &str, department: &str, tier: Tier, skills: &[(&str, u8)]) -> (String, Procedure) {
        let procedure = Procedure {
            skills: self::skills(skills),
            announced: Delay { count: 3, unit: DelayUnit::BusinessDays },
            silence: Some(SilenceRule::None),
            ..Procedure::new(&format!("Démarche {code}"), department, tier)
        };
        (code.to_owned(), procedure)
    }

    /// A town of one department `GU` and the triage procedure `question` (ACC1).
    pub(crate) fn directory(code: &str) -> Directory {
        let department = Department { calendar: "B".into(), ..Department::new("Guichet unique") };
        Directory {
            departments: [("GU".to_owned(), department)].into(),
            procedures: [procedure("question", "GU", Tier::L1, &[("ACC", 1)])].into(),
            skills: [("ACC".to_owned(), "Accueil".to_owned()), ("ECI".to_owned(), "État civil".to_owned())].into(),
            clearances: [("OEC".to_owned(), "Officier d'état civil".to_owned())].into(),
            ..Directory::new(authority(code))
        }
    }

    fn skills(skills: &[(&str, u8)]) -> Vec<SkillLevel> {
        skills.iter().map(|&(skill, level)| SkillLevel::new(skill, level)).collect()
    }
}
