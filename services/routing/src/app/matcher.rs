//! The matcher: one process at a time feeds the engine and commits what it decides.
//!
//! Each transaction holds the shard's row at its epoch, takes at most a hundred facts, and writes decisions, offers and
//! events together; a commit that fails, or a change that no longer fits, throws the engine away and loads another.

use std::collections::HashMap;
use std::time::Duration;

use crate::store::Tx;
use guichet_bus::{Lease, outbox};
use guichet_core::Timestamp;
use guichet_core::id::{AgentId, DecisionId, OfferId, ServiceRequestId};
use guichet_events::routing::OfferMade;
use tokio_util::sync::CancellationToken;

use super::changes::Teller;
use super::{App, MATCHER_TOPIC, Result, meters};
use crate::domain::engine::{AgentSnapshot, Decision, Engine, HeldEntry, Input, Policy, Roster, Snapshot};
use crate::domain::forecast::{Announced, Bucket};
use crate::domain::french;
use crate::domain::replay::{Decided, is_due_for_a_load, tell_at_load};
use crate::domain::town::Town;
use crate::domain::work::{Change, OpenOffer, Work};
use crate::error::Error;
use crate::store::decisions::{self, DecisionRow};
use crate::store::inputs::{self, Place};
use crate::store::offers::{self, NewOffer};
use crate::store::{authorities, engine_loads, loads, shards, waits, works};

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
/// Name of the lease.
const LEASE: &str = "matcher";

/// What the owner of the shard has in memory.
struct Owned {
    lease_epoch: i64,
    epoch: i64,
    loaded_at: Timestamp,
    audited_at: Timestamp,
    forgot_at: Timestamp,
    engine: Engine,
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
}

/// Runs the matcher until cancelled.
pub(crate) async fn run(app: App, cancel: CancellationToken) -> Result<()> {
    let mut lease = Lease::new(app.db.clone(), LEASE.to_owned(), app.clock.clone(), &*app.rng);
    let mut woken = app.bus.subscribe(MATCHER_TOPIC);
    let mut owned: Option<Owned> = None;
    while !cancel.is_cancelled() {
        woken.mark_unchanged();
        let busy = match app.turn(&mut lease, &mut owned).await {
            Ok(busy) => busy,
            Err(error) => {
                owned = None;
                tracing::warn!(error = &error as &dyn std::error::Error, "matcher starts again from the database");
                false
            }
        };
        if busy {
            continue;
        }
        tokio::select! {
            () = cancel.cancelled() => break,
            _ = woken.changed() => {}
            () = tokio::time::sleep(POLL) => {}
        }
    }
    Ok(lease.give_back().await?)
}

impl App {
    /// Does what there is to do when this process owns the shard; returns whether there may be more.
    async fn turn(&self, lease: &mut Lease, owned: &mut Option<Owned>) -> Result<bool> {
        let Some(lease_epoch) = lease.ensure().await? else {
            *owned = None;
            return Ok(false);
        };
        let turn = match owned.as_mut().filter(|owned| owned.lease_epoch == lease_epoch) {
            Some(mine) => {
                self.audit(mine);
                self.forget_waits(mine).await;
                self.batch(mine).await
            }
            None => match self.take_over(lease_epoch).await {
                Ok(loaded) => {
                    *owned = Some(loaded);
                    self.forget_old_loads().await;
                    self.forget_old_waits().await;
                    Ok(Turn::Busy)
                }
                Err(error) => Err(error),
            },
        };
        match turn {
            Ok(Turn::Idle) => Ok(false),
            Ok(Turn::Busy) => Ok(true),
            Ok(Turn::Reload) => {
                *owned = None;
                Ok(true)
            }
            // Somebody was quicker: nothing is wrong, the engine only has to look again.
            Err(Error::Stale) => {
                tracing::debug!("a decision no longer fits, the engine is loaded again");
                *owned = None;
                Ok(true)
            }
            Err(error) => Err(error),
        }
    }

