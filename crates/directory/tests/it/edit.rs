//! Changes made on screen: the demo's directory, one part at a time.

use std::collections::BTreeMap;

use crate::demo_root;
use guichet_directory::edit::{self, Difference, Part, PartKind, Shape};
use guichet_directory::load;
use guichet_events::{Absence, Closure, Delay, DelayUnit, Directory};

fn demo() -> Vec<Directory> {
    load(&demo_root()).bundles.into_iter().map(|bundle| bundle.directory).collect()
}

fn part(kind: PartKind, code: &str) -> Part {
    Part { kind, code: code.to_owned() }
}

fn says<const N: usize>(changes: [(&str, &[&str]); N]) -> BTreeMap<String, Vec<String>> {
    changes
        .into_iter()
        .map(|(key, values)| (key.to_owned(), values.iter().map(|value| (*value).to_owned()).collect()))
        .collect()
}

fn of<'d>(directories: &'d [Directory], code: &str) -> &'d Directory {
    directories.iter().find(|directory| directory.authority.code == code).expect("an authority of the demo")
}

/// Every part of every authority, saved as its form shows it, changes nothing.
#[test]
fn a_form_saved_as_it_is_changes_nothing() {
    let directories = demo();
    let mut parts_count = 0;
    for directory in &directories {
        let authority = &directory.authority.code;
        let codes = |kind: PartKind| -> Vec<String> {
            match kind {
                PartKind::Authority => vec![String::new()],
                PartKind::Department => directory.departments.keys().cloned().collect(),
                PartKind::Site => directory.sites.keys().cloned().collect(),
                PartKind::Calendar => directory.calendars.keys().cloned().collect(),
                PartKind::Procedure => directory.procedures.keys().cloned().collect(),
                PartKind::Agent => directory.agents.keys().cloned().collect(),
                PartKind::Reply => directory.replies.keys().cloned().collect(),
            }
        };
        for kind in PartKind::ALL {
            for code in codes(kind) {
                let part = Part { kind, code };
                let form = edit::form(&directories, authority, &part).expect("the part exists");
                let typed = form.into_iter().map(|field| (field.key.to_owned(), field.values)).collect();
                let change = edit::apply(&directories, authority, &part, &typed).expect("nothing is wrong");
                assert_eq!(edit::compare(directory, &change.directory), [], "{authority} {part:?}");
                assert_eq!(&change.directory, directory, "{authority} {part:?}");
                parts_count += 1;
            }
        }
    }
    assert!(parts_count > 60, "only {parts_count} parts");
}

#[test]
fn a_delay_changed_on_screen_is_one_difference() {
    let directories = demo();
    let changes = says([("announced", &["2 jours ouvrés"])]);
    let acte = part(PartKind::Procedure, "acte");
    let change = edit::apply(&directories, "valorme", &acte, &changes).expect("nothing is wrong");
    assert_eq!(change.directory.procedures["acte"].announced, Delay { count: 2, unit: DelayUnit::BusinessDays });
    let differences = edit::compare(of(&directories, "valorme"), &change.directory);
    let said = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    assert_eq!(
        differences,
        [Difference {
            file: "procedures".to_owned(),
            code: "acte".to_owned(),
            key: "announced".to_owned(),
            before: said(&["3 jours ouvrés"]),
            after: said(&["2 jours ouvrés"]),
        }]
    );
}

#[test]
fn closures_hours_and_absences_are_typed_as_days() {
    let directories = demo();
    let calendar = of(&directories, "valorme").calendars.keys().next().expect("a calendar").clone();
    let changes = says([
        ("samedi", &["09:00-12:00"]),
        ("closures", &["2026-12-24 2026-12-26 Fermeture de Noël", "2027-01-02  Inventaire"]),
    ]);
    let change = edit::apply(&directories, "valorme", &part(PartKind::Calendar, &calendar), &changes).expect("fine");
    let closures = &change.directory.calendars[&calendar].closures;
    let closure = |from: &str, to: &str, reason: &str| Closure {
        from: from.to_owned(),
        to: to.to_owned(),
        reason: reason.to_owned(),
    };
    assert_eq!(
        closures,
        &[closure("2026-12-24", "2026-12-26", "Fermeture de Noël"), closure("2027-01-02", "2027-01-02", "Inventaire")]
    );
    let login = of(&directories, "valorme").agents.keys().next().expect("an agent").clone();
    let changes = says([("absences", &["2026-12-24 2026-12-31"])]);
    let change = edit::apply(&directories, "valorme", &part(PartKind::Agent, &login), &changes).expect("fine");
    let absence = Absence::new("2026-12-24", "2026-12-31");
    assert_eq!(change.directory.agents[&login].absences, [absence]);
}

