//! A consumer: reads one producer's log and moves its cursor in the transaction of the effect.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use guichet_core::{Clock, Rng};
use guichet_db::{Db, Tx, args};
use guichet_events::{Envelope, Position, UndecodableEvent};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::dialect::LOCK_CURSOR;
use crate::source::EventSource;
use crate::{Bus, Lease, Result, parked};

/// Events applied in one transaction.
const BATCH: u32 = 100;
/// The net under lost wake-ups.
const POLL: Duration = Duration::from_millis(500);
/// How often the producer is asked although the stream shows nothing: also how it learns how far we are.
const ASK_PRODUCER: Duration = Duration::from_secs(5);
/// Attempts before an event is set aside.
const ATTEMPTS_MAX: u32 = 5;
/// First pause after a failure; it doubles up to [`PAUSE_MAX`].
const PAUSE_MIN: Duration = Duration::from_millis(50);
/// Longest pause after a failure.
const PAUSE_MAX: Duration = Duration::from_secs(2);

const FIND_CURSOR: &str = "SELECT generation, seq FROM cursors WHERE consumer = $1 AND producer = $2";
const CREATE_CURSOR: &str = "INSERT INTO cursors (consumer, producer, generation, seq) VALUES ($1, $2, 0, 0)
    ON CONFLICT (consumer, producer) DO NOTHING";
const MOVE_CURSOR: &str = "UPDATE cursors SET generation = $3, seq = $4 WHERE consumer = $1 AND producer = $2";

/// Why an event could not be applied.
#[derive(Debug)]
pub enum HandlerError {
    /// What the effect needs does not answer: the cursor waits, without limit.
    Unavailable(Box<dyn std::error::Error + Send + Sync>),
    /// The event itself is the matter: after five attempts it is set aside.
    Poison(Box<dyn std::error::Error + Send + Sync>),
}

impl From<guichet_db::Error> for HandlerError {
    fn from(error: guichet_db::Error) -> Self {
        if error.is_unavailable() { Self::Unavailable(error.into()) } else { Self::Poison(error.into()) }
    }
}

impl From<crate::Error> for HandlerError {
    fn from(error: crate::Error) -> Self {
        match error {
            crate::Error::Storage(error) => error.into(),
            crate::Error::Corrupt { .. } => Self::Poison(error.into()),
            error => Self::Unavailable(error.into()),
        }
    }
}

impl From<UndecodableEvent> for HandlerError {
    fn from(error: UndecodableEvent) -> Self {
        Self::Poison(error.into())
    }
}

/// What a service does with the events of a producer.
pub trait Handler: Send + Sync + 'static {
    /// Applies one event inside `tx`; events it does not know are to be ignored.
    fn handle(
        &self,
        tx: &mut Tx,
        event: &Envelope,
    ) -> impl Future<Output = std::result::Result<(), HandlerError>> + Send;

    /// Follows up on a committed batch: wakes workers, refreshes what is kept in memory.
    fn committed(&self) -> impl Future<Output = ()> + Send {
        async {}
    }
}

/// How a batch ended.
enum Applied {
    Committed,
    /// Another reader moved the cursor.
    Moved,
    Failed {
        index: usize,
        error: HandlerError,
    },
}

/// One reader of one producer's log.
pub struct Consumer<H> {
    consumer: &'static str,
    producer: &'static str,
    db: Db,
    bus: Bus,
    source: Arc<dyn EventSource>,
    clock: Arc<dyn Clock>,
    lease: Lease,
    handler: H,
    asked_at: Option<tokio::time::Instant>,
    failing: Option<(Position, u32)>,
}

impl<H> std::fmt::Debug for Consumer<H> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Consumer({} of {})", self.consumer, self.producer)
    }
}

/// What every consumer of a service shares.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The consumer's own database.
    pub db: Db,
    /// The bus.
    pub bus: Bus,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness, for the lease's holder.
    pub rng: Arc<dyn Rng>,
}

impl<H: Handler> Consumer<H> {
    /// Returns a reader of `producer`'s log for `consumer`.
    pub fn new(
        parts: Parts,
        (consumer, producer): (&'static str, &'static str),
        source: Arc<dyn EventSource>,
        handler: H,
    ) -> Self {
        let Parts { db, bus, clock, rng } = parts;
        let name = format!("consumer:{consumer}:{producer}");
        let lease = Lease::new(db.clone(), name, Arc::clone(&clock), &*rng);
        Self { consumer, producer, db, bus, source, clock, lease, handler, asked_at: None, failing: None }
    }

