//! Blobs in the database: every process that reaches it reaches them, and one copy of it is a copy of both. A content is cut into
//! pieces, each sent and read by itself: beside the content, no end of a connection holds more than one.

use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use guichet_core::{Clock, Timestamp, crash};
use guichet_db::{Db, args};
use tokio::sync::Semaphore;

use super::{BlobError, BlobName, Blobs, Window, is_hash};
use crate::domain::dedupe::sha256_hex;

/// Octets of a piece: a usual mail is one, the largest 25.
const PIECE_OCTETS: usize = 1_048_576;
/// Contents on their way to the database at a time: each holds a connection for as long as its pieces take, and forms need the others.
const PUTS_MAX: usize = 2;

const RENEW: &str = "UPDATE blobs SET touched_at = $3
    WHERE authority = $1 AND sha256 = $2 AND trashed_at IS NULL
    RETURNING size";
// Two may bring the same content at once: the second waits for the first and finds its pieces there.
const INSERT: &str = "INSERT INTO blobs (authority, sha256, size, touched_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (authority, sha256) DO UPDATE SET touched_at = EXCLUDED.touched_at, trashed_at = NULL";
const INSERT_PIECE: &str = "INSERT INTO blob_pieces (authority, sha256, place, content) VALUES ($1, $2, $3, $4)
    ON CONFLICT (authority, sha256, place) DO NOTHING";
const SIZE: &str = "SELECT size FROM blobs WHERE authority = $1 AND sha256 = $2 AND trashed_at IS NULL";
const PIECE: &str = "SELECT content FROM blob_pieces WHERE authority = $1 AND sha256 = $2 AND place = $3";
const TOUCHED: &str = "SELECT sha256 FROM blobs
    WHERE authority = $1 AND touched_at >= $2 AND touched_at < $3 AND trashed_at IS NULL";
const TRASH: &str = "UPDATE blobs SET trashed_at = $4
    WHERE authority = $1 AND sha256 = $2 AND touched_at < $3 AND trashed_at IS NULL";
const RESTORE: &str = "UPDATE blobs SET trashed_at = NULL WHERE authority = $1 AND sha256 = $2";
const EMPTY_TRASH: &str = "DELETE FROM blobs WHERE trashed_at < $1";

/// Blobs in the service's own database.
#[derive(Debug)]
pub(super) struct DatabaseBlobs {
    db: Db,
    clock: Arc<dyn Clock>,
    puts: Semaphore,
}

impl DatabaseBlobs {
    pub(super) fn new(db: Db, clock: Arc<dyn Clock>) -> Self {
        Self { db, clock, puts: Semaphore::new(PUTS_MAX) }
    }

    async fn execute(&self, sql: &'static str, args: guichet_db::Args) -> Result<u64, BlobError> {
        let mut tx = self.db.begin().await?;
        let changed = tx.execute(sql, args).await?;
        tx.commit().await?;
        Ok(changed)
    }
}

impl Blobs for DatabaseBlobs {
    fn put<'a>(&'a self, authority: &'a str, content: Arc<Vec<u8>>) -> BoxFuture<'a, Result<String, BlobError>> {
        async move {
            let hashed = Arc::clone(&content);
            let sha256 = tokio::task::spawn_blocking(move || sha256_hex(&hashed)).await;
            let sha256 = sha256.map_err(|_| BlobError::Interrupted)?;
            let _turn = self.puts.acquire().await.map_err(|_| BlobError::Interrupted)?;
            let now = self.clock.now();
            let mut tx = self.db.begin().await?;
            if tx.fetch_optional(RENEW, args![authority, &sha256, now]).await?.is_none() {
                let size = i64::try_from(content.len()).unwrap_or(i64::MAX);
                tx.execute(INSERT, args![authority, &sha256, size, now]).await?;
                for (place, piece) in (0_i64..).zip(content.chunks(PIECE_OCTETS)) {
                    tx.execute(INSERT_PIECE, args![authority, &sha256, place, piece]).await?;
                }
            }
            crash::point("intake.blob_flushed");
            tx.commit().await?;
            crash::point("intake.blob_kept");
            Ok(sha256)
        }
        .boxed()
    }

    fn get<'a>(&'a self, name: BlobName<'a>) -> BoxFuture<'a, Result<Option<Vec<u8>>, BlobError>> {
        async move {
            let Some(row) = self.db.fetch_optional(SIZE, checked(name)?).await? else { return Ok(None) };
            let size = usize::try_from(row.get::<i64>("size")?).unwrap_or(0);
            let mut content = Vec::with_capacity(size);
            for place in (0_i64..).take(size.div_ceil(PIECE_OCTETS)) {
                let piece = self.db.fetch_optional(PIECE, args![name.authority, name.sha256, place]).await?;
                // Deleted meanwhile: it was set aside, and a day has passed.
                let Some(piece) = piece else { return Ok(None) };
                content.extend(piece.get::<Vec<u8>>("content")?);
            }
            Ok(Some(content))
        }
        .boxed()
    }

    fn renew<'a>(&'a self, name: BlobName<'a>) -> BoxFuture<'a, Result<Option<u64>, BlobError>> {
        async move {
            let mut args = checked(name)?;
            args.push(self.clock.now().into());
            let mut tx = self.db.begin().await?;
            let row = tx.fetch_optional(RENEW, args).await?;
            tx.commit().await?;
            Ok(row.map(|row| row.get("size")).transpose()?)
        }
        .boxed()
    }

    /// The database says itself when it is full, to whoever writes.
    fn has_room(&self) -> BoxFuture<'_, bool> {
        std::future::ready(true).boxed()
    }

    fn touched<'a>(&'a self, authority: &'a str, window: Window) -> BoxFuture<'a, Result<Vec<String>, BlobError>> {
        async move {
            let rows = self.db.fetch_all(TOUCHED, args![authority, window.from, window.until]).await?;
            Ok(rows.iter().map(|row| row.get("sha256")).collect::<guichet_db::Result<_>>()?)
        }
        .boxed()
    }

    fn trash<'a>(&'a self, name: BlobName<'a>, untouched_since: Timestamp) -> BoxFuture<'a, Result<bool, BlobError>> {
        async move {
            let mut args = checked(name)?;
            args.extend(args![untouched_since, self.clock.now()]);
            Ok(self.execute(TRASH, args).await? > 0)
        }
        .boxed()
    }

    fn restore<'a>(&'a self, name: BlobName<'a>) -> BoxFuture<'a, Result<(), BlobError>> {
        async move { self.execute(RESTORE, checked(name)?).await.map(drop) }.boxed()
    }

    fn empty_trash(&self, before: Timestamp) -> BoxFuture<'_, Result<(), BlobError>> {
        async move { self.execute(EMPTY_TRASH, args![before]).await.map(drop) }.boxed()
    }
}

/// Returns the arguments that name a blob.
fn checked(name: BlobName<'_>) -> Result<guichet_db::Args, BlobError> {
    is_hash(name.sha256).then(|| args![name.authority, name.sha256]).ok_or(BlobError::Name)
}
