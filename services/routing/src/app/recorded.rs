//! A recorded day read back from what replay keeps, to be played again.

use std::collections::BTreeMap;
use std::ops::Range;

use guichet_core::Timestamp;
use guichet_core::french::Dates;
use guichet_core::id::ServiceRequestId;

use super::{App, Result, Town, Work};
use crate::domain::engine::{Input, Policy};
use crate::domain::replay::{LoadMark, loads_of};
use crate::domain::simulate::recorded::{File, Recording, days_in_words};
use crate::error::Error;
use crate::store::{decisions, engine_loads, inputs, shards, works};

/// Batches read at a time: at most some ten thousand inputs.
const PAGE_BATCHES: i64 = 50;

/// What is kept of a day.
pub(super) struct Record {
    pub(super) recording: Recording,
    /// As it was published at the end of the day.
    pub(super) town: Town,
    pub(super) policy: Policy,
    pub(super) files: BTreeMap<ServiceRequestId, File>,
}

impl App {
    /// Reads a day (`2026-11-25`, or `today`, of the time zone of the first authority) of the pool of an authority back; of
    /// the only pool there was when none is named. `None` when nothing was recorded.
    pub(super) async fn record(&self, day: &str, authority: &str) -> Result<Option<Record>> {
        let mut db = &self.db;
        let published = self.town(&mut db).await?;
        let (_, period) = self.period(&published, day)?;
        let period = period.start..period.end.min(self.clock.now());
        if period.is_empty() {
            return Ok(None);
        }
        let Some((shard, loads)) = self.shard_of(authority, &published, &period).await? else { return Ok(None) };
        let end = shards::last_batch(&mut db, &shard).await? + 1;
        let Some((mut recording, begun)) = self.begun(&shard, &loads, &period).await? else { return Ok(None) };
        let Some((town, policy)) = self.in_force(&shard, &loads).await? else { return Ok(None) };
        self.tell(&mut recording, &shard, begun..end, period.end).await?;
        let files = self.files(&recording, &shard, begun..end, &town).await?;
        Ok(Some(Record { recording, town, policy, files }))
    }

    /// Returns the shard that decided for an authority in a period, with its loads; the last one when its pool has changed
    /// meanwhile.
    async fn shard_of(
        &self,
        authority: &str,
        published: &Town,
        period: &Range<Timestamp>,
    ) -> Result<Option<(String, Vec<LoadMark>)>> {
        let mut db = &self.db;
        let of = published.by_code(authority).map(|directory| directory.authority.id);
        let mut found: Vec<(String, Vec<LoadMark>)> = Vec::new();
        for shard in shards::names(&mut db).await? {
            let decided = match of {
                Some(of) => decisions::any_of(&mut db, &shard, of, period).await?,
                None => true,
            };
            let loads = loads_of(&engine_loads::list(&mut db, &shard).await?, period);
            if decided && !loads.is_empty() {
                found.push((shard, loads));
            }
        }
        if of.is_none() && found.len() > 1 {
            let several = "Plusieurs guichets ont travaillé séparément ce jour-là : choisissez une collectivité.";
            return Err(Error::field("/authority", several));
        }
        Ok(found.into_iter().max_by_key(|(_, loads)| loads.last().map(|load| load.at)))
    }

    /// Begins a record at the first load that is kept whole; returns it with the batch of that load.
    async fn begun(
        &self,
        shard: &str,
        loads: &[LoadMark],
        period: &Range<Timestamp>,
    ) -> Result<Option<(Recording, i64)>> {
        for load in loads {
            let kept = engine_loads::find(&mut &self.db, shard, load.batch).await?;
            if let Some(snapshot) = kept.and_then(|kept| kept.snapshot) {
                return Ok(Some((Recording::begin(period.clone(), load.at, snapshot), load.batch)));
            }
        }
        Ok(None)
    }