    /// Reads and applies until cancelled.
    pub async fn run(mut self, cancel: CancellationToken) -> Result<()> {
        let mut wakes = self.bus.subscribe(self.producer);
        let mut pause = PAUSE_MIN;
        while !cancel.is_cancelled() {
            wakes.mark_unchanged();
            let wait = match self.turn().await {
                Ok(true) => {
                    pause = PAUSE_MIN;
                    continue;
                }
                Ok(false) => {
                    pause = PAUSE_MIN;
                    POLL
                }
                Err(error) => {
                    tracing::warn!(
                        consumer = self.consumer,
                        producer = self.producer,
                        error = &error as &dyn std::error::Error,
                        "events wait"
                    );
                    let wait = pause;
                    pause = (pause * 2).min(PAUSE_MAX);
                    wait
                }
            };
            tokio::select! {
                () = cancel.cancelled() => {}
                _ = wakes.changed() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
        self.lease.leave().await;
        Ok(())
    }

    /// Applies what can be read now; returns whether there was anything.
    pub async fn turn(&mut self) -> Result<bool> {
        if self.lease.ensure().await?.is_none() {
            return Ok(false);
        }
        let cursor = self.cursor().await?;
        let events = self.next(cursor).await?;
        if events.is_empty() {
            return Ok(false);
        }
        self.apply_all(cursor, &events).await?;
        Ok(true)
    }

    async fn cursor(&self) -> Result<Position> {
        if let Some(row) = self.db.fetch_optional(FIND_CURSOR, args![self.consumer, self.producer]).await? {
            return Ok(Position { generation: row.get("generation")?, seq: row.get("seq")? });
        }
        let mut tx = self.db.begin().await?;
        tx.execute(CREATE_CURSOR, args![self.consumer, self.producer]).await?;
        tx.commit().await?;
        Ok(Position::default())
    }

    /// Returns what follows the cursor: from the stream when it has exactly that, from the producer otherwise.
    async fn next(&mut self, cursor: Position) -> Result<Vec<Envelope>> {
        let due = self.asked_at.is_none_or(|asked_at| asked_at.elapsed() >= ASK_PRODUCER);
        if self.bus.has_streams() && !due {
            match self.bus.read_after(self.producer, cursor, BATCH).await {
                Ok(events) if events.is_empty() => return Ok(events),
                Ok(mut events) => {
                    let known = contiguous(cursor, &events);
                    events.truncate(known);
                    if known > 0 {
                        return Ok(events);
                    }
                }
                Err(error) => tracing::debug!(%error, "stream cannot be read, asking the producer"),
            }
        }
        let batch = self.source.read(self.consumer, cursor, BATCH).await?;
        self.asked_at = Some(tokio::time::Instant::now());
        Ok(batch.events)
    }

    async fn apply_all(&mut self, mut cursor: Position, events: &[Envelope]) -> Result<()> {
        let mut rest = events;
        let mut size = rest.len();
        while !rest.is_empty() {
            match self.apply(cursor, &rest[..size], None).await? {
                Applied::Committed => {
                    cursor = rest[size - 1].position;
                    rest = &rest[size..];
                    size = rest.len();
                }
                Applied::Moved => return Ok(()),
                // What comes before the failing event is fine: commit that, then try the event alone.
                Applied::Failed { index, .. } if index > 0 => size = index,
                Applied::Failed { error: HandlerError::Unavailable(source), .. } => {
                    return Err(crate::Error::Producer { producer: self.producer, source });
                }
                Applied::Failed { error: HandlerError::Poison(source), .. } => {
                    let event = &rest[0];
                    let attempts =
                        self.failing.filter(|(position, _)| *position == event.position).map_or(1, |f| f.1 + 1);
                    self.failing = Some((event.position, attempts));
                    tracing::error!(
                        event.id = %event.id, event.name, attempts, error = &*source as &dyn std::error::Error,
                        "event cannot be applied"
                    );
                    if attempts < ATTEMPTS_MAX {
                        return Err(crate::Error::Producer { producer: self.producer, source });
                    }
                    self.apply(cursor, &rest[..1], Some(&source.to_string())).await?;
                    self.failing = None;
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Applies events in one transaction with the move of the cursor; with `park`, sets them aside instead.
    async fn apply(&self, cursor: Position, events: &[Envelope], park: Option<&str>) -> Result<Applied> {
        let pair = (self.consumer, self.producer);
        let mut tx = self.db.begin().await?;
        let row = tx.fetch_optional(LOCK_CURSOR, args![pair.0, pair.1]).await?;
        let found =
            row.map(|row| -> Result<_> { Ok(Position { generation: row.get("generation")?, seq: row.get("seq")? }) });
        if found.transpose()? != Some(cursor) {
            return Ok(Applied::Moved);
        }
        let any_parked = parked::any(&mut tx, pair).await?;
        for (index, event) in events.iter().enumerate() {
            let held = match event.request_id {
                Some(request_id) if any_parked => parked::holds(&mut tx, pair, request_id).await?,
                _ => false,
            };
            if let Some(reason) = park.or(held.then_some("an earlier event of the same request is set aside")) {
                parked::park(&mut tx, pair, event, reason, self.clock.now()).await?;
                continue;
            }
            if let Err(error) = self.handle(&mut tx, event).await {
                return Ok(Applied::Failed { index, error });
            }
        }
        let last = events.last().map_or(cursor, |event| event.position);
        tx.execute(MOVE_CURSOR, args![pair.0, pair.1, last.generation, last.seq]).await?;
        tx.commit().await?;
        self.handler.committed().await;
        Ok(Applied::Committed)
    }

    async fn handle(&self, tx: &mut Tx, event: &Envelope) -> std::result::Result<(), HandlerError> {
        let span = tracing::info_span!(
            "consume",
            otel.name = format!("process {}", event.name),
            otel.kind = "consumer",
            messaging.destination.name = event.name,
            messaging.consumer.group.name = self.consumer,
        );
        guichet_telemetry::trace_context::set_parent(&span, event.traceparent.as_deref());
        let handled = AssertUnwindSafe(self.handler.handle(tx, event)).catch_unwind().instrument(span).await;
        handled.unwrap_or_else(|_| Err(HandlerError::Poison("the handler panicked".into())))
    }
}

/// Returns how many of `events` follow `cursor` one by one.
fn contiguous(cursor: Position, events: &[Envelope]) -> usize {
    let mut last = cursor;
    events
        .iter()
        .take_while(|event| {
            let follows = last.is_followed_by(event.position);
            last = event.position;
            follows
        })
        .count()
}
