//! The use cases, one file each: read, ask the domain, write in one transaction.

mod classify;
mod feedback;
mod find;
mod memory;
mod metrics;
mod publish;
mod read;
mod stats;

use std::sync::Arc;

use guichet_bus::Log;
use guichet_bus::directory::ReadModel;
use guichet_core::{Clock, Rng};
use guichet_db::Db;

pub(crate) use feedback::Remark;
pub(crate) use find::Found;
pub(crate) use memory::Memory;

/// What every use case stands on; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) db: Db,
    pub(crate) log: Log,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Arc<dyn Rng>,
    pub(crate) directories: ReadModel,
    pub(crate) memory: Memory,
    /// Confidence below which a person looks.
    pub(crate) threshold: f64,
}

/// Returns the beginning of a text, at most so many bytes, cut between characters.
fn beginning(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}
