//! The matcher of a shard: one process at a time feeds its engine and commits what it decides.
//!
//! Each transaction holds the shard's row at its epoch, takes at most a hundred facts, and writes decisions, offers and
//! events together; a commit that fails, or a change that no longer fits, throws the engine away and loads another.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::store::Tx;
use guichet_bus::outbox;
use guichet_core::id::{DecisionId, OfferId, ServiceRequestId};
use guichet_core::{Timestamp, crash};
use guichet_events::routing::OfferMade;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;

use super::changes::Teller;
use super::meters::Audits;
use super::{App, Result, meters};
use crate::domain::engine::{Decision, Engine, Input};
use crate::domain::forecast::{Announced, Bucket};
use crate::domain::replay::{Decided, is_due_for_a_load};
use crate::domain::shares::ProcessId;
use crate::domain::town::Town;
use crate::domain::work::{Change, OpenOffer, Work};
use crate::domain::{french, lesson};
use crate::error::Error;
use crate::store::decisions::{self, DecisionRow};
use crate::store::inputs::{self, Place};
use crate::store::offers::{self, NewOffer};
use crate::store::{shards, waits, works};

/// Facts decided on in one transaction: enough to keep up, few enough to commit within the idle limit.
const INPUTS_MAX: i64 = 100;
/// The net under lost wake-ups, and how often timers are looked at.
const POLL: Duration = Duration::from_millis(500);
/// Time between two audits of the engine, in milliseconds: a mistake shows within the minute, and nobody feels the look.
const AUDIT_MS: i64 = 30_000;
/// Time between two looks for waits to forget, in milliseconds: a few of them too many do no harm.
const FORGET_WAITS_MS: i64 = 600_000;
/// Mistakes of one audit told in the log: the gauge has their number.
const AUDIT_TOLD_MAX: usize = 10;

/// What a process serves, and what its shards share.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    pub(super) process: ProcessId,
    pub(super) shard: String,
    turns: Arc<Semaphore>,
    audits: Audits,
}

impl Claim {
    /// Returns the claim of a process to nothing yet.
    pub(super) fn new(process: ProcessId, turns_at_a_time: usize) -> Self {
        let turns = Arc::new(Semaphore::new(turns_at_a_time));
        Self { process, shard: String::new(), turns, audits: Audits::default() }
    }

    /// Returns its claim to a shard.
    pub(super) fn of(&self, shard: &str) -> Self {
        Self { shard: shard.to_owned(), ..self.clone() }
    }
}

/// What the owner of a shard has in memory.
pub(super) struct Owned {
    pub(super) epoch: i64,
    pub(super) loaded_at: Timestamp,
    pub(super) audited_at: Timestamp,
    pub(super) forgot_at: Timestamp,
    pub(super) engine: Engine,
}

/// Where decisions are made: in which batch of which shard, under which epoch, when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark<'a> {
    pub(super) shard: &'a str,
    pub(super) epoch: i64,
    pub(super) batch: i64,
    pub(super) now: Timestamp,
}

/// How a turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// Nothing to do.
    Idle,
    /// Something was done: there may be more.
    Busy,
    /// The engine has to be loaded again.
    Reload,
    /// The shard is another process's.
    Lost,
}

/// Decides for a shard until told to stop, or until another process has it.
pub(super) async fn serve(app: App, claim: Claim, stop: CancellationToken, called: Arc<Notify>) {
    let mut owned: Option<Owned> = None;
    while !stop.is_cancelled() {
        match app.turn(&claim, &mut owned).await {
            Ok(Turn::Busy | Turn::Reload) => continue,
            Ok(Turn::Idle) => {}
            Ok(Turn::Lost) => {
                claim.audits.forget(&claim.shard);
                return;
            }
            Err(error) => {
                owned = None;
                let shard = claim.shard.as_str();
                tracing::warn!(
                    shard,
                    error = &error as &dyn std::error::Error,
                    "matcher starts again from the database"
                );
            }
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = called.notified() => {}
            () = tokio::time::sleep(POLL) => {}
        }
    }
    claim.audits.forget(&claim.shard);
    if let Err(error) = app.hand_over(&claim).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "shard could not be handed over");
    }
}

impl App {
    /// Leaves the shard to whose it is now.
    pub(super) async fn hand_over(&self, claim: &Claim) -> Result<()> {
        let mut tx = self.db.begin().await?;
        shards::give_back(&mut tx, &claim.shard, claim.process).await?;
        tx.commit().await?;
        meters::count_lease_change("handed_over");
        self.wake_shards();
        Ok(())
    }

