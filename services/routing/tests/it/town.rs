//! The directories scenarios publish: a small town and its neighbour.

use guichet_core::work::{SilenceRule, Tier};
use guichet_events::{
    Agent, Authority, Delay, DelayUnit, Department, Directory, Level2Answer, Pooling, Procedure, Role, SkillLevel,
};

fn agent(login: &str, name: &str, tier: Tier, departments: &[&str], skills: Vec<SkillLevel>) -> (String, Agent) {
    let departments = departments.iter().map(|&code| code.to_owned()).collect();
    let agent = Agent { title: "agent d'accueil".into(), departments, skills, ..Agent::new(login, name, tier, 4) };
    (login.to_owned(), agent)
}

fn procedure(code: &str, department: &str, tier: Tier, skills: Vec<SkillLevel>) -> (String, Procedure) {
    let procedure = Procedure {
        skills,
        announced: Delay { count: 3, unit: DelayUnit::BusinessDays },
        silence: Some(SilenceRule::None),
        ..Procedure::new(&format!("Démarche {code}"), department, tier)
    };
    (code.to_owned(), procedure)
}

fn authority(code: &str, name: &str, triage: &str) -> Authority {
    Authority {
        phone: "03 53 01 00 10".into(),
        hours: "lun-sam".into(),
        email: format!("guichet@{code}.example"),
        website: format!("{code}.example"),
        decision_maker: "la maire".into(),
        triage_procedure: triage.into(),
        dismissal_reasons: [("doublon".to_owned(), "Votre demande est déjà suivie.".to_owned())].into(),
        ..Authority::new(code, name)
    }
}

/// A small town: Aline and Basile at the desk, Gaëlle (registrar) and Léon (supervisor) behind it.
pub(crate) fn valorme() -> Directory {
    let (aline, mut aline_card) = agent(
        "aline.encre",
        "Aline Encre",
        Tier::L1,
        &["GU"],
        vec![SkillLevel::new("ACC", 5), SkillLevel::new("ECI", 3)],
    );
    aline_card.clearances = vec!["TES".into()];
    let basile = agent(
        "basile.tampon",
        "Basile Tampon",
        Tier::L1,
        &["GU"],
        vec![SkillLevel::new("ACC", 4), SkillLevel::new("VOI", 3)],
    );
    let (gaelle, mut gaelle_card) = agent(
        "gaelle.registre",
        "Gaëlle Registre",
        Tier::L2,
        &["EC"],
        vec![SkillLevel::new("ECI", 5), SkillLevel::new("REC", 3)],
    );
    gaelle_card.clearances = vec!["OEC".into(), "TES".into()];
    let (leon, mut leon_card) = agent(
        "leon.virgule",
        "Léon Virgule",
        Tier::L2,
        &["QJ"],
        vec![SkillLevel::new("REC", 5), SkillLevel::new("ACC", 4)],
    );
    leon_card.role = Role::Supervisor;
    let (mariage, mut mariage_rules) = procedure("mariage", "EC", Tier::L2, vec![SkillLevel::new("ECI", 4)]);
    mariage_rules.clearances = vec!["OEC".into()];
    mariage_rules.confidential = true;
    let (facture, mut facture_rules) = procedure("facture", "EC", Tier::L2, vec![SkillLevel::new("ECI", 5)]);
    facture_rules.level2_answer = Level2Answer::Return;
    Directory {
        departments: [
            ("GU".to_owned(), Department::new("Guichet unique")),
            ("EC".to_owned(), Department::new("État civil")),
            ("EP".to_owned(), Department::new("Espace public")),
            ("QJ".to_owned(), Department::new("Qualité")),
        ]
        .into(),
        procedures: [
            procedure("question", "GU", Tier::L1, vec![SkillLevel::new("ACC", 1)]),
            procedure("acte", "EC", Tier::L1, vec![SkillLevel::new("ECI", 2)]),
            procedure("voirie", "EP", Tier::L1, vec![SkillLevel::new("VOI", 1)]),
            procedure("reclamation", "QJ", Tier::L2, vec![SkillLevel::new("REC", 3)]),
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
        ..Directory::new(authority("valorme", "Ville de Valorme", "question"))
    }
}

/// The neighbour: Capucine, pooled for Valorme's desk and streets; Dario, who is not.
pub(crate) fn orvance() -> Directory {
    let (capucine, mut card) =
        agent("capucine.trombone", "Capucine Trombone", Tier::L1, &["GU"], vec![SkillLevel::new("VOI", 2)]);
    card.pooled_for = vec!["valorme".into()];
    let dario = agent(
        "dario.classeur",
        "Dario Classeur",
        Tier::L2,
        &["GU"],
        vec![SkillLevel::new("VOI", 5), SkillLevel::new("ECI", 5)],
    );
    Directory {
        departments: [("GU".to_owned(), Department::new("Guichet unique"))].into(),
        procedures: [procedure("question", "GU", Tier::L1, vec![SkillLevel::new("ACC", 1)])].into(),
        agents: [(capucine, card), dario].into(),
        pooling: vec![Pooling { with: "valorme".into(), departments: vec![], shared_departments: vec![] }],
        ..Directory::new(authority("orvance", "Val d'Orvance Agglomération", "question"))
    }
}

/// A village that shares nobody: Marguerite alone, who takes one thing at a time.
pub(crate) fn hameau() -> Directory {
    let (marguerite, card) =
        agent("marguerite.plume", "Marguerite Plume", Tier::L1, &["GU"], vec![SkillLevel::new("ACC", 3)]);
    let card = Agent { capacity: 1, ..card };
    Directory {
        departments: [("GU".to_owned(), Department::new("Guichet unique"))].into(),
        procedures: [procedure("question", "GU", Tier::L1, vec![SkillLevel::new("ACC", 1)])].into(),
        agents: [(marguerite, card)].into(),
        ..Directory::new(authority("hameau", "Commune du Hameau", "question"))
    }
}

/// The same village once it lends Marguerite to Valorme, and Valorme's side of the agreement.
pub(crate) fn hameau_and_valorme_together() -> [Directory; 2] {
    let (mut hameau, mut valorme) = (hameau(), valorme());
    hameau.agents.values_mut().for_each(|card| card.pooled_for = vec!["valorme".into()]);
    let agreement = |with: &str| Pooling { with: with.into(), departments: vec![], shared_departments: vec![] };
    hameau.pooling.push(agreement("valorme"));
    valorme.pooling.push(agreement("hameau"));
    [hameau, valorme]
}
