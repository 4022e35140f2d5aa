//! The form of a part: what `guichet-directory` asks for, as fields people fill in.

use std::collections::BTreeMap;

use axum::extract::Request;
use guichet_directory::edit::{Field, Shape, Violation};

use super::differences::key_name;
use crate::app::App;
use crate::auth::Session;
use crate::problem::Problem;
use crate::text::find;
use crate::uploads::read_pairs;

/// Fields of one form: an agent of a large town may choose among two hundred skills.
const FIELDS_MAX: usize = 1_000;
/// Levels a skill has.
const LEVELS: [&str; 5] = ["1", "2", "3", "4", "5"];

/// One field as the template draws it.
pub(super) struct Input {
    /// Of the part of the form that begins here, empty when none does.
    pub(super) heading: String,
    /// Name of the key.
    pub(super) name: &'static str,
    pub(super) label: String,
    pub(super) hint: String,
    /// What is wrong with it.
    pub(super) wrong: String,
    pub(super) required: bool,
    pub(super) control: Control,
}

/// How a field is drawn.
pub(super) enum Control {
    /// One line.
    Line(String),
    /// A number on one line.
    Number(String),
    /// Lines of text: values one a line, or one long text.
    Area { text: String, rows: usize },
    /// One of a list.
    Choice(Vec<Pick>),
    /// Any of a list.
    Several(Vec<Pick>),
    /// Yes or no.
    Flag(bool),
    /// Skills, each with the levels it may have.
    Levels(Vec<(String, Vec<Pick>)>),
    /// What somebody else changes.
    Fixed(String),
}

/// One thing to choose.
pub(super) struct Pick {
    pub(super) value: String,
    pub(super) name: String,
    pub(super) chosen: bool,
}

/// Returns the fields of a form; those reserved to administrators are shown to the others.
pub(super) fn inputs(
    form: Vec<Field>,
    violations: &[Violation],
    administers: bool,
    words: impl Fn(&str, &[String]) -> String,
) -> Vec<Input> {
    let input = |field: Field| Input {
        heading: find(&format!("section-{}", field.key)).unwrap_or_default(),
        name: field.key,
        label: key_name(field.key),
        hint: hint(&field),
        wrong: violations
            .iter()
            .filter(|violation| violation.key == field.key)
            .map(|v| v.message.as_str())
            .collect::<Vec<_>>()
            .join(" "),
        required: field.required,
        control: if field.reserved && !administers {
            Control::Fixed(words(field.key, &field.values))
        } else {
            control(&field)
        },
    };
    form.into_iter().map(input).collect()
}

/// Returns the help of a field: its own words, or how its shape is typed.
fn hint(field: &Field) -> String {
    let shape = match field.shape {
        // Told once, at the first day of the week.
        Shape::Hours if field.key == "lundi" => "hint-shape-hours",
        Shape::Closures => "hint-shape-closures",
        Shape::Absences => "hint-shape-absences",
        Shape::Lines => "hint-shape-lines",
        _ => "",
    };
    find(&format!("key-{}-hint", field.key)).or_else(|| find(shape)).unwrap_or_default()
}

fn control(field: &Field) -> Control {
    let first = || field.values.first().cloned().unwrap_or_default();
    let pick = |(value, name): &(String, String)| Pick {
        chosen: field.values.contains(value),
        value: value.clone(),
        name: name.clone(),
    };
    match field.shape {
        Shape::Number if field.options.is_empty() => Control::Number(first()),
        Shape::Choice | Shape::Number => Control::Choice(field.options.iter().map(pick).collect()),
        Shape::Several => Control::Several(field.options.iter().map(pick).collect()),
        Shape::Flag => Control::Flag(first() == "true"),
        Shape::Levels => Control::Levels(field.options.iter().map(|option| levels(option, &field.values)).collect()),
        Shape::Paragraphs => Control::Area { text: first(), rows: 9 },
        Shape::Lines | Shape::Closures | Shape::Absences => {
            Control::Area { rows: field.values.len() + 2, text: field.values.join("\n") }
        }
        Shape::Line => Control::Line(first()),
        Shape::Hours => Control::Line(field.values.join(" ")),
    }
}

/// Returns the levels of one skill, the one that is asked or held chosen.
fn levels((code, name): &(String, String), values: &[String]) -> (String, Vec<Pick>) {
    let picks = LEVELS.iter().map(|level| {
        let value = format!("{code} {level}");
        Pick { chosen: values.contains(&value), value, name: (*level).to_owned() }
    });
    (name.clone(), picks.collect())
}

