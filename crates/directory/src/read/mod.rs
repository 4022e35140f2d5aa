//! From files to values. [`parse`] sorts the files by what they are, hands each to its reader, then has the whole
//! checked.

mod authority;
mod fields;
mod findings;
mod markdown;
mod people;
mod places;
mod pooling;
mod portal;
mod procedures;
mod source;
mod widening;

use std::collections::BTreeMap;

use guichet_events::{Authority, Directory};

use crate::diagnostic::{Place, suggestion};
use crate::{Bundle, Loaded, check};
use fields::Fields;
pub(crate) use findings::{Findings, Kind, Mention};
pub(crate) use markdown::{AGENTS_HEADING, FENCE, LANGUAGE_DEFAULT};
use source::Source;

/// Files at the root, shared by all authorities.
const SHARED_FILES: [&str; 2] = ["skills.toml", "pooling.toml"];
/// Files of an authority.
const AUTHORITY_FILES: [&str; 9] = [
    "authority.toml",
    "departments.toml",
    "sites.toml",
    "calendars.toml",
    "procedures.toml",
    "agents.toml",
    "life_events.toml",
    "replies.toml",
    LOGO_FILE,
];
/// The authority's picture.
pub(crate) const LOGO_FILE: &str = "logo.svg";
/// Folders of an authority, full of Markdown.
const AUTHORITY_FOLDERS: [&str; 2] = ["sheets", "texts"];
/// Characters of a code or a login; longer ones are texts by mistake.
const CODE_CHARACTERS_MAX: usize = 40;

/// Returns whether a file or folder is none of ours: hidden, an editor's backup, a README.
pub(crate) fn is_ignored(name: &str) -> bool {
    name.starts_with('.') || name.ends_with('~') || name.ends_with(".bak") || name.eq_ignore_ascii_case("README.md")
}

/// Reads and checks a folder given as (path with slashes inside the folder, text). Never fails: what is wrong is told.
pub fn parse<P: AsRef<str>, T: AsRef<str>>(files: impl IntoIterator<Item = (P, T)>) -> Loaded {
    // A byte-order mark and Windows line ends mean nothing to anybody here.
    let clean = |text: &str| text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let files: BTreeMap<String, String> =
        files.into_iter().map(|(path, text)| (path.as_ref().replace('\\', "/"), clean(text.as_ref()))).collect();
    let findings = Findings::default();
    let mut bundles = read_files(&files, &findings);
    check::everything(&bundles, &findings);
    bundles.sort_by(|a, b| a.directory.authority.code.cmp(&b.directory.authority.code));
    Loaded { bundles, diagnostics: findings.into_diagnostics() }
}

fn read_files(files: &BTreeMap<String, String>, findings: &Findings) -> Vec<Bundle> {
    let mut folders: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
    for (path, text) in files {
        match path.split_once('/') {
            _ if path.split('/').any(is_ignored) => {}
            Some((authority, inside)) => {
                folders.entry(authority).or_default().insert(inside, text);
            }
            None if SHARED_FILES.contains(&path.as_str()) => {}
            None => findings.error(
                &Place::whole(path),
                format!("ce fichier n'est pas attendu à la racine.{}", suggestion(path, SHARED_FILES)),
            ),
        }
    }
    if folders.is_empty() {
        findings.error(
            &Place::whole("authority.toml"),
            "il n'y a aucune collectivité. Créez un dossier à son nom, par exemple valorme/, avec un fichier authority.toml.",
        );
    }
    let (skills, clearances) = people::read_skills(&file(files, "skills.toml"), findings);
    let mut pooling = pooling::read(&file(files, "pooling.toml"), findings);
    let mut bundles = Vec::new();
    for (code, inside) in folders {
        let mut bundle = read_authority(code, &inside, findings);
        bundle.directory.skills = skills.clone();
        bundle.directory.clearances = clearances.clone();
        bundle.directory.pooling = pooling.remove(code).unwrap_or_default();
        bundles.push(bundle);
    }
    bundles
}

