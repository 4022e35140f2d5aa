//! Watching a log: each event as it is numbered, from the moment one begins to watch.

use std::collections::VecDeque;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::try_unfold;
use guichet_events::{Envelope, Position};
use tokio::sync::watch::Receiver;

use crate::{Log, Result, Watch};

/// The net under lost wake-ups.
const POLL: Duration = Duration::from_millis(500);
/// Events read at once: a burst is passed on in a few turns.
const BATCH: u32 = 200;

struct Watcher {
    log: Log,
    wakes: Receiver<()>,
    /// The last event passed on.
    passed: Position,
    ready: VecDeque<Envelope>,
}

/// Returns the events that `log` numbers from now on.
pub(crate) async fn begin(log: &Log) -> Result<Watch> {
    let wakes = log.bus().subscribe(log.service());
    let watcher = Watcher { passed: log.head().await?, log: log.clone(), wakes, ready: VecDeque::new() };
    let events = try_unfold(watcher, |mut watcher| async move {
        let event = watcher.next().await?;
        Ok(Some((event, watcher)))
    });
    Ok(events.boxed())
}

impl Watcher {
    async fn next(&mut self) -> Result<Envelope> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                self.passed = event.position;
                return Ok(event);
            }
            // A wake-up between the read and the wait is not lost: the receiver keeps it.
            self.wakes.mark_unchanged();
            self.ready.extend(self.log.after(self.passed, BATCH).await?);
            if self.ready.is_empty() {
                // Time that runs out is the poll, and a bus that is gone leaves the poll.
                let _woken = tokio::time::timeout(POLL, self.wakes.changed()).await;
            }
        }
    }
}
