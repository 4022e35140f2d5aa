//! What is forgotten in time: idempotency keys, files nobody named, what a dead process left unfinished.

use guichet_core::Timestamp;

use super::App;
use crate::Error;
use crate::domain::limits;
use crate::store::blobs::{BlobName, Window};
use crate::store::{attachments, dedupe};

/// A blob nobody refers to is kept this long, in milliseconds (a day): its submission may still come.
const ORPHAN_KEPT_MS: i64 = 24 * 3_600 * 1_000;

/// How far back a process looks when it starts, in milliseconds (30 days): what is older, another one has seen.
const LOOKED_BACK_MS: i64 = 30 * 24 * 3_600 * 1_000;

impl App {
    /// Sweeps once the files touched since `seen_until`, where the last sweep stopped: rows are never deleted, so a file
    /// that was needed still is. Returns where this one stopped.
    pub async fn sweep(&self, seen_until: Option<Timestamp>) -> Result<Timestamp, Error> {
        let now = self.now();
        let until = now.plus_millis(-ORPHAN_KEPT_MS);
        let window = Window { from: seen_until.unwrap_or(now.plus_millis(-LOOKED_BACK_MS)), until };
        let mut tx = self.db.begin().await?;
        let forgotten = dedupe::sweep(&mut tx, now.plus_millis(-limits::DEDUPE_KEY_KEPT_MS)).await?;
        tx.commit().await?;
        let mut orphans = 0_u64;
        for directory in self.directories.all() {
            let authority = &directory.authority;
            for sha256 in self.blobs.touched(&authority.code, window).await? {
                let name = BlobName { authority: &authority.code, sha256: &sha256 };
                if attachments::refers_to_blob(&self.db, authority.id, &sha256).await? {
                    continue;
                }
                // Whoever brought it again meanwhile is about to refer to it.
                if !self.blobs.trash(name, until).await? {
                    continue;
                }
                // A row may have come between the look and the move: look again, the trash is kept a day.
                if attachments::refers_to_blob(&self.db, authority.id, &sha256).await? {
                    self.blobs.restore(name).await?;
                } else {
                    orphans += 1;
                }
            }
        }
        self.blobs.empty_trash(until).await?;
        if forgotten + orphans > 0 {
            tracing::info!(forgotten, orphans, "old keys and orphan files were swept");
        }
        Ok(until)
    }
}