fn file<'t>(files: &'t BTreeMap<String, String>, path: &'t str) -> Source<'t> {
    Source::whole(path, files.get(path).map_or("", String::as_str))
}

fn read_authority(code: &str, files: &BTreeMap<&str, &str>, findings: &Findings) -> Bundle {
    let home = Place::whole(&format!("{code}/authority.toml"));
    findings.define(Kind::Authority, "", code, &home);
    check_code(code, &home, findings);
    if !files.contains_key("authority.toml") {
        findings.error(&home, format!("ce fichier manque : il dit qui est « {code} » (nom, téléphone, courriel)."));
    }
    let (mut sheets, mut texts) = (Vec::new(), Vec::new());
    for (&inside, &text) in files {
        let path = format!("{code}/{inside}");
        match inside.split_once('/') {
            Some(("sheets", name)) if is_markdown(name) => {
                sheets.push(markdown::read_sheet(code, &path, text, findings))
            }
            Some(("texts", name)) if is_markdown(name) => texts.extend(markdown::read_text(&path, text, findings)),
            None if AUTHORITY_FILES.contains(&inside) => {}
            _ => {
                let choice = suggestion(inside, AUTHORITY_FILES.into_iter().chain(AUTHORITY_FOLDERS));
                findings.error(&Place::whole(&path), format!("ce fichier n'est pas attendu ici.{choice}"));
            }
        }
    }
    let paths = AUTHORITY_FILES.map(|name| (name, format!("{code}/{name}")));
    let source = |name: &str| {
        let path = paths.iter().find(|(known, _)| *known == name).map_or("", |(_, path)| path.as_str());
        Source::whole(path, files.get(name).copied().unwrap_or_default())
    };
    let authority = if files.contains_key("authority.toml") {
        authority::read(code, &source("authority.toml"), findings)
    } else {
        authority::unnamed(code)
    };
    let logo = files.get(LOGO_FILE).map(|text| portal::read_logo(&format!("{code}/{LOGO_FILE}"), text, findings));
    let directory = Directory {
        authority: Authority { logo: logo.unwrap_or_default(), ..authority },
        departments: places::read_departments(code, &source("departments.toml"), findings),
        sites: places::read_sites(code, &source("sites.toml"), findings),
        calendars: places::read_calendars(code, &source("calendars.toml"), findings),
        procedures: procedures::read(code, &source("procedures.toml"), findings),
        agents: people::read_agents(code, &source("agents.toml"), findings),
        skills: BTreeMap::new(),
        clearances: BTreeMap::new(),
        pooling: Vec::new(),
        life_events: portal::read_life_events(code, &source("life_events.toml"), &sheets, findings),
        replies: portal::read_replies(code, &source("replies.toml"), findings),
    };
    Bundle { directory, texts, sheets }
}

fn is_markdown(name: &str) -> bool {
    name.ends_with(".md") && !name.contains('/')
}

/// Refuses a code that could not stand in an address, a file name or a log line.
fn check_code(code: &str, place: &Place, findings: &Findings) {
    let plain = code.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    if code.is_empty() || code.len() > CODE_CHARACTERS_MAX || !plain {
        findings.error(
            place,
            format!("« {code} » ne peut pas servir de code : utilisez des lettres sans accent, des chiffres, - ou _."),
        );
    }
}

/// Reads a file whose groups are named by codes: defines each code and hands its group to `read`.
fn read_coded<T>(
    (kind, authority): (Kind, &str),
    source: &Source<'_>,
    findings: &Findings,
    read: impl Fn(&str, &Fields<'_>) -> T,
) -> BTreeMap<String, T> {
    let table = source.table(findings);
    let file = Fields::of_file(&table, source, findings);
    let mut values = BTreeMap::new();
    for (code, fields) in file.entries() {
        // Logins name accounts of the whole product, other codes belong to their authority.
        let owner = if kind == Kind::Agent { "" } else { authority };
        findings.define(kind, owner, &code, &fields.place);
        check_code(&code, &fields.place, findings);
        let value = read(&code, &fields);
        fields.finish();
        values.insert(code, value);
    }
    values
}