    /// Does what there is to do for the shard.
    async fn turn(&self, claim: &Claim, owned: &mut Option<Owned>) -> Result<Turn> {
        let _place = claim.turns.acquire().await;
        let turn = match owned {
            Some(mine) => {
                self.audit(claim, mine);
                self.forget_waits(mine).await;
                self.batch(claim, mine).await
            }
            None => return self.load(claim, owned).await,
        };
        match turn {
            Ok(Turn::Reload) => *owned = None,
            // Somebody was quicker: nothing is wrong, the engine only has to look again.
            Err(Error::Stale) => {
                tracing::debug!("a decision no longer fits, the engine is loaded again");
                *owned = None;
                return Ok(Turn::Reload);
            }
            _ => {}
        }
        turn
    }

    async fn load(&self, claim: &Claim, owned: &mut Option<Owned>) -> Result<Turn> {
        match self.take_over(claim).await {
            Ok(Some(loaded)) => {
                *owned = Some(loaded);
                meters::count_lease_change("taken");
                self.forget_old_loads(&claim.shard).await;
                self.forget_old_waits().await;
                Ok(Turn::Busy)
            }
            Ok(None) => {
                tracing::info!(shard = claim.shard, "shard is another process's");
                meters::count_lease_change("lost");
                Ok(Turn::Lost)
            }
            // The state moved between two reads of the load.
            Err(Error::Stale) => Ok(Turn::Reload),
            Err(error) => Err(error),
        }
    }

    /// Has the engine looked at again, now and then, by code that shares nothing with what makes it fast.
    fn audit(&self, claim: &Claim, mine: &mut Owned) {
        let now = self.clock.now();
        if now < mine.audited_at.plus_millis(AUDIT_MS) {
            return;
        }
        mine.audited_at = now;
        let found = mine.engine.audit();
        claim.audits.tell(&claim.shard, found.len());
        for (request_id, agent_id) in found.into_iter().take(AUDIT_TOLD_MAX) {
            tracing::error!(request.id = %request_id, agent.id = %agent_id, "request waits beside an agent who could have it");
        }
    }

    /// Forgets old waits now and then: owners of shards do, so that nobody waits for anybody.
    async fn forget_waits(&self, mine: &mut Owned) {
        let now = self.clock.now();
        if now >= mine.forgot_at.plus_millis(FORGET_WAITS_MS) {
            mine.forgot_at = now;
            self.forget_old_waits().await;
        }
    }

    /// Decides on the facts that wait and on what time has brought.
    async fn batch(&self, claim: &Claim, mine: &mut Owned) -> Result<Turn> {
        let (mut db, shard) = (&self.db, claim.shard.as_str());
        if !shards::is_held(&mut db, shard, mine.epoch).await? {
            tracing::warn!(shard, epoch = mine.epoch, "shard was taken over, or its pool has changed");
            return Ok(Turn::Reload);
        }
        let wake = mine.engine.next_wake().is_some_and(|at| at <= self.clock.now());
        let now = self.clock.now();
        if !wake && !inputs::any(&mut db, shard).await? && !works::any_due(&mut db, shard, now).await? {
            return Ok(Turn::Idle);
        }
        if is_due_for_a_load(mine.loaded_at, self.clock.now()) {
            return Ok(Turn::Reload);
        }
        let mut tx = self.db.begin().await?;
        // Between the look and this transaction, or while it waited for its turn.
        if !shards::hold(&mut tx, shard, mine.epoch).await? {
            return Ok(Turn::Reload);
        }
        let waiting = inputs::list(&mut tx, shard, INPUTS_MAX).await?;
        if waiting.iter().any(|(_, input)| *input == Input::Reloaded) {
            return Ok(Turn::Reload);
        }
        let batch = shards::next_batch(&mut tx, shard).await?;
        let now = self.clock.now();
        let town = self.town(&mut tx).await?;
        let due = self.due(&mut tx, shard, &town, now).await?;
        let mut decisions = Vec::new();
        // Replay reads the order of application back from the places, not from the numbers: what time has brought is
        // numbered last and applied first.
        let mut places = (0..).map(|ordinal| Place { batch, ordinal });
        let tick = wake.then_some((None, Input::Tick));
        let brought = due.inputs.into_iter().map(|(authority, input)| (Some(authority), input));
        for ((authority, input), place) in tick.into_iter().chain(brought).zip(places.by_ref()) {
            inputs::push_consumed(&mut tx, (shard, authority), now, &input, place).await?;
            decisions.extend(mine.engine.apply(now, input));
        }
        let mut consumed = Vec::with_capacity(waiting.len());
        for ((number, input), place) in waiting.into_iter().zip(places) {
            decisions.extend(mine.engine.apply(now, input));
            consumed.push((number, place));
        }
        inputs::consume(&mut tx, shard, &consumed, now).await?;
        let made = decisions.len();
        crash::point("routing.decided");
        self.write_decisions(&mut tx, &town, Mark { shard, epoch: mine.epoch, batch, now }, due.changes, decisions)
            .await?;
        crash::point("routing.written");
        tx.commit().await?;
        crash::point("routing.committed");
        self.log.wake();
        meters::count_decisions(made);
        Ok(Turn::Busy)
    }

