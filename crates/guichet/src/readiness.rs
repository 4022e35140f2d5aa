//! Whether this process may be sent work, and why not.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Reasons by topic; none = ready. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Readiness(Arc<Mutex<BTreeMap<String, String>>>);

impl Readiness {
    /// Says why the process is not ready.
    pub(crate) fn block(&self, topic: &str, reason: impl Into<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(topic.to_owned(), reason.into());
    }

    /// Takes a reason back.
    pub(crate) fn clear(&self, topic: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(topic);
    }

    /// Returns the reasons that stand.
    pub(crate) fn reasons(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Returns whether nothing stands in the way.
    pub(crate) fn is_ready(&self) -> bool {
        self.reasons().is_empty()
    }
}