    /// Shuts out whoever had the shard, loads an engine and offers what can be offered.
    async fn take_over(&self, lease_epoch: i64) -> Result<Owned> {
        let mut tx = self.db.begin().await?;
        let epoch = shards::take_over(&mut tx).await?;
        let batch = shards::next_batch(&mut tx).await?;
        let now = self.clock.now();
        // Facts first, then the state they made: what is marked here is surely in what is read next.
        let absorbed = inputs::absorb(&mut tx, batch, now).await?;
        let (town, versions) = authorities::town_with_versions(&mut tx).await?;
        let (policy, snapshot) = (self.policy(), self.snapshot(&mut tx, &town, now).await?);
        if !engine_loads::insert(&mut tx, (epoch, batch, now), &policy, &versions, &snapshot).await? {
            tracing::warn!(batch, "load is too large to be kept, what is decided on it cannot be replayed");
        }
        let mut engine = Engine::new(policy, Roster::of(&town), snapshot);
        let mut decisions = engine.apply(now, Input::Reloaded);
        tell_at_load(&mut decisions, &absorbed);
        // The engine says so again where it is still true.
        works::forget_unroutable(&mut tx).await?;
        inputs::push_consumed(&mut tx, None, now, &Input::Reloaded, Place { batch, ordinal: 0 }).await?;
        let made = decisions.len();
        self.write_decisions(&mut tx, &town, (epoch, batch, now), Vec::new(), decisions).await?;
        tx.commit().await?;
        if made > 0 {
            self.log.wake();
        }
        tracing::info!(epoch, waiting = engine.waiting(), offered = made, "matcher has the shard");
        Ok(Owned { lease_epoch, epoch, loaded_at: now, audited_at: now, forgot_at: now, engine })
    }

    /// Has the engine looked at again, now and then, by code that shares nothing with what makes it fast.
    fn audit(&self, mine: &mut Owned) {
        let now = self.clock.now();
        if now < mine.audited_at.plus_millis(AUDIT_MS) {
            return;
        }
        mine.audited_at = now;
        let found = mine.engine.audit();
        meters::tell_idle_beside_waiting(found.len());
        for (request_id, agent_id) in found.into_iter().take(AUDIT_TOLD_MAX) {
            tracing::error!(request.id = %request_id, agent.id = %agent_id, "request waits beside an agent who could have it");
        }
    }

    /// Forgets old waits now and then: the one owner of the shard does, so that nobody waits for anybody.
    async fn forget_waits(&self, mine: &mut Owned) {
        let now = self.clock.now();
        if now >= mine.forgot_at.plus_millis(FORGET_WAITS_MS) {
            mine.forgot_at = now;
            self.forget_old_waits().await;
        }
    }

    fn policy(&self) -> Policy {
        Policy {
            after_decline_ms: self.config.after_decline_seconds.saturating_mul(1_000),
            after_expiry_ms: self.config.after_expiry_seconds.saturating_mul(1_000),
            always_open: self.config.always_open,
            ..Policy::default()
        }
    }

    async fn snapshot(&self, tx: &mut Tx, town: &Town, now: Timestamp) -> Result<Snapshot> {
        let policy = self.policy();
        let mut snapshot = Snapshot::default();
        let mut given: HashMap<AgentId, u32> =
            offers::given_since(tx, town.start_of_day(now)).await?.into_iter().collect();
        for work in works::list_active(tx).await? {
            let Some(agent_id) = work.loaded() else {
                snapshot.waiting.push(work.entry());
                continue;
            };
            let (request_id, version, weight) = (work.request_id, work.version, work.need.weight);
            let offered = work.offer.map(|_| work.entry());
            if offered.is_some() {
                *given.entry(agent_id).or_default() += weight;
            }
            snapshot.held.push(HeldEntry { request_id, version, agent_id, weight, offered });
        }
        for load in loads::list(tx).await? {
            let (agent_id, presence) = (load.agent_id, load.presence);
            let given_today = given.get(&agent_id).copied().unwrap_or(0);
            let (serial, served_at) = (load.serial, load.served_at);
            snapshot.agents.push(AgentSnapshot { agent_id, presence, serial, served_at, given_today });
        }
        let longest = policy.after_decline_ms.max(policy.after_expiry_ms);
        for refused in offers::list_refused(tx, now.plus_millis(-longest)).await? {
            let lasts = if refused.declined { policy.after_decline_ms } else { policy.after_expiry_ms };
            let until = refused.ended_at.plus_millis(lasts);
            if until > now {
                snapshot.refusals.push((refused.request_id, refused.agent_id, until));
            }
        }
        Ok(snapshot)
    }

