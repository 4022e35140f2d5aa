//! Sheets and texts: Markdown below a few keys between two lines of `+++`.

use super::fields::Fields;
use super::findings::{Findings, Kind};
use super::source::Source;
use crate::diagnostic::{Place, suggestion};
use crate::{Sheet, Text};

/// The line before and after the keys.
pub(crate) const FENCE: &str = "+++";
/// The heading from which a sheet is for agents only, up to its end.
pub(crate) const AGENTS_HEADING: &str = "## Pour les agents";
/// Media of a text.
pub(crate) const MEDIA: [&str; 3] = ["email", "sms", "letter"];
/// Messages the product sends, which an authority may word in its own way.
const TEXT_NAMES: [&str; 8] =
    ["registration_ack", "receipt_ack", "answer", "missing_papers", "sent_elsewhere", "delayed", "closed", "wait"];
/// The language of a text whose file name says none.
pub(crate) const LANGUAGE_DEFAULT: &str = "fr";
/// Similarity, of 1, from which a heading looks like the one that hides what follows.
const HEADING_LIKENESS: f64 = 0.8;

/// Returns the sheet of a file.
pub(super) fn read_sheet(authority: &str, path: &str, text: &str, findings: &Findings) -> Sheet {
    let (source, body) = split(path, text, findings);
    let table = source.table(findings);
    let fields = Fields::of_file(&table, &source, findings);
    let (markdown, agents_markdown) = split_agents_part(path, text, body, findings);
    let sheet = Sheet {
        external_id: stem(path).to_owned(),
        title: fields.required_text("title"),
        markdown,
        agents_markdown,
        procedure: fields.mention("procedure", Kind::Procedure, &[authority]),
        keywords: fields.texts("keywords"),
    };
    fields.finish();
    if sheet.markdown.is_empty() {
        findings.error(&Place::whole(path), "cette fiche n'a pas de texte que les usagers puissent lire.");
    }
    sheet
}

/// Returns the text of a file named `<name>.<medium>.md` or `<name>.<medium>.<language>.md`.
pub(super) fn read_text(path: &str, text: &str, findings: &Findings) -> Option<Text> {
    let parts: Vec<&str> = stem(path).split('.').collect();
    let (name, medium, language) = match parts.as_slice() {
        [name, medium] => (*name, *medium, LANGUAGE_DEFAULT),
        [name, medium, language] => (*name, *medium, *language),
        _ => {
            let message = "nommez ce fichier « nom.moyen.md », par exemple « receipt_ack.email.md ».";
            findings.error(&Place::whole(path), message);
            return None;
        }
    };
    for (part, what, known) in [(name, "un message", &TEXT_NAMES[..]), (medium, "un moyen d'envoi", &MEDIA)] {
        if !known.contains(&part) {
            let choice = suggestion(part, known.iter().copied());
            findings.error(&Place::whole(path), format!("« {part} » n'est pas {what}.{choice}"));
            return None;
        }
    }
    let (source, body) = split(path, text, findings);
    let table = source.table(findings);
    let fields = Fields::of_file(&table, &source, findings);
    if medium == "email" {
        fields.require("subject");
    }
    let subject = fields.text("subject");
    fields.finish();
    if body.trim().is_empty() {
        findings.error(&Place::whole(path), "ce message est vide.");
    }
    Some(Text {
        name: name.to_owned(),
        medium: medium.to_owned(),
        language: language.to_owned(),
        subject,
        body: body.trim().to_owned(),
    })
}

fn stem(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path).trim_end_matches(".md")
}

/// Splits a file into the source of its keys and its body.
fn split<'t>(path: &'t str, text: &'t str, findings: &Findings) -> (Source<'t>, &'t str) {
    let no_keys = Source::part(path, text, (0, 0));
    let Some(rest) = text.strip_prefix(FENCE).and_then(|rest| rest.strip_prefix('\n')) else {
        // An SMS needs no key: its file may hold the message alone.
        return (no_keys, text);
    };
    let start = text.len() - rest.len();
    let mut offset = start;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == FENCE {
            return (Source::part(path, text, (start, offset)), &text[offset + line.len()..]);
        }
        offset += line.len();
    }
    findings.error(&Place::whole(path), format!("la ligne {FENCE} qui ferme l'en-tête manque."));
    (Source::part(path, text, (start, start)), "")
}

/// Splits a sheet's body at the heading that keeps the rest for agents.
fn split_agents_part(path: &str, text: &str, body: &str, findings: &Findings) -> (String, String) {
    let mut offset = 0;
    for line in body.split_inclusive('\n') {
        if line.starts_with('#') {
            let heading = line.trim_start_matches('#').trim().to_lowercase();
            let wanted = AGENTS_HEADING.trim_start_matches('#').trim().to_lowercase();
            // Whatever its level or capitals, it keeps the rest from the public: a slip must never publish it.
            if heading == wanted {
                return (body[..offset].trim().to_owned(), body[offset + line.len()..].trim().to_owned());
            }
            if strsim::normalized_levenshtein(&heading, &wanted) >= HEADING_LIKENESS {
                let place = Source::whole(path, text).place(text.len() - body.len() + offset);
                let message = format!(
                    "ce titre ressemble à « {AGENTS_HEADING} », qui cache la suite aux usagers : écrivez-le exactement \
                     ainsi, ou choisissez un autre titre."
                );
                findings.error(&place, message);
            }
        }
        offset += line.len();
    }
    (body.trim().to_owned(), String::new())
}
