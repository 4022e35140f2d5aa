//! Whoever stands in for somebody absent is a colleague, and is there.

use guichet_events::Directory;

use crate::Bundle;
use crate::read::{Findings, Kind};

/// Names the substitutes who work elsewhere, or are away on the same days.
pub(super) fn check(bundles: &[Bundle], findings: &Findings) {
    for bundle in bundles {
        check_one(&bundle.directory, findings);
    }
}

fn check_one(directory: &Directory, findings: &Findings) {
    for (login, agent) in &directory.agents {
        for absence in &agent.absences {
            let Some(code) = absence.substitute.as_ref().filter(|code| *code != login) else { continue };
            let place = findings.place_of(Kind::Agent, "", login);
            let Some(substitute) = directory.agents.get(code) else {
                // One who is nowhere is told already.
                if findings.is_defined(Kind::Agent, &[], code) {
                    findings.error(
                        &place,
                        format!(
                            "« {code} » ne peut pas remplacer {} : c'est un agent d'une autre collectivité.",
                            agent.name
                        ),
                    );
                }
                continue;
            };
            // Days are written so that their order is that of their texts.
            let together =
                substitute.absences.iter().find(|other| other.from <= absence.to && absence.from <= other.to);
            if let Some(away) = together {
                findings.error(
                    &place,
                    format!(
                        "{} ne peut pas remplacer {} du {} au {} : il ou elle est en congé du {} au {}.",
                        substitute.name, agent.name, absence.from, absence.to, away.from, away.to
                    ),
                );
            }
        }
    }
}
