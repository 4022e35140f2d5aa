//! Things that never belong in a commit.

use crate::source::Source;
use crate::tree::Tree;
use crate::{Finding, assert_found, assert_none};

/// Larger files make every clone slower for ever: test data that big is made, not kept.
const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// A file this long holds more than one idea.
const FILE_LINES_MAX: usize = 600;
/// Written in two halves, so that this file passes its own rule.
const UNFINISHED: [&str; 6] = [
    concat!("FIX", "ME"),
    concat!("TO", "DO"),
    concat!("XX", "X:"),
    concat!("to", "do!("),
    concat!("unimpl", "emented!("),
    concat!("db", "g!("),
];
/// Paths of one machine, and hosts that a clone must not need.
const PLACES: [&str; 9] = [
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/Us", "ers/"),
    concat!("/wo", "rk/"),
    concat!("registry.", "npmjs"),
    concat!("pypi.", "org"),
    concat!("files.python", "hosted"),
    concat!("static.", "crates.io"),
    concat!("deb.", "debian.org"),
];

fn big_files(tree: &Tree) -> Vec<Finding> {
    let big = tree.files().filter(|file| file.size_bytes > FILE_BYTES_MAX);
    big.map(|file| Finding::new(&file.path, 1, format!("has {} bytes", file.size_bytes))).collect()
}

fn long_files(tree: &Tree) -> Vec<Finding> {
    let lengths = tree.texts(".rs").map(|(file, text)| (file, text.lines().count()));
    let long = lengths.filter(|(_, lines)| *lines > FILE_LINES_MAX);
    long.map(|(file, lines)| Finding::new(&file.path, lines, "is too long: split it by idea")).collect()
}

fn files_without_purpose(tree: &Tree) -> Vec<Finding> {
    let silent = tree.texts(".rs").filter(|(_, text)| !text.starts_with("//!"));
    silent.map(|(file, _)| Finding::new(&file.path, 1, "does not begin with `//!` and what it is for")).collect()
}

fn words(tree: &Tree, words: &[&str], what: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, text) in tree.texts("") {
        for (index, line) in text.lines().enumerate() {
            for word in words.iter().filter(|word| line.contains(**word)) {
                findings.push(Finding::new(&file.path, index + 1, format!("{what}: {word}")));
            }
        }
    }
    findings
}

fn unwraps(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, source) in tree.product().filter(|(file, _)| !file.path.ends_with("/main.rs")) {
        for at in source.find(".unwrap()") {
            findings.push(Finding::new(
                &file.path,
                source.line(at),
                "unwrap: return the error, or `expect` the reason",
            ));
        }
    }
    findings
}

fn skipped_tests(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, text) in tree.texts(".rs") {
        let source = Source::scan(text);
        for at in source.code.match_indices("#[ignore").map(|(at, _)| at) {
            findings.push(Finding::new(&file.path, source.line(at), "a skipped test proves nothing"));
        }
    }
    findings
}

/// Tests wait for a condition; the kit's own wait and the load makers of benches are the ones that sleep.
fn sleeping_tests(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let exempt = |path: &str| path.starts_with("crates/testkit/") || path.starts_with("tests/src/");
    for (file, text) in tree.texts(".rs").filter(|(file, _)| file.path.contains("tests/") && !exempt(&file.path)) {
        let source = Source::scan(text);
        for at in source.find("sleep") {
            findings.push(Finding::new(
                &file.path,
                source.line(at),
                "sleeps: wait for the condition with `wait_until`",
            ));
        }
    }
    findings
}

#[test]
fn no_file_is_big() {
    assert_none(&big_files(Tree::project()));
}

#[test]
fn no_source_file_is_long() {
    assert_none(&long_files(Tree::project()));
}

#[test]
fn each_source_file_says_what_it_is_for() {
    assert_none(&files_without_purpose(Tree::project()));
}

#[test]
fn nothing_unfinished_is_committed() {
    assert_none(&words(Tree::project(), &UNFINISHED, "unfinished"));
}

#[test]
fn no_file_names_a_place_of_one_machine() {
    assert_none(&words(Tree::project(), &PLACES, "names a place"));
}

#[test]
fn nothing_is_unwrapped_outside_tests() {
    assert_none(&unwraps(Tree::project()));
}

#[test]
fn no_test_is_skipped() {
    assert_none(&skipped_tests(Tree::project()));
}

#[test]
fn no_test_sleeps() {
    assert_none(&sleeping_tests(Tree::project()));
}

#[test]
fn a_file_that_does_not_belong_is_seen() {
    let long = "//! A.\n".repeat(FILE_LINES_MAX + 1);
    let big = "a".repeat(1024 * 1024 + 1);
    let tree = Tree::example(&[("a.rs", &long), ("b.bin", &big), ("c.rs", "fn c() {}")]);
    assert_found(&big_files(&tree), &["1: has 1048577 bytes"]);
    assert_found(&long_files(&tree), &["601: is too long: split it by idea"]);
    assert_found(&files_without_purpose(&tree), &["1: does not begin with `//!` and what it is for"]);
}

#[test]
fn an_unfinished_word_or_a_machine_path_is_seen() {
    let text = format!("fine\n// {} later\nopen(\"{}x\")", UNFINISHED[0], PLACES[0]);
    let tree = Tree::example(&[("crates/a/src/lib.rs", &text)]);
    assert_found(&words(&tree, &UNFINISHED, "unfinished"), &[&format!("2: unfinished: {}", UNFINISHED[0])]);
    assert_found(&words(&tree, &PLACES, "names a place"), &[&format!("3: names a place: {}", PLACES[0])]);
}

#[test]
fn an_unwrap_a_sleep_or_a_skipped_test_is_seen() {
    let product = "fn a() { b().unwrap(); }\n#[cfg(test)]\nmod tests {\n    #[ignore = \"slow\"]\n    fn c() { d().unwrap(); }\n}";
    let tree = Tree::example(&[
        ("crates/a/src/lib.rs", product),
        ("crates/a/tests/it/main.rs", "fn e() { f().unwrap();\n  sleep(STEP) }\n// sleep"),
    ]);
    assert_found(&unwraps(&tree), &["1: unwrap: return the error, or `expect` the reason"]);
    assert_found(&skipped_tests(&tree), &["4: a skipped test proves nothing"]);
    assert_found(&sleeping_tests(&tree), &["2: sleeps: wait for the condition with `wait_until`"]);
}
