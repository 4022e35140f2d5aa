//! A Rust file cut into code and string literals, so that a rule never mistakes a comment for code. It knows comments,
//! strings and characters, not the grammar: enough for rules about words.

/// A scanned file. Offsets are the same in the file and in `code`.
pub(crate) struct Source {
    /// The code, with comments and the insides of strings turned into spaces.
    pub(crate) code: String,
    pub(crate) literals: Vec<Literal>,
}

/// A string literal.
#[derive(Clone, Debug)]
pub(crate) struct Literal {
    pub(crate) offset: usize,
    pub(crate) text: String,
}

impl Source {
    /// Cuts a file.
    pub(crate) fn scan(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut code = Vec::with_capacity(bytes.len());
        let mut literals = Vec::new();
        while code.len() < bytes.len() {
            let at = code.len();
            let rest = &text[at..];
            let end = if rest.starts_with("//") {
                at + rest.find('\n').unwrap_or(rest.len())
            } else if rest.starts_with("/*") {
                at + block_comment_length(rest)
            } else if let Some((start, length)) = string(rest, code.last()) {
                let inside = &rest[start..length.max(start)];
                let closing = inside.len() - inside.trim_end_matches('#').len() + 1;
                literals.push(Literal { offset: at, text: inside[..inside.len().saturating_sub(closing)].to_owned() });
                code.push(b'"');
                at + length
            } else {
                let length = character_length(rest);
                if length == 1 {
                    code.push(bytes[at]);
                    continue;
                }
                at + length
            };
            while code.len() < end {
                code.push(if bytes[code.len()] == b'\n' { b'\n' } else { b' ' });
            }
        }
        let code = code.into_iter().map(|byte| if byte.is_ascii() { char::from(byte) } else { ' ' }).collect();
        Self { code, literals }
    }

    /// Blanks what `#[cfg(test)]` covers.
    pub(crate) fn without_tests(mut self) -> Self {
        for (start, end) in self.test_items() {
            let blank: String = self.code[start..end].chars().map(|c| if c == '\n' { c } else { ' ' }).collect();
            self.code.replace_range(start..end, &blank);
            self.literals.retain(|literal| !(start..end).contains(&literal.offset));
        }
        self
    }

    /// Returns the names of the modules declared for tests in files of their own.
    pub(crate) fn test_module_files(&self) -> Vec<String> {
        let items = self.test_items();
        let items = items.iter().map(|(start, end)| self.code[*start..*end].trim_start_matches("#[cfg(test)]").trim());
        items.filter_map(|item| Some(item.strip_suffix(';')?.rsplit_once("mod ")?.1.to_owned())).collect()
    }

    /// Returns where a word or a piece of code stands, on word borders when it begins or ends with a letter.
    pub(crate) fn find(&self, needle: &str) -> Vec<usize> {
        let inside_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let matches = self.code.match_indices(needle);
        let on_border = matches.filter(|(at, _)| {
            let before = inside_word(needle.chars().next()) && inside_word(self.code[..*at].chars().next_back());
            let after =
                inside_word(needle.chars().next_back()) && inside_word(self.code[at + needle.len()..].chars().next());
            !before && !after
        });
        on_border.map(|(at, _)| at).collect()
    }

    /// Returns the line of an offset, from 1.
    pub(crate) fn line(&self, offset: usize) -> usize {
        self.code[..offset].matches('\n').count() + 1
    }

    /// Returns the offset after the bracket that closes the one at `open`.
    pub(crate) fn close(&self, open: usize) -> usize {
        let mut depth = 0_u32;
        for (at, c) in self.code[open..].char_indices() {
            match c {
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return open + at + 1;
            }
        }
        self.code.len()
    }

    fn test_items(&self) -> Vec<(usize, usize)> {
        let starts = self.code.match_indices("#[cfg(test)]").map(|(at, attribute)| (at, at + attribute.len()));
        let end = |after: usize| match self.code[after..].find(['{', ';']) {
            Some(at) if self.code[after + at..].starts_with('{') => self.close(after + at),
            Some(at) => after + at + 1,
            None => self.code.len(),
        };
        starts.map(|(start, after)| (start, end(after))).collect()
    }
}

fn block_comment_length(rest: &str) -> usize {
    let (mut depth, mut at) = (0_u32, 0);
    while at < rest.len() {
        match &rest.as_bytes()[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// Returns where the inside of a string that starts here begins, and the length of the whole literal.
fn string(rest: &str, before: Option<&u8>) -> Option<(usize, usize)> {
    if before.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_') && !rest.starts_with('"') {
        return None;
    }
    let prefix = rest.find(|c| !matches!(c, 'b' | 'c' | 'r')).filter(|length| *length <= 2)?;
    let raw = rest[..prefix].contains('r');
    let hashes = if raw { rest[prefix..].bytes().take_while(|byte| *byte == b'#').count() } else { 0 };
    let start = prefix + hashes + 1;
    if rest.as_bytes().get(start - 1) != Some(&b'"') {
        return None;
    }
    if raw {
        let end = format!("\"{}", "#".repeat(hashes));
        return Some((start, rest[start..].find(&end).map_or(rest.len(), |at| start + at + end.len())));
    }
    let mut escaped = false;
    for (at, byte) in rest.bytes().enumerate().skip(start) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some((start, at + 1)),
            _ => {}
        }
    }
    Some((start, rest.len()))
}

/// Returns the length of a character literal, or 1 for anything else: a lifetime is left as it is.
fn character_length(rest: &str) -> usize {
    let Some(inside) = rest.strip_prefix('\'') else { return 1 };
    if inside.starts_with('\\') {
        return inside[2..].find('\'').map_or(1, |at| at + 4);
    }
    let mut characters = inside.char_indices();
    match (characters.next(), characters.next()) {
        (Some(_), Some((at, '\''))) => at + 2,
        _ => 1,
    }
}

#[test]
fn comments_strings_and_characters_are_no_code() {
    let text = "a /* b /* c */ d */ e // f\n'\"' \"g \\\" h\" r#\"i \" j\"# b'\\'' &'k l";
    let source = Source::scan(text);
    assert_eq!(source.code.split_whitespace().collect::<Vec<_>>(), ["a", "e", "\"", "\"", "b", "&'k", "l"]);
    let literals: Vec<&str> = source.literals.iter().map(|literal| literal.text.as_str()).collect();
    assert_eq!(literals, ["g \\\" h", "i \" j"]);
    assert_eq!(source.code.len(), text.len());
}

#[test]
fn test_modules_are_cut_out() {
    let source =
        Source::scan("fn a() {}\n#[cfg(test)]\nmod tests {\n fn b() { \"}\" }\n}\nfn c() { \"d\" }").without_tests();
    assert!(source.find("b").is_empty());
    assert_eq!(source.line(source.find("c")[0]), 6);
    assert_eq!(source.literals.len(), 1);
}
