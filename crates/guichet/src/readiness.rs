//! Whether this process may be sent work, and why not.

use std::collections::BTreeMap;

use tokio::sync::watch;

/// Reasons by topic; none = ready. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Readiness(watch::Sender<BTreeMap<String, String>>);

impl Readiness {
    /// Says why the process is not ready.
    pub(crate) fn block(&self, topic: &str, reason: impl Into<String>) {
        let reason = reason.into();
        self.0.send_if_modified(|reasons| reasons.insert(topic.to_owned(), reason.clone()) != Some(reason));
    }

    /// Takes a reason back.
    pub(crate) fn clear(&self, topic: &str) {
        self.0.send_if_modified(|reasons| reasons.remove(topic).is_some());
    }

    /// Returns the reasons that stand.
    pub(crate) fn reasons(&self) -> Vec<String> {
        self.0.borrow().values().cloned().collect()
    }

    /// Returns whether nothing stands in the way.
    pub(crate) fn is_ready(&self) -> bool {
        self.0.borrow().is_empty()
    }

    /// Returns what hears of each change.
    pub(crate) fn changes(&self) -> watch::Receiver<BTreeMap<String, String>> {
        self.0.subscribe()
    }
}
