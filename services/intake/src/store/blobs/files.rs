//! Blobs in a folder, `<folder>/<authority>/<sha256>`: on the machine's disk, or on a volume that several machines write. A blob
//! is written under a temporary name, flushed to the disk, renamed, and its folder flushed.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use guichet_core::{Clock, Rng, Timestamp, crash, id};

use super::{BlobError, BlobName, Blobs, Window, is_hash};
use crate::domain::dedupe::sha256_hex;

/// Folder of files not yet whole.
const TEMPORARY: &str = "tmp";
/// Folder of blobs nobody refers to, until they are deleted.
const TRASH: &str = "trash";
/// Age past which a temporary file has no writer any more, in milliseconds (10 minutes).
const UNFINISHED_MS: i64 = 10 * 60 * 1_000;
/// Octets written to see whether there is room again: more than a usual mail.
const PROBE_OCTETS: usize = 1_048_576;

/// Blobs in a folder.
#[derive(Debug)]
pub(super) struct FileBlobs {
    folder: PathBuf,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    full: Arc<AtomicBool>,
}

impl FileBlobs {
    /// Opens the folder, created when missing; what a process that died left unfinished is deleted.
    pub(super) async fn open(folder: PathBuf, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Result<Self, BlobError> {
        let created = folder.clone();
        // Another process may be writing here: only what nobody can still be writing is deleted.
        let stale = system_time(clock.now().plus_millis(-UNFINISHED_MS));
        blocking(move || {
            create_private(&created.join(TEMPORARY))?;
            create_private(&created.join(TRASH))?;
            delete_older(&created.join(TEMPORARY), stale)
        })
        .await?;
        Ok(Self { folder, clock, rng, full: Arc::default() })
    }

    fn path(&self, name: BlobName<'_>) -> Result<PathBuf, BlobError> {
        if !is_hash(name.sha256) {
            return Err(BlobError::Name);
        }
        Ok(self.authority_folder(name.authority)?.join(name.sha256))
    }

    fn authority_folder(&self, authority: &str) -> Result<PathBuf, BlobError> {
        let is_code = !authority.is_empty()
            && authority.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
            && ![TEMPORARY, TRASH].contains(&authority);
        is_code.then(|| self.folder.join(authority)).ok_or(BlobError::Name)
    }

    fn trash_path(&self, name: BlobName<'_>) -> PathBuf {
        self.folder.join(TRASH).join(format!("{}.{}", name.authority, name.sha256))
    }

    fn temporary_path(&self) -> PathBuf {
        self.folder.join(TEMPORARY).join(id::new_uuid(&*self.clock, &*self.rng).to_string())
    }

    /// Notes whether the last write found the disk full.
    fn noted<T>(&self, result: Result<T, BlobError>) -> Result<T, BlobError> {
        if let Err(error) = &result
            && error.is_full()
        {
            self.full.store(true, Ordering::SeqCst);
        }
        result
    }
}

impl Blobs for FileBlobs {
    fn put<'a>(&'a self, authority: &'a str, content: Arc<Vec<u8>>) -> BoxFuture<'a, Result<String, BlobError>> {
        async move {
            let folder = self.authority_folder(authority)?;
            let temporary = self.temporary_path();
            let now = system_time(self.clock.now());
            let written = blocking(move || {
                let sha256 = sha256_hex(&content);
                // Written anew even when it exists: after a failed flush, what the kernel shows may not be on the disk.
                let kept = write_whole(&temporary, &content, now).and_then(|()| {
                    crash::point("intake.blob_flushed");
                    create_private(&folder)?;
                    std::fs::rename(&temporary, folder.join(&sha256))?;
                    flush_folder(&folder)
                });
                crash::point("intake.blob_kept");
                if kept.is_err() {
                    // Nothing half-written remains; when even this fails, the next start sweeps it.
                    std::fs::remove_file(&temporary).ok();
                }
                kept.map(|()| sha256)
            });
            let written = written.await;
            self.noted(written)
        }
        .boxed()
    }

    fn get<'a>(&'a self, name: BlobName<'a>) -> BoxFuture<'a, Result<Option<Vec<u8>>, BlobError>> {
        async move {
            let path = self.path(name)?;
            blocking(move || absent_is_none(std::fs::read(path))).await
        }
        .boxed()
    }

    fn renew<'a>(&'a self, name: BlobName<'a>) -> BoxFuture<'a, Result<Option<u64>, BlobError>> {
        async move {
            let path = self.path(name)?;
            let now = system_time(self.clock.now());
            blocking(move || {
                let Some(file) = absent_is_none(std::fs::File::options().write(true).open(path))? else {
                    return Ok(None);
                };
                file.set_modified(now)?;
                Ok(Some(file.metadata()?.len()))
            })
            .await
        }
        .boxed()
    }

    fn has_room(&self) -> BoxFuture<'_, bool> {
        async move {
            if !self.full.load(Ordering::SeqCst) {
                return true;
            }
            let probe = self.temporary_path();
            let now = system_time(self.clock.now());
            let found = blocking(move || {
                let written = write_whole(&probe, &vec![0; PROBE_OCTETS], now);
                std::fs::remove_file(&probe).ok();
                written
            });
            let has_room = found.await.is_ok();
            self.full.store(!has_room, Ordering::SeqCst);
            has_room
        }
        .boxed()
    }

