//! A recorded day decided again: loads, inputs and decisions are read in pages, the domain decides and compares.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use guichet_core::Timestamp;
use guichet_core::french::Dates;
use guichet_core::id::AuthorityId;
use guichet_events::Directory;
use jiff::ToSpan;
use jiff::civil::Date;

use super::{App, Result, Town};
use crate::domain::replay::{Batch, LoadMark, Replay, forget_before, loads_of};
pub(crate) use crate::domain::replay::{Mismatch, Outcome};
use crate::error::Error;
use crate::store::engine_loads::Kept;
use crate::store::{decisions, engine_loads, inputs, shards, versions};

/// Batches read at a time: at most some ten thousand inputs.
const PAGE_BATCHES: i64 = 50;
/// Inputs forgotten in one transaction: others wait for it no longer than for a batch.
const FORGET_ROWS: i64 = 5_000;
/// Such transactions after one load: what is left goes at the next.
const FORGET_ROUNDS: u32 = 20;

/// A day being replayed, one shard after the other: [`DayReplay::advance`] until it says that it is done.
#[derive(Debug)]
pub(crate) struct DayReplay {
    app: App,
    /// `2026-11-26`.
    pub(crate) day: String,
    period: Range<Timestamp>,
    /// Still to be gone through.
    shards: Vec<ShardDay>,
    /// How far it is.
    pub(crate) reached: Timestamp,
    pub(crate) outcome: Outcome,
}

/// The day of one shard.
#[derive(Debug)]
struct ShardDay {
    shard: String,
    /// Loads still to be gone through, the next one last.
    ahead: Vec<LoadMark>,
    current: Option<(Replay, Range<i64>)>,
    /// The batch after the last one there was when the replay began.
    end: i64,
}

impl App {
    /// Begins to replay a day (`2026-11-26`; today when empty or `today`), of the time zone of the first authority: of every
    /// shard there has been, that of earlier releases included; or of those that decided for an authority on that day.
    pub(crate) async fn replay_day(&self, day: &str, authority: &str) -> Result<DayReplay> {
        let mut db = &self.db;
        let town = self.town(&mut db).await?;
        let (day, period) = self.period(&town, day)?;
        let of = match authority {
            "" => None,
            code => Some(town.by_code(code).ok_or(Error::UnknownAuthority)?.authority.id),
        };
        let mut outcome = Outcome::default();
        let mut days = Vec::new();
        for shard in shards::names(&mut db).await? {
            if let Some(authority) = of
                && !decisions::any_of(&mut db, &shard, authority, &period).await?
            {
                continue;
            }
            days.push(self.shard_day(shard, &period, &mut outcome).await?);
        }
        let reached = period.start;
        Ok(DayReplay { app: self.clone(), day, period, shards: days, reached, outcome })
    }

    async fn shard_day(&self, shard: String, period: &Range<Timestamp>, outcome: &mut Outcome) -> Result<ShardDay> {
        let mut db = &self.db;
        // The end first: what is decided from now on is not looked at.
        let end = shards::last_batch(&mut db, &shard).await? + 1;
        let mut ahead = loads_of(&engine_loads::list(&mut db, &shard).await?, period);
        outcome.uncovered += match ahead.first() {
            Some(load) if load.at <= period.start => 0,
            first => decisions::count_before(&mut db, &shard, first.map_or(end, |load| load.batch), period).await?,
        };
        ahead.reverse();
        Ok(ShardDay { shard, ahead, current: None, end })
    }

    pub(super) fn period(&self, town: &Town, day: &str) -> Result<(String, Range<Timestamp>)> {
        let zone = town.all().next().map_or("UTC", |directory| directory.authority.time_zone.as_str());
        let dates = Dates::of_zone(zone);
        let date = match day {
            "" | "today" => dates.local(self.clock.now()).date(),
            day => day.parse::<Date>().map_err(|_| Error::field("/day", "Écrivez le jour comme 2026-11-25."))?,
        };
        let midnight = |date: Date| date.to_zoned(dates.zone().clone()).map(|start| start.timestamp().into());
        let next = date.checked_add(1.day());
        let outside = |_| Error::field("/day", "Choisissez un jour que le calendrier connaît.");
        Ok((date.to_string(), midnight(date).map_err(outside)?..next.and_then(midnight).map_err(outside)?))
    }

