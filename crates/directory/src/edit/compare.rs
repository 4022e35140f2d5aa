//! What differs between two states of a directory, key by key, for people to read.

use std::collections::BTreeSet;

use guichet_events::Directory;
use toml::{Table, Value};

use super::{PartKind, bundle, keys, values};
use crate::export;

/// One key that says something else.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// Name of the file without its extension: `procedures`.
    pub file: String,
    /// Code of the group, empty when the file has none: `acte`.
    pub code: String,
    /// Name of the key: `announced`. Empty when the whole group came or went.
    pub key: String,
    /// What it said; empty when it said nothing.
    pub before: Vec<String>,
    /// What it says; empty when it says nothing.
    pub after: Vec<String>,
}

/// Returns every difference between two states of the directory of one authority, by file, group and key. A group that
/// came or went is one difference, told by its name.
pub fn compare(before: &Directory, after: &Directory) -> Vec<Difference> {
    let (before, after) = (tables(before), tables(after));
    let files: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let mut differences = Vec::new();
    for file in files {
        let of = |tables: &Table| tables.get(file).and_then(Value::as_table).cloned().unwrap_or_default();
        compare_file(file, &of(&before), &of(&after), &mut differences);
    }
    differences.sort();
    differences
}

/// Returns the TOML files of a directory by name; what is not TOML is one text.
fn tables(directory: &Directory) -> Table {
    let stem =
        |path: &str| path.rsplit('/').next().unwrap_or_default().split('.').next().unwrap_or_default().to_owned();
    export(&[bundle(directory)])
        .into_iter()
        .filter(|(path, _)| !path.contains("/sheets/"))
        .map(|(path, text)| {
            let table = text.parse().unwrap_or_else(|_| Table::from_iter([(stem(&path), Value::String(text))]));
            (stem(&path), Value::Table(table))
        })
        .collect()
}

fn compare_file(file: &str, before: &Table, after: &Table, differences: &mut Vec<Difference>) {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for name in names {
        let groups = (before.get(name), after.get(name));
        match groups {
            (Some(before), Some(after)) if before == after => {}
            (Some(Value::Table(before)), Some(Value::Table(after))) => {
                let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
                let changed = keys.into_iter().filter(|key| before.get(*key) != after.get(*key));
                differences.extend(changed.map(|key| Difference {
                    file: file.to_owned(),
                    code: name.clone(),
                    key: key.clone(),
                    before: before.get(key).map(values::typed).unwrap_or_default(),
                    after: after.get(key).map(values::typed).unwrap_or_default(),
                }));
            }
            (Some(Value::Table(_)), None) | (None, Some(Value::Table(_))) => {
                let told = |group: Option<&Value>| group.map(|group| told(name, group)).into_iter().collect();
                differences.push(Difference {
                    file: file.to_owned(),
                    code: name.clone(),
                    key: String::new(),
                    before: told(groups.0),
                    after: told(groups.1),
                });
                differences.extend(reserved_keys(file, name, groups));
            }
            (before, after) => differences.push(Difference {
                file: file.to_owned(),
                code: String::new(),
                key: name.clone(),
                before: before.map(values::typed).unwrap_or_default(),
                after: after.map(values::typed).unwrap_or_default(),
            }),
        }
    }
}

/// Returns what grants access in a group that came or went: it comes or goes with it.
fn reserved_keys(file: &str, code: &str, groups: (Option<&Value>, Option<&Value>)) -> Vec<Difference> {
    let Some(kind) = PartKind::parse(file) else { return Vec::new() };
    let says = |group: Option<&Value>, key: &str| group.and_then(|group| group.get(key)).map(values::typed);
    let reserved = keys::of(kind).iter().filter(|key| key.reserved).map(|key| Difference {
        file: file.to_owned(),
        code: code.to_owned(),
        key: key.name.to_owned(),
        before: says(groups.0, key.name).unwrap_or_default(),
        after: says(groups.1, key.name).unwrap_or_default(),
    });
    reserved.filter(|difference| difference.before != difference.after).collect()
}

/// Returns the name of a group, its code when it has none.
fn told(code: &str, group: &Value) -> String {
    group.get("name").and_then(Value::as_str).unwrap_or(code).to_owned()
}
