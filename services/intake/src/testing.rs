//! What tests of this crate build on.

use std::collections::BTreeMap;

use guichet_core::id::{AgentId, AuthorityId};
use guichet_core::work::Tier;
use guichet_events::{
    Agent, Authority, AuthorityKind, Delay, DelayUnit, Department, Directory, HolidayRegion, Level2Answer, Procedure,
    Role, Site,
};

/// Returns the directory of a small town; do not use it where the details of a real town matter.
pub(crate) fn arbitrary_directory() -> Directory {
    let code = "valorme";
    let department = Department {
        name: "Guichet unique".to_owned(),
        site: "hv".to_owned(),
        calendar: "g".to_owned(),
        phone: "03 53 01 00 10".to_owned(),
        email: String::new(),
    };
    let site =
        Site { name: "Hôtel de ville".to_owned(), postal_address: "1 place Centrale, 00400 Valorme".to_owned() };
    Directory {
        authority: Authority {
            id: AuthorityId::of_code(code),
            code: code.to_owned(),
            name: "Ville de Valorme".to_owned(),
            kind: AuthorityKind::Commune,
            time_zone: "Europe/Paris".to_owned(),
            holidays: HolidayRegion::Metropole,
            phone: "03 53 01 00 10".to_owned(),
            hours: "lun-sam".to_owned(),
            email: "guichet@valorme.example".to_owned(),
            mailboxes: vec!["mairie@valorme.example".to_owned()],
            postal_address: "1 place Centrale, 00400 Valorme".to_owned(),
            website: "valorme.example".to_owned(),
            court: String::new(),
            decision_maker: "la maire de Valorme".to_owned(),
            triage_procedure: "question".to_owned(),
            dismissal_reasons: BTreeMap::new(),
        },
        departments: BTreeMap::from([("GU".to_owned(), department)]),
        sites: BTreeMap::from([("hv".to_owned(), site)]),
        calendars: BTreeMap::new(),
        procedures: BTreeMap::from([
            ("question".to_owned(), procedure("Question", None, false)),
            ("voirie".to_owned(), procedure("Signaler voirie, éclairage", Some(4), false)),
            ("reclamation".to_owned(), procedure("Réclamation", None, true)),
        ]),
        agents: BTreeMap::from([("aline.encre".to_owned(), agent("aline.encre", "Aline Encre"))]),
        skills: BTreeMap::new(),
        clearances: BTreeMap::new(),
        pooling: Vec::new(),
    }
}

fn procedure(name: &str, danger_hours: Option<u32>, complaint: bool) -> Procedure {
    Procedure {
        name: name.to_owned(),
        department: "GU".to_owned(),
        tier: Tier::L1,
        skills: Vec::new(),
        clearances: Vec::new(),
        announced: Delay { count: 5, unit: DelayUnit::BusinessDays },
        legal: None,
        internal: None,
        silence: None,
        level2_answer: Level2Answer::Direct,
        confidential: false,
        weight: 1,
        cost: 1,
        keywords: Vec::new(),
        documents: Vec::new(),
        public: true,
        danger_hours,
        complaint,
        channels: Vec::new(),
    }
}

fn agent(login: &str, name: &str) -> Agent {
    Agent {
        id: AgentId::of_login(login),
        name: name.to_owned(),
        title: "agente d'accueil".to_owned(),
        role: Role::Agent,
        tier: Tier::L1,
        departments: vec!["GU".to_owned()],
        site: "hv".to_owned(),
        skills: Vec::new(),
        clearances: Vec::new(),
        languages: Vec::new(),
        capacity: 4,
        pooled_for: Vec::new(),
        deferred_only: false,
        tutor: None,
    }
}
