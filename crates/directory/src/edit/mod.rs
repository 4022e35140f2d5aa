//! Changes made on screen to one part of the directory: a procedure, the hours of a calendar, an agent.
//!
//! Nothing is checked here a second time. A change is written into the file of its part, the folder is read again by
//! [`parse`](crate::parse), and what reading finds is told at the key it is about. So a screen accepts what a folder
//! accepts, in the same words.

mod compare;
mod keys;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use guichet_events::Directory;
use toml::{Table, Value};

pub use compare::{Difference, compare};
use keys::Key;
pub use keys::Shape;

use crate::{Bundle, Diagnostic, Severity, Sheet, export, parse};

/// What can be changed on screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartKind {
    /// Name, telephone, hours: what is printed everywhere.
    Authority,
    /// A department of the authority.
    Department,
    /// A place where people work and receive.
    Site,
    /// Opening hours and closures.
    Calendar,
    /// What usagers ask for, with its delays.
    Procedure,
    /// Somebody who answers: skills and absences.
    Agent,
    /// A reply template.
    Reply,
}

impl PartKind {
    /// Every kind, in the order of their names.
    pub const ALL: [Self; 7] =
        [Self::Authority, Self::Department, Self::Site, Self::Calendar, Self::Procedure, Self::Agent, Self::Reply];

    /// Returns its name, which is also the name of its file: `procedures`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authority => "authority",
            Self::Department => "departments",
            Self::Site => "sites",
            Self::Calendar => "calendars",
            Self::Procedure => "procedures",
            Self::Agent => "agents",
            Self::Reply => "replies",
        }
    }

    /// Returns the kind of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// One part of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub kind: PartKind,
    /// Its code in the directory, a login for an agent; empty for the authority itself.
    pub code: String,
}

/// One line of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Name of the key in the folder: `announced`.
    pub key: &'static str,
    /// How it is typed.
    pub shape: Shape,
    /// What it says now; empty when it says nothing.
    pub values: Vec<String>,
    /// What can be chosen as (value, name); empty when it is typed freely.
    pub options: Vec<(String, String)>,
    /// Whether it must say something.
    pub required: bool,
    /// Whether administrators alone may change it.
    pub reserved: bool,
}

/// What is wrong with a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The key it is about; empty when it is about the whole.
    pub key: String,
    /// What is wrong and what to do, in French.
    pub message: String,
}

/// A change that can be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The directory once changed.
    pub directory: Directory,
    /// What the change makes worth knowing: warnings that were not there before, in French.
    pub remarks: Vec<String>,
}

/// Returns the form of a part as the directories stand, `None` when there is no such part.
pub fn form(directories: &[Directory], authority: &str, part: &Part) -> Option<Vec<Field>> {
    let directory = directories.iter().find(|directory| directory.authority.code == authority)?;
    let group = Group::read(&exported(directories), authority, part)?;
    Some(keys::of(part.kind).iter().map(|key| field(key, directory, &group.keys)).collect())
}

/// Returns the form of a part that does not exist yet.
pub fn blank_form(directory: &Directory, kind: PartKind) -> Vec<Field> {
    keys::of(kind).iter().map(|key| field(key, directory, &Table::new())).collect()
}

/// One part where they are listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its code.
    pub code: String,
    /// Its name; its code when it has none.
    pub name: String,
    /// What is worth seeing beside it: a key and what it says, left out when it says nothing.
    pub details: Vec<(&'static str, Vec<String>)>,
}

/// Returns the parts of a kind that an authority has, by code.
pub fn list(directories: &[Directory], authority: &str, kind: PartKind) -> Vec<Listed> {
    let part = Part { kind, code: String::new() };
    let groups = Group::file(&exported(directories), authority, &part);
    let listed = groups.into_iter().filter_map(|(code, group)| {
        let group = group.as_table()?.clone();
        let says = |key: &Key| group.get(key.name).map(|value| (key.name, values::typed(value)));
        Some(Listed {
            name: group.get("name").and_then(Value::as_str).unwrap_or(&code).to_owned(),
            details: keys::of(kind).iter().filter(|key| key.listed).filter_map(says).collect(),
            code,
        })
    });
    if kind == PartKind::Authority { Vec::new() } else { listed.collect() }
}

/// Returns whether administrators alone may make a difference: it grants access to people or to files, or is about what
/// no form shows.
pub fn is_reserved(difference: &Difference) -> bool {
    let Some(kind) = PartKind::parse(&difference.file) else { return true };
    if difference.key.is_empty() {
        return matches!(kind, PartKind::Agent | PartKind::Department);
    }
    // A group inside the authority's file is shown by no form.
    if kind == PartKind::Authority && !difference.code.is_empty() {
        return true;
    }
    keys::of(kind).iter().find(|key| key.name == difference.key).is_none_or(|key| key.reserved)
}

