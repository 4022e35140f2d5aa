//! The demo town is what the people's page says it is.

use std::collections::BTreeMap;

use guichet_core::work::{SilenceRule, Tier};
use guichet_directory::{Bundle, Severity, eligible_agents, load};
use guichet_events::{Delay, DelayUnit, Directory, Weekday};

use crate::demo_root;

fn demo() -> Vec<Bundle> {
    load(&demo_root()).bundles
}

/// Returns the logins of those who can serve each procedure, by authority and procedure.
fn eligible(bundles: &[Bundle]) -> BTreeMap<(&str, &str), Vec<&str>> {
    let directories: Vec<&Directory> = bundles.iter().map(|bundle| &bundle.directory).collect();
    let mut eligible = BTreeMap::new();
    for directory in &directories {
        let authority = directory.authority.code.as_str();
        for procedure in directory.procedures.keys() {
            let agents = eligible_agents(&directories, authority, procedure);
            eligible.insert((authority, procedure.as_str()), agents.iter().map(|agent| agent.name.as_str()).collect());
        }
    }
    eligible
}

#[test]
fn the_demo_has_no_mistake() {
    let loaded = load(&demo_root());
    let mistakes: Vec<String> = loaded
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity == Severity::Error)
        .map(ToString::to_string)
        .collect();
    assert_eq!(mistakes, Vec::<String>::new());
}

#[test]
fn the_only_warnings_are_the_silences_nobody_has_settled() {
    let loaded = load(&demo_root());
    let warned: Vec<&str> = loaded
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity == Severity::Warning)
        .map(|diagnostic| diagnostic.message.as_str())
        .collect();
    assert!(warned.iter().all(|message| message.contains("ce que vaut le silence")), "{warned:#?}");
    assert_eq!(warned.len(), 11, "{warned:#?}");
}

#[test]
fn the_town_is_complete() {
    let bundles = demo();
    let codes: Vec<&str> = bundles.iter().map(|bundle| bundle.directory.authority.code.as_str()).collect();
    assert_eq!(codes, ["ccas", "orvance", "valorme"]);
    let sum = |count: fn(&Bundle) -> usize| bundles.iter().map(count).sum::<usize>();
    // Ten departments, the shared desk being written at both ends; thirty procedures and the triage of two authorities.
    assert_eq!(sum(|bundle| bundle.directory.departments.len()), 11);
    assert_eq!(sum(|bundle| bundle.directory.procedures.len()), 32);
    assert_eq!(sum(|bundle| bundle.directory.agents.len()), 12);
    assert!(sum(|bundle| bundle.sheets.len()) >= 30);
    for bundle in &bundles {
        let directory = &bundle.directory;
        assert!(directory.procedures.contains_key(&directory.authority.triage_procedure));
        assert_eq!((directory.skills.len(), directory.clearances.len()), (17, 3));
    }
}

#[test]
fn every_procedure_has_an_eligible_agent_and_eleven_have_exactly_one() {
    let bundles = demo();
    let eligible = eligible(&bundles);
    let nobody: Vec<_> = eligible.iter().filter(|(_, agents)| agents.is_empty()).collect();
    assert!(nobody.is_empty(), "{nobody:?}");

    let mut alone: Vec<_> =
        eligible.iter().filter(|(_, agents)| agents.len() == 1).map(|((_, code), agents)| (*code, agents[0])).collect();
    // The CCAS's own triage is not one of the thirty procedures of the town: nobody else may open its files.
    alone.retain(|(code, _)| *code != "question");
    assert_eq!(
        alone,
        [
            ("aide", "Katell Buvard"),
            ("eau_facture", "Dario Classeur"),
            ("concession", "Gaëlle Registre"),
            ("creche", "Hakim Parapheur"),
            ("derogation", "Hakim Parapheur"),
            ("docadm", "Léon Virgule"),
            ("dp", "Iris Cadastre"),
            ("odp", "Joseph Pavé"),
            ("pcmi", "Iris Cadastre"),
            ("rgpd", "Léon Virgule"),
            ("subvention", "Joseph Pavé"),
        ]
    );
}

