//! What knowledge tells.

use guichet_core::id::SheetId;
use serde::{Deserialize, Serialize};

use crate::envelope::event;

/// A sheet has a new version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetPublished {
    /// Which.
    pub sheet_id: SheetId,
    /// From 1.
    pub version: u32,
}
event!(SheetPublished, "sheet.published", 1);
