//! Procedures nobody can serve, those that rest on one person, and those whose law is not said.

use guichet_events::{Agent, Directory, Procedure};

use super::eligibility::{agents_within, eligible_agents, lacks};
use crate::Bundle;
use crate::diagnostic::Place;
use crate::read::{Findings, Kind};
use crate::words;

/// Says for each procedure what an agent or a usager would otherwise find out first.
pub(super) fn check(bundles: &[Bundle], findings: &Findings) {
    if findings.any_damaged() {
        // An agent or a skill may be among what could not be read: nothing said here could be trusted.
        return;
    }
    let directories: Vec<&Directory> = bundles.iter().map(|bundle| &bundle.directory).collect();
    for &owner in &directories {
        for (code, procedure) in &owner.procedures {
            let authority = owner.authority.code.as_str();
            let place = findings.place_of(Kind::Procedure, authority, code);
            check_silence(procedure, &place, findings);
            match eligible_agents(&directories, authority, code).as_slice() {
                [] if has_somebody_later(&directories, owner, procedure) => findings.info(
                    &place,
                    format!(
                        "personne ne peut traiter « {} » avant que la recherche s'élargisse (« widen »).",
                        procedure.name
                    ),
                ),
                [] => {
                    let agents = agents_within(&directories, owner, procedure);
                    findings.warning(&place, nobody(procedure, &agents));
                }
                [agent] => findings.info(&place, only_one(procedure, agent)),
                _ => {}
            }
        }
    }
}

/// Returns whether somebody could serve a procedure once its search is as wide as it gets.
fn has_somebody_later(directories: &[&Directory], owner: &Directory, procedure: &Procedure) -> bool {
    let Some((_, skills)) = procedure.widened().pop() else { return false };
    let widest = Procedure { skills, ..procedure.clone() };
    agents_within(directories, owner, &widest).iter().any(|agent| lacks(agent, &widest).is_empty())
}

fn check_silence(procedure: &Procedure, place: &Place, findings: &Findings) {
    if procedure.silence.is_none() {
        findings.warning(
            place,
            format!(
                "« {} » : ce que vaut le silence n'est pas dit ; l'accusé de réception n'en parlera pas. Ajoutez par exemple \
                 silence = \"rejette après 2 mois\" ou silence = \"aucun effet\".",
                procedure.name
            ),
        );
    }
}

/// Returns why nobody can serve a procedure: what nobody holds, or what nobody holds together.
fn nobody(procedure: &Procedure, agents: &[&Agent]) -> String {
    let name = &procedure.name;
    let mut held_by_nobody: Vec<String> = procedure
        .skills
        .iter()
        .filter(|needed| !agents.iter().any(|agent| level_of(agent, &needed.skill) >= needed.level))
        .map(|needed| match agents.iter().max_by_key(|agent| level_of(agent, &needed.skill)) {
            Some(best) if level_of(best, &needed.skill) > 0 => {
                format!(
                    "{} (le plus avancé : {}, niveau {})",
                    words::skill(needed),
                    best.name,
                    level_of(best, &needed.skill)
                )
            }
            _ => words::skill(needed),
        })
        .collect();
    let uncleared = |code: &&String| !agents.iter().any(|agent| agent.clearances.contains(code));
    held_by_nobody.extend(procedure.clearances.iter().filter(uncleared).map(|code| format!("l'habilitation {code}")));
    if !held_by_nobody.is_empty() {
        return format!("personne ne peut traiter « {name} » : aucun agent n'a {}.", held_by_nobody.join(", ni "));
    }
    match agents.iter().min_by_key(|agent| lacks(agent, procedure).len()) {
        Some(nearest) => format!(
            "personne ne peut traiter « {name} » : aucun agent ne réunit tout ce qu'il faut. Il ne manque à {} que {}.",
            nearest.name,
            lacks(nearest, procedure).join(", ")
        ),
        None => format!("personne ne peut traiter « {name} » : aucun agent ne travaille pour ce service."),
    }
}

fn only_one(procedure: &Procedure, agent: &Agent) -> String {
    let needed: Vec<String> =
        procedure.skills.iter().map(words::skill).chain(procedure.clearances.iter().cloned()).collect();
    format!(
        "seule une personne peut traiter « {} » : {}. Pour ses absences, formez un collègue ({}).",
        procedure.name,
        agent.name,
        needed.join(", ")
    )
}

fn level_of(agent: &Agent, skill: &str) -> u8 {
    agent.skills.iter().find(|held| held.skill == skill).map_or(0, |held| held.level)
}
