//! How values are shown to people: states, dates, sizes, Markdown.

pub(crate) mod bytes;
pub(crate) mod date;
pub(crate) mod expected;
pub(crate) mod markdown;
pub(crate) mod state;

/// Returns the label of a form's field, its name when it has none.
pub(crate) fn label(name: &str) -> String {
    crate::text::find(&format!("label-{name}")).unwrap_or_else(|| name.to_owned())
}

/// Returns the key that sorts French words as a dictionary does: accents and capitals do not count.
pub(crate) fn alphabetical(text: &str) -> String {
    let plain = |letter: char| match letter {
        'à' | 'â' | 'ä' => 'a',
        'ç' => 'c',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'î' | 'ï' => 'i',
        'ô' | 'ö' => 'o',
        'ù' | 'û' | 'ü' => 'u',
        letter => letter,
    };
    text.chars().flat_map(char::to_lowercase).map(plain).collect()
}
