//! Pages that point somewhere point at something that exists.

use crate::tree::Tree;
use crate::{Finding, assert_found, assert_none};

fn broken_links(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, text) in tree.texts(".md") {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut in_example = false;
        for (index, line) in text.lines().enumerate() {
            in_example ^= line.trim_start().starts_with("```");
            if in_example {
                continue;
            }
            for target in targets(line) {
                let path = resolve(folder, target);
                if !path.as_deref().is_some_and(|path| path.is_empty() || tree.has(path)) {
                    findings.push(Finding::new(&file.path, index + 1, format!("leads nowhere: {target}")));
                }
            }
        }
    }
    findings
}

/// Returns the relative targets of the links of a line, without their anchors.
fn targets(line: &str) -> Vec<&str> {
    let links = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let relative = links.filter(|link| !link.contains("://") && !link.starts_with("mailto:") && !link.starts_with('#'));
    relative.map(|link| link.split('#').next().unwrap_or(link)).collect()
}

/// Returns the path from the root, or nothing when it leaves the project.
fn resolve(folder: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = if target.starts_with('/') { Vec::new() } else { folder.split('/').collect() };
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    parts.retain(|part| !part.is_empty());
    Some(parts.join("/"))
}

#[test]
fn links_between_pages_lead_somewhere() {
    assert_none(&broken_links(Tree::project()));
}

#[test]
fn a_broken_link_is_seen() {
    let page = "[a](errors/README.md#top) [b](../LICENSE) [c](gone.md)\n```\n[d](gone.md)\n```\n[e](https://example.org) [f](../../out.md)";
    let tree = Tree::example(&[("docs/page.md", page), ("docs/errors/README.md", ""), ("LICENSE", "")]);
    assert_found(&broken_links(&tree), &["1: leads nowhere: gone.md", "5: leads nowhere: ../../out.md"]);
}
