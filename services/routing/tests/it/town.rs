//! The directories scenarios publish: a small town and its neighbour.

use guichet_core::id::{AgentId, AuthorityId};
use guichet_core::work::{SilenceRule, Tier};
use guichet_events::{
    Agent, Authority, AuthorityKind, Delay, DelayUnit, Department, Directory, HolidayRegion, Level2Answer, Pooling,
    Procedure, Role, SkillLevel,
};

fn skill(skill: &str, level: u8) -> SkillLevel {
    SkillLevel { skill: skill.into(), level }
}

fn agent(login: &str, name: &str, tier: Tier, departments: &[&str], skills: Vec<SkillLevel>) -> (String, Agent) {
    let agent = Agent {
        id: AgentId::of_login(login),
        name: name.into(),
        title: "agent d'accueil".into(),
        role: Role::Agent,
        tier,
        departments: departments.iter().map(|&code| code.to_owned()).collect(),
        site: String::new(),
        skills,
        clearances: Vec::new(),
        languages: Vec::new(),
        capacity: 4,
        pooled_for: Vec::new(),
        deferred_only: false,
        tutor: None,
    };
    (login.to_owned(), agent)
}

fn procedure(code: &str, department: &str, tier: Tier, skills: Vec<SkillLevel>) -> (String, Procedure) {
    let procedure = Procedure {
        name: format!("Démarche {code}"),
        department: department.into(),
        tier,
        skills,
        clearances: Vec::new(),
        announced: Delay { count: 3, unit: DelayUnit::BusinessDays },
        legal: None,
        internal: None,
        silence: Some(SilenceRule::None),
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
    };
    (code.to_owned(), procedure)
}

fn authority(code: &str, name: &str, triage: &str) -> Authority {
    Authority {
        id: AuthorityId::of_code(code),
        code: code.into(),
        name: name.into(),
        kind: AuthorityKind::Commune,
        time_zone: "Europe/Paris".into(),
        holidays: HolidayRegion::Metropole,
        phone: "03 53 01 00 10".into(),
        hours: "lun-sam".into(),
        email: format!("guichet@{code}.example"),
        mailboxes: Vec::new(),
        postal_address: String::new(),
        website: format!("{code}.example"),
        court: String::new(),
        decision_maker: "la maire".into(),
        triage_procedure: triage.into(),
        dismissal_reasons: [("doublon".to_owned(), "Votre demande est déjà suivie.".to_owned())].into(),
    }
}

fn department(name: &str) -> Department {
    Department {
        name: name.into(),
        site: String::new(),
        calendar: String::new(),
        phone: String::new(),
        email: String::new(),
    }
}

/// A small town: Aline and Basile at the desk, Gaëlle (registrar) and Léon (supervisor) behind it.
pub(crate) fn valorme() -> Directory {
    let (aline, mut aline_card) =
        agent("aline.encre", "Aline Encre", Tier::L1, &["GU"], vec![skill("ACC", 5), skill("ECI", 3)]);
    aline_card.clearances = vec!["TES".into()];
    let basile = agent("basile.tampon", "Basile Tampon", Tier::L1, &["GU"], vec![skill("ACC", 4), skill("VOI", 3)]);
    let (gaelle, mut gaelle_card) =
        agent("gaelle.registre", "Gaëlle Registre", Tier::L2, &["EC"], vec![skill("ECI", 5), skill("REC", 3)]);
    gaelle_card.clearances = vec!["OEC".into(), "TES".into()];
    let (leon, mut leon_card) =
        agent("leon.virgule", "Léon Virgule", Tier::L2, &["QJ"], vec![skill("REC", 5), skill("ACC", 4)]);
    leon_card.role = Role::Supervisor;
    let (mariage, mut mariage_rules) = procedure("mariage", "EC", Tier::L2, vec![skill("ECI", 4)]);
    mariage_rules.clearances = vec!["OEC".into()];
    mariage_rules.confidential = true;
    let (facture, mut facture_rules) = procedure("facture", "EC", Tier::L2, vec![skill("ECI", 5)]);
    facture_rules.level2_answer = Level2Answer::Return;
    Directory {
        authority: authority("valorme", "Ville de Valorme", "question"),
        departments: [
            ("GU".to_owned(), department("Guichet unique")),
            ("EC".to_owned(), department("État civil")),
            ("EP".to_owned(), department("Espace public")),
            ("QJ".to_owned(), department("Qualité")),
        ]
        .into(),
        sites: [].into(),
        calendars: [].into(),
        procedures: [
            procedure("question", "GU", Tier::L1, vec![skill("ACC", 1)]),
            procedure("acte", "EC", Tier::L1, vec![skill("ECI", 2)]),
            procedure("voirie", "EP", Tier::L1, vec![skill("VOI", 1)]),
            procedure("reclamation", "QJ", Tier::L2, vec![skill("REC", 3)]),
            (mariage, mariage_rules),
            (facture, facture_rules),
        ]
        .into(),
        agents: [(aline, aline_card), basile, (gaelle, gaelle_card), (leon, leon_card)].into(),
        skills: [("ACC".to_owned(), "Accueil".to_owned()), ("ECI".to_owned(), "État civil".to_owned())].into(),
        clearances: [("OEC".to_owned(), "Officier d'état civil".to_owned())].into(),
        pooling: vec![Pooling {
            with: "orvance".into(),
            departments: vec!["GU".into(), "EP".into()],
            shared_departments: vec![],
        }],
    }
}

/// The neighbour: Capucine, pooled for Valorme's desk and streets; Dario, who is not.
pub(crate) fn orvance() -> Directory {
    let (capucine, mut card) =
        agent("capucine.trombone", "Capucine Trombone", Tier::L1, &["GU"], vec![skill("VOI", 2)]);
    card.pooled_for = vec!["valorme".into()];
    let dario = agent("dario.classeur", "Dario Classeur", Tier::L2, &["GU"], vec![skill("VOI", 5), skill("ECI", 5)]);
    Directory {
        authority: authority("orvance", "Val d'Orvance Agglomération", "question"),
        departments: [("GU".to_owned(), department("Guichet unique"))].into(),
        sites: [].into(),
        calendars: [].into(),
        procedures: [procedure("question", "GU", Tier::L1, vec![skill("ACC", 1)])].into(),
        agents: [(capucine, card), dario].into(),
        skills: [].into(),
        clearances: [].into(),
        pooling: vec![Pooling { with: "valorme".into(), departments: vec![], shared_departments: vec![] }],
    }
}