    /// Decides on the facts that wait and on what time has brought.
    async fn batch(&self, mine: &mut Owned) -> Result<Turn> {
        let mut db = &self.db;
        let wake = mine.engine.next_wake().is_some_and(|at| at <= self.clock.now());
        if !wake && !inputs::any(&mut db).await? && !works::any_due(&mut db, self.clock.now()).await? {
            return Ok(Turn::Idle);
        }
        if is_due_for_a_load(mine.loaded_at, self.clock.now()) {
            return Ok(Turn::Reload);
        }
        let mut tx = self.db.begin().await?;
        if !shards::hold(&mut tx, mine.epoch).await? {
            tracing::warn!(epoch = mine.epoch, "shard was taken over by another process");
            return Ok(Turn::Reload);
        }
        let waiting = inputs::list(&mut tx, INPUTS_MAX).await?;
        if waiting.iter().any(|(_, input)| *input == Input::Reloaded) {
            return Ok(Turn::Reload);
        }
        let batch = shards::next_batch(&mut tx).await?;
        let now = self.clock.now();
        let town = self.town(&mut tx).await?;
        let due = self.due(&mut tx, &town, now).await?;
        let mut decisions = Vec::new();
        // Replay reads the order of application back from the places, not from the numbers: what time has brought is
        // numbered last and applied first.
        let mut places = (0..).map(|ordinal| Place { batch, ordinal });
        let tick = wake.then_some((None, Input::Tick));
        let brought = due.inputs.into_iter().map(|(authority, input)| (Some(authority), input));
        for ((authority, input), place) in tick.into_iter().chain(brought).zip(places.by_ref()) {
            inputs::push_consumed(&mut tx, authority, now, &input, place).await?;
            decisions.extend(mine.engine.apply(now, input));
        }
        let mut consumed = Vec::with_capacity(waiting.len());
        for ((number, input), place) in waiting.into_iter().zip(places) {
            decisions.extend(mine.engine.apply(now, input));
            consumed.push((number, place));
        }
        inputs::consume(&mut tx, &consumed, now).await?;
        let made = decisions.len();
        self.write_decisions(&mut tx, &town, (mine.epoch, batch, now), due.changes, decisions).await?;
        tx.commit().await?;
        self.log.wake();
        meters::count_decisions(made);
        Ok(Turn::Busy)
    }

    /// Writes what was due and what was decided: changes of the work together, then offers and records.
    async fn write_decisions(
        &self,
        tx: &mut Tx,
        town: &Town,
        (epoch, batch, now): (i64, i64, Timestamp),
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
            let mut row = self.row(town, &work, &decision, (epoch, batch, now), ordinal);
            if let Decision::Offer { version, agent_id, record, .. } = &decision {
                if work.version != *version {
                    return Err(Error::Stale);
                }
                row.sentence = french::why_me(town, *agent_id, record);
                let offer_id = OfferId::new(&*self.clock, &*self.rng);
                let change = work.offered(OpenOffer { offer_id, agent_id: *agent_id }).map_err(|_| Error::Stale)?;
                made.push(self.new_offer(&change, &row, now)?);
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
                    row.forecast = self.note_wait(tx, town, work, now).await?;
                }
            }
            decisions::insert(tx, &row).await?;
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

    fn row(
        &self,
        town: &Town,
        work: &Work,
        decision: &Decision,
        (epoch, batch, now): (i64, i64, Timestamp),
        ordinal: i64,
    ) -> DecisionRow {
        let Decided { kind, request_id, agent_id, record: text } = Decided::of(decision);
        let (Decision::Offer { record, .. } | Decision::Wait { record, .. } | Decision::Unroutable { record, .. }) =
            decision;
        DecisionRow {
            id: DecisionId::new(&*self.clock, &*self.rng),
            authority_id: work.authority_id,
            request_id,
            at: now,
            kind,
            agent_id,
            epoch,
            batch,
            ordinal: Some(ordinal),
            record: text,
            sentence: french::why_waiting(town, record),
            forecast: None,
        }
    }
}
