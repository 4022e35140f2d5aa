//! What a change changes, in words: « Démarches – Copie d'acte – délai annoncé : 3 jours ouvrés → 2 jours ouvrés ».

use guichet_directory::edit::{Difference, PartKind};

use super::slug_of;
use crate::text::{find, t};
use crate::towns::Towns;

/// One change as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// What it is about: « Démarches – acte ».
    pub(super) about: String,
    /// Name of what says something else; empty when the whole came or went.
    pub(super) key: String,
    pub(super) before: String,
    pub(super) after: String,
}

/// Returns changes as they are read.
pub(super) fn changes(towns: &Towns, authority: &str, differences: &[Difference]) -> Vec<Change> {
    let change = |difference: &Difference| Change {
        about: about(towns, authority, difference),
        key: if difference.key.is_empty() { String::new() } else { key_name(&difference.key) },
        before: words(towns, authority, &difference.key, &difference.before),
        after: words(towns, authority, &difference.key, &difference.after),
    };
    differences.iter().map(change).collect()
}

fn about(towns: &Towns, authority: &str, difference: &Difference) -> String {
    let kind = PartKind::parse(&difference.file);
    let file = kind.map_or_else(|| difference.file.clone(), |kind| t(&format!("settings-{}", slug_of(kind))));
    if difference.code.is_empty() {
        return file;
    }
    let town = towns.find(authority);
    let named = match kind {
        Some(PartKind::Procedure) => town.and_then(|town| town.procedures.get(&difference.code)).map(|of| &of.name),
        Some(PartKind::Department) => town.and_then(|town| town.departments.get(&difference.code)).map(|of| &of.name),
        Some(PartKind::Agent) => town.and_then(|town| town.agents.get(&difference.code)).map(|of| &of.name),
        Some(PartKind::Reply) => town.and_then(|town| town.replies.get(&difference.code)).map(|of| &of.name),
        _ => None,
    };
    format!("{file} – {}", named.unwrap_or(&difference.code))
}

/// Returns what a key of the folder is called on screen; the key itself when no form shows it.
pub(super) fn key_name(key: &str) -> String {
    find(&format!("key-{key}")).unwrap_or_else(|| key.to_owned())
}

/// Returns what a key says as it is read: codes of departments and procedures by their names.
pub(super) fn words(towns: &Towns, authority: &str, key: &str, values: &[String]) -> String {
    let named = |value: &String| match (key, value.as_str()) {
        ("department" | "departments", code) => {
            towns.department(authority, code).map_or_else(|| value.clone(), |department| department.name.clone())
        }
        ("procedures" | "triage_procedure", code) => {
            towns.procedure(authority, code).map_or_else(|| value.clone(), |procedure| procedure.name.clone())
        }
        ("pooled_for", code) => towns.find(code).map_or_else(|| value.clone(), |town| town.authority.name.clone()),
        (_, "true") => t("yes"),
        (_, "false") => t("no"),
        _ => value.clone(),
    };
    values.iter().map(named).collect::<Vec<_>>().join(", ")
}
