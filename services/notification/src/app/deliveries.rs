//! Deliveries as people see them: lists, one with its text, another try, counts.

use guichet_core::Timestamp;
use guichet_core::id::{DeliveryId, ServiceRequestId};

use super::App;
use super::receipts::told;
use crate::Error;
use crate::domain::state::DeliveryState;
use crate::store::{Counts, Deliveries, DeliveryRow, Filter};

/// Deliveries on a page when nobody says.
const PAGE_DEFAULT: u32 = 25;
/// Deliveries on a page at most.
const PAGE_MAX: u32 = 100;

/// Which deliveries are listed.
#[derive(Clone, Debug, Default)]
pub struct ListDeliveries {
    /// Of one request.
    pub request_id: Option<ServiceRequestId>,
    /// In one state.
    pub state: Option<DeliveryState>,
    /// 0 for the default.
    pub limit: u32,
    /// From the page before.
    pub cursor: String,
}

/// A page of deliveries.
#[derive(Clone, Debug)]
pub struct Page {
    /// Newest first.
    pub deliveries: Vec<DeliveryRow>,
    /// Empty on the last page.
    pub next_cursor: String,
}

/// The counts of `guichet status`.
#[derive(Clone, Copy, Debug)]
pub struct Stats {
    /// By state.
    pub counts: Counts,
    /// Events not yet numbered.
    pub outbox_lag: u64,
}

impl App {
    /// Returns a page of deliveries.
    pub async fn list_deliveries(&self, asked: &ListDeliveries) -> Result<Page, Error> {
        let before = parse_cursor(&asked.cursor)?;
        let limit = if asked.limit == 0 { PAGE_DEFAULT } else { asked.limit.min(PAGE_MAX) };
        let filter = Filter { request_id: asked.request_id, state: asked.state, before, limit: limit + 1 };
        let mut deliveries = Deliveries::list(&self.db, &filter).await?;
        let more = deliveries.len() > limit as usize;
        deliveries.truncate(limit as usize);
        let next_cursor = match deliveries.last().filter(|_| more) {
            Some(last) => format!("{}.{}", last.created_at.as_millis(), last.id),
            None => String::new(),
        };
        Ok(Page { deliveries, next_cursor })
    }

    /// Returns one delivery with what was written.
    pub async fn read_delivery(&self, id: DeliveryId) -> Result<DeliveryRow, Error> {
        Deliveries::read(&self.db, id).await?.ok_or(Error::DeliveryNotFound)
    }

    /// Queues a failed, unknown or deferred delivery again, under the same Message-ID.
    pub async fn retry_delivery(&self, id: DeliveryId) -> Result<(), Error> {
        let mut tx = self.db.begin().await?;
        let row = Deliveries::find(&mut tx, id).await?.ok_or(Error::DeliveryNotFound)?;
        // Only the sender gives up its own attempt.
        let retryable = row.state != DeliveryState::Sending && row.state.can_become(DeliveryState::Queued);
        let now = self.clock.now();
        if !retryable || !Deliveries::move_on(&mut tx, &row, DeliveryState::Queued, None, now).await? {
            return Err(Error::NotRetryable);
        }
        self.tell(&mut tx, told(&row), DeliveryState::Queued).await?;
        tx.commit().await?;
        self.log.wake();
        self.wake.notify_one();
        Ok(())
    }

    /// Returns the counts of `guichet status`.
    pub async fn stats(&self) -> Result<Stats, Error> {
        Ok(Stats { counts: Deliveries::count(&self.db).await?, outbox_lag: self.log.waiting().await? })
    }
}

fn parse_cursor(cursor: &str) -> Result<Option<(Timestamp, DeliveryId)>, Error> {
    if cursor.is_empty() {
        return Ok(None);
    }
    let parsed = cursor
        .split_once('.')
        .and_then(|(millis, id)| Some((Timestamp::from_millis(millis.parse().ok()?), id.parse().ok()?)));
    parsed.map(Some).ok_or_else(|| Error::invalid("/cursor", "Reprenez la valeur de la page précédente."))
}
