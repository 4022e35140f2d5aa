//! `skills.toml`, shared by all, and `agents.toml`.

use std::collections::BTreeMap;

use guichet_core::id::AgentId;
use guichet_events::{Absence, Agent, Learning, Role};

use super::fields::Fields;
use super::findings::{Findings, Kind};
use super::places::read_days;
use super::procedures::{read_skills as read_skill_levels, read_tier};
use super::source::Source;
use super::{check_code, read_coded};
use crate::words::{ROLES, parse_skill, value_of};

/// Capacity units an agent holds at a time when nothing is said.
const CAPACITY_DEFAULT: u32 = 6;
/// Nobody holds more at a time.
const CAPACITY_MAX: u32 = 100;

/// Learning cases of a day: more is the work itself.
const LEARNING_A_DAY_MAX: u32 = 20;
/// Skills learnt at a time: nobody follows more.
const LEARNING_MAX: usize = 5;

/// Names by code.
type Names = BTreeMap<String, String>;

/// Returns the names of skills and of clearances.
pub(super) fn read_skills(source: &Source<'_>, findings: &Findings) -> (Names, Names) {
    let table = source.table(findings);
    let fields = Fields::of_file(&table, source, findings);
    let names = |key, kind| -> Names {
        let words = fields.table(key).map(|table| table.words()).unwrap_or_default();
        for (code, _, place) in &words {
            findings.define(kind, "", code, place);
            check_code(code, place, findings);
        }
        words.into_iter().map(|(code, name, _)| (code, name)).collect()
    };
    let both = (names("skills", Kind::Skill), names("clearances", Kind::Clearance));
    fields.finish();
    both
}

/// Returns the agents of a file, by login.
pub(super) fn read_agents(authority: &str, source: &Source<'_>, findings: &Findings) -> BTreeMap<String, Agent> {
    read_coded((Kind::Agent, authority), source, findings, |login, fields| {
        check_login(login, fields, findings);
        fields.require("tier");
        let agent = Agent {
            id: AgentId::of_login(login),
            name: fields.required_text("name"),
            title: fields.required_text("title"),
            role: fields.parsed("role", |text| value_of(ROLES, text)).unwrap_or(Role::Agent),
            tier: read_tier(fields),
            departments: fields.mentions("departments", Kind::Department, &[authority]),
            site: fields.mention("site", Kind::Site, &[authority]),
            skills: read_skill_levels(fields, findings),
            clearances: fields.mentions("clearances", Kind::Clearance, &[]),
            languages: fields.list("languages", parse_language),
            capacity: fields.number("capacity", 1..=CAPACITY_MAX).unwrap_or(CAPACITY_DEFAULT),
            pooled_for: fields.mentions("pooled_for", Kind::Authority, &[]),
            deferred_only: fields.flag("deferred_only", false),
            shift: fields.mention("shift", Kind::Calendar, &[authority]),
            tutor: Some(fields.mention("tutor", Kind::Agent, &[])).filter(|tutor| !tutor.is_empty()),
            learning: read_learning(login, fields, findings),
            learning_a_day: fields.number("learning_a_day", 1..=LEARNING_A_DAY_MAX),
            absences: fields
                .tables("absences")
                .into_iter()
                .filter_map(|days| read_absence(login, days, findings))
                .collect(),
        };
        if agent.tutor.as_deref() == Some(login) {
            findings.error(&fields.place, format!("« {login} » ne peut pas être son propre tuteur."));
        }
        agent
    })
}

/// Returns the skills an agent learns; the tutor of all of them need be said only once.
fn read_learning(login: &str, fields: &Fields<'_>, findings: &Findings) -> Vec<Learning> {
    let tutor_of_all = fields.text("tutor");
    let mut learning: Vec<Learning> = Vec::new();
    for table in fields.tables("learning") {
        table.require("skill");
        let skill = table.text_at("skill").and_then(|(text, place)| match parse_skill(&text) {
            Ok(skill) => Some((skill, place)),
            Err(message) => {
                findings.error(&place, message);
                None
            }
        });
        let named = table.mention("tutor", Kind::Agent, &[]);
        let tutor = if named.is_empty() { tutor_of_all.clone() } else { named };
        if tutor.is_empty() {
            findings.error(&table.place, "il manque « tutor » : on apprend sous les yeux de quelqu'un.");
        } else if tutor == login {
            findings.error(&table.place, format!("« {login} » ne peut pas être son propre tuteur."));
        }
        if let Some((skill, place)) = skill {
            findings.mention(Kind::Skill, &[], &skill.skill, &place);
            if learning.iter().any(|seen| seen.skill.skill == skill.skill) {
                findings.error(&place, format!("la compétence « {} » est apprise deux fois.", skill.skill));
            } else {
                learning.push(Learning { skill, tutor });
            }
        }
        table.finish();
    }
    if learning.len() > LEARNING_MAX {
        findings.error(&fields.place, format!("« {login} » apprend plus de {LEARNING_MAX} compétences à la fois."));
    }
    learning
}

fn read_absence(login: &str, days: Fields<'_>, findings: &Findings) -> Option<Absence> {
    let read = read_days(&days, "l'absence", findings);
    let substitute = Some(days.mention("substitute", Kind::Agent, &[])).filter(|substitute| !substitute.is_empty());
    if substitute.as_deref() == Some(login) {
        findings.error(&days.place, format!("« {login} » ne peut pas se remplacer soi-même."));
    }
    days.finish();
    let (from, to) = read?;
    Some(Absence { from, to, substitute })
}

fn check_login(login: &str, fields: &Fields<'_>, findings: &Findings) {
    if login.chars().any(|c| c.is_ascii_uppercase()) {
        findings.error(
            &fields.place,
            format!("l'identifiant « {login} » s'écrit en minuscules : « {} ».", login.to_lowercase()),
        );
    }
}

fn parse_language(text: &str) -> Result<String, String> {
    let mut subtags = text.split('-');
    let primary = subtags.next().unwrap_or_default();
    let fits = (2..=3).contains(&primary.len())
        && primary.chars().all(|c| c.is_ascii_lowercase())
        && subtags.all(|subtag| (2..=8).contains(&subtag.len()) && subtag.chars().all(|c| c.is_ascii_alphanumeric()));
    if fits {
        return Ok(text.to_owned());
    }
    Err(format!(
        "« {text} » n'est pas un code de langue. Écrivez par exemple « en » (anglais), « es », « ar » ou « fsl » (langue \
         des signes française)."
    ))
}
