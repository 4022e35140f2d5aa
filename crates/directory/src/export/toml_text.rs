//! Writes TOML the way a person would: short lists on one line, long ones one item a line.

use std::fmt::Write as _;

/// Characters of a line before a list is written one item a line.
const LINE_CHARACTERS_MAX: usize = 100;

/// A value inside a small group.
#[derive(Clone, Copy, Debug)]
pub(super) enum Inline<'v> {
    Text(&'v str),
    Flag(bool),
    List(&'v [String]),
}

impl Inline<'_> {
    fn written(self) -> String {
        match self {
            Self::Text(text) => quoted(text),
            Self::Flag(flag) => flag.to_string(),
            Self::List(texts) => {
                format!("[{}]", texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// A TOML file being written.
#[derive(Debug, Default)]
pub(super) struct Writer(String);

impl Writer {
    /// Opens a group, `[name]`.
    pub(super) fn group(&mut self, name: &str) {
        self.blank_line();
        let _ = writeln!(self.0, "[{}]", key(name));
    }

    /// Opens one more group of a list, `[[name]]`.
    pub(super) fn item_of(&mut self, name: &str) {
        self.blank_line();
        let _ = writeln!(self.0, "[[{}]]", key(name));
    }

    fn blank_line(&mut self) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
    }

    pub(super) fn text(&mut self, name: &str, value: &str) {
        let _ = writeln!(self.0, "{} = {}", key(name), quoted(value));
    }

    pub(super) fn text_unless_empty(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.text(name, value);
        }
    }

    pub(super) fn number(&mut self, name: &str, value: u32) {
        let _ = writeln!(self.0, "{} = {value}", key(name));
    }

    /// Writes a flag only when it differs from what its absence says.
    pub(super) fn flag_if(&mut self, name: &str, value: bool, worth_saying: bool) {
        if value == worth_saying {
            let _ = writeln!(self.0, "{} = {value}", key(name));
        }
    }

    pub(super) fn list<T: AsRef<str>>(&mut self, name: &str, values: impl IntoIterator<Item = T>) {
        let values: Vec<String> = values.into_iter().map(|value| quoted(value.as_ref())).collect();
        self.items(name, &values, LINE_CHARACTERS_MAX);
    }

    pub(super) fn list_unless_empty<T: AsRef<str>>(&mut self, name: &str, values: impl IntoIterator<Item = T>) {
        let mut values = values.into_iter().peekable();
        if values.peek().is_some() {
            self.list(name, values);
        }
    }

    /// Writes a text of several lines as one reads it.
    pub(super) fn paragraphs(&mut self, name: &str, value: &str) {
        if !value.contains('\n') {
            self.text(name, value);
            return;
        }
        let inside = |line: &str| {
            let quoted = quoted(line);
            quoted[1..quoted.len() - 1].to_owned()
        };
        let lines: Vec<String> = value.split('\n').map(inside).collect();
        let _ = writeln!(self.0, "{} = \"\"\"\n{}\"\"\"", key(name), lines.join("\n"));
    }

    /// Writes a list of small groups, one a line.
    pub(super) fn inline_groups_unless_empty<'v>(
        &mut self,
        name: &str,
        groups: impl Iterator<Item = Vec<(&'static str, Inline<'v>)>>,
    ) {
        let inline = |group: Vec<(&'static str, Inline<'_>)>| {
            let fields: Vec<String> =
                group.iter().map(|(name, value)| format!("{} = {}", key(name), value.written())).collect();
            format!("{{ {} }}", fields.join(", "))
        };
        let groups: Vec<String> = groups.map(inline).collect();
        if !groups.is_empty() {
            self.items(name, &groups, 0);
        }
    }

    fn items(&mut self, name: &str, items: &[String], line_max: usize) {
        let line = format!("{} = [{}]", key(name), items.join(", "));
        if items.is_empty() || line.chars().count() <= line_max {
            let _ = writeln!(self.0, "{line}");
            return;
        }
        let _ = writeln!(self.0, "{} = [", key(name));
        for item in items {
            let _ = writeln!(self.0, "    {item},");
        }
        self.0.push_str("]\n");
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

/// Returns a key, in quotes when it is not made of plain characters.
fn key(name: &str) -> String {
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if plain { name.to_owned() } else { quoted(name) }
}

/// Returns a TOML basic string.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_is_read_back_as_it_was() {
        for text in ["simple", "l'« été »", "a\"b\\c", "deux\nlignes\tet\u{7}\u{85}", "😀", "", "\\u0041"] {
            let mut writer = Writer::default();
            writer.text("aline.encre", text);
            writer.list("liste", [text, "x"]);
            writer.paragraphs("texte", &format!("deux\n{text}\nlignes"));
            let file = writer.finish();
            let table: toml::Table = file.parse().expect(&file);
            assert_eq!(table["aline.encre"].as_str(), Some(text));
            assert_eq!(table["liste"][0].as_str(), Some(text));
            assert_eq!(table["texte"].as_str(), Some(format!("deux\n{text}\nlignes").as_str()));
        }
    }

    #[test]
    fn long_lists_are_written_one_item_a_line() {
        let mut writer = Writer::default();
        writer.list("mots", ["un mot plutôt long"; 10]);
        assert_eq!(writer.finish().lines().count(), 12);
    }
}
