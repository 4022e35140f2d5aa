//! How values are shown to people: states, dates, sizes, Markdown.

pub(crate) mod bytes;
pub(crate) mod date;
pub(crate) mod markdown;
pub(crate) mod state;

/// Returns the label of a form's field, its name when it has none.
pub(crate) fn label(name: &str) -> String {
    crate::text::find(&format!("label-{name}")).unwrap_or_else(|| name.to_owned())
}
