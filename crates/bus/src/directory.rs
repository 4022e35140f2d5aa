//! The authorities' directories as every service but routing knows them: a read model of `directory.published`.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use guichet_core::id::AuthorityId;
use guichet_db::{Db, Tx, args};
use guichet_events::routing::DirectoryPublished;
use guichet_events::{Directory, Envelope};
use tokio_util::sync::CancellationToken;

use crate::{Error, HandlerError, Result};

const UPSERT: &str = "INSERT INTO directories (authority_id, version, directory) VALUES ($1, $2, $3)
    ON CONFLICT (authority_id) DO UPDATE SET version = excluded.version, directory = excluded.directory
    WHERE directories.version < excluded.version";
const HAS: &str = "SELECT 1 AS one FROM directories WHERE authority_id = $1";
const VERSIONS: &str = "SELECT version FROM directories ORDER BY authority_id";
/// How soon a process hears of a directory that another process of its service received.
const FOLLOW: Duration = Duration::from_secs(2);
const LIST: &str = "SELECT authority_id, directory FROM directories";

/// The published directories, in memory and in the service's database; cheap to clone.
#[derive(Clone, Debug)]
pub struct ReadModel {
    db: Db,
    directories: Arc<RwLock<BTreeMap<AuthorityId, Arc<Directory>>>>,
    stale: Arc<AtomicBool>,
}

impl ReadModel {
    /// Loads what was heard before.
    pub async fn load(db: Db) -> Result<Self> {
        let model = Self { db, directories: Arc::default(), stale: Arc::default() };
        model.reload().await?;
        Ok(model)
    }

    /// Keeps a `directory.published` in the transaction of its cursor; ignores other events. Call
    /// [`ReadModel::refresh`] once the transaction has committed.
    pub async fn apply(&self, tx: &mut Tx, event: &Envelope) -> std::result::Result<(), HandlerError> {
        if !event.is::<DirectoryPublished>() {
            return Ok(());
        }
        let published: DirectoryPublished = event.decode()?;
        let text = serde_json::to_string(&published.directory)
            .map_err(|source| Error::Corrupt { what: "directory", source })?;
        tx.execute(UPSERT, args![event.authority_id, published.version, text]).await?;
        self.stale.store(true, Ordering::SeqCst);
        Ok(())
    }

    /// Reads the database again if a directory was kept since; failures are logged and the older directories stay.
    pub async fn refresh(&self) {
        if !self.stale.swap(false, Ordering::SeqCst) {
            return;
        }
        if let Err(error) = self.reload().await {
            self.stale.store(true, Ordering::SeqCst);
            tracing::warn!(error = &error as &dyn std::error::Error, "directories were not read again");
        }
    }

    /// Follows the database until cancelled: another process of the same service may be the one that listens.
    pub async fn follow(&self, cancel: CancellationToken) {
        let mut seen = String::new();
        loop {
            tokio::select! {
                () = cancel.cancelled() => return,
                () = tokio::time::sleep(FOLLOW) => {}
            }
            match self.versions().await {
                Ok(versions) if versions == seen && !self.stale.load(Ordering::SeqCst) => {}
                Ok(versions) => {
                    seen = versions;
                    self.stale.store(true, Ordering::SeqCst);
                    self.refresh().await;
                }
                Err(error) => tracing::debug!(%error, "directory versions were not read"),
            }
        }
    }

    async fn versions(&self) -> Result<String> {
        let rows = self.db.fetch_all(VERSIONS, args![]).await?;
        let versions: guichet_db::Result<Vec<String>> =
            rows.iter().map(|row| Ok(row.get::<i64>("version")?.to_string())).collect();
        Ok(versions?.join(","))
    }

    async fn reload(&self) -> Result<()> {
        let mut directories = BTreeMap::new();
        for row in self.db.fetch_all(LIST, args![]).await? {
            let text: String = row.get("directory")?;
            let directory: Directory =
                serde_json::from_str(&text).map_err(|source| Error::Corrupt { what: "directory", source })?;
            directories.insert(row.get("authority_id")?, Arc::new(directory));
        }
        *self.directories.write().unwrap_or_else(PoisonError::into_inner) = directories;
        Ok(())
    }

    /// Returns an authority's directory by id.
    pub fn by_id(&self, authority_id: AuthorityId) -> Option<Arc<Directory>> {
        self.directories.read().unwrap_or_else(PoisonError::into_inner).get(&authority_id).cloned()
    }

    /// Returns an authority's directory by code.
    pub fn by_code(&self, code: &str) -> Option<Arc<Directory>> {
        self.by_id(AuthorityId::of_code(code))
    }

    /// As [`ReadModel::by_code`]; one that is not known is looked for in the database, where another process may just have put it.
    pub async fn find(&self, code: &str) -> Option<Arc<Directory>> {
        if let Some(known) = self.by_code(code) {
            return Some(known);
        }
        match self.db.fetch_optional(HAS, args![AuthorityId::of_code(code)]).await {
            Ok(None) => return None,
            Ok(Some(_)) => self.stale.store(true, Ordering::SeqCst),
            Err(error) => tracing::debug!(%error, "a directory was not looked for"),
        }
        self.refresh().await;
        self.by_code(code)
    }

    /// Returns every directory, in the order of their ids.
    pub fn all(&self) -> Vec<Arc<Directory>> {
        self.directories.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}
