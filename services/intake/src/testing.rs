//! What tests of this crate build on.

use std::collections::BTreeMap;

use guichet_core::work::Tier;
use guichet_events::{Agent, Authority, Department, Directory, Procedure, Site};

/// Returns the directory of a small town; do not use it where the details of a real town matter.
pub(crate) fn arbitrary_directory() -> Directory {
    let department = Department {
        site: "hv".to_owned(),
        calendar: "g".to_owned(),
        phone: "03 53 01 00 10".to_owned(),
        ..Department::new("Guichet unique")
    };
    let site =
        Site { name: "Hôtel de ville".to_owned(), postal_address: "1 place Centrale, 00400 Valorme".to_owned() };
    let authority = Authority {
        phone: "03 53 01 00 10".to_owned(),
        hours: "lun-sam".to_owned(),
        email: "guichet@valorme.example".to_owned(),
        mailboxes: vec!["mairie@valorme.example".to_owned()],
        postal_address: "1 place Centrale, 00400 Valorme".to_owned(),
        website: "valorme.example".to_owned(),
        decision_maker: "la maire de Valorme".to_owned(),
        triage_procedure: "question".to_owned(),
        ..Authority::new("valorme", "Ville de Valorme")
    };
    let aline = Agent {
        title: "agente d'accueil".to_owned(),
        departments: vec!["GU".to_owned()],
        site: "hv".to_owned(),
        ..Agent::new("aline.encre", "Aline Encre", Tier::L1, 4)
    };
    let question = Procedure::new("Question", "GU", Tier::L1);
    let streets = Procedure { danger_hours: Some(4), ..Procedure::new("Signaler voirie, éclairage", "GU", Tier::L1) };
    let complaint = Procedure { complaint: true, ..Procedure::new("Réclamation", "GU", Tier::L1) };
    Directory {
        departments: BTreeMap::from([("GU".to_owned(), department)]),
        sites: BTreeMap::from([("hv".to_owned(), site)]),
        procedures: BTreeMap::from([
            ("question".to_owned(), question),
            ("voirie".to_owned(), streets),
            ("reclamation".to_owned(), complaint),
        ]),
        agents: BTreeMap::from([("aline.encre".to_owned(), aline)]),
        ..Directory::new(authority)
    }
}
