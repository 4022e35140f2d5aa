//! Plain French for what the engine and the work say: requirements, reasons, dates, « Pourquoi moi ? ».

use guichet_core::Timestamp;
use guichet_core::french::Dates;
use guichet_core::id::AgentId;
use guichet_core::work::{Channel, Tier, WorkState};
use guichet_events::SkillLevel;

use super::engine::{DecidedBy, Kind, Lesson, Need, Reason, Record, Requirement};
use super::town::Town;

/// Colleagues named in « Pourquoi moi ? »; the others are counted.
const COLLEAGUES_MAX: usize = 3;
const NUMBERS: [&str; 10] = ["aucun", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"];

/// Returns « le 24 novembre 2026 à 9 h 12 ».
pub(crate) fn date_time(at: Timestamp, dates: &Dates) -> String {
    format!("{} à {}", date(at, dates), dates.clock(at))
}

/// Returns « le 24 novembre 2026 ».
pub(crate) fn date(at: Timestamp, dates: &Dates) -> String {
    format!("le {}", dates.day(at))
}

/// Returns « a, b et c ».
pub(crate) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} et {last}", first.join(", ")),
    }
}

/// Returns small numbers in letters.
pub(crate) fn number(number: usize) -> String {
    NUMBERS.get(number).map_or_else(|| number.to_string(), |&word| word.to_owned())
}

/// Returns « trois agents », « un agent », « aucun agent ».
pub(crate) fn count(number: usize, noun: &str) -> String {
    let written = self::number(number);
    if number > 1 { format!("{written} {noun}s") } else { format!("{written} {noun}") }
}

/// Returns what an agent lacks: « la compétence État civil niveau 3 ».
pub(crate) fn requirement(town: &Town, need: &Need, lacking: &Requirement) -> String {
    match lacking {
        Requirement::Scope { .. } => "une mutualisation avec cette collectivité pour ce service".to_owned(),
        Requirement::Clearance(code) => format!("l'habilitation « {} »", clearance_name(town, need, code)),
        Requirement::Tier(Tier::L1) => "un poste au guichet (niveau 1)".to_owned(),
        Requirement::Tier(Tier::L2) => "un poste dans un service spécialisé (niveau 2)".to_owned(),
        Requirement::Member(of) => {
            format!("l'appartenance au service {}", town.department_name(&of.authority, &of.department))
        }
        Requirement::Skill(skill) | Requirement::Learns(skill) => {
            format!("la compétence {}", skill_name(town, need, skill))
        }
        Requirement::Language(tag) => format!("la langue « {tag} »"),
        Requirement::Live => "l'accueil au téléphone et au guichet".to_owned(),
    }
}

/// Returns « État civil niveau 3 ».
pub(crate) fn skill_name(town: &Town, need: &Need, skill: &SkillLevel) -> String {
    let name = named(town, need, |directory| directory.skills.get(&skill.skill)).unwrap_or(&skill.skill);
    format!("{name} niveau {}", skill.level)
}

fn clearance_name<'a>(town: &'a Town, need: &Need, code: &'a str) -> &'a str {
    named(town, need, |directory| directory.clearances.get(code)).map_or(code, String::as_str)
}

/// Looks a name up in the request's authority, then in the others.
fn named<'a>(
    town: &'a Town,
    need: &Need,
    find: impl Fn(&'a guichet_events::Directory) -> Option<&'a String>,
) -> Option<&'a String> {
    let own = town.by_code(&need.authority).and_then(|directory| find(directory));
    own.or_else(|| town.all().find_map(|directory| find(directory)))
}

/// Returns why an agent was not offered the request, after their name: « est au guichet ».
pub(crate) fn reason(town: &Town, need: &Need, reason: &Reason) -> String {
    match reason {
        Reason::OutOfScope => "travaille pour une autre collectivité".to_owned(),
        Reason::Clearance { code } => format!("n'a pas l'habilitation « {} »", clearance_name(town, need, code)),
        Reason::Tier { asked: Tier::L1 } => "ne travaille pas au guichet".to_owned(),
        Reason::Tier { asked: Tier::L2 } => "ne travaille pas dans un service spécialisé".to_owned(),
        Reason::Department { department } => {
            format!("n'est pas du service {}", town.department_name(&need.authority, department))
        }
        Reason::Skill { skill, level } => {
            let asked = SkillLevel { skill: skill.clone(), level: *level };
            format!("n'a pas la compétence {}", skill_name(town, need, &asked))
        }
        Reason::Language { language } => format!("ne parle pas la langue « {language} »"),
        Reason::DeferredOnly => "ne prend ni téléphone ni guichet".to_owned(),
        Reason::Excluded => "ne peut pas recevoir cette demande".to_owned(),
        Reason::AtCounter => "est au guichet".to_owned(),
        Reason::OnPhone => "est au téléphone".to_owned(),
        Reason::OnBreak => "est en pause".to_owned(),
        Reason::Away => "n'est pas à son poste".to_owned(),
        Reason::Absent => "est en congé aujourd'hui".to_owned(),
        Reason::Full => "a déjà tout le travail prévu".to_owned(),
        Reason::EndOfShift => "termine bientôt sa journée".to_owned(),
        Reason::Share => "a déjà reçu sa part de ce qui attendait".to_owned(),
        Reason::Awaited => "est libre, mais la demande attend la personne qui la connaît".to_owned(),
        Reason::Declined => "vient de passer cette demande".to_owned(),
        Reason::DidNotAnswer => "n'a pas répondu à la proposition".to_owned(),
        Reason::NotChosen => "pouvait aussi la recevoir".to_owned(),
        Reason::TutorAway => "apprend encore ce qu'il faut, et la personne qui l'accompagne n'est pas là".to_owned(),
        Reason::LessonsDone => "apprend encore ce qu'il faut, et a eu ses cas d'apprentissage du jour".to_owned(),
    }
}

