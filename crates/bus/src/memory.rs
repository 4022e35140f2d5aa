//! Wake-ups inside one process: the whole of the embedded bus, and the last step of the Redis one.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

/// Topics and who waits on them.
#[derive(Debug, Default)]
pub(crate) struct Hub(Mutex<HashMap<String, watch::Sender<()>>>);

impl Hub {
    /// Wakes everybody who waits on a topic.
    pub(crate) fn wake(&self, topic: &str) {
        let topics = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = topics.get(topic) {
            sender.send_replace(());
        }
    }

    /// Returns a receiver that changes at each wake-up of a topic.
    pub(crate) fn subscribe(&self, topic: &str) -> watch::Receiver<()> {
        let mut topics = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        topics.entry(topic.to_owned()).or_insert_with(|| watch::channel(()).0).subscribe()
    }
}
