//! What is kept in memory: the search index and the classifiers, made from the database and the directories. It is
//! replaced whole, never changed, so a reader never waits; a few milliseconds for a town's sheets, seconds for the
//! national ones.
//!
//! Whoever publishes wakes the worker; other processes notice the new revision at their next look.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use guichet_bus::directory::ReadModel;
use guichet_core::id::AuthorityId;
use guichet_db::Db;
use guichet_events::Directory;
use tokio::sync::{Mutex, Notify, watch};
use tokio_util::sync::CancellationToken;

use super::metrics::METRICS;
use crate::Error;
use crate::domain::classifier::{Classifier, Lesson, Town};
use crate::domain::search::{Builder, IndexedSheet, SearchIndex};
use crate::domain::sheet::Sheet;
use crate::store::{Catalogues, Feedback, Revision, Sheets};

/// How soon a process hears of sheets that another process published.
const LOOK: Duration = Duration::from_secs(2);
/// How long a publication waits to be found by its own author before it answers all the same.
const CATCH_UP: Duration = Duration::from_secs(2);

/// What readers see.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) index: SearchIndex,
    pub(crate) classifiers: HashMap<AuthorityId, Classifier>,
    revisions: Vec<Revision>,
    directories: Vec<Arc<Directory>>,
}

/// The present snapshot and what it is made from; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Memory {
    db: Db,
    directories: ReadModel,
    current: Arc<RwLock<Arc<Snapshot>>>,
    /// One build at a time.
    building: Arc<Mutex<()>>,
    wake: Arc<Notify>,
    reached: Arc<watch::Sender<Vec<Revision>>>,
}

impl Memory {
    /// Builds the first snapshot.
    pub(crate) async fn load(db: Db, directories: ReadModel) -> Result<Self, Error> {
        let snapshot = build(&db, &directories).await?;
        let reached = watch::Sender::new(snapshot.revisions.clone());
        Ok(Self {
            db,
            directories,
            current: Arc::new(RwLock::new(Arc::new(snapshot))),
            building: Arc::default(),
            wake: Arc::default(),
            reached: Arc::new(reached),
        })
    }

    /// Returns what readers see now.
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Asks for a look at the database without waiting for the next one.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Waits until a committed change of an authority can be found, or [`CATCH_UP`] has passed: the change is durable
    /// in any case.
    pub(crate) async fn catch_up(&self, authority_id: AuthorityId, is_reached: impl Fn(&Revision) -> bool) {
        self.wake();
        let mut reached = self.reached.subscribe();
        let wait = reached.wait_for(|revisions| {
            revisions.iter().any(|revision| revision.authority_id == authority_id && is_reached(revision))
        });
        let in_time = tokio::time::timeout(CATCH_UP, wait).await.is_ok();
        if !in_time {
            tracing::info!(authority.id = %authority_id, "change is committed, it will be found in a moment");
        }
    }

    /// Builds a new snapshot if anything it is made from has changed.
    pub(crate) async fn refresh(&self) -> Result<(), Error> {
        let _building = self.building.lock().await;
        let snapshot = self.snapshot();
        let is_current = Catalogues::revisions(&self.db).await? == snapshot.revisions
            && self.directories.all() == snapshot.directories;
        if is_current {
            return Ok(());
        }
        let next = build(&self.db, &self.directories).await?;
        let revisions = next.revisions.clone();
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
        self.reached.send_replace(revisions);
        Ok(())
    }

    /// Keeps the snapshot up to date until cancelled; when the database does not answer, the older one stays.
    pub(crate) async fn follow(&self, cancel: CancellationToken) {
        loop {
            tokio::select! {
                () = cancel.cancelled() => return,
                () = self.wake.notified() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
            if let Err(error) = self.refresh().await {
                tracing::warn!(error = &error as &dyn std::error::Error, "sheets in memory are out of date");
            }
        }
    }
}

/// One authority's material.
struct Material {
    directory: Option<Arc<Directory>>,
    authority_id: AuthorityId,
    sheets: Vec<Sheet>,
    lessons: Vec<Lesson>,
}

async fn build(db: &Db, directories: &ReadModel) -> Result<Snapshot, Error> {
    // Read before the material: what is committed in between is then built twice, never missed.
    let revisions = Catalogues::revisions(db).await?;
    let directories = directories.all();
    let mut authority_ids: Vec<AuthorityId> = revisions.iter().map(|revision| revision.authority_id).collect();
    authority_ids.extend(directories.iter().map(|directory| directory.authority.id));
    authority_ids.sort_unstable();
    authority_ids.dedup();
    let mut materials = Vec::new();
    for authority_id in authority_ids {
        materials.push(Material {
            directory: directories.iter().find(|directory| directory.authority.id == authority_id).cloned(),
            authority_id,
            sheets: Sheets::list(db, authority_id).await?,
            lessons: Feedback::list_lessons(db, authority_id).await?,
        });
    }
    let (index, classifiers) = tokio::task::spawn_blocking(move || build_from(&materials)).await??;
    METRICS.indexed(index.len());
    tracing::debug!(sheets = index.len(), authorities = classifiers.len(), "sheets are in memory");
    Ok(Snapshot { index, classifiers, revisions, directories })
}

fn build_from(materials: &[Material]) -> Result<(SearchIndex, HashMap<AuthorityId, Classifier>), Error> {
    let mut builder = Builder::new()?;
    let mut classifiers = HashMap::new();
    for Material { directory, authority_id, sheets, lessons } in materials {
        for sheet in sheets {
            let procedure = directory.as_ref().and_then(|directory| directory.procedures.get(&sheet.source.procedure));
            let procedure_name = procedure.map_or("", |procedure| &procedure.name);
            builder.add(IndexedSheet { sheet, procedure_name })?;
        }
        if let Some(directory) = directory {
            classifiers.insert(*authority_id, Classifier::train(&Town { directory, sheets, lessons }));
        }
    }
    Ok((builder.finish()?, classifiers))
}
