//! The relay of a log: gives committed rows their numbers and appends them to the stream.

use std::time::Duration;

use guichet_core::Rng;
use guichet_events::Position;
use tokio_util::sync::CancellationToken;

use crate::bus::Appended;
use crate::log::relay_topic;
use crate::redis_stream::STREAM_ENTRIES_MAX;
use crate::{Lease, Log, Result};

/// The net under lost wake-ups.
const POLL: Duration = Duration::from_millis(500);
/// Events appended to the stream by one script: about 300 kB.
const APPEND_BATCH: u32 = 500;
/// How often consumers' progress is written down.
const FLUSH_CONSUMERS_MS: i64 = 10_000;
/// How often old rows are deleted.
const SWEEP_MS: i64 = 60_000;
/// How long told rows are kept for replay and inquiry.
const KEPT_MS: i64 = 7 * 24 * 3_600 * 1_000;

/// Numbers and tells one log; one at a time does, by lease, but two at once do no harm.
#[derive(Debug)]
pub struct Relay {
    log: Log,
    lease: Lease,
    /// Whether this relay has opened its generation.
    begun: bool,
    /// Where the stream ends as far as we know; `None` before it was asked.
    told: Option<Told>,
}

#[derive(Clone, Copy, Debug)]
struct Told {
    /// What the script must find; `None` for an empty stream.
    stream_end: Option<Position>,
    /// The event to append next follows this one.
    after: Position,
}

impl Relay {
    /// Returns the relay of a log.
    pub fn new(log: Log, rng: &dyn Rng) -> Self {
        let lease = Lease::new(log.db().clone(), relay_topic(log.service()), std::sync::Arc::clone(log.clock()), rng);
        Self { log, lease, begun: false, told: None }
    }

    /// Numbers and tells until cancelled.
    pub async fn run(mut self, cancel: CancellationToken) -> Result<()> {
        let mut wakes = self.log.bus().subscribe(&relay_topic(self.log.service()));
        let (mut flushed_at, mut swept_at) = (self.log.clock().now(), self.log.clock().now());
        loop {
            if self.lease.ensure().await?.is_some() {
                self.turn().await?;
                let now = self.log.clock().now();
                if now.millis_since(swept_at) >= SWEEP_MS {
                    swept_at = now;
                    self.log.delete_told(KEPT_MS).await?;
                }
            }
            if self.log.clock().now().millis_since(flushed_at) >= FLUSH_CONSUMERS_MS {
                flushed_at = self.log.clock().now();
                self.log.flush_consumers().await?;
            }
            tokio::select! {
                () = cancel.cancelled() => {
                    self.lease.leave().await;
                    return Ok(());
                }
                _ = wakes.changed() => {}
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }

    /// Numbers what waits and tells what is numbered. A bus that does not answer is no failure: numbering went on, and
    /// readers ask the producer.
    pub async fn turn(&mut self) -> Result<()> {
        if !self.begun {
            self.log.begin_generation().await?;
            self.begun = true;
        }
        loop {
            let (head, more) = self.log.number().await?;
            if let Err(error) = self.tell(head).await {
                self.told = None;
                match error {
                    crate::Error::Bus(error) => tracing::debug!(%error, "stream was not appended to"),
                    error => return Err(error),
                }
            }
            if !more {
                return Ok(());
            }
        }
    }

    async fn tell(&mut self, head: Position) -> Result<()> {
        if !self.log.bus().has_streams() {
            let news = self.told.is_none_or(|told| told.after < head);
            self.told = Some(Told { stream_end: None, after: head });
            if news {
                self.log.bus().append(self.log.service(), None, &[]).await?;
            }
            return Ok(());
        }
        let end = self.log.bus().last_id(self.log.service()).await?;
        let mut told = match self.told {
            Some(told) if told.stream_end == end => told,
            // The first turn, a flush, a restored stream or another relay: go on from where it really ends.
            _ => self.resume(end).await?,
        };
        while told.after < head {
            let events = self.log.after(told.after, APPEND_BATCH).await?;
            let Some(last) = events.last().map(|event| event.position) else { break };
            told = match self.log.bus().append(self.log.service(), told.stream_end, &events).await? {
                Appended::Done => Told { stream_end: Some(last), after: last },
                Appended::Mismatch(end) => self.resume(end).await?,
            };
        }
        self.told = Some(told);
        Ok(())
    }

    /// Decides where to go on when the stream ends at `end`.
    async fn resume(&self, end: Option<Position>) -> Result<Told> {
        if let Some(end) = end {
            self.log.notice_loss(end).await?;
            return Ok(Told { stream_end: Some(end), after: end });
        }
        let head = self.log.head().await?;
        let after = Position { generation: head.generation, seq: (head.seq - STREAM_ENTRIES_MAX).max(0) };
        Ok(Told { stream_end: None, after })
    }
}
