//! Every figure that an alert or the dashboard asks for is one that the code tells.

use std::collections::BTreeSet;

use crate::tree::Tree;
use crate::{Finding, assert_found, assert_none};

/// Where figures are asked for.
const FOLDER: &str = "k8s/components/monitoring/";
/// How our figures begin.
const OURS: [&str; 2] = ["guichet_", "rpc_"];
/// What Prometheus adds to the name of a counter, a histogram or one in seconds.
const ENDINGS: [&str; 5] = ["_bucket", "_count", "_sum", "_total", "_seconds"];

/// Returns the names of figures in a line.
fn names(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .filter(|word| OURS.iter().any(|start| word.starts_with(start)))
}

/// Returns a name with and without each of its endings, one after the other.
fn stems(name: &str) -> Vec<&str> {
    let mut stems = vec![name];
    while let Some(stem) = ENDINGS.iter().find_map(|ending| stems.last()?.strip_suffix(ending)) {
        stems.push(stem);
    }
    stems
}

fn unknown_figures(tree: &Tree) -> Vec<Finding> {
    let told: BTreeSet<String> = tree
        .product()
        .flat_map(|(_, source)| source.literals.into_iter().map(|literal| literal.text.replace('.', "_")))
        .collect();
    let mut findings = Vec::new();
    for (file, text) in
        tree.files().filter(|file| file.path.starts_with(FOLDER)).filter_map(|file| Some((file, file.text.as_deref()?)))
    {
        for (index, line) in text.lines().enumerate() {
            // The names of resources begin like figures and are none: `guichet-dashboard` is two words here.
            for name in names(line).filter(|name| !stems(name).iter().any(|stem| told.contains(*stem))) {
                findings.push(Finding::new(&file.path, index + 1, format!("{name} is told nowhere in the code")));
            }
        }
    }
    findings
}

#[test]
fn every_figure_of_an_alert_or_the_dashboard_is_told_by_the_code() {
    assert_none(&unknown_figures(Tree::project()));
}

#[test]
fn a_figure_that_nobody_tells_is_seen() {
    let tree = Tree::example(&[
        ("crates/a/src/meters.rs", "fn f() { counter(\"guichet_a_calls\"); histogram(\"rpc.server.call.duration\"); }"),
        (
            "k8s/components/monitoring/alerts.yaml",
            "expr: rate(guichet_a_calls_total[5m]) > 0\nexpr: rpc_server_call_duration_seconds_bucket\nexpr: guichet_b_calls_total",
        ),
    ]);
    assert_found(&unknown_figures(&tree), &["3: guichet_b_calls_total is told nowhere in the code"]);
}
