//! Leases: who does, among several processes, what only one may do.
//!
//! A lease saves work; it never guards data by itself: what matters is checked again in the transaction that writes (the
//! head's lock, the cursor's value, the shard's epoch), since a paused owner does not know that it was replaced.

use std::sync::Arc;
use std::time::{Duration, Instant};

use guichet_core::{Clock, Rng, Timestamp, id};
use guichet_db::{Db, Dialect, args};
use uuid::Uuid;

use crate::Result;

/// How long a lease lasts without being renewed: the longest pause after a death.
pub const LEASE_TTL_MS: i64 = 3_000;
/// How often it is renewed: two renewals may fail before it is lost.
const RENEW: Duration = Duration::from_secs(1);

const TAKE: &str = "INSERT INTO leases (name, holder, epoch, expires_at) VALUES ($1, $2, 1, $3)
    ON CONFLICT (name) DO UPDATE SET
        holder = excluded.holder,
        expires_at = excluded.expires_at,
        epoch = CASE WHEN leases.holder = excluded.holder THEN leases.epoch ELSE leases.epoch + 1 END
    WHERE leases.holder = excluded.holder OR leases.expires_at < $4
    RETURNING epoch";
const GIVE_BACK: &str = "UPDATE leases SET expires_at = 0 WHERE name = $1 AND holder = $2";

/// One contender for a lease.
#[derive(Debug)]
pub struct Lease {
    db: Db,
    name: String,
    holder: Uuid,
    clock: Arc<dyn Clock>,
    held: Option<(i64, Instant)>,
    /// The epoch last held: another one is a change of owner.
    last: Option<i64>,
    tried_at: Option<Instant>,
}

impl Lease {
    /// Returns a contender; it holds nothing yet.
    pub fn new(db: Db, name: String, clock: Arc<dyn Clock>, rng: &dyn Rng) -> Self {
        Self::held_by(id::new_uuid(&*clock, rng), db, name, clock)
    }

    /// Returns a contender under a name that several may share: they hold the lease together, and each renews it for all.
    pub fn held_by(holder: Uuid, db: Db, name: String, clock: Arc<dyn Clock>) -> Self {
        Self { db, name, holder, clock, held: None, last: None, tried_at: None }
    }

    /// Takes or renews the lease when due; returns the epoch while it is held, `None` while another has it.
    ///
    /// On SQLite the data folder's lock has already kept other processes out: the lease is taken once.
    pub async fn ensure(&mut self) -> Result<Option<i64>> {
        if let Some((epoch, renewed_at)) = self.held
            && (self.db.dialect() == Dialect::Sqlite || renewed_at.elapsed() < RENEW)
        {
            return Ok(Some(epoch));
        }
        if self.held.is_none() && self.tried_at.is_some_and(|tried_at| tried_at.elapsed() < RENEW) {
            return Ok(None);
        }
        let asked_at = Instant::now();
        self.tried_at = Some(asked_at);
        // Forget it first: if the call fails nobody knows whether it was renewed.
        self.held = None;
        let mut tx = self.db.begin().await?;
        let now = tx.lease_now(&*self.clock).await?;
        let (expires_at, now) = match self.db.dialect() {
            // Whoever had the file before is gone: any lease left in it is over.
            Dialect::Sqlite => (Timestamp::from_millis(0), Timestamp::from_millis(i64::MAX)),
            Dialect::Postgres => (now.plus_millis(LEASE_TTL_MS), now),
        };
        let row = tx.fetch_optional(TAKE, args![&self.name, self.holder, expires_at, now]).await?;
        let epoch: Option<i64> = row.map(|row| row.get("epoch")).transpose()?;
        tx.commit().await?;
        if epoch.is_some() && epoch != self.last {
            self.last = epoch;
            crate::meters::count_lease_change(&self.name);
        }
        self.held = epoch.map(|epoch| (epoch, asked_at));
        Ok(epoch)
    }

    /// Returns the epoch held, without asking the database.
    pub fn epoch(&self) -> Option<i64> {
        self.held.map(|(epoch, _)| epoch)
    }

    /// Gives the lease back as the holder leaves. Without a database there is nothing to do: it ends by itself.
    pub async fn leave(self) {
        let name = self.name.clone();
        if let Err(error) = self.give_back().await {
            tracing::debug!(lease = name, error = &error as &dyn std::error::Error, "lease was not given back");
        }
    }

    /// Gives the lease back, so that another need not wait for its end.
    pub async fn give_back(mut self) -> Result<()> {
        if self.held.take().is_some() {
            let mut tx = self.db.begin().await?;
            tx.execute(GIVE_BACK, args![&self.name, self.holder]).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}
