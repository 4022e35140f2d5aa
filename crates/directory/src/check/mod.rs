//! What can only be judged once everything is read: that every code exists, that agreements hold at both ends, and that
//! somebody can serve each procedure.

mod agreements;
mod coverage;
mod eligibility;
mod learning;
mod references;
mod substitutes;

use std::collections::BTreeMap;

pub use eligibility::eligible_agents;

use crate::Bundle;
use crate::diagnostic::Place;
use crate::read::{Findings, Kind};

/// Adds to `findings` everything that the whole folder lets one say.
pub(crate) fn everything(bundles: &[Bundle], findings: &Findings) {
    references::check(findings);
    agreements::check(bundles, findings);
    substitutes::check(bundles, findings);
    learning::check(bundles, findings);
    coverage::check(bundles, findings);
    check_mailboxes(bundles, findings);
    check_agents(bundles, findings);
}

/// A mailbox is the desk of one authority: mail to it could not be told apart otherwise.
fn check_mailboxes(bundles: &[Bundle], findings: &Findings) {
    let mut owners: BTreeMap<String, &str> = BTreeMap::new();
    for bundle in bundles {
        let authority = &bundle.directory.authority;
        for mailbox in
            std::iter::once(&authority.email).chain(&authority.mailboxes).filter(|mailbox| !mailbox.is_empty())
        {
            match owners.insert(mailbox.to_lowercase(), &authority.code) {
                Some(owner) if owner != authority.code => findings.error(
                    &Place::whole(&format!("{}/authority.toml", authority.code)),
                    format!("l'adresse « {mailbox} » est déjà celle de « {owner} » : une boîte appartient à une seule collectivité."),
                ),
                _ => {}
            }
        }
    }
}

fn check_agents(bundles: &[Bundle], findings: &Findings) {
    for bundle in bundles {
        for (login, agent) in &bundle.directory.agents {
            if agent.skills.is_empty() {
                let place = findings.place_of(Kind::Agent, "", login);
                findings.warning(
                    &place,
                    format!("{} n'a aucune compétence : aucune demande ne lui sera proposée.", agent.name),
                );
            }
        }
    }
}
