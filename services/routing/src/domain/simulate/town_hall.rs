//! An ordinary Tuesday at the town hall: 60 agents, 40 skills, six channels, 1,800 contacts, a rush at 8:30, two agents
//! on leave, and usagers of whom 15 % mistake the subject. Some speak another language than French, some write about a file
//! that an agent knows, and some files are at the last day the law gives.

use std::collections::BTreeMap;
use std::sync::Arc;

use guichet_core::id::AgentId;
use guichet_core::work::{Channel, Tier};
use guichet_events::{Absence, Agent, Authority, Department, Directory, SkillLevel};

use super::random::Draws;
use super::scenario::{Arrival, Kind, Pace, Past, PresenceChange, Scenario};
use super::traffic::{
    ANSWERING, CHANNELS, DAY_MINUTES, DISCOVERY_MS, HANDLING_MS, HANDLING_VARIATION, LIVE_TARGET_MS, MINUTE_MS,
    MISTAKEN, WRITTEN_TARGET_MS, coming, is_live, minute, working_day,
};
use crate::domain::engine::urgency::class_of;
use crate::domain::engine::{Need, TierRule};
use crate::domain::town::Town;

const AUTHORITY: &str = "valorme";
const DAY: &str = "2026-11-24";
/// Contacts of the day.
const CONTACTS: usize = 1_800;
/// Agents of the desk, level 1.
const DESK_AGENTS: usize = 24;
/// Agents of all departments, level 2.
const SPECIALISTS: usize = 36;
/// Of ten specialists: those who only do deferred work, two things open at a time.
const DEFERRED_OF_TEN: usize = 4;
/// On leave that day: one agent of the desk and one specialist.
const ON_LEAVE: [usize; 2] = [5, DESK_AGENTS + 2];
/// Departments: code, name, weight of the demand, and five subjects, the more frequent first. The last subject of each is
/// for level 2 only.
const DEPARTMENTS: [(&str, &str, f64, [&str; 5]); 8] = [
    (
        "ECI",
        "État civil",
        5.0,
        ["Acte de naissance", "Carte d'identité", "Mariage", "Recensement", "Changement de nom"],
    ),
    ("VOI", "Voirie", 4.0, ["Éclairage public", "Nid-de-poule", "Stationnement", "Propreté", "Arrêté de circulation"]),
    ("SCO", "Affaires scolaires", 4.0, ["Cantine", "Inscription", "Périscolaire", "Transport", "Dérogation"]),
    ("ENV", "Environnement", 4.0, ["Fuite d'eau", "Encombrants", "Bac à ordures", "Arbres", "Nuisances"]),
    (
        "SOC",
        "Action sociale",
        3.0,
        ["Aide d'urgence", "Logement", "Domiciliation", "Aide à domicile", "Surendettement"],
    ),
    ("URB", "Urbanisme", 2.0, ["Déclaration préalable", "Permis", "Certificat", "Cadastre", "Recours"]),
    ("CUL", "Culture et sports", 2.0, ["Salles", "Bibliothèque", "Piscine", "Associations", "Manifestation"]),
    ("FIN", "Finances", 2.0, ["Facture", "Échéancier", "Subvention", "Taxe de séjour", "Marché public"]),
];
/// Demand of the five subjects of a department.
const SUBJECT_WEIGHTS: [f64; 5] = [5.0, 4.0, 3.0, 2.0, 1.2];
/// Subjects that may carry a danger, by department and place.
const URGENT: [(usize, usize); 4] = [(1, 0), (1, 1), (3, 0), (4, 0)];
const URGENT_TARGET_MS: i64 = 60 * MINUTE_MS;
const POST_TARGET_MS: i64 = 2 * 24 * 60 * MINUTE_MS;
/// Subjects that one specialist alone knows.
const KNOWN_TO_ONE: [usize; 2] = [5, 7];
/// Languages other than French: share of usagers, and of so many agents the one who speaks it.
const LANGUAGES: [(&str, f64, usize); 2] = [("en", 0.04, 5), ("ar", 0.03, 7)];
/// Share of written contacts about a file that an agent knows.
const KNOWN: f64 = 0.08;
/// Share of written contacts that are at the last day the law gives, past their internal date.
const LAST_DAY: f64 = 0.02;
/// Languages and files are drawn apart: without them, the day would be the same.
const FILES_SEED: u64 = 0x5EED_F11E;

