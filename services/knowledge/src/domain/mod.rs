//! What knowledge decides, without any I/O: the French analyser, the search index, the snippets and the classifier.

pub mod analyser;
pub mod classifier;
pub mod plain;
pub mod publication;
pub mod search;
pub mod sheet;
