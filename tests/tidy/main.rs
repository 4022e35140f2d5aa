//! The house rules that a machine can judge. Each rule is a function from the tree of files to findings; each has one
//! test on the project, named as the rule, and one on a small bad example, which proves that the rule can fail.
//! To add a rule, write both tests in the module of its subject.

mod colours;
mod dependencies;
mod docs;
mod errors;
mod hygiene;
mod imports;
mod layers;
mod messages;
mod metrics;
mod migrations;
mod source;
mod tree;

/// One breach of a rule.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    path: String,
    line: usize,
    what: String,
}

impl Finding {
    fn new(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into() }
    }
}

/// Fails with the list of breaches, one a line, in the form that editors jump to.
#[track_caller]
fn assert_none(findings: &[Finding]) {
    let list: Vec<String> = findings.iter().map(|f| format!("{}:{}: {}", f.path, f.line, f.what)).collect();
    assert!(list.is_empty(), "{} to repair:\n{}", list.len(), list.join("\n"));
}

/// Fails unless the bad example gave exactly these breaches, as `line: what`.
#[track_caller]
fn assert_found(findings: &[Finding], expected: &[&str]) {
    let found: Vec<String> = findings.iter().map(|f| format!("{}: {}", f.line, f.what)).collect();
    assert_eq!(found, expected);
}