/// What is wrong is told at the key it is about, as the folder tells it.
#[test]
fn a_mistake_is_told_at_its_key() {
    let directories = demo();
    let acte = part(PartKind::Procedure, "acte");
    for (key, typed, told) in [
        ("announced", "bientôt", "bientôt"),
        ("announced", "", "vide"),
        ("name", "", "vide"),
        ("department", "XX", "XX"),
        ("skills", "ZZZ 2", "ZZZ"),
        ("weight", "lourd", "nombre entier"),
        ("silence", "peut-être", "peut-être"),
    ] {
        let violations = edit::apply(&directories, "valorme", &acte, &says([(key, &[typed])])).expect_err(key);
        assert_eq!(violations[0].key, key, "{violations:?}");
        assert!(violations[0].message.contains(told), "{key} {typed:?}: {violations:?}");
    }
    let closure = says([("closures", &["2026-12-24 2026-12-20 Noël"])]);
    let calendar = of(&directories, "valorme").calendars.keys().next().expect("a calendar").clone();
    let violations = edit::apply(&directories, "valorme", &part(PartKind::Calendar, &calendar), &closure)
        .expect_err("it ends before it begins");
    assert_eq!(violations[0].key, "closures", "{violations:?}");
}

#[test]
fn keys_that_are_not_of_the_form_are_refused() {
    let directories = demo();
    let violations =
        edit::apply(&directories, "valorme", &part(PartKind::Procedure, "acte"), &says([("fields", &["x"])]))
            .expect_err("fields stay in the folder");
    assert!(violations[0].message.contains("fields"));
}

#[test]
fn a_reply_is_added_then_removed() {
    let directories = demo();
    let reply = part(PartKind::Reply, "merci");
    assert_eq!(edit::form(&directories, "valorme", &reply), None);
    assert!(edit::blank_form(&directories[0], PartKind::Reply).iter().any(|field| field.shape == Shape::Paragraphs));
    let changes = says([("name", &["Merci"]), ("body", &["Bonjour,\n\nMerci.\n"])]);
    let change = edit::apply(&directories, "valorme", &reply, &changes).expect("nothing is wrong");
    let differences = edit::compare(of(&directories, "valorme"), &change.directory);
    assert_eq!(differences.len(), 1);
    assert_eq!((differences[0].key.as_str(), differences[0].after.as_slice()), ("", ["Merci".to_owned()].as_slice()));
    let change = edit::remove(&[change.directory], "valorme", &reply).expect("nothing mentions it");
    assert_eq!(change.directory, *of(&directories, "valorme"));
}

#[test]
fn a_procedure_that_is_named_elsewhere_is_not_removed() {
    let directories = demo();
    let triage = of(&directories, "valorme").authority.triage_procedure.clone();
    let violations = edit::remove(&directories, "valorme", &part(PartKind::Procedure, &triage)).expect_err("needed");
    assert!(violations.iter().any(|violation| violation.message.contains(&triage)), "{violations:?}");
}

#[test]
fn parts_are_listed_with_what_is_worth_seeing() {
    let directories = demo();
    let procedures = edit::list(&directories, "valorme", PartKind::Procedure);
    let acte = procedures.iter().find(|listed| listed.code == "acte").expect("the demo has it");
    let said: BTreeMap<_, _> = acte.details.iter().cloned().collect();
    assert_eq!(
        (said["announced"].as_slice(), said["department"].as_slice()),
        (&["3 jours ouvrés".to_owned()][..], &["EC".to_owned()][..])
    );
    assert_eq!(procedures.len(), of(&directories, "valorme").procedures.len());
}

/// Who supervises may change a delay or an absence; clearances and what no form shows are for administrators.
#[test]
fn what_grants_access_is_reserved() {
    let directories = demo();
    let changed = |kind: PartKind, code: &str, key: &str, value: &str| {
        let change = edit::apply(&directories, "valorme", &part(kind, code), &says([(key, &[value])])).expect("fine");
        edit::compare(of(&directories, "valorme"), &change.directory).iter().any(edit::is_reserved)
    };
    assert!(!changed(PartKind::Procedure, "acte", "announced", "2 jours ouvrés"));
    assert!(!changed(PartKind::Agent, "aline.encre", "absences", "2026-12-24"));
    assert!(changed(PartKind::Agent, "aline.encre", "role", "administrateur"));
    assert!(changed(PartKind::Procedure, "acte", "confidential", "true"));
    let mut lent = of(&directories, "valorme").clone();
    lent.pooling.clear();
    assert!(edit::compare(of(&directories, "valorme"), &lent).iter().any(edit::is_reserved));
}

/// Removing what is confidential, to make it again open to all, is as reserved as opening it.
#[test]
fn what_grants_access_is_reserved_also_when_the_whole_comes_or_goes() {
    let directories = demo();
    let ccas = of(&directories, "ccas");
    let change = edit::remove(&directories, "ccas", &part(PartKind::Procedure, "aide")).expect("nothing names it");
    assert!(edit::compare(ccas, &change.directory).iter().any(edit::is_reserved));
    let without: Vec<Directory> = directories
        .iter()
        .map(|other| if other.authority.code == "ccas" { change.directory.clone() } else { other.clone() })
        .collect();
    let back = edit::replace(&without, ccas.clone()).expect("it was fine before");
    assert!(edit::compare(&change.directory, &back.directory).iter().any(edit::is_reserved));
    let mut reasons = of(&directories, "valorme").clone();
    reasons.authority.dismissal_reasons.clear();
    assert!(edit::compare(of(&directories, "valorme"), &reasons).iter().any(edit::is_reserved));
}
