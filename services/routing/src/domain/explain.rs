//! The whole story of a request in plain French, one sentence a line.

use std::collections::BTreeMap;

use guichet_core::Timestamp;
use guichet_core::french::Dates;
use guichet_core::id::AgentId;

use super::engine::{Named, Record, Roster};
use super::forecast::{Announced, words};
use super::french::{self, date, date_time};
use super::town::Town;
use super::work::Work;

/// People named in what is to come; the others are counted.
const NAMES_MAX: usize = 3;

/// One thing that happened, as it is stored.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// A change of the work: `how` names the command or the cause.
    Step { at: Timestamp, how: String, agent_id: Option<AgentId>, department: String, note: String },
    /// A decision of the engine.
    Decision {
        at: Timestamp,
        kind: String,
        agent_id: Option<AgentId>,
        record: Option<Box<Record>>,
        forecast: Option<Announced>,
    },
}

/// Tells the story of a request.
pub(crate) fn story(town: &Town, dates: &Dates, work: &Work, events: &[Event], now: Timestamp) -> Vec<String> {
    let mut lines = opening(town, dates, work);
    for event in events {
        match event {
            Event::Step { at, how, agent_id, department, note } => {
                let who = agent_id.map(|id| town.name_of(id));
                let Some(text) = step(town, work, how, who, department) else { continue };
                let note = if note.is_empty() { String::new() } else { format!(" Note : « {note} ».") };
                lines.push(format!("{} : {text}.{note}", capital(&date_time(*at, dates))));
            }
            Event::Decision { at, kind, agent_id, record, forecast } => {
                lines.extend(decision(town, dates, *at, kind, *agent_id, record.as_deref()));
                let told = forecast.as_ref().map(|announced| words(announced, dates));
                lines.extend(told.map(|when| format!("    Prise en charge attendue alors {when}.")));
            }
        }
    }
    lines.push(format!("Aujourd'hui, la demande est {}.", french::state(work.state)));
    lines.extend(preview(town, dates, work, now));
    lines
}

/// Returns to whom else a request that waits will be proposed, and when, if nobody takes it before.
fn preview(town: &Town, dates: &Dates, work: &Work, now: Timestamp) -> Vec<String> {
    let to_come = work.wider.iter().filter(|step| step.from > now && work.queue.is_some());
    let mut to_come = to_come.peekable();
    if to_come.peek().is_none() {
        return Vec::new();
    }
    let mut roster = Roster::of(town);
    let mut asked = roster.capable(&work.need_at(now));
    let mut lines = Vec::new();
    for step in to_come {
        let wider = roster.capable(&step.of(&work.need));
        let others: Vec<&str> = wider
            .difference(&asked)
            .filter(|agent_id| !work.excluded.contains(agent_id))
            .map(|agent_id| town.name_of(*agent_id))
            .collect();
        lines.push(format!("{}, si personne ne l'a prise, {}.", moment(step.from, now, dates), also_to(&others)));
        asked = wider;
    }
    lines
}

/// Returns « À 14 h 00 » for an instant of today, with its day otherwise.
fn moment(at: Timestamp, now: Timestamp, dates: &Dates) -> String {
    let today = dates.local(at).date() == dates.local(now).date();
    if today { format!("À {}", dates.clock(at)) } else { capital(&date_time(at, dates)) }
}

fn also_to(names: &[&str]) -> String {
    let mut told: Vec<String> = names.iter().take(NAMES_MAX).map(|&name| name.to_owned()).collect();
    match names.len() - told.len() {
        _ if told.is_empty() => return "la recherche s'élargira, sans personne de plus pour l'instant".to_owned(),
        0 => {}
        more => told.push(format!("{} de plus", french::count(more, "collègue"))),
    }
    format!("sera aussi proposée à {}", french::list(&told))
}

fn opening(town: &Town, dates: &Dates, work: &Work) -> Vec<String> {
    let filing = &work.filing;
    let authority = &work.need.authority;
    let procedure = match &filing.procedure {
        Some(code) => town.procedure(authority, code).map_or(code.as_str(), |procedure| procedure.name.as_str()),
        None => "à préciser par le guichet",
    };
    let department = town.department_name(authority, &filing.department);
    let level = u8::from(filing.tier);
    let mut lines = vec![
        format!("Reçue {} {}.", date_time(work.received_at, dates), french::by_channel(work.channel)),
        format!("Démarche : {procedure}. Service : {department}, niveau {level}."),
    ];
    let due = [
        ("annoncée à l'usager", filing.announced_due),
        ("fixée par la loi", filing.legal_due),
        ("visée par le service", filing.internal_due),
    ];
    let told: Vec<String> =
        due.iter().filter_map(|(name, due)| Some(format!("{name} : {}", date((*due)?, dates)))).collect();
    if !told.is_empty() {
        lines.push(format!("Date {}.", told.join(" ; date ")));
    }
    lines
}

