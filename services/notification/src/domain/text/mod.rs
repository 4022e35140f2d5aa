//! The words of a notice. A text is data, never code: literal French with `{fields}` in braces and, in an SMS,
//! `[passages]` left out when the message would not fit one part. The embedded texts are the files of
//! `texts/<language>/<notice>/<medium>.txt`; an authority may replace any of them.
//!
//! `field` names what may stand in braces, `template` reads and checks a text, `values` fills it from a request and the
//! directory, `page` turns the result into plain text and HTML, `compose` ties them together. `change` tells what saving
//! a text changes.

mod change;
mod compose;
mod defaults;
mod field;
mod page;
pub mod sample;
mod template;
mod town;
mod values;

pub use change::Change;
pub use compose::{Composed, Context, Overrides, TextKey, compose, preview};
pub use defaults::{Language, default_text};
pub use field::Field;
pub use template::{Mistake, Source, Template};
pub use town::Town;

#[cfg(test)]
mod tests;
