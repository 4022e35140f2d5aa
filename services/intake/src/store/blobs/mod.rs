//! Blobs: raw mail and files, named by the hash of their content. A blob is durable before the transaction that refers to it,
//! and one that nothing refers to is swept a day later. They are files, or rows of the database (ADR 0013): one suite of tests
//! says what both must hold.

mod database;
mod files;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use futures::future::BoxFuture;
use guichet_core::{Clock, Rng, Timestamp};
use guichet_db::Db;

use database::DatabaseBlobs;
use files::FileBlobs;

/// Where blobs are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlobPlace {
    /// Files of a folder.
    Folder(PathBuf),
    /// Rows of the service's own database.
    Database,
}

impl Default for BlobPlace {
    fn default() -> Self {
        Self::Folder(PathBuf::from("blobs"))
    }
}

/// Opens the place of blobs; a missing folder is created.
pub async fn open(
    place: &BlobPlace,
    db: &Db,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
) -> Result<Arc<dyn Blobs>, BlobError> {
    Ok(match place {
        BlobPlace::Folder(folder) => Arc::new(FileBlobs::open(folder.clone(), clock, rng).await?),
        BlobPlace::Database => Arc::new(DatabaseBlobs::new(db.clone(), clock)),
    })
}

/// A failed blob operation.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The disk or the folder.
    #[error("blob folder failed")]
    Io(#[source] io::Error),
    /// The database.
    #[error("blob table failed")]
    Database(#[source] guichet_db::Error),
    /// The authority's code or the hash is not fit for a path.
    #[error("not a blob's name")]
    Name,
    /// The work was cancelled.
    #[error("blob work was interrupted")]
    Interrupted,
}

impl BlobError {
    /// Returns whether no space is left.
    pub fn is_full(&self) -> bool {
        match self {
            Self::Io(error) => matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded),
            Self::Database(error) => error.is_full(),
            Self::Name | Self::Interrupted => false,
        }
    }
}

impl From<guichet_db::Error> for BlobError {
    fn from(error: guichet_db::Error) -> Self {
        Self::Database(error)
    }
}

/// Which blob.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlobName<'n> {
    /// Code of the authority.
    pub authority: &'n str,
    /// Hash of the content.
    pub sha256: &'n str,
}

/// Instants from one to another, the second excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first.
    pub from: Timestamp,
    /// The first after it.
    pub until: Timestamp,
}

/// A place for contents.
pub trait Blobs: Send + Sync + std::fmt::Debug {
    /// Keeps a content durably and returns its hash; the same content again is as good as new.
    fn put<'a>(&'a self, authority: &'a str, content: Arc<Vec<u8>>) -> BoxFuture<'a, Result<String, BlobError>>;
    /// Returns a content, `None` when there is none of that name.
    fn get<'a>(&'a self, name: BlobName<'a>) -> BoxFuture<'a, Result<Option<Vec<u8>>, BlobError>>;
    /// Makes a blob as good as new, so that no sweep takes it, and returns its size; `None` when there is none.
    fn renew<'a>(&'a self, name: BlobName<'a>) -> BoxFuture<'a, Result<Option<u64>, BlobError>>;
    /// Returns whether there is room for more.
    fn has_room(&self) -> BoxFuture<'_, bool>;
    /// Returns the names of an authority's blobs last touched within a window.
    fn touched<'a>(&'a self, authority: &'a str, window: Window) -> BoxFuture<'a, Result<Vec<String>, BlobError>>;
    /// Sets a blob aside, unless it was touched at or after an instant; returns whether it was.
    fn trash<'a>(&'a self, name: BlobName<'a>, untouched_since: Timestamp) -> BoxFuture<'a, Result<bool, BlobError>>;
    /// Puts a blob back that turns out to be needed.
    fn restore<'a>(&'a self, name: BlobName<'a>) -> BoxFuture<'a, Result<(), BlobError>>;
    /// Deletes what was set aside, and what was never finished, before an instant.
    fn empty_trash(&self, before: Timestamp) -> BoxFuture<'_, Result<(), BlobError>>;
}

/// Returns whether a text is a hash as blobs are named by.
fn is_hash(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
