//! Use cases: read, ask the domain, write, in that order and in one transaction. One file a use case; [`changes`] is the
//! one place that writes a change of the work with all that follows from it.

pub(crate) mod calendars;
pub(crate) mod changes;
pub(crate) mod commitments;
pub(crate) mod day_notes;
pub(crate) mod explain;
pub(crate) mod forecasts;
pub(crate) mod intake_events;
pub(crate) mod keys;
pub(crate) mod learning;
mod load;
pub(crate) mod matcher;
mod meters;
pub(crate) mod offers;
pub(crate) mod orders;
pub(crate) mod overview;
pub(crate) mod passwords;
pub(crate) mod presence;
pub(crate) mod publish;
pub(crate) mod queue;
pub(crate) mod queue_meters;
mod recorded;
pub(crate) mod replay;
pub(crate) mod shards;
pub(crate) mod sign_in;
pub(crate) mod simulation;
mod timers;
pub(crate) mod versions;
pub(crate) mod work;
pub(crate) mod writing;

use std::sync::{Arc, Mutex, PoisonError};

use crate::store::Db;
use guichet_bus::{Bus, Log};
use guichet_core::{Clock, Rng};
use tokio::sync::Semaphore;

use crate::config::Config;
pub(crate) use crate::domain::access::Access;
pub(crate) use crate::domain::town::Town;
pub(crate) use crate::domain::work::Work;
use crate::error::Error;
pub(crate) use crate::store::Tx;
pub(crate) use crate::store::decisions::DecisionRow;
pub(crate) use crate::store::loads::Load;
pub(crate) use crate::store::offers::Offer;
use crate::store::{Reader, authorities};

/// The result of a use case.
pub(crate) type Result<T> = std::result::Result<T, Error>;

/// Topic that wakes the matchers, here and in other processes: whoever has the shard finds the fact.
pub(crate) const MATCHER_TOPIC: &str = "matcher:routing";

/// Times a use case is tried against whoever changes the same work at the same moment.
const TRIES_MAX: u32 = 3;

/// Tries a use case again when somebody else was quicker: what they did says whether it still holds.
pub(crate) async fn again<T, F: Future<Output = Result<T>>>(attempt: impl Fn() -> F) -> Result<T> {
    for _ in 1..TRIES_MAX {
        match attempt().await {
            Err(Error::Stale) => {}
            done => return done,
        }
    }
    attempt().await
}

/// What every use case has at hand.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) config: Arc<Config>,
    pub(crate) db: Db,
    pub(crate) log: Log,
    pub(crate) bus: Bus,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Arc<dyn Rng>,
    town: Arc<Mutex<(i64, Arc<Town>)>>,
    simulations: Arc<Semaphore>,
    journals: forecasts::Journals,
}

impl App {
    /// Returns the use cases over a service's storage.
    pub(crate) fn new(
        config: Config,
        (db, log, bus): (Db, Log, Bus),
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
    ) -> Self {
        let simulations = Arc::new(Semaphore::new(simulation::AT_A_TIME));
        let (town, journals) = (Arc::default(), Arc::default());
        Self { config: Arc::new(config), db, log, bus, clock, rng, town, simulations, journals }
    }

    /// Returns the town as it is published now: read again only when a directory has changed.
    pub(crate) async fn town(&self, reader: &mut impl Reader) -> Result<Arc<Town>> {
        let stamp = authorities::stamp(reader).await?;
        let (known, town) = self.town.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if known == stamp {
            return Ok(town);
        }
        let town = Arc::new(authorities::town(reader).await?);
        *self.town.lock().unwrap_or_else(PoisonError::into_inner) = (stamp, Arc::clone(&town));
        Ok(town)
    }

    /// Wakes who waits for this service's commits: the relay of its log, and the matcher.
    pub(crate) fn wake(&self) {
        self.log.wake();
        self.bus.wake(MATCHER_TOPIC);
    }
}
