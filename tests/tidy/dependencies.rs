//! What the product is built from: no library that was decided against, no copy of a library that must be one, no
//! licence that the EUPL cannot live with.

use std::process::Command;

use crate::tree::{Tree, root};
use crate::{Finding, assert_found, assert_none};

/// Libraries decided against, with the reason.
const BANNED: [(&str, &str); 5] = [
    ("openssl-sys", "TLS is rustls with ring: nothing to install, one set of advisories"),
    ("native-tls", "TLS is rustls with ring: nothing to install, one set of advisories"),
    ("aws-lc-sys", "TLS is rustls with ring: a second cryptography library doubles the build"),
    ("async-std", "the runtime is tokio"),
    ("chrono", "instants and calendars are jiff"),
];
/// Libraries whose types cross our crates: two versions would not fit together.
const ONCE: [&str; 6] = ["axum", "opentelemetry", "prost", "sqlx", "tokio", "tonic"];
/// Where every package comes from.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Licences that may be joined to a work under EUPL-1.2.
const LICENCES: [&str; 18] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "EUPL-1.2",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "OpenSSL",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Zlib",
];

fn lock_file(text: &str) -> Vec<Finding> {
    let lock: toml::Table = text.parse().expect("cargo writes valid TOML");
    let packages = lock.get("package").and_then(toml::Value::as_array).expect("a lock file lists packages");
    let field = |package: &toml::Value, key: &str| {
        package.get(key).and_then(toml::Value::as_str).unwrap_or_default().to_owned()
    };
    let mut findings = Vec::new();
    let mut breach = |what: String| findings.push(Finding::new("Cargo.lock", 1, what));
    for package in packages {
        let (name, source) = (field(package, "name"), field(package, "source"));
        if let Some((_, reason)) = BANNED.iter().find(|(banned, _)| *banned == name) {
            breach(format!("{name} is banned: {reason}"));
        }
        if !source.is_empty() && source != REGISTRY {
            breach(format!("{name} comes from elsewhere than crates.io"));
        }
    }
    for name in ONCE {
        let count = packages.iter().filter(|package| field(package, "name") == name).count();
        if count > 1 {
            breach(format!("{name} is there in {count} versions"));
        }
    }
    findings
}

/// Says whether an SPDX expression leaves us a licence of the list: all sides of an AND, one side of an OR.
fn is_accepted(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    let sides = split_outside_brackets(&expression, " AND ");
    if sides.len() > 1 {
        return sides.iter().all(|side| is_accepted(side));
    }
    let choices = split_outside_brackets(&expression, " OR ");
    if choices.len() > 1 {
        return choices.iter().any(|choice| is_accepted(choice));
    }
    let alone = expression.trim();
    match alone.strip_prefix('(').and_then(|inside| inside.strip_suffix(')')) {
        Some(inside) => is_accepted(inside),
        None => LICENCES.contains(&alone),
    }
}

fn split_outside_brackets<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    let (mut parts, mut start) = (Vec::new(), 0);
    for (at, found) in text.match_indices(separator) {
        let before = &text[..at];
        if before.matches('(').count() == before.matches(')').count() {
            parts.push(&text[start..at]);
            start = at + found.len();
        }
    }
    parts.push(&text[start..]);
    parts
}

fn unacceptable_licences(metadata: &serde_json::Value) -> Vec<Finding> {
    let packages = metadata["packages"].as_array().expect("cargo lists packages");
    let unacceptable = packages.iter().filter(|package| !package["license"].as_str().is_some_and(is_accepted));
    let what = |package: &serde_json::Value| format!("{} is under {}", package["name"], package["license"]);
    unacceptable.map(|package| Finding::new("Cargo.lock", 1, what(package))).collect()
}

fn run(command: &mut Command) -> Vec<u8> {
    let output = command.output().expect("the Rust toolchain runs the tests");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
fn no_banned_library_and_no_second_copy_is_built_in() {
    let lock = Tree::project().texts("Cargo.lock").map(|(_, text)| text).next().expect("the lock file is tracked");
    assert_none(&lock_file(lock));
}

#[test]
fn every_library_has_a_licence_that_fits_ours() {
    // What other platforms need is not on this machine, and not in what we ship for it.
    let host = run(Command::new("rustc").args(["--print", "host-tuple"]));
    let host = String::from_utf8(host).expect("a platform has a plain name");
    let metadata = run(Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", host.trim()])
        .current_dir(root()));
    let metadata = serde_json::from_slice(&metadata).expect("cargo writes valid JSON");
    assert_none(&unacceptable_licences(&metadata));
}

#[test]
fn a_banned_library_is_seen() {
    let package = |name: &str, source: &str| {
        format!("[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\nsource = \"{source}\"\n")
    };
    let lock = [package("native-tls", REGISTRY), package("tonic", REGISTRY), package("tonic", "git+ssh://x")].concat();
    let expected = [
        "1: native-tls is banned: TLS is rustls with ring: nothing to install, one set of advisories",
        "1: tonic comes from elsewhere than crates.io",
        "1: tonic is there in 2 versions",
    ];
    assert_found(&lock_file(&lock), &expected);
}

#[test]
fn a_licence_that_does_not_fit_is_seen() {
    let metadata = serde_json::json!({ "packages": [
        { "name": "a", "license": "MIT OR GPL-3.0" },
        { "name": "b", "license": "(MIT OR Apache-2.0) AND GPL-3.0" },
        { "name": "c", "license": "MIT/Apache-2.0" },
        { "name": "d", "license": null },
    ]});
    assert_found(
        &unacceptable_licences(&metadata),
        &["1: \"b\" is under \"(MIT OR Apache-2.0) AND GPL-3.0\"", "1: \"d\" is under null"],
    );
}
