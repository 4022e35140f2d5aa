//! Loading an engine: who had the shard is shut out, and the queue is read as it stands.

use std::collections::HashMap;

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, ServiceRequestId};

use super::matcher::{Claim, Mark, Owned};
use super::{App, Result, Town};
use crate::domain::engine::{AgentSnapshot, Engine, HeldEntry, Input, Policy, Roster, Snapshot};
use crate::domain::pools::town_of;
use crate::domain::replay::tell_at_load;
use crate::store::inputs::{self, Place};
use crate::store::{Tx, authorities, engine_loads, lessons, loads, offers, shards, works};

/// Facts looked at that may have come in while the queue was read: more than any town has in that time.
const ARRIVALS_MAX: i64 = 1_000;

impl App {
    /// Shuts out whoever had the shard, loads an engine and offers what can be offered; `None` when the shard is another's.
    pub(super) async fn take_over(&self, claim: &Claim) -> Result<Option<Owned>> {
        let shard = claim.shard.as_str();
        let mut tx = self.db.begin().await?;
        let live_at = tx.lease_now(&*self.clock).await?;
        let Some(epoch) = shards::take_over(&mut tx, shard, claim.process, live_at).await? else { return Ok(None) };
        let batch = shards::next_batch(&mut tx, shard).await?;
        let now = self.clock.now();
        // Facts first, then the state they made: what is marked here is surely in what is read next.
        let mut absorbed = inputs::absorb(&mut tx, shard, batch, now).await?;
        let (town, mut versions) = authorities::town_with_versions(&mut tx).await?;
        let served = shards::authorities(&mut tx, shard).await?;
        versions.retain(|(authority, _)| served.contains(authority));
        let pool = town_of(&town, &served);
        let (policy, snapshot) = (self.policy(), self.snapshot(&mut tx, shard, &pool, now).await?);
        absorbed.extend(self.absorb_arrivals(&mut tx, shard, &snapshot, (batch, now)).await?);
        if !engine_loads::insert(&mut tx, shard, (epoch, batch, now), &policy, &versions, &snapshot).await? {
            tracing::warn!(shard, batch, "load is too large to be kept, what is decided on it cannot be replayed");
        }
        let mut engine = Engine::new(policy, Roster::of(&pool), snapshot);
        let mut decisions = engine.apply(now, Input::Reloaded);
        tell_at_load(&mut decisions, &absorbed);
        // The engine says so again where it is still true.
        works::forget_unroutable(&mut tx, shard).await?;
        inputs::push_consumed(&mut tx, (shard, None), now, &Input::Reloaded, Place { batch, ordinal: 0 }).await?;
        let made = decisions.len();
        self.write_decisions(&mut tx, &town, Mark { shard, epoch, batch, now }, Vec::new(), decisions).await?;
        tx.commit().await?;
        if made > 0 {
            self.log.wake();
        }
        tracing::info!(shard, epoch, waiting = engine.waiting(), offered = made, "matcher has the shard");
        Ok(Some(Owned { epoch, loaded_at: now, audited_at: now, forgot_at: now, engine }))
    }

    /// Marks as known the requests that came in between the facts and the state: they are in the snapshot, so the engine would
    /// not find them new any more, and nobody would be told why they wait.
    async fn absorb_arrivals(
        &self,
        tx: &mut Tx,
        shard: &str,
        snapshot: &Snapshot,
        (batch, now): (i64, Timestamp),
    ) -> Result<Vec<Input>> {
        let versions: HashMap<ServiceRequestId, i64> =
            snapshot.waiting.iter().map(|entry| (entry.request_id, entry.version)).collect();
        let mut arrived = Vec::new();
        for (number, input) in inputs::list(tx, shard, ARRIVALS_MAX).await? {
            let Input::Arrived(entry) = &input else { continue };
            if versions.get(&entry.request_id).is_some_and(|version| *version >= entry.version) {
                inputs::absorb_one(tx, shard, number, batch, now).await?;
                arrived.push(input);
            }
        }
        Ok(arrived)
    }

    fn policy(&self) -> Policy {
        Policy {
            after_decline_ms: self.config.after_decline_seconds.saturating_mul(1_000),
            after_expiry_ms: self.config.after_expiry_seconds.saturating_mul(1_000),
            always_open: self.config.always_open,
            ..Policy::default()
        }
    }

    async fn snapshot(&self, tx: &mut Tx, shard: &str, pool: &Town, now: Timestamp) -> Result<Snapshot> {
        let policy = self.policy();
        let mut snapshot = Snapshot::default();
        let mut given: HashMap<AgentId, u32> =
            offers::given_since(tx, shard, pool.start_of_day(now)).await?.into_iter().collect();
        for work in works::list_active(tx, shard).await? {
            let Some(agent_id) = work.loaded() else {
                snapshot.waiting.push(work.entry());
                continue;
            };
            let (request_id, version, weight) = (work.request_id, work.version, work.need.weight);
            // What is of another pool is not offered here again, whatever becomes of it: only its weight counts.
            let ours = pool.by_id(work.authority_id).is_some();
            let offered = work.offer.filter(|_| ours).map(|_| work.entry());
            let lesson = work.lesson.is_some();
            if offered.is_some() {
                *given.entry(agent_id).or_default() += weight;
            }
            snapshot.held.push(HeldEntry { request_id, version, agent_id, weight, offered, lesson });
        }
        let learned = lessons::given_since(tx, pool.start_of_day(now)).await?;
        for load in loads::list_of_shard(tx, shard).await? {
            let (agent_id, presence) = (load.agent_id, load.presence);
            let given_today = given.get(&agent_id).copied().unwrap_or(0);
            let (serial, served_at) = (load.serial, load.served_at);
            let learned_today = learned.get(&agent_id).copied().unwrap_or(0);
            snapshot.agents.push(AgentSnapshot { agent_id, presence, serial, served_at, given_today, learned_today });
        }
        let longest = policy.after_decline_ms.max(policy.after_expiry_ms);
        for refused in offers::list_refused(tx, shard, now.plus_millis(-longest)).await? {
            let lasts = if refused.declined { policy.after_decline_ms } else { policy.after_expiry_ms };
            let until = refused.ended_at.plus_millis(lasts);
            if until > now {
                snapshot.refusals.push((refused.request_id, refused.agent_id, until));
            }
        }
        Ok(snapshot)
    }
}
