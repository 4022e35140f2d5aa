//! Two simulated days side by side, in plain French.

use guichet_core::french::Dates;
use guichet_events::SkillLevel;

use super::advisor::{Lesson, SinglePoint};
use super::measure::{Rate, Report};
use super::recorded::Recorded;
use super::scenario::Pace;
use super::what_if::Change;
use crate::domain::town::Town;

/// Returns which recorded day it is, and what playing it again means, one sentence a line.
pub fn recorded(day: &Recorded) -> Vec<String> {
    let zone = day.town.all().next().map_or("UTC", |directory| directory.authority.time_zone.as_str());
    let dates = Dates::of_zone(zone);
    let (opens_at, closes_at) = (day.open.start, day.open.end);
    vec![
        format!(
            "Journée enregistrée du {}, de {} à {} : {} demandes, dont {} déjà là à l'ouverture.",
            dates.long(opens_at),
            dates.clock(opens_at),
            dates.clock(closes_at),
            day.works(),
            day.at_the_door()
        ),
        "Elle est rejouée : même telle quelle, avec les personnes de ce jour-là, ses chiffres sont ceux d'une simulation, \
         pour que la comparaison soit juste."
            .to_owned(),
    ]
}

/// Returns what a day was like, one sentence a line.
pub fn describe(report: &Report, pace: Pace) -> Vec<String> {
    let waits = &report.first_offer;
    let busy = match pace {
        Pace::OneAtATime => format!(
            "Les agents passent {} de leur temps sur des demandes ; {} y passent plus de 85 %.",
            percent(report.utilisation),
            percent(report.overworked)
        ),
        Pace::InHand => format!(
            "Les demandes en main occupent {} de la capacité des agents ; pour {} d'entre eux, plus de 85 %.",
            percent(report.utilisation),
            percent(report.overworked)
        ),
    };
    let rates = [
        ("des dossiers connus sont repris par la personne qui les connaît", report.continuity),
        ("des demandes en langue étrangère vont à quelqu'un qui la parle", report.language_match),
        ("des délais légaux qui tombent ce jour-là sont tenus", report.legal_kept),
    ];
    let asked = rates.into_iter().filter(|(_, rate)| rate.of > 0);
    let rates = asked.map(|(what, rate)| format!("{} {what} (sur {}).", percent(rate.share), rate.of));
    let day = [
        format!(
            "{} demandes ; la moitié attend moins de {}, neuf sur dix moins de {}, la plus longue attente est de {}.",
            report.contacts,
            length(waits.p50_s),
            length(waits.p90_s),
            length(waits.max_s)
        ),
        format!("{} sont proposées à quelqu'un dans le délai visé.", percent(report.within_target)),
        format!("{} des usagers renoncent à attendre.", percent(report.gave_up)),
        busy,
    ];
    day.into_iter().chain(rates).collect()
}

/// Returns what changes from one day to another, one sentence a line.
pub fn compare(before: &Report, after: &Report, pace: Pace) -> Vec<String> {
    let (busy, overworked) = match pace {
        Pace::OneAtATime => ("Temps passé sur des demandes :", "Agents occupés plus de 85 % du temps :"),
        Pace::InHand => ("Capacité des agents occupée :", "Agents occupés à plus de 85 % :"),
    };
    let lengths = [
        ("La moitié des demandes attend moins de", before.first_offer.p50_s, after.first_offer.p50_s),
        ("Neuf demandes sur dix attendent moins de", before.first_offer.p90_s, after.first_offer.p90_s),
        ("La plus longue attente est de", before.first_offer.max_s, after.first_offer.max_s),
    ];
    let shares = [
        ("Proposées dans le délai visé :", before.within_target, after.within_target),
        ("Usagers qui renoncent :", before.gave_up, after.gave_up),
        (busy, before.utilisation, after.utilisation),
        (overworked, before.overworked, after.overworked),
    ];
    let rates = [
        ("Dossiers connus repris par la personne qui les connaît :", before.continuity, after.continuity),
        ("Demandes en langue étrangère données à qui la parle :", before.language_match, after.language_match),
        ("Délais légaux de ce jour-là tenus :", before.legal_kept, after.legal_kept),
    ];
    let asked = |(_, before, after): &(&str, Rate, Rate)| before.of > 0 && after.of > 0;
    let rates = rates.into_iter().filter(asked).map(|(what, before, after)| (what, before.share, after.share));
    let lengths = lengths.map(|(what, before, after)| (what, length(before), length(after)));
    let shares = shares.into_iter().chain(rates);
    let shares = shares.map(|(what, before, after)| (what, percent(before), percent(after)));
    let all = lengths.into_iter().chain(shares);
    let changed = all.filter(|(_, before, after)| before != after);
    let mut lines: Vec<String> =
        changed.map(|(what, before, after)| format!("{what} {after}, au lieu de {before}.")).collect();
    if lines.is_empty() {
        lines.push("Rien ne change.".to_owned());
    }
    lines
}