#[test]
fn the_desk_serves_the_authorities_that_share_it() {
    let bundles = demo();
    let eligible = eligible(&bundles);
    let level1 = ["Aline Encre", "Basile Tampon", "Edwige Calepin", "Firmin Brouillon", "Capucine Trombone"];
    for agent in level1 {
        assert!(eligible[&("valorme", "question")].contains(&agent), "{agent} at Valorme");
        assert!(eligible[&("orvance", "question")].contains(&agent), "{agent} at Orvance");
    }
    assert_eq!(eligible[&("valorme", "voirie")], ["Capucine Trombone", "Basile Tampon", "Joseph Pavé"]);
    assert_eq!(eligible[&("orvance", "bac")], ["Capucine Trombone", "Dario Classeur"]);
}

#[test]
fn only_katell_opens_the_files_of_the_ccas() {
    let bundles = demo();
    let eligible = eligible(&bundles);
    let ccas = bundles.iter().find(|bundle| bundle.directory.authority.code == "ccas").unwrap();
    for (code, procedure) in &ccas.directory.procedures {
        assert!(procedure.confidential, "{code}");
        assert_eq!(eligible[&("ccas", code.as_str())], ["Katell Buvard"], "{code}");
    }
}

#[test]
fn a_specialist_of_the_agglomeration_treats_what_the_mayor_decides() {
    let bundles = demo();
    assert_eq!(eligible(&bundles)[&("valorme", "dp")], ["Iris Cadastre"]);
    let valorme = &bundles.iter().find(|bundle| bundle.directory.authority.code == "valorme").unwrap().directory;
    let agreement = valorme.pooling.iter().find(|agreement| agreement.with == "orvance").unwrap();
    assert_eq!(agreement.shared_departments, ["UR"]);
    assert!(!valorme.departments.contains_key("UR"));
}

#[test]
fn values_written_as_people_say_them_are_understood() {
    let bundles = demo();
    let valorme = &bundles.iter().find(|bundle| bundle.directory.authority.code == "valorme").unwrap().directory;
    let dp = &valorme.procedures["dp"];
    assert_eq!(dp.announced, Delay { count: 1, unit: DelayUnit::Months });
    assert_eq!((dp.silence, dp.legal), (Some(SilenceRule::Accept), Some(Delay { count: 1, unit: DelayUnit::Months })));
    assert_eq!((dp.tier, dp.skills[0].level), (Tier::L2, 3));
    assert_eq!(valorme.procedures["voirie"].danger_hours, Some(4));
    assert_eq!(valorme.procedures["electoral"].silence, None);
    assert!(valorme.procedures["reclamation"].complaint);
    let desk = &valorme.calendars["G"].week;
    assert_eq!(desk[&Weekday::Thursday][1].to_minute, 19 * 60);
    assert_eq!(desk[&Weekday::Saturday].len(), 1);
    assert!(!desk.contains_key(&Weekday::Sunday));
    let firmin = &valorme.agents["firmin.brouillon"];
    assert_eq!((firmin.capacity, firmin.tutor.as_deref()), (3, Some("aline.encre")));
}

#[test]
fn most_procedures_have_a_sheet_and_no_sheet_shows_what_agents_alone_may_read() {
    let bundles = demo();
    for bundle in &bundles {
        for (code, procedure) in &bundle.directory.procedures {
            let explained = bundle.sheets.iter().any(|sheet| sheet.procedure == *code);
            assert!(explained || !procedure.public, "no sheet for {code}");
        }
        for sheet in &bundle.sheets {
            assert!(!sheet.markdown.to_lowercase().contains("pour les agents"), "{}", sheet.external_id);
            let words = format!("{} {}", sheet.markdown, sheet.agents_markdown).split_whitespace().count();
            assert!((80..=280).contains(&words), "{}: {words} words", sheet.external_id);
        }
    }
    let with_agents_part =
        bundles.iter().flat_map(|bundle| &bundle.sheets).filter(|sheet| !sheet.agents_markdown.is_empty());
    assert!(with_agents_part.count() >= 15);
}

#[test]
fn the_classifier_has_words_for_every_procedure() {
    for bundle in demo() {
        for (code, procedure) in &bundle.directory.procedures {
            assert!((5..=15).contains(&procedure.keywords.len()), "{code}: {} keywords", procedure.keywords.len());
        }
    }
}