/// A form of settings as it was filled in.
#[derive(Debug, Default)]
pub(super) struct Typed {
    pairs: Vec<(String, String)>,
}

impl Typed {
    /// Reads a form and checks its token.
    pub(super) async fn read(app: &App, session: &Session, request: Request) -> Result<Self, Problem> {
        let pairs = read_pairs(request).await?;
        let typed = Self { pairs };
        if typed.pairs.len() > FIELDS_MAX {
            return Err(Problem::malformed(Vec::new()));
        }
        session.check_form_token(app, typed.text("token"))?;
        Ok(typed)
    }

    /// Returns a field, empty when absent.
    pub(super) fn text(&self, name: &str) -> &str {
        self.pairs.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// Returns the version the form was made from.
    pub(super) fn version(&self) -> i64 {
        self.text("version").parse().unwrap_or_default()
    }

    /// Returns what each field of a form says; fields that were not sent, or that are not the caller's, are left out.
    pub(super) fn changes(&self, form: &[Field], administers: bool) -> BTreeMap<String, Vec<String>> {
        let open = form.iter().filter(|field| administers || !field.reserved);
        let said = open.filter_map(|field| {
            let sent: Vec<&str> =
                self.pairs.iter().filter(|(name, _)| name == field.key).map(|(_, value)| value.as_str()).collect();
            let mut values: Vec<String> = sent.iter().flat_map(|text| split(field.shape, text)).collect();
            // A box that is ticked comes after the « false » that stands for one that is not.
            if field.shape == Shape::Flag {
                values.drain(..values.len().saturating_sub(1));
            }
            (!sent.is_empty()).then(|| (field.key.to_owned(), values))
        });
        said.collect()
    }
}

/// Returns the values of what was typed in one field.
fn split(shape: Shape, text: &str) -> Vec<String> {
    let values: Vec<&str> = match shape {
        Shape::Lines | Shape::Closures | Shape::Absences => text.lines().collect(),
        Shape::Hours => text.split([' ', ',', ';']).collect(),
        _ => vec![text],
    };
    values.into_iter().filter(|value| !value.trim().is_empty()).map(str::to_owned).collect()
}

/// Returns a form that says what was typed.
pub(super) fn filled(form: Vec<Field>, changes: &BTreeMap<String, Vec<String>>) -> Vec<Field> {
    let say = |field: Field| match changes.get(field.key) {
        Some(values) => Field { values: values.clone(), ..field },
        None => field,
    };
    form.into_iter().map(say).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(key: &'static str, shape: Shape, reserved: bool) -> Field {
        Field { key, shape, values: Vec::new(), options: Vec::new(), required: false, reserved }
    }

    #[test]
    fn what_was_typed_becomes_values() {
        let pairs = [
            ("lundi", "08:30-12:30, 13:30-17:30"),
            ("closures", "2026-12-24 2026-12-26 Noël\r\n\r\n2027-01-02"),
            ("clearances", ""),
            ("clearances", "TES"),
            ("clearances", "OEC"),
        ];
        let typed = Typed { pairs: pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec() };
        let form = [
            field("lundi", Shape::Hours, false),
            field("closures", Shape::Closures, false),
            field("clearances", Shape::Several, true),
            field("mardi", Shape::Hours, false),
        ];
        let changes = typed.changes(&form, true);
        assert_eq!(changes["lundi"], ["08:30-12:30", "13:30-17:30"]);
        assert_eq!(changes["closures"], ["2026-12-24 2026-12-26 Noël", "2027-01-02"]);
        assert_eq!(changes["clearances"], ["TES", "OEC"]);
        assert!(!changes.contains_key("mardi"), "what was not sent stays as it is");
        assert!(!typed.changes(&form, false).contains_key("clearances"), "what is reserved is not taken from others");
    }

    #[test]
    fn a_box_is_ticked_or_not() {
        let flag = [field("public", Shape::Flag, false)];
        let sent = |values: &[&str]| Typed {
            pairs: values.iter().map(|value| ("public".to_owned(), (*value).to_owned())).collect(),
        };
        assert_eq!(sent(&["false", "true"]).changes(&flag, false)["public"], ["true"]);
        assert_eq!(sent(&["false"]).changes(&flag, false)["public"], ["false"]);
    }

    #[test]
    fn nothing_chosen_is_said_too() {
        let typed = Typed { pairs: vec![("clearances".to_owned(), String::new())] };
        let changes = typed.changes(&[field("clearances", Shape::Several, false)], false);
        assert_eq!(changes["clearances"], Vec::<String>::new());
    }
}