/// Returns what a change was, `None` for those that a decision tells better.
fn step(town: &Town, work: &Work, how: &str, who: Option<&str>, department: &str) -> Option<String> {
    let by_usager = who.is_none();
    let who = who.unwrap_or("le guichet");
    let department = town.department_name(&work.need.authority, department);
    Some(match how {
        "receive" => format!("mise en file pour le service {department}"),
        "classify" => format!("{who} a précisé la démarche, service {department}"),
        "accept" => format!("{who} a accepté la proposition"),
        "take" => format!("{who} a pris la demande"),
        "take_over" => format!("{who} a pris la suite, en remplacement"),
        "start" => format!("{who} a commencé"),
        "decline" => format!("{who} a passé son tour"),
        "expire" => format!("{who} n'a pas répondu à temps à la proposition"),
        "rescind" => format!("la proposition faite à {who} a été retirée"),
        "transfer" => format!("{who} a transféré la demande au service {department}"),
        "escalate" => format!("{who} a confié la demande au niveau 2"),
        "return" => format!("{who} a rendu la demande au niveau 1"),
        "forward" => {
            format!("{who} a transmis la demande hors de la collectivité, à {}", outside(work))
        }
        "remind" => "relancée : le niveau 2 n'a pas encore répondu".to_owned(),
        "remind_outside" => format!("relancée : {} n'a pas encore répondu", outside(work)),
        "return_late" => "le niveau 2 n'a pas répondu à temps : la demande revient au niveau 1".to_owned(),
        "return_late_outside" => {
            format!("{} n'a pas répondu à temps : la demande revient au niveau 1", outside(work))
        }
        "pause" => format!("{who} attend l'usager"),
        "resume" => format!("{who} a repris la demande"),
        "message" => "l'usager a écrit : le travail reprend".to_owned(),
        "wait_over" => "l'usager n'a pas répondu à temps : le travail reprend".to_owned(),
        "resolve" => format!("{who} a répondu"),
        "withdraw" if by_usager => "l'usager a retiré sa demande".to_owned(),
        "withdraw" => format!("retirée à la demande de l'usager, notée par {who}"),
        "dismiss" => format!("{who} a classé la demande sans suite"),
        "reopen" => format!("rouverte par {who}"),
        "close" => "close, quatorze jours après la réponse".to_owned(),
        "release" => format!("{who} a quitté l'équipe : la demande retourne en file"),
        _ => return None,
    })
}

fn outside(work: &Work) -> &str {
    work.forwarded_to.as_deref().unwrap_or("un autre organisme")
}

fn decision(
    town: &Town,
    dates: &Dates,
    at: Timestamp,
    kind: &str,
    agent_id: Option<AgentId>,
    record: Option<&Record>,
) -> Vec<String> {
    let when = capital(&date_time(at, dates));
    let Some(record) = record else { return Vec::new() };
    let capable = french::count(usize::try_from(record.capable).unwrap_or(0), "agent");
    let verb = if record.capable > 1 { "ont" } else { "a" };
    let mut lines = match (kind, agent_id) {
        ("offered", Some(agent_id)) => vec![
            format!("{when} : proposée à {}.", town.name_of(agent_id)),
            format!("    {} {verb} ce qu'il faut ; {}.", capital(&capable), free(record.eligible)),
        ],
        ("unroutable", _) => vec![format!("{when} : personne dans l'annuaire n'a ce qu'il faut pour cette demande.")],
        _ if record.capable == 0 => vec![format!("{when} : en attente. Personne n'a encore ce qu'il faut.")],
        _ => vec![format!("{when} : en attente. {} {verb} ce qu'il faut, personne n'est libre.", capital(&capable))],
    };
    if let Some(lesson) = &record.lesson {
        lines.push(format!("    {}.", capital(&french::lesson(town, &record.need, lesson))));
    }
    let widened = french::widened(town, record);
    if !widened.is_empty() {
        lines.push(format!("    Recherche élargie (étape {}) : {widened}.", record.step + 1));
    }
    lines.extend(grouped(town, record));
    lines
}

fn free(eligible: u32) -> String {
    match eligible {
        1 => "une seule personne est libre".to_owned(),
        _ => format!("{} personnes sont libres", french::number(usize::try_from(eligible).unwrap_or(0))),
    }
}

/// Returns one line a reason, with the names it is true of.
fn grouped(town: &Town, record: &Record) -> Vec<String> {
    let mut by_reason: BTreeMap<(bool, String), Vec<String>> = BTreeMap::new();
    for Named { agent_id, reason } in record.others() {
        // Those who could have had it come first.
        let key = (!french::is_capable(reason), french::reason(town, &record.need, reason));
        by_reason.entry(key).or_default().push(town.name_of(*agent_id).to_owned());
    }
    let line = |((_, reason), names): ((bool, String), Vec<String>)| match names.as_slice() {
        [name] => format!("    {name} {reason}."),
        _ => format!("    Pour {} : « {reason} ».", french::list(&names)),
    };
    by_reason.into_iter().map(line).collect()
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
