//! When requests will be taken: what is known of each bucket, read again within the minute, and what may be said of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use guichet_core::Timestamp;
use guichet_core::french::Dates;
use guichet_core::id::{AuthorityId, ServiceRequestId};

use super::{App, Result};
use crate::domain::forecast::{
    Announced, Bucket, Journal, KNOWN_MIN, Standing, Stay, announce, in_words, looked_back, team_time, words,
};
pub(crate) use crate::domain::forecast::{Level, Shape};
use crate::domain::town::Town;
use crate::domain::work::Work;
use crate::error::Error;
use crate::store::waits::{self, WAITING_MAX};
use crate::store::{Reader, works};

/// How long a bucket is not read again: what is told is never older than a minute (ROUTING §9).
const FRESH_MS: i64 = 60_000;
/// Buckets remembered: those of the largest pool of authorities several times over.
const BUCKETS_MAX: usize = 10_000;

/// What is known of the buckets read lately.
pub(crate) type Journals = Arc<Mutex<HashMap<Bucket, (Timestamp, Arc<Journal>)>>>;

/// What may be said, in figures and in French.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) announced: Announced,
    /// « dans 10 à 20 minutes ».
    pub(crate) words: String,
    /// The same for the usager.
    pub(crate) sentence: String,
}

impl Told {
    /// Returns what was announced to a usager of an authority.
    pub(crate) fn of(town: &Town, authority: AuthorityId, announced: Announced) -> Self {
        let dates = dates(town, authority);
        Self { words: words(&announced, &dates), sentence: in_words(&announced, &dates), announced }
    }
}

impl App {
    /// Returns when a request is expected to be taken; `None` when it does not wait, or nothing can be said.
    pub(crate) async fn forecast(&self, request_id: ServiceRequestId) -> Result<Option<Told>> {
        let mut db = &self.db;
        let work = works::find(&mut db, request_id).await?.ok_or(Error::RequestNotFound)?;
        if work.queue.is_none() {
            return Ok(None);
        }
        let town = self.town(&mut db).await?;
        let announced = self.announced(&mut db, &town, &work).await?;
        Ok(announced.map(|announced| Told::of(&town, work.authority_id, announced)))
    }

    /// Returns what may be said of work that waits.
    pub(super) async fn announced(
        &self,
        reader: &mut impl Reader,
        town: &Town,
        work: &Work,
    ) -> Result<Option<Announced>> {
        let bucket = Bucket::of(work.authority_id, &work.need);
        let Some(journal) = self.journal(reader, town, &bucket).await? else { return Ok(None) };
        let standing = if work.offer.is_some() {
            Standing::Offered
        } else {
            let since = waits::since(reader, work.request_id).await?.unwrap_or(work.since);
            Standing::Behind(journal.ahead_of(Stay::since(since)))
        };
        let promise = work.filing.announced_due;
        Ok(self.say(&journal, &bucket, standing, &dates(town, work.authority_id), promise))
    }

    /// Returns what whoever comes now may be told, by bucket of some authorities.
    pub(crate) async fn forecasts(&self, town: &Town, authorities: Vec<AuthorityId>) -> Result<Vec<(Bucket, Told)>> {
        let mut told = Vec::new();
        for bucket in waits::list_buckets(&self.db, authorities, KNOWN_MIN).await? {
            let Some(journal) = self.journal(&mut &self.db, town, &bucket).await? else { continue };
            let dates = dates(town, bucket.authority_id);
            if let Some(announced) = self.say(&journal, &bucket, Standing::Coming, &dates, None) {
                let said = Told::of(town, bucket.authority_id, announced);
                told.push((bucket, said));
            }
        }
        Ok(told)
    }

    fn say(
        &self,
        journal: &Journal,
        bucket: &Bucket,
        standing: Standing,
        dates: &Dates,
        promise: Option<Timestamp>,
    ) -> Option<Announced> {
        let now = self.clock.now();
        announce(&journal.forecast(now, standing)?, now, bucket.live, dates, promise)
    }

    /// Returns what is known of a bucket, read within the last minute; `None` while it is too little to speak, or the queue
    /// too long.
    async fn journal(&self, reader: &mut impl Reader, town: &Town, bucket: &Bucket) -> Result<Option<Arc<Journal>>> {
        let now = self.clock.now();
        let known = self.journals.lock().unwrap_or_else(PoisonError::into_inner).get(bucket).cloned();
        if let Some((read_at, journal)) = known
            && (0..FRESH_MS).contains(&now.millis_since(read_at))
        {
            return Ok(Some(journal));
        }
        let mut seen = waits::list_ended(reader, bucket, looked_back(now)).await?;
        if seen.iter().filter(|wait| wait.taken).count() < KNOWN_MIN {
            return Ok(None);
        }
        let Some(directory) = town.by_id(bucket.authority_id) else { return Ok(None) };
        let waiting = waits::list_open(reader, bucket).await?;
        if waiting.len() >= WAITING_MAX {
            return Ok(None);
        }
        seen.extend(waiting);
        let team = team_time(town, directory, bucket, self.config.always_open, now);
        let journal = Arc::new(Journal::of(team, bucket.live, &seen));
        let mut journals = self.journals.lock().unwrap_or_else(PoisonError::into_inner);
        if journals.len() >= BUCKETS_MAX {
            journals.clear();
        }
        journals.insert(bucket.clone(), (now, Arc::clone(&journal)));
        Ok(Some(journal))
    }

    /// Forgets the waits that are too old to be of use.
    pub(super) async fn forget_old_waits(&self) {
        let forget = async || -> Result<()> {
            let mut tx = self.db.begin().await?;
            waits::forget(&mut tx).await?;
            Ok(tx.commit().await?)
        };
        if let Err(error) = forget().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "old waits could not be forgotten");
        }
    }
}

fn dates(town: &Town, authority: AuthorityId) -> Dates {
    Dates::of_zone(town.by_id(authority).map_or("UTC", |directory| &directory.authority.time_zone))
}
