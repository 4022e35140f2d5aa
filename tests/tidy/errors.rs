//! Each error code has a page that says what to do, and each page a code that can appear.

use std::collections::BTreeMap;

use crate::tree::Tree;
use crate::{Finding, assert_found, assert_none};

const FOLDER: &str = "docs/errors/";
/// `GU-RTG-004`
const LENGTH: usize = 10;

/// Returns the codes written in a text.
fn codes(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.match_indices("GU-").filter_map(|(at, _)| {
        let code = text.get(at..at + LENGTH)?;
        let (service, number) = code[3..].split_once('-')?;
        let is_code = service.len() == 3 && service.bytes().all(|byte| byte.is_ascii_uppercase());
        (is_code && number.len() == 3 && number.bytes().all(|byte| byte.is_ascii_digit())).then_some((at, code))
    })
}

fn codes_and_pages(tree: &Tree) -> Vec<Finding> {
    let mut first_uses: BTreeMap<String, (String, usize)> = BTreeMap::new();
    for (file, source) in tree.product() {
        for literal in &source.literals {
            for (_, code) in codes(&literal.text) {
                first_uses.entry(code.to_owned()).or_insert_with(|| (file.path.clone(), source.line(literal.offset)));
            }
        }
    }
    let mut findings = Vec::new();
    for (code, (path, line)) in &first_uses {
        if !tree.has(&format!("{FOLDER}{code}.md")) {
            findings.push(Finding::new(path, *line, format!("{code} has no page {FOLDER}{code}.md")));
        }
    }
    for (file, text) in tree.texts(".md").filter(|(file, _)| file.path.starts_with(FOLDER)) {
        let name = file.path[FOLDER.len()..].trim_end_matches(".md");
        if codes(name).next().is_none() {
            continue;
        }
        if !first_uses.contains_key(name) {
            findings.push(Finding::new(&file.path, 1, format!("{name} appears nowhere in the code")));
        }
        let index = tree.texts("docs/errors/README.md").next().map_or("", |(_, text)| text);
        if !index.contains(&format!("({name}.md)")) {
            findings.push(Finding::new(&file.path, 1, "has no line in docs/errors/README.md"));
        }
        if !text.starts_with(&format!("# {name}: ")) {
            findings.push(Finding::new(&file.path, 1, format!("does not begin with `# {name}: ` and a title")));
        }
    }
    findings
}

#[test]
fn each_error_code_has_its_page_and_each_page_its_code() {
    assert_none(&codes_and_pages(Tree::project()));
}

#[test]
fn a_code_without_page_is_seen() {
    let tree = Tree::example(&[
        ("services/a/src/error.rs", "// GU-AAA-009\nfn code() -> &str {\n  \"GU-AAA-001\"; \"GU-AAA-002\"; \"GU-A\" }"),
        ("docs/errors/GU-AAA-001.md", "# GU-AAA-001: done"),
        ("docs/errors/GU-AAA-003.md", "# Gone"),
        ("docs/errors/README.md", "[GU-AAA-001](GU-AAA-001.md)"),
    ]);
    let expected = [
        "3: GU-AAA-002 has no page docs/errors/GU-AAA-002.md",
        "1: GU-AAA-003 appears nowhere in the code",
        "1: has no line in docs/errors/README.md",
        "1: does not begin with `# GU-AAA-003: ` and a title",
    ];
    assert_found(&codes_and_pages(&tree), &expected);
}
