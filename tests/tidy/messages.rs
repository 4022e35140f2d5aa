//! Log lines and errors in one style: lowercase, no final stop, values as fields.

use crate::source::{Literal, Source};
use crate::tree::Tree;
use crate::{Finding, assert_found, assert_none};

const LOG_MACROS: [&str; 5] = ["trace!(", "debug!(", "info!(", "warn!(", "error!("];
const ERROR_MACROS: [&str; 5] = ["#[error(", "bail!(", "anyhow!(", ".context(", ".with_context("];

/// Names that keep their capital wherever they stand; acronyms do too.
const PROPER_NAMES: [&str; 4] = ["Guichet", "PostgreSQL", "Postfix", "Redis"];

/// Returns the message of a call whose opening bracket is at `open`: its first literal that is not a field's value.
fn message(source: &Source, open: usize) -> Option<&Literal> {
    let end = source.close(open);
    source.literals.iter().filter(|literal| (open..end).contains(&literal.offset)).find(|literal| {
        let before = source.code[open..literal.offset].trim_end();
        let nested = before.matches(['(', '{', '[']).count() > before.matches([')', '}', ']']).count() + 1;
        !before.ends_with(['=', ':', '%', '?']) && !nested
    })
}

fn breach(text: &str) -> Option<&'static str> {
    let mut characters = text.chars();
    let (first, second) = (characters.next(), characters.next());
    let is_name = second.is_some_and(|c| c.is_uppercase() || c.is_numeric())
        || PROPER_NAMES.iter().any(|name| text.starts_with(name));
    if first.is_some_and(char::is_uppercase) && !is_name {
        return Some("starts with a capital");
    }
    text.ends_with(['.', '!']).then_some("ends with a stop")
}

fn style(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, source) in tree.product() {
        let calls = LOG_MACROS.map(|name| (name, true)).into_iter().chain(ERROR_MACROS.map(|name| (name, false)));
        for (name, is_log) in calls {
            for at in source.find(name) {
                let Some(literal) = message(&source, at + name.len() - 1) else { continue };
                let kind = if is_log { "log line" } else { "error" };
                let filled = is_log && literal.text.replace("{{", "").contains('{');
                let breach = breach(&literal.text).or_else(|| filled.then_some("holds a value: make it a field"));
                if let Some(breach) = breach {
                    findings.push(Finding::new(&file.path, source.line(literal.offset), format!("{kind} {breach}")));
                }
            }
        }
    }
    findings
}

#[test]
fn messages_are_lowercase_without_final_stop() {
    assert_none(&style(Tree::project()));
}

#[test]
fn a_message_out_of_style_is_seen() {
    let bad = r#"
        warn!(request.id = %id, kind = "Any", "Could not send");
        info!(target: "Any", "started.");
        error!("lost {count}");
        debug!(reason = describe("Any"), "SMTP refused the mail");
        #[error("Request is closed")]
        #[error("{0}")]
        bail!("not here!");
        bail!("Redis does not answer");
        let text = "Any.";
    "#;
    let tree = Tree::example(&[("crates/a/src/lib.rs", bad)]);
    let mut findings = style(&tree);
    findings.sort_by_key(|finding| finding.line);
    let expected = [
        "2: log line starts with a capital",
        "3: log line ends with a stop",
        "4: log line holds a value: make it a field",
        "6: error starts with a capital",
        "8: error ends with a stop",
    ];
    assert_found(&findings, &expected);
}
