//! One service's log: its outbox, numbered.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt;
use futures::future::BoxFuture;
use guichet_core::Clock;
use guichet_db::{Db, Tx, args};
use guichet_events::{Envelope, Position};

use crate::dialect::LOCK_HEAD;
use crate::outbox::envelope;
use crate::source::{Batch, EventSource, Watch};
use crate::{Bus, Result};

/// Rows numbered in one transaction: enough to keep up with thousands a second, small enough to commit fast.
const NUMBER_BATCH: i64 = 500;

const NUMBER: &str = "UPDATE outbox SET generation = $1, seq = $2 + numbered.place
    FROM (
        SELECT position, ROW_NUMBER() OVER (ORDER BY position) AS place
        FROM (SELECT position FROM outbox WHERE seq IS NULL ORDER BY position LIMIT $3) AS waiting
    ) AS numbered
    WHERE outbox.position = numbered.position";
const MOVE_HEAD: &str = "UPDATE log_head SET generation = $1, seq = $2 WHERE id = 1";
const READ_HEAD: &str = "SELECT generation, seq FROM log_head WHERE id = 1";
const READ_AFTER: &str =
    "SELECT id, generation, seq, name, version, authority_id, request_id, occurred_at, traceparent, data
    FROM outbox
    WHERE seq IS NOT NULL AND (generation > $1 OR (generation = $1 AND seq > $2))
    ORDER BY generation, seq
    LIMIT $3";
const COUNT_WAITING: &str = "SELECT COUNT(*) AS waiting FROM outbox WHERE seq IS NULL";
const CLOSE_GENERATION: &str = "UPDATE log_generations SET ended_seq = $2 WHERE generation = $1";
const OPEN_GENERATION: &str = "INSERT INTO log_generations (generation, started_at) VALUES ($1, $2)";
const FIND_END: &str = "SELECT ended_seq FROM log_generations WHERE generation = $1";
const INSERT_LOSS: &str = "INSERT INTO log_losses (told_generation, told_seq, found_seq, noticed_at)
    VALUES ($1, $2, $3, $4)
    ON CONFLICT (told_generation) DO NOTHING";
const NOTE_CONSUMER: &str = "INSERT INTO log_consumers (consumer, generation, seq, seen_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (consumer) DO UPDATE SET generation = excluded.generation, seq = excluded.seq, seen_at = excluded.seen_at";
const READ_CONSUMERS: &str = "SELECT consumer, generation, seq FROM log_consumers";
const DELETE_TOLD: &str = "DELETE FROM outbox
    WHERE seq IS NOT NULL AND occurred_at < $1 AND (generation < $2 OR (generation = $2 AND seq <= $3))";

/// A service's log: written through [`crate::outbox`], numbered by its [`crate::Relay`], read by consumers.
#[derive(Clone, Debug)]
pub struct Log {
    service: &'static str,
    db: Db,
    bus: Bus,
    clock: Arc<dyn Clock>,
    heard: Arc<Mutex<HashMap<String, Position>>>,
}

impl Log {
    /// Returns the log of a service over its database.
    pub fn new(service: &'static str, db: Db, bus: Bus, clock: Arc<dyn Clock>) -> Self {
        Self { service, db, bus, clock, heard: Arc::default() }
    }