    /// Forgets what is too old, or too much, to be replayed, of a shard and of those that nobody has any more. What cannot be
    /// forgotten now is forgotten after another load.
    pub(super) async fn forget_old_loads(&self, shard: &str) {
        if let Err(error) = self.forget_loads(shard).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "old loads could not be forgotten");
        }
    }

    async fn forget_loads(&self, shard: &str) -> Result<()> {
        self.forget_loads_of(shard).await?;
        for retired in shards::retired(&mut &self.db).await? {
            self.forget_loads_of(&retired).await?;
        }
        Ok(())
    }

    async fn forget_loads_of(&self, shard: &str) -> Result<()> {
        let marks = engine_loads::list(&mut &self.db, shard).await?;
        let Some(before) = forget_before(&marks, self.clock.now()) else { return Ok(()) };
        let mut tx = self.db.begin().await?;
        engine_loads::forget(&mut tx, shard, before).await?;
        tx.commit().await?;
        for _ in 0..FORGET_ROUNDS {
            let mut tx = self.db.begin().await?;
            let forgotten = inputs::forget(&mut tx, shard, before, FORGET_ROWS).await?;
            tx.commit().await?;
            if forgotten == 0 {
                break;
            }
        }
        Ok(())
    }
}

impl DayReplay {
    /// Goes through some more batches; returns false when there are none left.
    pub(crate) async fn advance(&mut self) -> Result<bool> {
        let Some(day) = self.shards.last_mut() else { return Ok(false) };
        let Some((replay, left)) = day.current.as_mut().filter(|(_, left)| !left.is_empty()) else {
            if !day.begin_next_load(&self.app, &self.period, &mut self.outcome).await? {
                self.shards.pop();
            }
            return Ok(!self.shards.is_empty());
        };
        let page = left.start..left.end.min(left.start + PAGE_BATCHES);
        left.start = page.end;
        for batch in read(&self.app, &day.shard, &page).await? {
            if batch.at >= self.period.end {
                left.start = left.end;
                break;
            }
            replay.follow(&batch, &self.period, &mut self.outcome);
            self.reached = self.reached.max(batch.at);
        }
        Ok(true)
    }
}

impl ShardDay {
    async fn begin_next_load(&mut self, app: &App, period: &Range<Timestamp>, outcome: &mut Outcome) -> Result<bool> {
        self.current = None;
        let Some(load) = self.ahead.pop() else { return Ok(false) };
        let mut db = &app.db;
        let batches = load.batch..self.ahead.last().map_or(self.end, |next| next.batch);
        let kept = engine_loads::find(&mut db, &self.shard, load.batch).await?;
        match app.loaded(kept).await? {
            Some(replay) => {
                outcome.loads += 1;
                self.current = Some((replay, batches));
            }
            None => outcome.uncovered += decisions::count_between(&mut db, &self.shard, &batches, period).await?,
        }
        Ok(true)
    }
}

impl App {
    /// Returns the engine as a load left it; `None` when what was loaded is not all kept.
    async fn loaded(&self, kept: Option<Kept>) -> Result<Option<Replay>> {
        let Some(Kept { policy, directories, snapshot: Some(snapshot) }) = kept else { return Ok(None) };
        Ok(self.town_of(directories).await?.map(|town| Replay::of(policy, &town, snapshot)))
    }

    /// Returns the town as it was published in these versions; `None` when one is not kept.
    pub(super) async fn town_of(&self, directories: Vec<(AuthorityId, i64)>) -> Result<Option<Town>> {
        let mut published = Vec::with_capacity(directories.len());
        for (authority, version) in directories {
            let Some(text) = versions::find(&mut &self.db, authority, version).await? else { return Ok(None) };
            let corrupt = |source| Error::Corrupt { what: "directory", source };
            published.push(Arc::new(serde_json::from_str::<Directory>(&text).map_err(corrupt)?));
        }
        Ok(Some(Town::of(published)))
    }
}

/// Returns what some batches of a shard were told and what was decided on them.
async fn read(app: &App, shard: &str, page: &Range<i64>) -> Result<Vec<Batch>> {
    let mut db = &app.db;
    let mut batches: BTreeMap<i64, Batch> = BTreeMap::new();
    let told = inputs::list_batches(&mut db, shard, page).await?;
    let decided = decisions::list_batches(&mut db, shard, page).await?;
    let fresh = |number: i64, at: Timestamp| Batch { number, at, ..Batch::default() };
    for told in told {
        let batch = batches.entry(told.batch).or_insert_with(|| fresh(told.batch, told.at));
        let list = if told.ordinal.is_some() { &mut batch.inputs } else { &mut batch.absorbed };
        list.push(told.input);
    }
    for recorded in decided {
        let batch = batches.entry(recorded.batch).or_insert_with(|| fresh(recorded.batch, recorded.at));
        batch.decided.push(recorded.decided);
    }
    Ok(batches.into_values().collect())
}
