//! The index on a handful of sheets.

use guichet_core::Timestamp;
use guichet_core::id::{AuthorityId, SheetId};

use super::*;
use crate::domain::sheet::{Sheet, Source};

fn sheet(authority: &str, external_id: &str, title: &str, markdown: &str) -> Sheet {
    Sheet {
        id: SheetId::of_external_id(authority, external_id),
        authority_id: AuthorityId::of_code(authority),
        source: Source {
            external_id: external_id.to_owned(),
            title: title.to_owned(),
            markdown: markdown.to_owned(),
            ..Source::default()
        },
        version: 1,
        published_at: Timestamp::default(),
    }
}

fn arbitrary_sheets() -> Vec<Sheet> {
    let mut passport = sheet(
        "valorme",
        "passeport",
        "Faire ou refaire son passeport",
        "Prenez rendez-vous en mairie.\n\nApportez une photo et un timbre fiscal.",
    );
    passport.source.procedure = "titre_rdv".to_owned();
    passport.source.agents_markdown = "Vérifier le fichier TES avant la remise.".to_owned();
    let mut bins = sheet(
        "orvance",
        "bacs",
        "Les bacs et la collecte",
        "Le bac jaune est collecté le mardi. Signalez un bac cassé.",
    );
    bins.source.keywords = vec!["poubelle".to_owned(), "ordures ménagères".to_owned()];
    let canteen = sheet(
        "valorme",
        "cantine",
        "La cantine",
        "Réservez ou annulez un repas jusqu'à la veille. Tarifs selon le quotient familial.\n\nUn passeport n'est pas demandé.",
    );
    let mut identity = sheet(
        "valorme",
        "carte",
        "Carte nationale d'identité",
        "La carte d'identité est gratuite. En cas de perte, un timbre fiscal est demandé.",
    );
    identity.source.procedure = "titre_rdv".to_owned();
    vec![passport, bins, canteen, identity]
}

fn index(sheets: &[Sheet]) -> SearchIndex {
    let mut builder = Builder::new().expect("an empty index");
    for sheet in sheets {
        let procedure_name = if sheet.source.procedure.is_empty() { "" } else { "Rendez-vous titres" };
        builder.add(IndexedSheet { sheet, procedure_name }).expect("a sheet");
    }
    builder.finish().expect("an index")
}

fn names(hits: Vec<Hit>) -> Vec<String> {
    let name = |hit: Hit| {
        arbitrary_sheets().into_iter().find(|sheet| sheet.id == hit.sheet_id).expect("a known sheet").source.external_id
    };
    hits.into_iter().map(name).collect()
}

fn found(search: &Search<'_>) -> Vec<String> {
    names(index(&arbitrary_sheets()).search(search).expect("a search"))
}

fn found_by(text: &str) -> Vec<String> {
    found(&Search { text, limit: 10, ..Search::default() })
}

#[test]
fn a_sheet_about_a_word_comes_before_one_that_mentions_it() {
    assert_eq!(found_by("passeports"), ["passeport", "cantine"]);
}

#[test]
fn keywords_plurals_missing_accents_and_slips_of_the_pen_find_the_sheet() {
    for text in ["poubelles", "ordure menagere", "POUBELLE", "poubele", "colecte"] {
        assert_eq!(found_by(text).first().map(String::as_str), Some("bacs"), "{text}");
    }
    assert_eq!(found_by("identite").first().map(String::as_str), Some("carte"));
}

#[test]
fn a_query_without_meaning_finds_nothing() {
    for text in ["", "   ", "que faire", "de la", "?!", "xyzzyx", "'"] {
        assert_eq!(found_by(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_search_stays_within_its_authority() {
    let within = |authority| {
        found(&Search {
            text: "bac cassé passeport",
            authority_id: Some(AuthorityId::of_code(authority)),
            limit: 10,
            ..Search::default()
        })
    };
    assert_eq!(within("orvance"), ["bacs"]);
    assert!(!within("valorme").contains(&"bacs".to_owned()));
    assert_eq!(within("ailleurs"), Vec::<String>::new());
}

#[test]
fn what_is_kept_for_agents_is_found_by_agents_only() {
    let by = |agents| found(&Search { text: "fichier TES", agents, limit: 10, ..Search::default() });
    assert_eq!(by(true), ["passeport"]);
    assert_eq!(by(false), Vec::<String>::new());
}

#[test]
fn suggestions_begin_with_the_procedures_own_sheets_even_unmentioned() {
    let suggest = |text, procedure, limit| {
        let search = Search { text, limit, ..Search::default() };
        names(index(&arbitrary_sheets()).suggest(&search, procedure).expect("a suggestion"))
    };
    assert_eq!(
        suggest("mon enfant mange à la cantine, faut-il son passeport ?", "titre_rdv", 3),
        ["passeport", "carte", "cantine"]
    );
    assert_eq!(suggest("", "titre_rdv", 5), ["passeport", "carte"]);
    assert_eq!(suggest("la cantine", "", 5), ["cantine"]);
}

#[test]
fn an_empty_index_finds_nothing() {
    let hits = index(&[]).search(&Search { text: "passeport", limit: 10, ..Search::default() }).expect("a search");
    assert_eq!(hits, []);
}

#[test]
fn a_whole_message_may_be_the_query() {
    let text = format!("{} passeport", "Bonjour, je vous écris au sujet de mes vacances. ".repeat(500));
    assert_eq!(found_by(&text).first().map(String::as_str), Some("passeport"));
}