    /// Writes what was due and what was decided: changes of the work together, then offers and records.
    pub(super) async fn write_decisions(
        &self,
        tx: &mut Tx,
        town: &Town,
        mark: Mark<'_>,
        mut changes: Vec<Change>,
        decisions: Vec<Decision>,
    ) -> Result<()> {
        let mut known: HashMap<ServiceRequestId, Work> = HashMap::new();
        known.extend(changes.iter().map(|change| (change.after.request_id, change.after.clone())));
        let mut rows = Vec::new();
        let mut made = Vec::new();
        for (decision, ordinal) in decisions.into_iter().zip(0..) {
            let request_id = decision.request_id();
            let work = match known.remove(&request_id) {
                Some(work) => work,
                None => works::find(tx, request_id).await?.ok_or(Error::Stale)?,
            };
            let mut row = self.row(town, &work, &decision, mark, ordinal);
            if let Decision::Offer { version, agent_id, record, .. } = &decision {
                if work.version != *version {
                    return Err(Error::Stale);
                }
                row.sentence = french::why_me(town, *agent_id, record);
                let offer_id = OfferId::new(&*self.clock, &*self.rng);
                let mut change = work.offered(OpenOffer { offer_id, agent_id: *agent_id }).map_err(|_| Error::Stale)?;
                change.after.lesson = lesson::begun(*agent_id, record, mark.now);
                made.push(self.new_offer(&change, &row, mark.now)?);
                known.insert(request_id, change.after.clone());
                changes.push(change);
            } else {
                known.insert(request_id, work);
            }
            rows.push((row, matches!(decision, Decision::Unroutable { .. })));
        }
        self.write_changes(tx, &changes, "", Teller::Matcher).await?;
        let mut events = Vec::new();
        for offer in &made {
            offers::insert(tx, offer).await?;
            let (offer_id, agent_id) = (offer.id, offer.agent_id);
            let told = OfferMade { offer_id, agent_id, expires_at: offer.expires_at, decision_id: offer.decision_id };
            events.extend(known.get(&offer.request_id).map(|work| self.event(work, &told)));
        }
        for (mut row, unroutable) in rows {
            if let Some(work) = known.get(&row.request_id) {
                if unroutable {
                    works::mark_unroutable(tx, row.request_id, work.version).await?;
                } else {
                    row.forecast = self.note_wait(tx, town, work, mark.now).await?;
                }
            }
            decisions::insert(tx, mark.shard, &row).await?;
        }
        Ok(outbox::append(tx, &events).await?)
    }

    /// Notes that a request waits, and returns what may be told of it.
    async fn note_wait(&self, tx: &mut Tx, town: &Town, work: &Work, now: Timestamp) -> Result<Option<Announced>> {
        let bucket = Bucket::of(work.authority_id, &work.need);
        waits::enter(tx, (work.request_id, &bucket), work.offer.is_some(), (work.since, now)).await?;
        self.announced(tx, town, work).await
    }

    fn new_offer(&self, change: &Change, row: &DecisionRow, now: Timestamp) -> Result<NewOffer> {
        let work = &change.after;
        let offer = work.offer.ok_or(Error::Stale)?;
        Ok(NewOffer {
            id: offer.offer_id,
            authority_id: work.authority_id,
            request_id: work.request_id,
            agent_id: offer.agent_id,
            offered_at: now,
            expires_at: now.plus_seconds(self.config.offer_seconds(work.channel)),
            decision_id: row.id,
            why: row.sentence.clone(),
        })
    }

    fn row(&self, town: &Town, work: &Work, decision: &Decision, mark: Mark<'_>, ordinal: i64) -> DecisionRow {
        let Decided { kind, request_id, agent_id, record: text } = Decided::of(decision);
        let (Decision::Offer { record, .. } | Decision::Wait { record, .. } | Decision::Unroutable { record, .. }) =
            decision;
        DecisionRow {
            id: DecisionId::new(&*self.clock, &*self.rng),
            authority_id: work.authority_id,
            request_id,
            at: mark.now,
            kind,
            agent_id,
            epoch: mark.epoch,
            batch: mark.batch,
            ordinal: Some(ordinal),
            record: text,
            sentence: french::why_waiting(town, record),
            forecast: None,
        }
    }
}
