//! A small town for tests of this crate. Do not use it to test the directory itself.

use std::collections::BTreeMap;

use guichet_core::work::{SilenceRule, Tier};
use guichet_events::{Agent, Authority, Delay, DelayUnit, Department, Directory, Procedure, Site};

/// Returns a directory with one department, one procedure and one agent.
pub(crate) fn arbitrary_directory(code: &str, name: &str) -> Directory {
    let authority = Authority {
        phone: "03 53 01 00 10".to_owned(),
        hours: "lun-sam".to_owned(),
        email: format!("guichet@{code}.example"),
        mailboxes: vec![format!("mairie@{code}.example")],
        postal_address: "1 place de la Mairie, 00400 Valorme".to_owned(),
        website: format!("{code}.example"),
        court: "Tribunal administratif d'Orvance, 1 place du Palais".to_owned(),
        decision_maker: "la maire de Valorme".to_owned(),
        triage_procedure: "acte".to_owned(),
        dismissal_reasons: BTreeMap::from([("doublon".to_owned(), "Vous avez déjà fait cette demande.".to_owned())]),
        ..Authority::new(code, name)
    };
    let department = Department {
        site: "mairie".to_owned(),
        phone: "03 53 01 00 11".to_owned(),
        email: format!("etat-civil@{code}.example"),
        ..Department::new("État civil")
    };
    let site =
        Site { name: "Hôtel de ville".to_owned(), postal_address: "Place de la Mairie 00400 Valorme".to_owned() };
    let procedure = Procedure {
        announced: Delay { count: 3, unit: DelayUnit::BusinessDays },
        silence: Some(SilenceRule::Reject),
        ..Procedure::new("Copie d'acte d'état civil", "EC", Tier::L1)
    };
    let aline = Agent {
        title: "agente d'accueil".to_owned(),
        departments: vec!["EC".to_owned()],
        site: "mairie".to_owned(),
        ..Agent::new("aline.encre", "Aline Encre", Tier::L1, 3)
    };
    Directory {
        departments: BTreeMap::from([("EC".to_owned(), department)]),
        sites: BTreeMap::from([("mairie".to_owned(), site)]),
        procedures: BTreeMap::from([("acte".to_owned(), procedure)]),
        agents: BTreeMap::from([("aline.encre".to_owned(), aline)]),
        ..Directory::new(authority)
    }
}
