//! What is typed on screen and what is written in a file, both ways.

use toml::{Table, Value};

use super::keys::Shape;

/// Written between the parts of a day with a reason, and of an absence.
const GAP: char = ' ';

/// Returns what is typed for a value of the folder; a value of another form is shown as it is written.
pub(super) fn typed(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().map(typed_item).collect(),
        value => vec![typed_item(value)],
    }
}

fn typed_item(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Table(table) if table.contains_key("from") => {
            let text = |key| table.get(key).map(typed_item).unwrap_or_default();
            let last = ["reason", "substitute"].map(text).concat();
            [text("from"), text("to"), last].join(" ").trim_end().to_owned()
        }
        value => value.to_string(),
    }
}

/// Returns the value written for what was typed, `None` when nothing was. What is not of the right form is written as
/// it was typed: reading says what is wrong with it.
pub(super) fn written(shape: Shape, typed: &[String]) -> Option<Value> {
    let items = || typed.iter().map(|item| item.trim()).filter(|item| !item.is_empty());
    let first = items().next();
    let text = |text: &str| Value::String(text.to_owned());
    let list = |items: Vec<Value>| (!items.is_empty()).then_some(Value::Array(items));
    match shape {
        Shape::Line | Shape::Choice => first.map(text),
        Shape::Paragraphs => first.map(|body| text(&body.replace("\r\n", "\n"))),
        Shape::Number => first.map(|number| number.parse().map_or_else(|_| text(number), Value::Integer)),
        Shape::Flag => first.map(|flag| flag.parse().map_or_else(|_| text(flag), Value::Boolean)),
        Shape::Several | Shape::Levels | Shape::Lines | Shape::Hours => list(items().map(text).collect()),
        Shape::Closures => list(items().map(|item| days(item, "reason")).collect()),
        Shape::Absences => list(items().map(|item| days(item, "substitute")).collect()),
    }
}

/// Returns the group of `2026-12-24 2026-12-26 Noël`, whose last words are what `last` says. The second day may be
/// missing: it is the first one.
fn days(typed: &str, last: &'static str) -> Value {
    let mut parts = typed.splitn(3, GAP);
    let mut next = || parts.next().unwrap_or_default().trim().to_owned();
    let (from, second, third) = (iso(&next()), next(), next());
    let is_day = second.is_empty() || second.starts_with(|c: char| c.is_ascii_digit());
    let (to, words) = if is_day { (iso(&second), third) } else { (String::new(), format!("{second} {third}")) };
    let to = if to.is_empty() { from.clone() } else { to };
    let keys = [("from", from), ("to", to), (last, words.trim().to_owned())];
    let filled = keys.into_iter().filter(|(_, value)| !value.is_empty());
    Value::Table(filled.map(|(key, value)| (key.to_owned(), Value::String(value))).collect::<Table>())
}

/// Returns a day as files write it, from `24/12/2026` too; what is no day is left as it was typed.
fn iso(typed: &str) -> String {
    let parts: Vec<&str> = typed.split('/').collect();
    match parts[..] {
        [day, month, year] if year.len() == 4 => format!("{year}-{month:0>2}-{day:0>2}"),
        _ => typed.to_owned(),
    }
}

/// Returns an empty value of a shape, for a key whose absence is a mistake.
pub(super) fn empty(shape: Shape) -> Value {
    match shape {
        Shape::Several | Shape::Levels | Shape::Lines | Shape::Hours | Shape::Closures | Shape::Absences => {
            Value::Array(Vec::new())
        }
        Shape::Line | Shape::Paragraphs | Shape::Number | Shape::Flag | Shape::Choice => Value::String(String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_typed_again() {
        for (shape, values) in [
            (Shape::Line, vec!["3 jours ouvrés"]),
            (Shape::Paragraphs, vec!["Bonjour,\n\nÀ bientôt."]),
            (Shape::Number, vec!["3"]),
            (Shape::Number, vec!["trois"]),
            (Shape::Flag, vec!["true"]),
            (Shape::Hours, vec!["08:30-12:30", "13:30-17:30"]),
            (Shape::Closures, vec!["2026-12-24 2026-12-26 Noël au chaud"]),
            (Shape::Absences, vec!["2026-12-24 2026-12-26"]),
        ] {
            let values: Vec<String> = values.into_iter().map(str::to_owned).collect();
            assert_eq!(typed(&written(shape, &values).expect("something was typed")), values, "{shape:?}");
        }
    }

    #[test]
    fn nothing_typed_writes_nothing() {
        for shape in [Shape::Line, Shape::Lines, Shape::Closures] {
            assert_eq!(written(shape, &["  ".to_owned()]), None);
        }
    }

    #[test]
    fn days_are_typed_as_people_write_them() {
        let days = written(Shape::Closures, &["24/12/2026 2/1/2027 Fêtes".to_owned()]).expect("days");
        assert_eq!(typed(&days), ["2026-12-24 2027-01-02 Fêtes"]);
    }

    #[test]
    fn an_absence_may_end_with_who_stands_in() {
        for typed_in in ["24/12/2026 aline.encre", "2026-12-24 2026-12-24 aline.encre"] {
            let days = written(Shape::Absences, &[typed_in.to_owned()]).expect("days");
            assert_eq!(typed(&days), ["2026-12-24 2026-12-24 aline.encre"]);
        }
    }

    #[test]
    fn one_day_is_its_own_end() {
        let day = written(Shape::Absences, &["2026-12-24".to_owned()]).expect("a day");
        assert_eq!(typed(&day), ["2026-12-24 2026-12-24"]);
    }
}
