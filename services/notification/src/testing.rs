//! A small town for tests of this crate. Do not use it to test the directory itself.

use std::collections::BTreeMap;

use guichet_core::id::{AgentId, AuthorityId};
use guichet_core::work::{SilenceRule, Tier};
use guichet_events::{
    Agent, Authority, AuthorityKind, Delay, DelayUnit, Department, Directory, HolidayRegion, Level2Answer, Procedure,
    Role, Site,
};

/// Returns a directory with one department, one procedure and one agent.
pub(crate) fn arbitrary_directory(code: &str, name: &str) -> Directory {
    Directory {
        authority: authority(code, name),
        departments: BTreeMap::from([("EC".to_owned(), department(code))]),
        sites: BTreeMap::from([("mairie".to_owned(), site())]),
        calendars: BTreeMap::new(),
        procedures: BTreeMap::from([("acte".to_owned(), procedure())]),
        agents: BTreeMap::from([("aline.encre".to_owned(), agent())]),
        skills: BTreeMap::new(),
        clearances: BTreeMap::new(),
        pooling: Vec::new(),
    }
}

fn authority(code: &str, name: &str) -> Authority {
    Authority {
        id: AuthorityId::of_code(code),
        code: code.to_owned(),
        name: name.to_owned(),
        kind: AuthorityKind::Commune,
        time_zone: "Europe/Paris".to_owned(),
        holidays: HolidayRegion::Metropole,
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
    }
}

fn department(code: &str) -> Department {
    Department {
        name: "État civil".to_owned(),
        site: "mairie".to_owned(),
        calendar: String::new(),
        phone: "03 53 01 00 11".to_owned(),
        email: format!("etat-civil@{code}.example"),
    }
}

fn site() -> Site {
    Site { name: "Hôtel de ville".to_owned(), postal_address: "Place de la Mairie 00400 Valorme".to_owned() }
}

fn procedure() -> Procedure {
    Procedure {
        name: "Copie d'acte d'état civil".to_owned(),
        department: "EC".to_owned(),
        tier: Tier::L1,
        skills: Vec::new(),
        clearances: Vec::new(),
        announced: Delay { count: 3, unit: DelayUnit::BusinessDays },
        legal: None,
        internal: None,
        silence: Some(SilenceRule::Reject),
        level2_answer: Level2Answer::Direct,
        confidential: false,
        weight: 1,
        cost: 1,
        keywords: Vec::new(),
        documents: Vec::new(),
        public: true,
        danger_hours: None,
        complaint: false,
        channels: Vec::new(),
    }
}

fn agent() -> Agent {
    Agent {
        id: AgentId::of_login("aline.encre"),
        name: "Aline Encre".to_owned(),
        title: "agente d'accueil".to_owned(),
        role: Role::Agent,
        tier: Tier::L1,
        departments: vec!["EC".to_owned()],
        site: "mairie".to_owned(),
        skills: Vec::new(),
        clearances: Vec::new(),
        languages: Vec::new(),
        capacity: 3,
        pooled_for: Vec::new(),
        deferred_only: false,
        tutor: None,
    }
}