/// Returns the day that follows from a seed.
pub fn scenario(seed: u64) -> Scenario {
    let (draws, files) = (Draws::new(seed), Draws::new(seed ^ FILES_SEED));
    let directory = directory();
    let mut arrivals: Vec<Arrival> = (0..CONTACTS).map(|_| arrival(&draws)).collect();
    arrivals.sort_by_key(|arrival| arrival.at);
    let mut kinds: Vec<Kind> =
        subjects().flat_map(|subject| CHANNELS.map(|(channel, _)| kind(subject, channel))).collect();
    let mut spoken = BTreeMap::new();
    for arrival in &mut arrivals {
        add_language(&files, arrival, (&mut kinds, &mut spoken));
        add_file(&files, arrival, &kinds, &directory);
    }
    let mut presence = presence(&draws);
    presence.sort();
    Scenario {
        town: Town::of([Arc::new(directory)]),
        kinds,
        arrivals,
        presence,
        answering: ANSWERING,
        pace: Pace::OneAtATime,
        waiting_room: None,
        discovery_ms: DISCOVERY_MS,
        ends_at: Some(minute(DAY_MINUTES)),
        audit_every_ms: Some(MINUTE_MS),
        seed,
    }
}

/// Places of kinds asked for in another language, by the kind in French and the language.
type Spoken = BTreeMap<(usize, usize), usize>;

/// Draws which language a usager speaks.
fn add_language(files: &Draws, arrival: &mut Arrival, (kinds, spoken): (&mut Vec<Kind>, &mut Spoken)) {
    let french = 1.0 - LANGUAGES.iter().map(|(_, share, _)| share).sum::<f64>();
    let shares: Vec<f64> = LANGUAGES.iter().map(|(_, share, _)| *share).chain([french]).collect();
    let language = files.weighted(&shares);
    let Some((tag, ..)) = LANGUAGES.get(language) else { return };
    for kind in std::iter::once(&mut arrival.kind).chain(&mut arrival.truly) {
        *kind = *spoken.entry((*kind, language)).or_insert_with(|| {
            let need = Need { language: Some((*tag).to_owned()), ..kinds[*kind].need.clone() };
            kinds.push(Kind { need, ..kinds[*kind].clone() });
            kinds.len() - 1
        });
    }
}

/// Draws what is known of a contact from before the day.
fn add_file(files: &Draws, arrival: &mut Arrival, kinds: &[Kind], directory: &Directory) {
    let (known, last_day) = (files.happens(KNOWN), files.happens(LAST_DAY));
    let kind = &kinds[arrival.truly.unwrap_or(arrival.kind)];
    if is_live(kind.channel) {
        return;
    }
    if known {
        let there = directory.agents.values().filter(|agent| agent.absences.is_empty());
        let able: Vec<AgentId> = there.filter(|agent| knows(agent, &kind.need)).map(|agent| agent.id).collect();
        arrival.known_to = (!able.is_empty()).then(|| able[files.below(able.len())]);
    }
    if last_day {
        let (since, late_at) = (arrival.at, Some(arrival.at));
        let past = Past { since, late_at, excluded: Vec::new(), handed_on: false, steps: Vec::new() };
        arrival.legal_at = Some(minute(DAY_MINUTES));
        arrival.past = Some(Box::new(past));
    }
}

fn knows(agent: &Agent, need: &Need) -> bool {
    let level2 = need.tier != TierRule::OnlyL2 || agent.tier == Tier::L2;
    let speaks = need.language.as_ref().is_none_or(|language| agent.languages.contains(language));
    level2
        && speaks
        && need
            .skills
            .iter()
            .all(|asked| agent.skills.iter().any(|known| known.skill == asked.skill && known.level >= asked.level))
}

/// Place of a department, and of a subject in it.
type Subject = (usize, usize);

fn subjects() -> impl Iterator<Item = Subject> {
    (0..DEPARTMENTS.len()).flat_map(|department| (0..SUBJECT_WEIGHTS.len()).map(move |place| (department, place)))
}

/// Returns the place of a kind in the scenario.
const fn place_of((department, subject): Subject, channel: usize) -> usize {
    (department * SUBJECT_WEIGHTS.len() + subject) * CHANNELS.len() + channel
}

fn skill((department, subject): Subject, level: u8) -> SkillLevel {
    SkillLevel::new(&format!("{}{}", DEPARTMENTS[department].0, subject + 1), level)
}

fn kind(subject: Subject, channel: Channel) -> Kind {
    let (code, _, _, names) = DEPARTMENTS[subject.0];
    let live = is_live(channel);
    let specialist = subject.1 + 1 == SUBJECT_WEIGHTS.len();
    let need = Need {
        skills: vec![skill(subject, if specialist { 3 } else { 1 })],
        tier: if specialist { TierRule::OnlyL2 } else { TierRule::Any },
        live,
        ..Need::of(AUTHORITY, code)
    };
    let (cost, target_ms) = match channel {
        _ if live => (10, LIVE_TARGET_MS),
        _ if URGENT.contains(&subject) => (10, URGENT_TARGET_MS),
        Channel::Post => (1, POST_TARGET_MS),
        _ => (3, WRITTEN_TARGET_MS),
    };
    let procedure = names[subject.1].to_owned();
    Kind { procedure, channel, need, slope: class_of(cost, target_ms), target_ms: Some(target_ms), widen: Vec::new() }
}

