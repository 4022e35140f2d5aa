//! Words: elided articles dropped, compounds cut at their hyphens and apostrophes and also kept whole.

use super::WORD_CHARACTERS_MAX;
use super::normalise::{is_combining, push_normalised};
use super::stop_words::{is_clitic, is_elision};

/// One word, normalised, and where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Lower case, with its accents.
    pub text: String,
    /// First byte in the text as written.
    pub from: usize,
    /// Byte after the word.
    pub to: usize,
    /// The whole of a compound whose parts have just been given: « weekend » after « week » and « end ».
    pub is_compound: bool,
}

/// Returns the words of a text, compounds after their parts.
pub fn words(text: &str) -> impl Iterator<Item = Word> {
    runs(text).flat_map(|run| cut(text, run))
}

/// Returns whether a character may stand inside a run: letters, figures, and what joins them.
fn is_inside(character: char) -> bool {
    character.is_alphanumeric() || is_joint(character) || is_combining(character)
}

fn is_apostrophe(character: char) -> bool {
    matches!(character, '\'' | '’' | '‘' | 'ʼ' | '′' | '＇' | '`' | '´')
}

fn is_hyphen(character: char) -> bool {
    // U+2011 does not break the line, U+00AD only shows where it is broken.
    matches!(character, '-' | '‐' | '‑' | '\u{ad}')
}

fn is_joint(character: char) -> bool {
    is_apostrophe(character) || is_hyphen(character) || character == '.'
}

/// Returns the byte ranges between white space and punctuation.
fn runs(text: &str) -> impl Iterator<Item = std::ops::Range<usize>> {
    let mut rest = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (from, _) = rest.find(|&(_, character)| is_inside(character))?;
        let mut to = text.len();
        while let Some(&(at, character)) = rest.peek() {
            if !is_inside(character) {
                to = at;
                break;
            }
            rest.next();
        }
        Some(from..to)
    })
}

/// One part of a run and the joint after it.
struct Part {
    text: String,
    from: usize,
    to: usize,
    joint: Option<char>,
}

fn parts(text: &str, run: std::ops::Range<usize>) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut part = Part { text: String::new(), from: run.start, to: run.start, joint: None };
    for (offset, character) in text[run.clone()].char_indices() {
        let at = run.start + offset;
        if is_joint(character) {
            part.joint = Some(character);
            let next = at + character.len_utf8();
            parts.push(std::mem::replace(&mut part, Part { text: String::new(), from: next, to: next, joint: None }));
            continue;
        }
        push_normalised(character, &mut part.text);
        part.to = at + character.len_utf8();
    }
    parts.push(part);
    parts.retain(|part| !part.text.is_empty());
    parts
}

fn cut(text: &str, run: std::ops::Range<usize>) -> Vec<Word> {
    let mut parts = parts(text, run);
    if is_initials(&parts) {
        return whole(&parts).into_iter().map(|word| Word { is_compound: false, ..word }).collect();
    }
    // A full stop with no space after it ends a sentence; it never makes a compound.
    let mut words = Vec::new();
    while !parts.is_empty() {
        let end = parts.iter().position(|part| part.joint == Some('.')).map_or(parts.len(), |last| last + 1);
        words.extend(cut_compound(parts.drain(..end).collect()));
    }
    words
}

/// Returns whether the parts are initials: « C.A.F. ».
fn is_initials(parts: &[Part]) -> bool {
    let dotted =
        |(rank, part): (usize, &Part)| part.joint == Some('.') || (part.joint.is_none() && rank + 1 == parts.len());
    parts.len() > 1 && parts.iter().enumerate().all(dotted) && parts.iter().all(|part| part.text.chars().count() == 1)
}

fn cut_compound(mut parts: Vec<Part>) -> Vec<Word> {
    // « l’ », « qu' », « jusqu' »; twice for « d'aujourd'hui » and « qu'l' », which people do write.
    while parts.len() > 1 && parts[0].joint.is_some_and(is_apostrophe) && is_elision(&parts[0].text) {
        parts.remove(0);
    }
    // « peut-on », « a-t-il », « donnez-moi »: the pronoun says nothing; « rendez-vous » is a name.
    while parts.len() > 1
        && parts[0].text != "rendez"
        && parts[parts.len() - 2].joint.is_some_and(is_hyphen)
        && is_clitic(&parts[parts.len() - 1].text)
    {
        parts.pop();
    }
    let compound = if parts.len() > 1 { whole(&parts) } else { None };
    let separate = parts.into_iter().filter(|part| part.text.chars().count() <= WORD_CHARACTERS_MAX);
    separate
        .map(|part| Word { text: part.text, from: part.from, to: part.to, is_compound: false })
        .chain(compound)
        .collect()
}

fn whole(parts: &[Part]) -> Option<Word> {
    let text: String = parts.iter().map(|part| part.text.as_str()).collect();
    let (first, last) = (parts.first()?, parts.last()?);
    let fits = text.chars().count() <= WORD_CHARACTERS_MAX;
    fits.then_some(Word { text, from: first.from, to: last.to, is_compound: true })
}