    fn touched<'a>(
        &'a self,
        authority: &'a str,
        Window { from, until }: Window,
    ) -> BoxFuture<'a, Result<Vec<String>, BlobError>> {
        async move {
            let folder = self.authority_folder(authority)?;
            let when = system_time(from)..system_time(until);
            blocking(move || {
                let Some(entries) = absent_is_none(std::fs::read_dir(folder))? else { return Ok(Vec::new()) };
                let mut names = Vec::new();
                for entry in entries {
                    let entry = entry?;
                    let name = entry.file_name().to_string_lossy().into_owned();
                    if is_hash(&name) && when.contains(&entry.metadata()?.modified()?) {
                        names.push(name);
                    }
                }
                Ok(names)
            })
            .await
        }
        .boxed()
    }

    fn trash<'a>(&'a self, name: BlobName<'a>, untouched_since: Timestamp) -> BoxFuture<'a, Result<bool, BlobError>> {
        async move {
            let (from, to) = (self.path(name)?, self.trash_path(name));
            let (now, since) = (system_time(self.clock.now()), system_time(untouched_since));
            blocking(move || {
                let Some(file) = absent_is_none(std::fs::File::options().write(true).open(&from))? else {
                    return Ok(false);
                };
                if file.metadata()?.modified()? >= since {
                    return Ok(false);
                }
                file.set_modified(now)?;
                std::fs::rename(&from, &to)?;
                // Another content of that name may have come between the look and the move: it is a new file, and goes back.
                if is_same(&file, &to)? {
                    return Ok(true);
                }
                std::fs::rename(to, from).map(|()| false)
            })
            .await
        }
        .boxed()
    }

    fn restore<'a>(&'a self, name: BlobName<'a>) -> BoxFuture<'a, Result<(), BlobError>> {
        async move {
            let (to, from) = (self.path(name)?, self.trash_path(name));
            blocking(move || absent_is_none(std::fs::rename(from, to)).map(drop)).await
        }
        .boxed()
    }

    fn empty_trash(&self, before: Timestamp) -> BoxFuture<'_, Result<(), BlobError>> {
        let folders = [self.folder.join(TRASH), self.folder.join(TEMPORARY)];
        let before = system_time(before);
        blocking(move || folders.iter().try_for_each(|folder| delete_older(folder, before))).boxed()
    }
}

async fn blocking<T, F>(work: F) -> Result<T, BlobError>
where
    T: Send + 'static,
    F: FnOnce() -> io::Result<T> + Send + 'static,
{
    let done = tokio::task::spawn_blocking(work).await.map_err(|_| BlobError::Interrupted)?;
    done.map_err(BlobError::Io)
}

fn delete_older(folder: &Path, before: SystemTime) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let modified = absent_is_none(entry.metadata())?.map(|held| held.modified()).transpose()?;
        if modified.is_some_and(|modified| modified < before) {
            absent_is_none(std::fs::remove_file(entry.path()))?;
        }
    }
    Ok(())
}

fn write_whole(path: &Path, content: &[u8], now: SystemTime) -> io::Result<()> {
    let mut file = std::fs::File::create_new(path)?;
    file.write_all(content)?;
    file.set_modified(now)?;
    file.sync_all()
}

/// Creates a folder only its owner may enter, and makes its name durable.
fn create_private(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    folder.parent().map_or(Ok(()), flush_folder)
}

/// Returns whether a name still leads to an open file.
fn is_same(file: &std::fs::File, path: &Path) -> io::Result<bool> {
    let number = |metadata: std::fs::Metadata| std::os::unix::fs::MetadataExt::ino(&metadata);
    Ok(number(file.metadata()?) == number(std::fs::metadata(path)?))
}

fn flush_folder(folder: &Path) -> io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

fn absent_is_none<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn system_time(instant: Timestamp) -> SystemTime {
    let millis = u64::try_from(instant.as_millis()).unwrap_or(0);
    SystemTime::UNIX_EPOCH + Duration::from_millis(millis)
}

#[cfg(test)]
mod tests {
    use guichet_core::{SeededRng, SystemClock};

    use super::*;

    async fn open(folder: &Path) -> FileBlobs {
        FileBlobs::open(folder.to_owned(), Arc::new(SystemClock), Arc::new(SeededRng::new(1))).await.expect("a folder")
    }

    #[tokio::test]
    async fn nothing_temporary_remains_and_names_that_would_leave_the_folder_are_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let blobs = open(folder.path()).await;
        blobs.put("valorme", Arc::new(b"%PDF".to_vec())).await.expect("room");
        assert_eq!(std::fs::read_dir(folder.path().join(TEMPORARY)).expect("readable").count(), 0);
        for (authority, sha256) in
            [("..", "a"), ("valorme", "../../etc/passwd"), ("tmp", &"a".repeat(64)), ("", &"a".repeat(64))]
        {
            let refused = blobs.get(BlobName { authority, sha256 }).await;
            assert!(matches!(refused, Err(BlobError::Name)), "{authority} {sha256}");
        }
    }

    #[tokio::test]
    async fn what_an_earlier_process_left_unfinished_is_swept_at_start() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        open(folder.path()).await;
        let half = folder.path().join(TEMPORARY).join("half");
        std::fs::write(&half, "half").expect("writable");
        let file = std::fs::File::options().write(true).open(&half).expect("there");
        file.set_modified(system_time(SystemClock.now().plus_millis(-2 * UNFINISHED_MS))).expect("settable");
        open(folder.path()).await;
        assert!(!half.exists());
    }
}
