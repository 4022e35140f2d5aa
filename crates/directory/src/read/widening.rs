//! `widen` of a procedure: from when on what is asked less, while nobody takes a request.

use guichet_events::{SkillLevel, Widening};

use super::fields::Fields;
use super::findings::{Findings, Kind};
use crate::words::{self, parse_skill, parse_wait};

/// Steps of one search: whoever needs more has not said whom the request is for.
const STEPS_MAX: usize = 7;
/// What is asked of everybody, always.
const NEVER_RELAXED: [(&str, &str); 5] = [
    ("clearances", "les habilitations"),
    ("language", "la langue"),
    ("languages", "la langue"),
    ("confidential", "la confidentialité"),
    ("excluded", "l'exclusion de l'agent concerné"),
];

/// Returns the steps of a procedure that asks `asked`; one that asks nothing less is a mistake.
pub(super) fn read(fields: &Fields<'_>, asked: &[SkillLevel], findings: &Findings) -> Vec<Widening> {
    let tables = fields.tables("widen");
    if let Some(beyond) = tables.get(STEPS_MAX) {
        findings
            .error(&beyond.place, format!("une recherche s'élargit {STEPS_MAX} fois au plus : regroupez des étapes."));
    }
    let mut steps: Vec<Widening> = Vec::new();
    let mut asked = asked.to_vec();
    for table in tables {
        let Some(step) = read_one(table, (steps.last(), &asked), findings) else { continue };
        asked = step.applied_to(&asked);
        steps.push(step);
    }
    steps
}

fn read_one(
    fields: Fields<'_>,
    (before, asked): (Option<&Widening>, &[SkillLevel]),
    findings: &Findings,
) -> Option<Widening> {
    for (key, noun) in NEVER_RELAXED {
        if fields.refuse(key, &format!("« {key} » : {noun} ne s'élargit jamais. Retirez cette ligne.")) {
            fields.finish();
            return None;
        }
    }
    fields.require("after");
    let after = fields.parsed("after", parse_wait);
    let skills = read_lower(&fields, asked, findings);
    let drop = read_dropped(&fields, asked, findings);
    let place = fields.place.clone();
    fields.finish();
    let step = Widening { after_minutes: after?, skills, drop };
    if let Some(before) = before.filter(|before| before.after_minutes >= step.after_minutes) {
        findings.error(
            &place,
            format!(
                "cette étape commence après {}, pas plus tard que la précédente ({}) : mettez-les dans l'ordre.",
                words::wait(step.after_minutes),
                words::wait(before.after_minutes)
            ),
        );
    }
    if step.skills.is_empty() && step.drop.is_empty() {
        findings.error(
            &place,
            "cette étape n'élargit rien : écrivez ce qui est moins demandé, par exemple skills = [\"URB 1\"], ou ce qui ne \
             l'est plus, par exemple drop = [\"URB\"].",
        );
        return None;
    }
    Some(step)
}

fn read_lower(fields: &Fields<'_>, asked: &[SkillLevel], findings: &Findings) -> Vec<SkillLevel> {
    let mut lower: Vec<SkillLevel> = Vec::new();
    for (skill, place) in fields.list_at("skills", parse_skill) {
        findings.mention(Kind::Skill, &[], &skill.skill, &place);
        match asked.iter().find(|asked| asked.skill == skill.skill) {
            Some(before) if before.level > skill.level => lower.push(skill),
            Some(before) => findings.error(
                &place,
                format!("« {} » n'élargit rien : {} est déjà demandé.", words::skill(&skill), words::skill(before)),
            ),
            None => findings.error(
                &place,
                format!("« {} » n'est pas demandée à ce moment : une étape demande moins, jamais plus.", skill.skill),
            ),
        }
    }
    lower
}

fn read_dropped(fields: &Fields<'_>, asked: &[SkillLevel], findings: &Findings) -> Vec<String> {
    let mut dropped = Vec::new();
    for (code, place) in fields.texts_at("drop") {
        findings.mention(Kind::Skill, &[], &code, &place);
        if asked.iter().any(|asked| asked.skill == code) {
            dropped.push(code);
        } else {
            findings.error(&place, format!("« {code} » n'est pas demandée à ce moment : rien à retirer."));
        }
    }
    dropped
}
