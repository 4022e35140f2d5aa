//! A migration is written for both back-ends, or not at all.

use crate::tree::Tree;
use crate::{Finding, assert_found, assert_none};

fn twins(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files() {
        for (mine, other) in
            [("/migrations/sqlite/", "/migrations/postgres/"), ("/migrations/postgres/", "/migrations/sqlite/")]
        {
            let Some((folder, name)) = file.path.split_once(mine) else { continue };
            let twin = format!("{folder}{other}{name}");
            if !tree.has(&twin) {
                findings.push(Finding::new(&file.path, 1, format!("its twin {twin} is missing")));
            }
        }
    }
    findings
}

/// Returns migrations that carry the number of another one of the same folder.
fn same_numbers(tree: &Tree) -> Vec<Finding> {
    let mut seen = std::collections::BTreeMap::new();
    let mut findings = Vec::new();
    for file in tree.files().filter(|file| file.path.contains("/migrations/") && file.path.ends_with(".sql")) {
        let number = file.path.split_once('_').map_or(file.path.as_str(), |(number, _)| number);
        if let Some(other) = seen.insert(number, &file.path) {
            findings.push(Finding::new(&file.path, 1, format!("has the number of {other}")));
        }
    }
    findings
}

#[test]
fn each_migration_has_its_twin_for_the_other_back_end() {
    assert_none(&twins(Tree::project()));
}

#[test]
fn each_migration_has_a_number_of_its_own() {
    assert_none(&same_numbers(Tree::project()));
}

#[test]
fn a_migration_without_twin_is_seen() {
    let tree = Tree::example(&[
        ("services/a/migrations/sqlite/1001_start.sql", ""),
        ("services/a/migrations/postgres/1001_start.sql", ""),
        ("services/a/migrations/postgres/1002_more.sql", ""),
        ("services/a/migrations/sqlite/1001_again.sql", ""),
    ]);
    let expected = [
        "1: its twin services/a/migrations/sqlite/1002_more.sql is missing",
        "1: its twin services/a/migrations/postgres/1001_again.sql is missing",
    ];
    assert_found(&twins(&tree), &expected);
    assert_found(&same_numbers(&tree), &["1: has the number of services/a/migrations/sqlite/1001_start.sql"]);
}
