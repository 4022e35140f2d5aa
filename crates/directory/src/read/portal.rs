//! What the portal and the desk show of an authority: questions of forms, life events, ready answers, the logo.

use std::collections::BTreeMap;

use guichet_core::colour::Colour;
use guichet_events::{FieldKind, FormField, LifeEvent, ReplyTemplate};

use super::fields::Fields;
use super::findings::{Findings, Kind};
use super::read_coded;
use super::source::Source;
use crate::Sheet;
use crate::diagnostic::{Place, suggestion};
use crate::words::{FIELD_KINDS, value_of};

/// Questions of one form; past it nobody of seventy is still there.
const FIELDS_MAX: usize = 20;
/// Octets of a logo: every page carries it.
const LOGO_BYTES_MAX: usize = 20_000;
/// What a picture of ours never holds: it would run, load or embed something.
const LOGO_REFUSED: [&str; 8] =
    ["<script", "<foreignobject", "<!entity", "<!doctype", "javascript:", "=\"http", "='http", "url(http"];

/// Returns the questions of a procedure's form, in order.
pub(super) fn read_fields(fields: &Fields<'_>, findings: &Findings) -> Vec<FormField> {
    let mut questions: Vec<FormField> = Vec::new();
    for question in fields.tables("fields") {
        let place = question.place.clone();
        let read = FormField {
            code: question.required_text("code"),
            label: question.required_text("label"),
            hint: question.text("hint"),
            kind: question.parsed("kind", |text| value_of(FIELD_KINDS, text)).unwrap_or(FieldKind::Text),
            required: question.flag("required", false),
            options: question.texts("options"),
        };
        question.finish();
        check_field(&read, &questions, &place, findings);
        questions.push(read);
    }
    if questions.len() > FIELDS_MAX {
        findings.error(&fields.place, format!("ce formulaire pose plus de {FIELDS_MAX} questions : retirez-en."));
    }
    questions
}

fn check_field(read: &FormField, before: &[FormField], place: &Place, findings: &Findings) {
    let plain = read.code.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !plain {
        let message = format!("« {} » : un code de question s'écrit en minuscules sans accent, avec _.", read.code);
        findings.error(place, message);
    }
    if before.iter().any(|known| known.code == read.code) {
        findings.error(place, format!("deux questions ont le code « {} » : changez l'un des deux.", read.code));
    }
    match (read.kind, read.options.len()) {
        (FieldKind::Choice, 0..2) => {
            findings.error(place, "une question à choix propose au moins deux réponses : ajoutez « options ».");
        }
        (FieldKind::Choice, _) | (_, 0) => {}
        _ => findings.error(place, "« options » ne sert qu'à kind = \"choix\"."),
    }
}

/// Returns the life events of a file, by code.
pub(super) fn read_life_events(
    authority: &str,
    source: &Source<'_>,
    sheets: &[Sheet],
    findings: &Findings,
) -> BTreeMap<String, LifeEvent> {
    read_coded((Kind::LifeEvent, authority), source, findings, |_, fields| {
        let known = || sheets.iter().map(|sheet| sheet.external_id.as_str());
        let linked = fields.texts_at("sheets");
        for (sheet, place) in &linked {
            if !known().any(|external_id| external_id == sheet) {
                let choice = suggestion(sheet, known());
                findings.error(place, format!("la fiche « {sheet} » n'existe pas dans {authority}/sheets.{choice}"));
            }
        }
        LifeEvent {
            name: fields.required_text("name"),
            lead: fields.required_text("lead"),
            procedures: fields.mentions("procedures", Kind::Procedure, &[authority]),
            sheets: linked.into_iter().map(|(sheet, _)| sheet).collect(),
        }
    })
}

/// Returns the ready answers of a file, by code.
pub(super) fn read_replies(
    authority: &str,
    source: &Source<'_>,
    findings: &Findings,
) -> BTreeMap<String, ReplyTemplate> {
    read_coded((Kind::Reply, authority), source, findings, |_, fields| ReplyTemplate {
        name: fields.required_text("name"),
        procedures: fields.mentions("procedures", Kind::Procedure, &[authority]),
        body: fields.required_text("body"),
    })
}

/// Returns the logo, empty when there is none or when it cannot be shown.
pub(super) fn read_logo(path: &str, text: &str, findings: &Findings) -> String {
    let lower = text.to_lowercase();
    let handler = lower.split(|c: char| c.is_whitespace() || c == '"' || c == '\'').any(|word| {
        let name = word.split('=').next().unwrap_or_default();
        word.contains('=') && name.len() > 2 && name.starts_with("on") && name.chars().all(|c| c.is_ascii_lowercase())
    });
    let refused = LOGO_REFUSED.iter().find(|part| lower.replace("xmlns=\"http", "").contains(**part));
    let problem = if text.len() > LOGO_BYTES_MAX {
        format!("ce logo pèse plus de {} ko : simplifiez-le.", LOGO_BYTES_MAX / 1_000)
    } else if !lower.contains("<svg") {
        "ce fichier n'est pas une image SVG.".to_owned()
    } else if let Some(part) = refused {
        format!("ce logo contient « {part} » : une image ne charge et n'exécute rien. Enregistrez-la en SVG simple.")
    } else if handler {
        "ce logo contient un gestionnaire d'événement (on…=) : enregistrez-le en SVG simple.".to_owned()
    } else {
        return text.trim().to_owned();
    };
    findings.error(&Place::whole(path), problem);
    String::new()
}

/// Returns a colour as it is published.
pub(super) fn parse_colour(text: &str) -> Result<String, String> {
    Colour::parse(&text.to_lowercase())
        .map(|colour| colour.to_string())
        .ok_or_else(|| format!("« {text} » n'est pas une couleur. Écrivez par exemple « #1d4e6b »."))
}
