//! `procedures.toml`: what usagers can ask for, and what it takes to answer.

use std::collections::BTreeMap;

use guichet_core::work::{SilenceRule, Tier};
use guichet_events::{Delay, DelayUnit, Level2Answer, Procedure, SkillLevel};

use super::fields::Fields;
use super::findings::{Findings, Kind};
use super::source::Source;
use super::{portal, read_coded, widening};
use crate::diagnostic::Place;
use crate::words::{CHANNELS, LEVEL2_ANSWERS, business_days, parse_delay, parse_silence, parse_skill, value_of};

/// Capacity units one request may weigh; a whole agent has about six.
const WEIGHT_MAX: u32 = 20;
/// Highest cost of waiting, beside other procedures.
const COST_MAX: u32 = 10;

/// Returns the procedures of a file, by code.
pub(super) fn read(authority: &str, source: &Source<'_>, findings: &Findings) -> BTreeMap<String, Procedure> {
    read_coded((Kind::Procedure, authority), source, findings, |_, fields| read_one(authority, fields, findings))
}

fn read_one(authority: &str, fields: &Fields<'_>, findings: &Findings) -> Procedure {
    for key in ["department", "tier", "skills", "announced"] {
        fields.require(key);
    }
    let (silence, legal) = read_law(fields, findings);
    let announced = fields.parsed("announced", parse_delay);
    let documents = fields.texts("documents");
    let (reminder_days, automatic_return_days) = read_follow_up(fields, findings);
    let skills = read_skills(fields, findings);
    Procedure {
        name: fields.required_text("name"),
        department: fields.mention("department", Kind::Department, &[authority]),
        tier: read_tier(fields),
        widen: widening::read(fields, &skills, findings),
        skills,
        clearances: fields.mentions("clearances", Kind::Clearance, &[]),
        announced: announced.unwrap_or(Delay { count: 10, unit: DelayUnit::BusinessDays }),
        legal,
        internal: fields.parsed("internal", parse_delay),
        silence,
        level2_answer: fields
            .parsed("level2_answer", |text| value_of(LEVEL2_ANSWERS, text))
            .unwrap_or(Level2Answer::Direct),
        reminder_days,
        automatic_return_days,
        confidential: fields.flag("confidential", false),
        weight: fields.number("weight", 1..=WEIGHT_MAX).unwrap_or(1),
        cost: fields.number("cost", 1..=COST_MAX).unwrap_or(1),
        keywords: fields.texts("keywords"),
        documents,
        public: fields.flag("public", true),
        danger_hours: fields.parsed("danger", parse_danger),
        complaint: fields.flag("complaint", false),
        channels: fields.list("channels", |text| value_of(CHANNELS, text)),
        fields: portal::read_fields(fields, findings),
    }
}

/// Returns the level of a desk, 1 when it is missing or wrong (which is told).
pub(super) fn read_tier(fields: &Fields<'_>) -> Tier {
    match fields.number("tier", 1..=2) {
        Some(2) => Tier::L2,
        _ => Tier::L1,
    }
}

/// Returns the skills of a list; one named twice is a mistake.
pub(super) fn read_skills(fields: &Fields<'_>, findings: &Findings) -> Vec<SkillLevel> {
    let mut skills: Vec<SkillLevel> = Vec::new();
    for (skill, place) in fields.list_at("skills", parse_skill) {
        findings.mention(Kind::Skill, &[], &skill.skill, &place);
        if skills.iter().any(|seen| seen.skill == skill.skill) {
            findings.error(
                &place,
                format!("la compétence « {} » est écrite deux fois : gardez un seul niveau.", skill.skill),
            );
            continue;
        }
        skills.push(skill);
    }
    skills
}

/// Returns what silence means and the delay of the law, which are said together when one follows from the other.
fn read_law(fields: &Fields<'_>, findings: &Findings) -> (Option<SilenceRule>, Option<Delay>) {
    let said = fields.parsed("silence", parse_silence);
    let at: Option<Place> = fields.text_at("legal").map(|(_, place)| place);
    let legal = fields.parsed("legal", parse_delay);
    match (said, legal) {
        (Some((rule, Some(after))), legal) => {
            if let (Some(place), true) = (at, legal.is_some_and(|legal| legal != after)) {
                findings.error(
                    &place,
                    "« silence » dit déjà un autre délai légal : retirez cette ligne ou écrivez le même délai.",
                );
            }
            (Some(rule), Some(after))
        }
        (Some((rule, None)), legal) => (Some(rule), legal),
        (None, legal) => (None, legal),
    }
}

/// Returns after how many business days a request that was confided is reminded of, and comes back: in that order.
fn read_follow_up(fields: &Fields<'_>, findings: &Findings) -> (Option<u32>, Option<u32>) {
    let at = ["automatic_return", "reminder"].into_iter().find_map(|key| Some(fields.text_at(key)?.1));
    let reminder = fields.parsed("reminder", parse_business_days);
    let returned = fields.parsed("automatic_return", parse_business_days);
    let (after, back) = (reminder.unwrap_or(Procedure::REMINDER_DAYS), returned.unwrap_or(Procedure::RETURN_DAYS));
    if let Some(place) = at.filter(|_| back <= after) {
        findings.error(
            &place,
            format!(
                "la demande reviendrait après {} sans avoir été relancée, puisque la relance part après {} : écrivez un \
                 retour (« automatic_return ») plus long que la relance (« reminder »).",
                business_days(back),
                business_days(after)
            ),
        );
    }
    (reminder, returned)
}

fn parse_business_days(text: &str) -> Result<u32, String> {
    match parse_delay(text)? {
        Delay { count, unit: DelayUnit::BusinessDays } => Ok(count),
        _ => Err(format!("« {text} » : ce délai se compte en jours ouvrés, par exemple « 5 jours ouvrés ».")),
    }
}

fn parse_danger(text: &str) -> Result<u32, String> {
    match parse_delay(text)? {
        Delay { count, unit: DelayUnit::Hours } => Ok(count),
        _ => Err(format!("« {text} » : un danger se traite en heures, par exemple « 4 heures ».")),
    }
}
