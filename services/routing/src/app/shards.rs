//! Which shards this process serves: it says each second that it lives, looks at who else does, takes what is its own and
//! hands over what has become another's.
//!
//! None of this guards data: whoever is late to hear of a change is shut out by the shard's epoch.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use guichet_bus::{LEASE_TTL_MS, Lease};
use guichet_core::id;
use tokio::sync::Notify;
use tokio::task::{AbortHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::matcher::{self, Claim};
use super::{App, MATCHER_TOPIC, Result, Town, meters};
use crate::domain::engine::Input;
use crate::domain::pools::{moves, pools};
use crate::domain::shares::{ProcessId, Share, share};
use crate::store::{Tx, authorities, inputs, processes, shards};

/// How often a process says that it lives: two times may fail before it is taken for dead.
const ANNOUNCE: Duration = Duration::from_secs(1);
/// Topic that has processes look at the shards at once: one was handed over, the map has changed, a process has ended.
const SHARDS_TOPIC: &str = "shards:routing";
/// Shards of one process that load or decide at a time: they share its connections with what people do.
const TURNS_AT_A_TIME: usize = 3;
/// The lease of earlier releases, of which one process matched for everybody.
const FORMER_LEASE: &str = "matcher";
/// Who holds it now: all the processes that know shards, together.
const EVERYBODY: Uuid = Uuid::nil();

/// A shard that this process serves.
struct Serving {
    stop: CancellationToken,
    /// Facts are waiting.
    called: Arc<Notify>,
    task: AbortHandle,
}

/// This process, among those that decide.
struct Process {
    app: App,
    id: ProcessId,
    former: Lease,
    /// The epoch of the former lease under which processes of earlier releases were shut out.
    former_epoch: Option<i64>,
    /// The directories whose pools the map is known to follow.
    mapped: Option<i64>,
    announced: bool,
    claim: Claim,
    serving: BTreeMap<String, Serving>,
    tasks: JoinSet<()>,
    cancel: CancellationToken,
}

/// Serves this process's share of the shards until cancelled.
pub(crate) async fn run(app: App, cancel: CancellationToken) -> Result<()> {
    let mut facts = app.bus.subscribe(MATCHER_TOPIC);
    let mut changes = app.bus.subscribe(SHARDS_TOPIC);
    let mut announce = tokio::time::interval(ANNOUNCE);
    announce.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut process = Process::new(app, cancel.clone());
    while !cancel.is_cancelled() {
        let called = tokio::select! {
            () = cancel.cancelled() => break,
            _ = facts.changed() => true,
            _ = changes.changed() => false,
            _ = announce.tick() => false,
        };
        let done = if called { process.call().await } else { process.look().await };
        if let Err(error) = done {
            tracing::warn!(error = &error as &dyn std::error::Error, "shards could not be looked at");
        }
    }
    process.leave().await
}

impl Process {
    fn new(app: App, cancel: CancellationToken) -> Self {
        let id = id::new_uuid(&*app.clock, &*app.rng);
        let former = Lease::held_by(EVERYBODY, app.db.clone(), FORMER_LEASE.to_owned(), app.clock.clone());
        Self {
            claim: Claim::new(id, TURNS_AT_A_TIME),
            app,
            id,
            former,
            former_epoch: None,
            mapped: None,
            announced: false,
            serving: BTreeMap::new(),
            tasks: JoinSet::new(),
            cancel,
        }
    }

    /// Says that this process lives, takes its share and hands over what is another's.
    async fn look(&mut self) -> Result<()> {
        while let Some(ended) = self.tasks.try_join_next() {
            if let Err(error) = ended {
                tracing::error!(%error, "shard ended badly, it starts again from the database");
            }
        }
        self.serving.retain(|_, serving| !serving.task.is_finished());
        let share = self.share().await?;
        for (_, serving) in self.serving.iter().filter(|(shard, _)| !share.mine.contains(*shard)) {
            serving.stop.cancel();
        }
        for shard in share.mine {
            if !self.serving.contains_key(&shard) {
                self.start(shard);
            }
        }
        // Lost while its pool was another's, or not handed over for a fault: nobody else would take what a process that
        // lives is said to have.
        for shard in share.given_up.iter().filter(|shard| !self.serving.contains_key(*shard)) {
            self.app.hand_over(&self.claim.of(shard)).await?;
        }
        meters::tell_shards_owned(self.serving.values().filter(|serving| !serving.stop.is_cancelled()).count());
        Ok(())
    }

    async fn share(&mut self) -> Result<Share> {
        if !self.is_let_in().await? {
            return Ok(Share::default());
        }
        self.mapped = Some(self.app.follow_directories(self.mapped).await?);
        let mut db = &self.app.db;
        if self.announced && processes::is_known_alone(db, self.id).await? {
            return Ok(share(self.id, &[self.id].into(), &shards::list(&mut db).await?));
        }
        let mut tx = db.begin().await?;
        if !self.announced {
            let now = tx.lease_now(&*self.app.clock).await?;
            processes::forget_dead(&mut tx, now).await?;
        }
        let now = processes::announce(&mut tx, self.id, &*self.app.clock, LEASE_TTL_MS).await?;
        let (live, held) = (processes::list(&mut tx, now).await?, shards::list(&mut tx).await?);
        tx.commit().await?;
        self.announced = true;
        Ok(share(self.id, &live, &held))
    }

    /// Returns whether no process of an earlier release matches: one that did, and sleeps, is shut out.
    async fn is_let_in(&mut self) -> Result<bool> {
        let Some(epoch) = self.former.ensure().await? else { return Ok(false) };
        if self.former_epoch != Some(epoch) {
            let mut tx = self.app.db.begin().await?;
            shards::shut_out(&mut tx, shards::FORMER).await?;
            tx.commit().await?;
            self.former_epoch = Some(epoch);
        }
        Ok(true)
    }

    fn start(&mut self, shard: String) {
        let (stop, called) = (self.cancel.child_token(), Arc::new(Notify::new()));
        let served = matcher::serve(self.app.clone(), self.claim.of(&shard), stop.clone(), Arc::clone(&called));
        let task = self.tasks.spawn(Box::pin(served));
        self.serving.insert(shard, Serving { stop, called, task });
    }

    /// Calls the shards that facts are waiting for: one question for all of them.
    async fn call(&self) -> Result<()> {
        for shard in inputs::shards_waiting(&mut &self.app.db).await? {
            if let Some(serving) = self.serving.get(&shard) {
                serving.called.notify_one();
            }
        }
        Ok(())
    }

    /// Hands everything over, so that nobody has to wait for the end of this process's time.
    async fn leave(mut self) -> Result<()> {
        while self.tasks.join_next().await.is_some() {}
        let mut tx = self.app.db.begin().await?;
        processes::leave(&mut tx, self.id).await?;
        tx.commit().await?;
        self.app.wake_shards();
        meters::tell_shards_owned(0);
        Ok(())
    }
}

impl App {
    /// Has every process look at the shards.
    pub(super) fn wake_shards(&self) {
        self.bus.wake(SHARDS_TOPIC);
    }

    /// Brings the map up to date with the directories when they are not those known: a process of an earlier release publishes
    /// them without it. Returns those that are known now.
    async fn follow_directories(&self, known: Option<i64>) -> Result<i64> {
        let stamp = authorities::stamp(&mut &self.db).await?;
        if known == Some(stamp) {
            return Ok(stamp);
        }
        let mut tx = self.db.begin().await?;
        shards::lock_map(&mut tx).await?;
        let stamp = authorities::stamp(&mut tx).await?;
        let town = self.town(&mut tx).await?;
        self.remap(&mut tx, &town).await?;
        tx.commit().await?;
        Ok(stamp)
    }

    /// Puts each authority into the shard of its pool. Whoever decides for a pool that merges, splits or appears is shut out,
    /// and whoever takes it loads it as it is now. The map must be locked.
    pub(super) async fn remap(&self, tx: &mut Tx, town: &Town) -> Result<()> {
        let wanted = pools(town);
        let moves = moves(&shards::map(tx).await?, &wanted);
        for shard in &moves.touched {
            shards::shut_out(tx, shard).await?;
        }
        for (authority, shard) in &moves.moved {
            shards::put(tx, *authority, shard).await?;
        }
        for authority in &moves.concerned {
            inputs::push(tx, *authority, self.clock.now(), &Input::Reloaded).await?;
        }
        if !moves.touched.is_empty() {
            tracing::info!(authorities = moves.moved.len(), shards = moves.touched.len(), "authorities change shards");
        }
        Ok(())
    }
}