/// Returns « Pourquoi moi ? » for the agent who is offered the request: what they have, then what the colleagues who
/// have it too are doing, and what is asked less than at first.
pub(crate) fn why_me(town: &Town, agent_id: AgentId, record: &Record) -> String {
    let mut why = why_among(town, agent_id, record);
    if let Some(lesson) = &record.lesson {
        why.push_str(&format!(" Vous êtes {}.", self::lesson(town, &record.need, lesson)));
    }
    match widened(town, record).as_str() {
        "" => why,
        widened => format!("{why} Personne ne l'avait prise : la recherche est élargie, {widened}."),
    }
}

/// Returns « en apprentissage (État civil niveau 2), tuteur : Aline Encre ».
pub(crate) fn lesson(town: &Town, need: &Need, lesson: &Lesson) -> String {
    let skills: Vec<String> = lesson.skills.iter().map(|skill| skill_name(town, need, skill)).collect();
    let tutors: Vec<String> = lesson.tutors.iter().map(|tutor| town.name_of(*tutor).to_owned()).collect();
    format!("en apprentissage ({}), tuteur : {}", list(&skills), list(&tutors))
}

fn why_among(town: &Town, agent_id: AgentId, record: &Record) -> String {
    let need = &record.need;
    let held = |asked: &SkillLevel| {
        let level = town.agent(agent_id).and_then(|(_, agent)| {
            agent.skills.iter().filter(|held| held.skill == asked.skill).map(|held| held.level).max()
        });
        skill_name(town, need, &SkillLevel { skill: asked.skill.clone(), level: level.unwrap_or(asked.level) })
    };
    let learnt = record.lesson.as_ref().map(|lesson| lesson.skills.as_slice()).unwrap_or_default();
    let mut have: Vec<String> = need.skills.iter().filter(|asked| !learnt.contains(asked)).map(held).collect();
    have.extend(need.clearances.iter().map(|code| format!("l'habilitation « {} »", clearance_name(town, need, code))));
    if let Some(of) = &need.members_of {
        have.push(format!("une place au service {}", town.department_name(&of.authority, &of.department)));
    }
    let have = if have.is_empty() {
        "Vous pouvez traiter cette demande".to_owned()
    } else {
        format!("Vous avez {}", list(&have))
    };
    let doing: Vec<String> = record
        .others()
        .filter(|named| is_capable(&named.reason) && named.reason != Reason::Excluded)
        .map(|named| format!("{} {}", town.name_of(named.agent_id), colleague(town, need, record, &named.reason)))
        .collect();
    if record.decided_by == Some(DecidedBy::Continuity) {
        return match record.in_place_of {
            Some(absent) => format!("{have} et vous remplacez {}, qui connaît ce dossier.", town.name_of(absent)),
            None => format!("{have} et vous connaissez déjà ce dossier."),
        };
    }
    // In a large pool few are named; all are counted.
    let excluded = record.refused.of(Kind::Excluded);
    // Who learns is not among those who have everything.
    let me = u32::from(record.lesson.is_none());
    let counted = usize::try_from(record.capable.saturating_sub(me + excluded)).unwrap_or(0);
    let others = doing.len().max(counted);
    let mut told: Vec<String> = doing.into_iter().take(COLLEAGUES_MAX).collect();
    if !told.is_empty() && others > told.len() {
        told.push(format!("{} de plus", count(others - told.len(), "collègue")));
    }
    match others {
        0 => format!("{have} ; personne d'autre n'a ce qu'il faut."),
        _ if told.is_empty() => format!("{have} ; {} aussi.", count(others, "collègue")),
        1 => format!("{have} ; une personne aussi : {}.", told[0]),
        _ => format!("{have} ; {} aussi : {}.", count(others, "collègue"), list(&told)),
    }
}

