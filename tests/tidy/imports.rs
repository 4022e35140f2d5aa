//! Which crate may depend on which: the map of `docs/architecture.md`.

use crate::tree::Tree;
use crate::{Finding, assert_found, assert_none};

/// What a crate may depend on among ours. Three have no limit: the binary joins everything, tests see everything, and
/// `xtask` is held by another rule.
const ALLOWED: [(&str, &[&str]); 14] = [
    ("guichet-core", &[]),
    ("guichet-proto", &[]),
    ("guichet-telemetry", &[]),
    ("guichet-testkit", &[]),
    ("guichet-events", &["core"]),
    ("guichet-db", &["core"]),
    // It plays the product's neighbours: people, never services.
    ("guichet-demo", &["core"]),
    ("guichet-directory", &["core", "events"]),
    ("guichet-bus", &["core", "db", "events", "telemetry"]),
    // `Deps` names the database handle that every service receives.
    ("guichet-rpc", &["bus", "core", "db", "events", "proto", "telemetry"]),
    // Settings are the folder changed on screen: the folder's own rules say what is wrong.
    ("guichet-gateway", &["core", "directory", "proto", "rpc", "telemetry"]),
    ("guichet", &["*"]),
    ("guichet-tests", &["*"]),
    ("xtask", &[]),
];
const SERVICE: &[&str] = &["bus", "core", "db", "events", "proto", "rpc", "telemetry"];
/// Libraries that one crate alone may name.
const HOMES: [(&str, &str); 3] = [("sqlx", "guichet-db"), ("redis", "guichet-bus"), ("askama", "guichet-gateway")];
/// Services that render pages or messages may name the template engine too.
const TEMPLATES: (&str, &str) = ("askama", "guichet-notification");

struct Manifest {
    name: String,
    dependencies: Vec<(String, usize)>,
}

/// Reads the dependencies that end in the product, each with its line.
fn manifest(text: &str) -> Manifest {
    let mut manifest = Manifest { name: String::new(), dependencies: Vec::new() };
    let mut section = "";
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.starts_with('[') {
            section = line;
            continue;
        }
        let Some((key, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) else { continue };
        let key = key.trim().trim_end_matches(".workspace").trim();
        match section {
            "[package]" if key == "name" => manifest.name = value.trim().trim_matches('"').to_owned(),
            "[dependencies]" | "[build-dependencies]" => manifest.dependencies.push((key.to_owned(), index + 1)),
            _ => {}
        }
    }
    manifest
}

fn allowed(path: &str, name: &str) -> Option<&'static [&'static str]> {
    if path.starts_with("services/") {
        return Some(SERVICE);
    }
    ALLOWED.iter().find(|(crate_name, _)| *crate_name == name).map(|(_, allowed)| *allowed)
}

fn between_crates(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, text) in tree.texts("/Cargo.toml") {
        let Manifest { name, dependencies } = manifest(text);
        let Some(allowed) = allowed(&file.path, &name) else {
            findings.push(Finding::new(&file.path, 1, format!("`{name}` is not on the map of crates")));
            continue;
        };
        for (dependency, line) in dependencies {
            let ours = dependency.strip_prefix("guichet-");
            if ours.is_some_and(|ours| !allowed.contains(&ours) && !allowed.contains(&"*")) {
                findings.push(Finding::new(&file.path, line, format!("`{name}` must not depend on `{dependency}`")));
            }
            let home = HOMES.iter().find(|(library, _)| *library == dependency);
            if home.is_some_and(|(_, home)| *home != name && (dependency.as_str(), name.as_str()) != TEMPLATES) {
                findings.push(Finding::new(&file.path, line, format!("`{dependency}` is not for `{name}`")));
            }
            if name == "xtask" {
                findings.push(Finding::new(&file.path, line, "`xtask` needs the standard library only"));
            }
        }
    }
    findings
}

#[test]
fn crates_depend_on_each_other_as_the_map_says() {
    assert_none(&between_crates(Tree::project()));
}

#[test]
fn a_dependency_against_the_map_is_seen() {
    let tree = Tree::example(&[
        (
            "gateway/Cargo.toml",
            "[package]\nname = \"guichet-gateway\"\n[dependencies]\nguichet-core.workspace = true\nguichet-db.workspace = true",
        ),
        (
            "services/intake/Cargo.toml",
            "[package]\nname = \"guichet-intake\"\n[dependencies]\nguichet-routing = { path = \"\" }\nsqlx = \"1\"",
        ),
        (
            "crates/core/Cargo.toml",
            "[package]\nname = \"guichet-core\"\n[dev-dependencies]\nguichet-db.workspace = true",
        ),
        ("crates/new/Cargo.toml", "[package]\nname = \"guichet-new\""),
    ]);
    let expected = [
        "5: `guichet-gateway` must not depend on `guichet-db`",
        "4: `guichet-intake` must not depend on `guichet-routing`",
        "5: `sqlx` is not for `guichet-intake`",
        "1: `guichet-new` is not on the map of crates",
    ];
    assert_found(&between_crates(&tree), &expected);
}