fn field(key: &Key, directory: &Directory, group: &Table) -> Field {
    let values = match group.get(key.name) {
        Some(value) => values::typed(value),
        None if key.shape == Shape::Flag => vec![key.default.to_string()],
        None => Vec::new(),
    };
    let mut options = keys::options(key.choices, directory);
    if !options.is_empty() && key.shape != Shape::Levels {
        // A department lent by another authority is not among its own.
        let unlisted = values.iter().filter(|value| options.iter().all(|(option, _)| option != *value));
        let unlisted: Vec<_> = unlisted.map(|value| (value.clone(), value.clone())).collect();
        options.extend(unlisted);
    }
    Field { key: key.name, shape: key.shape, values, options, required: key.required, reserved: key.reserved }
}

/// Returns the directory of an authority once a part says `changes` (keys left out stay as they are). A part that does
/// not exist yet is added.
///
/// # Errors
///
/// Everything reading finds wrong with the folder that it did not find before, each at its key.
pub fn apply(
    directories: &[Directory],
    authority: &str,
    part: &Part,
    changes: &BTreeMap<String, Vec<String>>,
) -> Result<Change, Vec<Violation>> {
    let whole = |message: String| vec![Violation { key: String::new(), message }];
    let Some(directory) = directories.iter().find(|directory| directory.authority.code == authority) else {
        return Err(whole(format!("la collectivité « {authority} » n'existe pas.")));
    };
    let keys = keys::of(part.kind);
    if let Some(unknown) = changes.keys().find(|name| keys.iter().all(|key| key.name != *name)) {
        return Err(whole(format!("« {unknown} » ne se modifie pas ici.")));
    }
    let mut files = exported(directories);
    let known = messages(&parse(&files).diagnostics);
    let mut group = Group::read(&files, authority, part).unwrap_or_else(|| Group::blank(&files, authority, part));
    for key in keys {
        let Some(typed) = changes.get(key.name) else { continue };
        match values::written(key.shape, typed) {
            Some(Value::Boolean(flag)) if flag == key.default => group.keys.remove(key.name),
            Some(value) => group.keys.insert(key.name.to_owned(), value),
            None if key.required => group.keys.insert(key.name.to_owned(), values::empty(key.shape)),
            None => group.keys.remove(key.name),
        };
    }
    let (text, lines) = group.write(part);
    let path = path(authority, part.kind);
    files.insert(path.clone(), text);
    let loaded = parse(files);
    let mut violations = Vec::new();
    let mut remarks = Vec::new();
    for Diagnostic { severity, file, line, message, .. } in loaded.diagnostics {
        if known.contains(&message) {
            continue;
        }
        match severity {
            Severity::Error => {
                let key = lines.get(&line).filter(|_| file == path).cloned().unwrap_or_default();
                violations.push(Violation { key, message });
            }
            Severity::Warning => remarks.push(message),
            Severity::Info => {}
        }
    }
    let read = loaded.bundles.into_iter().find(|bundle| bundle.directory.authority.code == authority);
    match read {
        Some(read) if violations.is_empty() => {
            Ok(Change { directory: with_part(directory.clone(), read.directory, part), remarks })
        }
        _ => Err(violations),
    }
}

/// Returns the directory without a part.
///
/// # Errors
///
/// What still names it, or that it cannot be removed.
pub fn remove(directories: &[Directory], authority: &str, part: &Part) -> Result<Change, Vec<Violation>> {
    let whole = |message: String| vec![Violation { key: String::new(), message }];
    let Some(directory) = directories.iter().find(|directory| directory.authority.code == authority) else {
        return Err(whole(format!("la collectivité « {authority} » n'existe pas.")));
    };
    let mut without = directory.clone();
    match part.kind {
        PartKind::Reply => without.replies.remove(&part.code).map(|_| ()),
        PartKind::Procedure => without.procedures.remove(&part.code).map(|_| ()),
        PartKind::Calendar => without.calendars.remove(&part.code).map(|_| ()),
        PartKind::Site => without.sites.remove(&part.code).map(|_| ()),
        PartKind::Authority | PartKind::Department | PartKind::Agent => None,
    }
    .ok_or_else(|| whole(format!("« {} » ne se retire pas ici.", part.code)))?;
    replace(directories, without)
}