/// Returns whether somebody refused for this reason has all that the request asks.
pub(crate) const fn is_capable(reason: &Reason) -> bool {
    matches!(
        reason,
        Reason::AtCounter
            | Reason::OnPhone
            | Reason::OnBreak
            | Reason::Away
            | Reason::Absent
            | Reason::Full
            | Reason::EndOfShift
            | Reason::Share
            | Reason::Awaited
            | Reason::Declined
            | Reason::DidNotAnswer
            | Reason::NotChosen
            | Reason::TutorAway
            | Reason::LessonsDone
            | Reason::Excluded
    )
}

fn colleague(town: &Town, need: &Need, record: &Record, why: &Reason) -> String {
    match (why, record.decided_by) {
        (Reason::NotChosen, Some(DecidedBy::Tier)) => {
            "est d'un service spécialisé, que l'on garde pour les cas difficiles".to_owned()
        }
        (Reason::NotChosen, Some(DecidedBy::Scarcity)) => {
            "a une autre compétence rare en ce moment, que l'on garde pour qui en a besoin".to_owned()
        }
        (Reason::NotChosen, Some(DecidedBy::Effort)) => "a reçu plus de travail aujourd'hui".to_owned(),
        (Reason::NotChosen, Some(DecidedBy::Surplus)) => {
            "a un niveau un peu moins élevé dans cette compétence".to_owned()
        }
        (Reason::NotChosen, Some(DecidedBy::Load)) => "a plus de travail en cours".to_owned(),
        (Reason::NotChosen, Some(DecidedBy::Idle)) => "a reçu du travail plus récemment".to_owned(),
        (Reason::NotChosen, _) => "est dans la même situation que vous (tirage au sort)".to_owned(),
        _ => reason(town, need, why),
    }
}

/// Returns what is asked less than at first, after « la recherche est élargie : »; empty in the first step.
pub(crate) fn widened(town: &Town, record: &Record) -> String {
    let told = |first: &SkillLevel| {
        let now = record.need.skills.iter().find(|asked| asked.skill == first.skill);
        match now {
            Some(now) => format!("{} suffit, au lieu du niveau {}", skill_name(town, &record.need, now), first.level),
            None => format!("{} n'est plus demandé", skill_name(town, &record.need, first)),
        }
    };
    list(&record.relaxed.iter().map(told).collect::<Vec<_>>())
}

/// Returns how a request came: « par courriel ».
pub(crate) const fn by_channel(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "par courriel",
        Channel::Web => "par le formulaire en ligne",
        Channel::Phone => "par téléphone",
        Channel::Sms => "par SMS",
        Channel::Counter => "au guichet",
        Channel::Post => "par courrier",
        Channel::Api => "par un partenaire",
    }
}

/// Returns the state as agents read it (USERS §4).
pub(crate) const fn state(state: WorkState) -> &'static str {
    match state {
        WorkState::Received => "à qualifier",
        WorkState::Queued => "en file",
        WorkState::Offered => "proposée",
        WorkState::Assigned => "affectée",
        WorkState::InProgress => "en cours",
        WorkState::WaitingRequester => "en attente de l'usager",
        WorkState::Escalated => "confiée au niveau 2",
        WorkState::Forwarded => "transmise hors de la collectivité",
        WorkState::Resolved => "répondue",
        WorkState::Closed => "close",
        WorkState::Withdrawn => "retirée par l'usager",
        WorkState::Dismissed => "sans suite",
    }
}

/// Returns why a request waits: nobody has what it takes, or those who have are busy.
pub(crate) fn why_waiting(town: &Town, record: &Record) -> String {
    if record.capable == 0 {
        return "Personne dans l'annuaire n'a ce qu'il faut pour cette demande.".to_owned();
    }
    if let Some(opens_at) = record.opens_at {
        let service = town.department_name(&record.need.authority, &record.need.department);
        let zone = town.by_code(&record.need.authority).map_or("UTC", |directory| &directory.authority.time_zone);
        let when = date_time(opens_at, &Dates::of_zone(zone));
        return format!("Le service {service} est fermé : la demande sera proposée à sa réouverture, {when}.");
    }
    if let (Some(substitute), Some(absent)) = (record.awaited, record.in_place_of) {
        let (substitute, absent) = (town.name_of(substitute), town.name_of(absent));
        return format!("{substitute} remplace {absent}, qui connaît ce dossier : la demande l'attend un moment.");
    }
    if let Some(known) = record.awaited {
        return format!("{} connaît ce dossier : la demande l'attend un moment.", town.name_of(known));
    }
    let busy: Vec<String> = record
        .others()
        .filter(|named| is_capable(&named.reason))
        .take(COLLEAGUES_MAX)
        .map(|named| format!("{} {}", town.name_of(named.agent_id), reason(town, &record.need, &named.reason)))
        .collect();
    if busy.is_empty() {
        return format!("Aucun des {} agents qui ont ce qu'il faut n'est libre.", record.capable);
    }
    format!("Personne n'est libre : {}.", list(&busy))
}