fn draw_subject(draws: &Draws) -> Subject {
    let department = draws.weighted(&DEPARTMENTS.map(|(_, _, weight, _)| weight));
    (department, draws.weighted(&SUBJECT_WEIGHTS))
}

fn arrival(draws: &Draws) -> Arrival {
    let (subject, said) = (draw_subject(draws), draw_subject(draws));
    let coming = coming(draws);
    let mistaken = draws.happens(MISTAKEN) && coming.self_classified && said != subject;
    let real = place_of(subject, coming.channel);
    let said = if mistaken { place_of(said, coming.channel) } else { real };
    Arrival {
        truly: mistaken.then_some(real),
        patience_ms: coming.patience_ms,
        ..Arrival::new(coming.at, said, draws.work_ms(HANDLING_MS, HANDLING_VARIATION))
    }
}

fn directory() -> Directory {
    let mut directory = Directory::new(Authority::new(AUTHORITY, "Ville de Valorme"));
    for (code, name, ..) in DEPARTMENTS {
        directory.departments.insert(code.to_owned(), Department::new(name));
    }
    let all: Vec<Subject> = subjects().filter(|(_, subject)| subject + 1 < SUBJECT_WEIGHTS.len()).collect();
    directory.skills =
        subjects().map(|subject| (skill(subject, 1).skill, DEPARTMENTS[subject.0].3[subject.1].to_owned())).collect();
    for number in 0..DESK_AGENTS + SPECIALISTS {
        let mut agent = if number < DESK_AGENTS { desk_agent(number, &all) } else { specialist(number - DESK_AGENTS) };
        let spoken = LANGUAGES.iter().filter(|(.., one_of)| number % one_of == 0);
        agent.languages.extend(spoken.map(|(tag, ..)| (*tag).to_owned()));
        if ON_LEAVE.contains(&number) {
            agent.absences = vec![Absence::new(DAY, DAY)];
        }
        directory.agents.insert(login(number), agent);
    }
    directory
}

fn login(number: usize) -> String {
    format!("agent.{number:02}")
}

/// An agent of the desk knows twelve subjects in a row, so that the desk is one chain over all of them.
fn desk_agent(number: usize, subjects: &[Subject]) -> Agent {
    let first = number * subjects.len() / DESK_AGENTS;
    let skills = (0..12).map(|next| skill(subjects[(first + next) % subjects.len()], 2)).collect();
    Agent { skills, ..Agent::new(&login(number), &format!("Agent {number:02}"), Tier::L1, 1) }
}

/// A specialist knows four of the five subjects of their department.
fn specialist(rank: usize) -> Agent {
    let (number, department, turn) = (rank + DESK_AGENTS, rank % DEPARTMENTS.len(), rank / DEPARTMENTS.len());
    let last = SUBJECT_WEIGHTS.len() - 1;
    let knows = |subject: &usize| match *subject {
        subject if subject == last && KNOWN_TO_ONE.contains(&department) => turn == 0,
        subject => subject != (turn + 1) % SUBJECT_WEIGHTS.len(),
    };
    let skills = (0..SUBJECT_WEIGHTS.len()).filter(knows).map(|subject| skill((department, subject), 4)).collect();
    let deferred_only = rank % 10 < DEFERRED_OF_TEN;
    Agent {
        skills,
        departments: vec![DEPARTMENTS[department].0.to_owned()],
        deferred_only,
        ..Agent::new(&login(number), &format!("Agent {number:02}"), Tier::L2, if deferred_only { 2 } else { 1 })
    }
}

/// Returns when those who are not on leave come, eat and leave.
fn presence(draws: &Draws) -> Vec<PresenceChange> {
    let mut changes = Vec::new();
    for number in (0..DESK_AGENTS + SPECIALISTS).filter(|number| !ON_LEAVE.contains(number)) {
        let agent_id = AgentId::of_login(&login(number));
        let is_desk = number < DESK_AGENTS;
        // The desk is there when the doors open and eats by turns; offices fill until 9:15.
        let comes = if is_desk { 0 } else { i64::try_from(draws.below(45)).unwrap_or(0) };
        let leaves = DAY_MINUTES - i64::try_from(draws.below(20)).unwrap_or(0);
        changes.extend(working_day(agent_id, number, comes, if is_desk { 45 } else { 60 }, leaves));
    }
    changes
}