    /// Returns the name of the service.
    pub const fn service(&self) -> &'static str {
        self.service
    }

    pub(crate) const fn db(&self) -> &Db {
        &self.db
    }

    pub(crate) const fn bus(&self) -> &Bus {
        &self.bus
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Wakes the relay after a commit that appended; without it the rows wait for the next poll.
    pub fn wake(&self) {
        self.bus.wake(&relay_topic(self.service));
    }

    /// Returns the last number given.
    pub async fn head(&self) -> Result<Position> {
        let row = self.db.fetch_optional(READ_HEAD, args![]).await?;
        Ok(row.map_or(Ok(Position::default()), |row| position(&row))?)
    }

    /// Returns how many committed rows have no number yet.
    pub async fn waiting(&self) -> Result<u64> {
        let row = self.db.fetch_optional(COUNT_WAITING, args![]).await?;
        Ok(row.map_or(Ok(0), |row| row.get("waiting"))?)
    }

    /// Numbers a batch of committed rows; returns the new head and whether more may be waiting.
    pub(crate) async fn number(&self) -> Result<(Position, bool)> {
        if self.waiting().await? == 0 {
            return Ok((self.head().await?, false));
        }
        let mut tx = self.db.begin().await?;
        let head = lock_head(&mut tx).await?;
        let numbered = tx.execute(NUMBER, args![head.generation, head.seq, NUMBER_BATCH]).await?;
        let moved = i64::try_from(numbered).unwrap_or(i64::MAX);
        let head = Position { generation: head.generation, seq: head.seq + moved };
        tx.execute(MOVE_HEAD, args![head.generation, head.seq]).await?;
        tx.commit().await?;
        Ok((head, moved == NUMBER_BATCH))
    }

    /// Returns at most `limit` numbered events after a position.
    pub(crate) async fn after(&self, after: Position, limit: u32) -> Result<Vec<Envelope>> {
        let rows = self.db.fetch_all(READ_AFTER, args![after.generation, after.seq, limit]).await?;
        Ok(rows.iter().map(envelope).collect::<guichet_db::Result<_>>()?)
    }

    /// Opens a new generation. Every relay does before it numbers anything: a database that came back from a backup
    /// would otherwise give out again numbers that consumers have passed, and they would skip what carries them.
    /// Generations follow the clock, so that none of a lost future is met again.
    pub(crate) async fn begin_generation(&self) -> Result<Position> {
        let mut tx = self.db.begin().await?;
        let head = lock_head(&mut tx).await?;
        let begun = self.open_generation(&mut tx, head, head.generation).await?;
        tx.commit().await?;
        Ok(begun)
    }

    async fn open_generation(&self, tx: &mut Tx, head: Position, above: i64) -> Result<Position> {
        let now = self.clock.now();
        let generation = (above + 1).max(now.as_millis() / 1_000);
        tx.execute(CLOSE_GENERATION, args![head.generation, head.seq]).await?;
        tx.execute(OPEN_GENERATION, args![generation, now]).await?;
        tx.execute(MOVE_HEAD, args![generation, 0_i64]).await?;
        Ok(Position { generation, seq: 0 })
    }

    /// Reports a loss when `told`, where a stream ends or a consumer stands, is past what the log holds of that
    /// generation: the database came back older. The head is read under its lock, after `told` was: a number is always
    /// committed before it is told, so another relay's progress is never taken for a loss.
    pub(crate) async fn notice_loss(&self, told: Position) -> Result<()> {
        if told == Position::default() {
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        let head = lock_head(&mut tx).await?;
        let found = if told.generation == head.generation {
            head.seq
        } else {
            let row = tx.fetch_optional(FIND_END, args![told.generation]).await?;
            let ended: Option<Option<i64>> = row.map(|row| row.get("ended_seq")).transpose()?;
            // A generation we never opened belongs to the lost future: nothing of it is here.
            ended.flatten().unwrap_or(0)
        };
        if told.seq <= found {
            return Ok(());
        }
        if told.generation >= head.generation {
            self.open_generation(&mut tx, head, told.generation).await?;
        }
        let new = tx.execute(INSERT_LOSS, args![told.generation, told.seq, found, self.clock.now()]).await?;
        tx.commit().await?;
        if new > 0 {
            let (service, lost) = (self.service, told.seq - found);
            tracing::error!(service, %told, found, lost, "log came back older than what was told");
        }
        Ok(())
    }

    /// Writes down how far each consumer is.
    pub(crate) async fn flush_consumers(&self) -> Result<()> {
        let heard: Vec<_> = self.heard.lock().unwrap_or_else(PoisonError::into_inner).drain().collect();
        if heard.is_empty() {
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        for (consumer, position) in heard {
            let args = args![consumer, position.generation, position.seq, self.clock.now()];
            tx.execute(NOTE_CONSUMER, args).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Deletes rows older than `age_ms` that every registered consumer has passed; returns how many.
    pub(crate) async fn delete_told(&self, age_ms: i64) -> Result<u64> {
        let mut passed: Option<Position> = None;
        let rows = self.db.fetch_all(READ_CONSUMERS, args![]).await?;
        for consumer in guichet_events::consumers_of(self.service) {
            let mut found = None;
            for row in &rows {
                if row.get::<String>("consumer")? == **consumer {
                    found = Some(position(row)?);
                }
            }
            // A consumer never heard of has passed nothing.
            let Some(found) = found else { return Ok(0) };
            passed = Some(passed.map_or(found, |passed| passed.min(found)));
        }
        let passed = match passed {
            Some(passed) => passed,
            None => self.head().await?,
        };
        let before = self.clock.now().plus_millis(-age_ms);
        let mut tx = self.db.begin().await?;
        let deleted = tx.execute(DELETE_TOLD, args![before, passed.generation, passed.seq]).await?;
        tx.commit().await?;
        Ok(deleted)
    }
}

/// Returns the topic that wakes a service's relay.
pub(crate) fn relay_topic(service: &str) -> String {
    format!("relay:{service}")
}

fn position(row: &guichet_db::Row) -> guichet_db::Result<Position> {
    Ok(Position { generation: row.get("generation")?, seq: row.get("seq")? })
}

async fn lock_head(tx: &mut Tx) -> Result<Position> {
    let row = tx.fetch_optional(LOCK_HEAD, args![]).await?;
    Ok(row.map_or(Ok(Position { generation: 1, seq: 0 }), |row| position(&row))?)
}

impl EventSource for Log {
    fn read<'a>(&'a self, consumer: &'a str, after: Position, limit: u32) -> BoxFuture<'a, Result<Batch>> {
        async move {
            let mut head = self.head().await?;
            if after.generation != head.generation || after > head {
                self.notice_loss(after).await?;
                head = self.head().await?;
            }
            let events = self.after(after, limit).await?;
            self.heard.lock().unwrap_or_else(PoisonError::into_inner).insert(consumer.to_owned(), after);
            Ok(Batch { events, head })
        }
        .boxed()
    }

    fn watch(&self) -> BoxFuture<'_, Result<Watch>> {
        crate::watch::begin(self).boxed()
    }
}
