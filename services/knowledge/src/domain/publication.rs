//! What publishing a set of sheets changes: a new sheet, a new version, nothing, or a sheet that is gone.

use std::collections::{BTreeMap, BTreeSet};

use guichet_core::Violation;

use super::sheet::Source;

/// Most sheets of one publication: all the national ones, and room.
const SHEETS_MAX: usize = 20_000;
/// Characters of an external id: a file's name.
const EXTERNAL_ID_CHARACTERS_MAX: usize = 200;
/// Characters of a title.
const TITLE_CHARACTERS_MAX: usize = 300;
/// Bytes of either text of a sheet: the longest national sheet has 230,000.
const MARKDOWN_BYTES_MAX: usize = 1_000_000;
/// Keywords of a sheet.
const KEYWORDS_MAX: usize = 100;
/// Characters of a keyword.
const KEYWORD_CHARACTERS_MAX: usize = 100;

/// A sheet as it stands before the publication.
#[derive(Clone, Copy, Debug)]
pub struct Before<'a> {
    /// Its words.
    pub source: &'a Source,
    /// Its version.
    pub version: u32,
    /// It is read; otherwise it was archived.
    pub is_published: bool,
}

/// What becomes of the sheets.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Plan<'a> {
    /// Sheets to publish with their version, first ones included.
    pub publish: Vec<(&'a Source, u32)>,
    /// External ids of the sheets to archive.
    pub archive: Vec<&'a str>,
    /// How many are new.
    pub created: usize,
    /// How many get another version.
    pub changed: usize,
    /// How many stay as they are.
    pub unchanged: usize,
}

/// Returns what to do so that exactly `sources` are published. Publishing the same again changes nothing.
pub fn plan<'a>(before: &[Before<'a>], sources: &'a [Source]) -> Plan<'a> {
    let known: BTreeMap<&str, &Before<'a>> =
        before.iter().map(|sheet| (sheet.source.external_id.as_str(), sheet)).collect();
    let kept: BTreeSet<&str> = sources.iter().map(|source| source.external_id.as_str()).collect();
    let mut plan = Plan::default();
    for source in sources {
        match known.get(source.external_id.as_str()) {
            None => {
                plan.created += 1;
                plan.publish.push((source, 1));
            }
            Some(sheet) if sheet.is_published && sheet.source == source => plan.unchanged += 1,
            Some(sheet) => {
                plan.changed += 1;
                plan.publish.push((source, sheet.version + 1));
            }
        }
    }
    let gone = before.iter().filter(|sheet| sheet.is_published && !kept.contains(sheet.source.external_id.as_str()));
    plan.archive = gone.map(|sheet| sheet.source.external_id.as_str()).collect();
    plan
}

/// Returns what is wrong with a set of sheets, by field.
pub fn check(sources: &[Source]) -> Vec<Violation> {
    let mut violations = Vec::new();
    if sources.len() > SHEETS_MAX {
        violations.push(Violation::new("/sheets", format!("Publiez au plus {SHEETS_MAX} fiches à la fois.")));
        return violations;
    }
    let mut seen = BTreeSet::new();
    for (rank, source) in sources.iter().enumerate() {
        let mut wrong =
            |field: &str, detail: String| violations.push(Violation::new(format!("/sheets/{rank}/{field}"), detail));
        if !is_between(&source.external_id, 1, EXTERNAL_ID_CHARACTERS_MAX) {
            wrong(
                "external_id",
                format!("Donnez à la fiche un nom de {EXTERNAL_ID_CHARACTERS_MAX} caractères au plus."),
            );
        } else if !seen.insert(source.external_id.as_str()) {
            wrong("external_id", "Deux fiches portent ce nom : changez l'un des deux.".to_owned());
        }
        if !is_between(&source.title, 1, TITLE_CHARACTERS_MAX) {
            wrong("title", format!("Donnez à la fiche un titre de {TITLE_CHARACTERS_MAX} caractères au plus."));
        }
        for (field, text) in [("markdown", &source.markdown), ("agents_markdown", &source.agents_markdown)] {
            if text.len() > MARKDOWN_BYTES_MAX {
                wrong(field, format!("Ce texte dépasse {MARKDOWN_BYTES_MAX} octets : coupez la fiche en plusieurs."));
            }
        }
        let too_long = source.keywords.iter().any(|keyword| keyword.chars().count() > KEYWORD_CHARACTERS_MAX);
        if source.keywords.len() > KEYWORDS_MAX || too_long {
            wrong(
                "keywords",
                format!("Donnez au plus {KEYWORDS_MAX} mots-clés de {KEYWORD_CHARACTERS_MAX} caractères."),
            );
        }
    }
    violations
}

fn is_between(text: &str, min: usize, max: usize) -> bool {
    let characters = text.trim().chars().count();
    (min..=max).contains(&characters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(external_id: &str, title: &str) -> Source {
        Source { external_id: external_id.to_owned(), title: title.to_owned(), ..Source::default() }
    }

    #[test]
    fn publishing_the_same_sheets_again_changes_nothing() {
        let sources = [source("a", "A"), source("b", "B")];
        let before: Vec<Before<'_>> =
            sources.iter().map(|source| Before { source, version: 3, is_published: true }).collect();
        assert_eq!(plan(&before, &sources), Plan { unchanged: 2, ..Plan::default() });
    }

    #[test]
    fn a_changed_sheet_gets_a_version_a_missing_one_is_archived_and_a_returning_one_gets_a_version() {
        let (a, b, c) = (source("a", "A"), source("b", "B"), source("c", "C"));
        let before = [
            Before { source: &a, version: 1, is_published: true },
            Before { source: &b, version: 4, is_published: true },
            Before { source: &c, version: 2, is_published: false },
        ];
        let sources = [source("a", "A, corrigée"), source("c", "C"), source("d", "D")];
        let plan = plan(&before, &sources);
        let versions: Vec<(&str, u32)> =
            plan.publish.iter().map(|(source, version)| (source.external_id.as_str(), *version)).collect();
        assert_eq!(versions, [("a", 2), ("c", 3), ("d", 1)]);
        assert_eq!((plan.archive, plan.created, plan.changed, plan.unchanged), (vec!["b"], 1, 2, 0));
    }

    #[test]
    fn every_mistake_is_named_with_its_field() {
        let mut long = source("long", "Long");
        long.markdown = "a".repeat(MARKDOWN_BYTES_MAX + 1);
        long.keywords = vec!["mot".to_owned(); KEYWORDS_MAX + 1];
        let sources = [source("a", "A"), source("a", "Deux"), source(" ", ""), long];
        let pointers: Vec<String> = check(&sources).into_iter().map(|violation| violation.pointer).collect();
        assert_eq!(
            pointers,
            [
                "/sheets/1/external_id",
                "/sheets/2/external_id",
                "/sheets/2/title",
                "/sheets/3/markdown",
                "/sheets/3/keywords"
            ]
        );
    }
}