/// Returns the directory of an authority once it is `wanted` as a whole: a state it has had.
///
/// # Errors
///
/// Everything reading finds wrong with the folder that it did not find before.
pub fn replace(directories: &[Directory], wanted: Directory) -> Result<Change, Vec<Violation>> {
    let known = messages(&parse(exported(directories)).diagnostics);
    let changed: Vec<Directory> = directories
        .iter()
        .map(|other| if other.authority.code == wanted.authority.code { wanted.clone() } else { other.clone() })
        .collect();
    let found = parse(exported(&changed)).diagnostics;
    let (errors, others): (Vec<_>, Vec<_>) = found
        .into_iter()
        .filter(|diagnostic| !known.contains(&diagnostic.message))
        .partition(|diagnostic| diagnostic.severity == Severity::Error);
    if errors.is_empty() {
        let remarks = others.into_iter().filter(|other| other.severity == Severity::Warning);
        return Ok(Change { directory: wanted, remarks: remarks.map(|other| other.message).collect() });
    }
    Err(errors.into_iter().map(|error| Violation { key: String::new(), message: error.to_string() }).collect())
}

fn messages(diagnostics: &[Diagnostic]) -> BTreeSet<String> {
    diagnostics.iter().map(|diagnostic| diagnostic.message.clone()).collect()
}

/// Returns `directory` with one part taken from `read`: what a folder cannot say of the rest is left alone.
fn with_part(mut directory: Directory, mut read: Directory, part: &Part) -> Directory {
    fn take<T>(into: &mut BTreeMap<String, T>, from: &mut BTreeMap<String, T>, code: &str) {
        if let Some(value) = from.remove(code) {
            into.insert(code.to_owned(), value);
        }
    }
    let code = part.code.as_str();
    match part.kind {
        PartKind::Authority => directory.authority = read.authority,
        PartKind::Department => take(&mut directory.departments, &mut read.departments, code),
        PartKind::Site => take(&mut directory.sites, &mut read.sites, code),
        PartKind::Calendar => take(&mut directory.calendars, &mut read.calendars, code),
        PartKind::Procedure => take(&mut directory.procedures, &mut read.procedures, code),
        PartKind::Agent => take(&mut directory.agents, &mut read.agents, code),
        PartKind::Reply => take(&mut directory.replies, &mut read.replies, code),
    }
    directory
}

fn path(authority: &str, kind: PartKind) -> String {
    format!("{authority}/{}.toml", kind.as_str())
}

/// Returns the folder of these directories. The sheets they mention are there by name, since their texts are kept
/// elsewhere.
fn exported(directories: &[Directory]) -> BTreeMap<String, String> {
    let bundles: Vec<Bundle> = directories.iter().map(bundle).collect();
    export(&bundles).into_iter().collect()
}

fn bundle(directory: &Directory) -> Bundle {
    let mentioned: BTreeSet<&String> = directory.life_events.values().flat_map(|event| &event.sheets).collect();
    let sheet = |id: &String| Sheet {
        external_id: id.clone(),
        title: id.clone(),
        markdown: id.clone(),
        agents_markdown: String::new(),
        procedure: String::new(),
        keywords: Vec::new(),
    };
    Bundle { directory: directory.clone(), texts: Vec::new(), sheets: mentioned.into_iter().map(sheet).collect() }
}

/// The keys of a part, and the rest of its file.
struct Group {
    keys: Table,
    rest: Table,
}

impl Group {
    fn read(files: &BTreeMap<String, String>, authority: &str, part: &Part) -> Option<Self> {
        let mut rest = Self::file(files, authority, part);
        if part.kind == PartKind::Authority {
            let (rest, keys) = rest.into_iter().partition(|(_, value)| value.is_table());
            return Some(Self { keys, rest });
        }
        match rest.remove(&part.code) {
            Some(Value::Table(keys)) => Some(Self { keys, rest }),
            _ => None,
        }
    }

    fn blank(files: &BTreeMap<String, String>, authority: &str, part: &Part) -> Self {
        Self { keys: Table::new(), rest: Self::file(files, authority, part) }
    }

    /// Returns the file of a part; the folder was written by `export`, which writes TOML.
    fn file(files: &BTreeMap<String, String>, authority: &str, part: &Part) -> Table {
        files.get(&path(authority, part.kind)).and_then(|text| text.parse().ok()).unwrap_or_default()
    }

    /// Returns the file with the group first, one key a line, and the key of each line, from 1.
    fn write(self, part: &Part) -> (String, BTreeMap<u32, String>) {
        let mut text = String::new();
        let mut lines = BTreeMap::new();
        let mut line = 0;
        if part.kind != PartKind::Authority {
            text.push_str(&format!("[{}]\n", Value::String(part.code.clone())));
            line += 1;
        }
        for (key, value) in self.keys {
            let written = format!("{} = {value}\n", Value::String(key.clone()));
            for _ in written.lines() {
                line += 1;
                lines.insert(line, key.clone());
            }
            text.push_str(&written);
        }
        text.push('\n');
        text.push_str(&toml::to_string(&self.rest).unwrap_or_default());
        (text, lines)
    }
}
