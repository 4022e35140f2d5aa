//! The questions a procedure's form asks: shown, checked, and told as the text of the request.

use crate::checks::{BODY_CHARACTERS_MAX, Checks, SUBJECT_CHARACTERS_MAX};
use crate::text::t;
use crate::towns::{FormField, Procedure};
use crate::view::date::Dates;

/// Before the code of a question, in the names of form fields: never one of ours.
const PREFIX: &str = "q_";
/// Characters of an answer on one line.
const LINE_CHARACTERS_MAX: usize = 300;
/// Characters of an answer on several lines.
const LONG_CHARACTERS_MAX: usize = 4_000;

/// One question, as the template draws it.
pub(crate) struct Question {
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) hint: String,
    pub(crate) kind: String,
    pub(crate) required: bool,
    /// Values with their words.
    pub(crate) options: Vec<(String, String)>,
}

/// Returns the questions of a procedure.
pub(crate) fn questions(procedure: &Procedure) -> Vec<Question> {
    procedure.fields.iter().map(question).collect()
}

fn question(field: &FormField) -> Question {
    let options = match field.kind.as_str() {
        "yes_no" => vec![("oui".to_owned(), t("answer-yes")), ("non".to_owned(), t("answer-no"))],
        _ => field.options.iter().map(|option| (option.clone(), option.clone())).collect(),
    };
    Question {
        name: name_of(&field.code),
        label: field.label.clone(),
        hint: field.hint.clone(),
        kind: field.kind.clone(),
        required: field.required,
        options,
    }
}

/// Returns the name of the form field of a question.
pub(crate) fn name_of(code: &str) -> String {
    format!("{PREFIX}{code}")
}

/// What the answers of a form say.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Answers {
    /// « Question : réponse », one a line; empty when nothing was answered.
    pub(crate) text: String,
    /// The first answer on one line, for the subject.
    pub(crate) first: String,
}

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asker {
    /// A person who saw the questions: those that must be answered are.
    Form,
    /// A program: it may send a text in its own words instead.
    Program,
}

impl Asker {
    fn pointer(self, code: &str) -> String {
        match self {
            Self::Form => format!("/{}", name_of(code)),
            Self::Program => format!("/answers/{code}"),
        }
    }
}

/// Reads the answers to a procedure's questions, given by code, noting what is wrong with each where it stands.
pub(crate) fn answers(
    procedure: &Procedure,
    given: impl Fn(&str) -> Option<String>,
    asker: Asker,
    dates: &Dates,
    checks: &mut Checks,
) -> Answers {
    let mut lines = Vec::new();
    let mut first = String::new();
    for field in &procedure.fields {
        let pointer = asker.pointer(&field.code);
        let typed = given(&field.code);
        let answer = read(field, typed.as_deref(), &pointer, dates, checks);
        if answer.is_empty() {
            if field.required && asker == Asker::Form {
                checks.fail_once(&pointer, "field-required");
            }
            continue;
        }
        if first.is_empty() && field.kind != "yes_no" {
            first = answer.lines().next().unwrap_or_default().chars().take(SUBJECT_CHARACTERS_MAX / 2).collect();
        }
        let label = field.label.trim_end_matches([' ', '\u{a0}', '?', ':']);
        let separator = if answer.contains('\n') { "\u{a0}:\n" } else { "\u{a0}: " };
        lines.push(format!("{label}{separator}{answer}"));
    }
    Answers { text: lines.join("\n"), first }
}

fn read(field: &FormField, typed: Option<&str>, pointer: &str, dates: &Dates, checks: &mut Checks) -> String {
    match field.kind.as_str() {
        "long_text" => checks.optional(pointer, typed, LONG_CHARACTERS_MAX.min(BODY_CHARACTERS_MAX)),
        "date" => {
            let day = checks.line(pointer, typed, LINE_CHARACTERS_MAX);
            let shown = dates.of_day(&day);
            if shown.is_none() && !day.is_empty() {
                checks.fail_once(pointer, "field-day");
            }
            shown.unwrap_or_default()
        }
        "number" => {
            let number = checks.line(pointer, typed, LINE_CHARACTERS_MAX);
            if !number.is_empty() && number.parse::<u32>().is_err() {
                checks.fail_once(pointer, "field-number");
            }
            number
        }
        "yes_no" => match checks.line(pointer, typed, LINE_CHARACTERS_MAX).as_str() {
            "oui" | "true" => t("answer-yes"),
            "non" | "false" => t("answer-no"),
            "" => String::new(),
            _ => {
                checks.fail_once(pointer, "field-unknown-value");
                String::new()
            }
        },
        "choice" => {
            let choice = checks.line(pointer, typed, LINE_CHARACTERS_MAX);
            if !choice.is_empty() && !field.options.contains(&choice) {
                checks.fail_once(pointer, "field-unknown-value");
            }
            choice
        }
        _ => checks.line(pointer, typed, LINE_CHARACTERS_MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn procedure() -> Procedure {
        let field = |code: &str, label: &str, kind: &str, required| FormField {
            code: code.to_owned(),
            label: label.to_owned(),
            kind: kind.to_owned(),
            required,
            options: vec!["Trou".to_owned(), "Arbre".to_owned()],
            ..FormField::default()
        };
        Procedure {
            fields: vec![
                field("lieu", "Où se trouve le problème ?", "text", true),
                field("quoi", "De quoi s'agit-il ?", "choice", false),
                field("jour", "Depuis quand ?", "date", false),
                field("danger", "Un danger ?", "yes_no", false),
            ],
            ..Procedure::default()
        }
    }

    fn told(answers_given: &[(&str, &str)]) -> (Answers, Vec<String>) {
        let mut checks = Checks::default();
        let given =
            |code: &str| answers_given.iter().find(|(known, _)| *known == code).map(|(_, answer)| (*answer).to_owned());
        let dates = Dates::in_zone("Europe/Paris");
        let answers = answers(&procedure(), given, Asker::Form, &dates, &mut checks);
        let wrong = checks.done().err().map(|problem| problem.errors).unwrap_or_default();
        (answers, wrong.into_iter().map(|error| error.pointer).collect())
    }

    #[test]
    fn answers_read_as_a_text() {
        let (answers, wrong) =
            told(&[("lieu", "4 rue des Lilas"), ("quoi", "Trou"), ("jour", "2026-11-23"), ("danger", "oui")]);
        assert!(wrong.is_empty(), "{wrong:?}");
        assert_eq!(answers.first, "4 rue des Lilas");
        let expected = "Où se trouve le problème\u{a0}: 4 rue des Lilas\nDe quoi s'agit-il\u{a0}: Trou\n\
            Depuis quand\u{a0}: 23 novembre 2026\nUn danger\u{a0}: oui";
        assert_eq!(answers.text, expected);
    }

    #[test]
    fn what_is_missing_or_wrong_is_told_at_its_question() {
        let (_, wrong) = told(&[("quoi", "Autre chose"), ("jour", "hier"), ("danger", "peut-être")]);
        assert_eq!(wrong, ["/q_lieu", "/q_quoi", "/q_jour", "/q_danger"]);
    }
}