/// Returns what rests on one person, one sentence a line.
pub fn fragile(town: &Town, points: &[SinglePoint]) -> Vec<String> {
    let line = |point: &SinglePoint| {
        let what = if point.live_only { " par téléphone et au guichet" } else { "" };
        match point.agent_id {
            Some(agent_id) => {
                format!("« {} »{what} repose sur une seule personne : {}.", point.procedure, town.name_of(agent_id))
            }
            None => format!("« {} »{what} : personne ne peut s'en charger ce jour-là.", point.procedure),
        }
    };
    points.iter().map(line).collect()
}

/// Returns the next skill to teach, in a sentence.
pub fn teach(town: &Town, lesson: Option<&Lesson>) -> String {
    let Some(lesson) = lesson else {
        return "Aucune formation essayée ne raccourcit les attentes de cette journée.".to_owned();
    };
    format!(
        "À former d'abord : {} à « {} » ; neuf demandes sur dix attendraient moins de {}, au lieu de {}.",
        town.name_of(lesson.agent_id),
        lesson.procedure,
        length(lesson.after.p90_s),
        length(lesson.before.p90_s)
    )
}

/// Returns a lesson and what it brings: « Former Basile Tampon au niveau 3 en funéraire ramène… ».
pub fn lesson(town: &Town, lesson: &Lesson) -> String {
    format!(
        "Former {} {} ramène l'attente pour « {} » de {} à {} (neuf demandes sur dix) ; toutes démarches confondues : {}, au lieu de {}.",
        town.name_of(lesson.agent_id),
        skills(town, &lesson.skills),
        lesson.procedure,
        length(lesson.subject_before.p90_s),
        length(lesson.subject_after.p90_s),
        length(lesson.after.p90_s),
        length(lesson.before.p90_s)
    )
}

/// Returns what is tried, in a sentence; `None` when nothing is.
pub fn tried(town: &Town, change: &Change) -> Option<String> {
    match change {
        Change::Nothing => None,
        Change::Teach { agent_id, skill } => {
            let skill = std::slice::from_ref(skill);
            Some(format!("Essai : former {} {}.", town.name_of(*agent_id), skills(town, skill)))
        }
        Change::More { like } => {
            Some(format!("Essai : un agent de plus, qui sait ce que sait {}.", town.name_of(*like)))
        }
        Change::Less { agent_id } => Some(format!("Essai : {} n'est pas là.", town.name_of(*agent_id))),
    }
}

/// Returns « au niveau 3 en funéraire ».
fn skills(town: &Town, skills: &[SkillLevel]) -> String {
    let one = |skill: &SkillLevel| {
        let name = town.all().find_map(|directory| directory.skills.get(&skill.skill)).unwrap_or(&skill.skill);
        format!("au niveau {} en {name}", skill.level)
    };
    skills.iter().map(one).collect::<Vec<_>>().join(" et ")
}

/// Returns « 45 s », « 12 min » or « 2 h 05 »; no wait at all is less than « 1 s ».
fn length(seconds: f64) -> String {
    if seconds < 59.5 {
        return format!("{:.0}\u{a0}s", seconds.max(1.0));
    }
    let minutes = (seconds / 60.0).round();
    if minutes < 60.0 {
        return format!("{minutes:.0}\u{a0}min");
    }
    format!("{:.0}\u{a0}h\u{a0}{:02.0}", (minutes / 60.0).floor(), minutes % 60.0)
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_told_as_people_say_them() {
        let told = [0.0, 59.4, 59.6, 3_569.0, 3_580.0, 7_500.0].map(length);
        assert_eq!(
            told.map(|told| told.replace('\u{a0}', " ")),
            ["1 s", "59 s", "1 min", "59 min", "1 h 00", "2 h 05"]
        );
    }
}