    /// Returns the directories and the policy of the last load whose directories are kept.
    async fn in_force(&self, shard: &str, loads: &[LoadMark]) -> Result<Option<(Town, Policy)>> {
        for load in loads.iter().rev() {
            let Some(kept) = engine_loads::find(&mut &self.db, shard, load.batch).await? else { continue };
            if let Some(town) = self.town_of(kept.directories).await? {
                return Ok(Some((town, kept.policy)));
            }
        }
        Ok(None)
    }

    async fn tell(&self, recording: &mut Recording, shard: &str, batches: Range<i64>, until: Timestamp) -> Result<()> {
        let mut first = batches.start;
        while first < batches.end {
            let page = first..batches.end.min(first + PAGE_BATCHES);
            first = page.end;
            for (at, fact) in facts(self, shard, &page).await? {
                if at >= until {
                    return Ok(());
                }
                match fact {
                    Fact::Told(input) => recording.told(at, &input),
                    Fact::Offered(request_id) => recording.offered(at, request_id),
                }
            }
        }
        Ok(())
    }

    /// Returns what the files of a day's requests say.
    async fn files(
        &self,
        recording: &Recording,
        shard: &str,
        batches: Range<i64>,
        town: &Town,
    ) -> Result<BTreeMap<ServiceRequestId, File>> {
        let mut db = &self.db;
        let decided = works::list_decided(&mut db, shard, &batches).await?;
        let mut files: BTreeMap<_, _> = decided.iter().map(|work| (work.request_id, file(town, work))).collect();
        for request_id in recording.unknown() {
            if !files.contains_key(&request_id)
                && let Some(work) = works::find(&mut db, request_id).await?
            {
                files.insert(request_id, file(town, &work));
            }
        }
        Ok(files)
    }

    /// Returns the error that says that a day is not recorded, and which are.
    pub(super) async fn no_such_record(&self) -> Result<Error> {
        let mut db = &self.db;
        let town = self.town(&mut db).await?;
        let zone = town.all().next().map_or("UTC", |directory| directory.authority.time_zone.as_str());
        let dates = Dates::of_zone(zone);
        let hours = inputs::list_hours(&mut db).await?;
        let mut days: Vec<_> = hours.into_iter().map(|hour| dates.local(hour).date()).collect();
        days.dedup();
        Ok(Error::field("/day", &format!("Rien n'est enregistré pour ce jour. {}", days_in_words(&days))))
    }
}

/// What a day is read from.
enum Fact {
    Told(Input),
    Offered(ServiceRequestId),
}

/// Returns what some batches were told and offered, in order: what a load absorbed, what was applied, what was decided.
async fn facts(app: &App, shard: &str, page: &Range<i64>) -> Result<Vec<(Timestamp, Fact)>> {
    let mut db = &app.db;
    let mut facts = Vec::new();
    for told in inputs::list_batches(&mut db, shard, page).await? {
        facts.push(((told.batch, told.ordinal.map_or(0, |_| 1)), told.made_at, Fact::Told(told.input)));
    }
    for (batch, at, request_id) in decisions::list_offered(&mut db, shard, page).await? {
        facts.push(((batch, 2), at, Fact::Offered(request_id)));
    }
    facts.sort_by_key(|(place, ..)| *place);
    Ok(facts.into_iter().map(|(_, at, fact)| (at, fact)).collect())
}

fn file(town: &Town, work: &Work) -> File {
    let authority = work.need.authority.as_str();
    let triage = || town.by_code(authority).map(|directory| directory.authority.triage_procedure.clone());
    let procedure = work.filing.procedure.clone().or_else(triage).unwrap_or_default();
    let known = town.procedure(authority, &procedure).map(|procedure| procedure.name.clone());
    let procedure = known.unwrap_or_else(|| town.department_name(authority, &work.need.department).to_owned());
    File { procedure, legal_at: work.filing.legal_due, entry: work.entry() }
}
