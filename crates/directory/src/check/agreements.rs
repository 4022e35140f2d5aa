//! Pooling agreements are written at both ends, and agents are pooled under one.

use crate::Bundle;
use crate::read::{Findings, Kind};

/// Names the agreements and the pooled agents that lack their other half.
pub(super) fn check(bundles: &[Bundle], findings: &Findings) {
    let grants = |from: &str, to: &str| {
        bundles
            .iter()
            .filter(|bundle| bundle.directory.authority.code == from)
            .any(|bundle| bundle.directory.pooling.iter().any(|agreement| agreement.with == to))
    };
    for bundle in bundles {
        let code = bundle.directory.authority.code.as_str();
        for agreement in &bundle.directory.pooling {
            let with = agreement.with.as_str();
            let exists = bundles.iter().any(|bundle| bundle.directory.authority.code == with);
            if exists && !grants(with, code) {
                findings.error(
                    &findings.place_of_agreement(code, with),
                    format!(
                        "« {code} » mutualise avec « {with} », mais l'accord de « {with} » manque. Ajoutez un groupe \
                         [[agreement]] avec authority = \"{with}\" et with = \"{code}\", ou retirez celui-ci."
                    ),
                );
            }
        }
        check_agents(bundle, findings, grants);
    }
}

fn check_agents(bundle: &Bundle, findings: &Findings, grants: impl Fn(&str, &str) -> bool) {
    let employer = bundle.directory.authority.code.as_str();
    for (login, agent) in &bundle.directory.agents {
        let place = findings.place_of(Kind::Agent, "", login);
        for authority in &agent.pooled_for {
            if authority == employer {
                findings.warning(
                    &place,
                    format!("{} travaille déjà pour « {employer} » : retirez-la de pooled_for.", agent.name),
                );
            } else if findings.is_defined(Kind::Authority, &[], authority) && !grants(authority, employer) {
                findings.error(
                    &place,
                    format!(
                        "{} ne peut pas travailler pour « {authority} » : aucun accord de « {authority} » avec \
                         « {employer} » dans pooling.toml.",
                        agent.name
                    ),
                );
            }
        }
    }
}
