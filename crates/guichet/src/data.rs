//! The data folder: one product a folder, and its secrets.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use guichet_core::{Rng, SystemRng};

/// Octets of a key: 256 bits.
const KEY_BYTES: usize = 32;

/// The folder, held by this process until dropped.
#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
    _lock: File,
}

impl DataFolder {
    /// Creates the folder when missing and keeps other processes out of it.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        create_private(path)?;
        let lock_file = path.join("guichet.lock");
        let lock = File::create(&lock_file).with_context(|| format!("{} cannot be written", lock_file.display()))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => bail!(
                "GU-CFG-005: another process uses the data folder {}: stop it, or choose another folder with --data",
                path.display()
            ),
            Err(TryLockError::Error(error)) => Err(error).context("the data folder cannot be locked"),
        }
    }

    /// Returns the folder's path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// The keys of a product, each for one purpose.
#[derive(Clone)]
pub(crate) struct Secrets {
    pub(crate) cookie_key: [u8; KEY_BYTES],
    pub(crate) reply_key: [u8; KEY_BYTES],
    pub(crate) link_key: [u8; KEY_BYTES],
    pub(crate) admin_token: String,
}

impl Secrets {
    /// The keys' files.
    pub(crate) const NAMES: [&str; 4] = ["cookie.key", "reply.key", "link.key", "admin.token"];

    /// Reads the keys that are there and returns the names of those that would be made; nothing is.
    pub(crate) fn look(folder: &Path) -> Result<Vec<&'static str>> {
        let (there, missing): (Vec<_>, Vec<_>) = Self::NAMES.into_iter().partition(|name| folder.join(name).exists());
        for name in there {
            if name.ends_with(".key") {
                key(folder, name)?;
            } else {
                secret(folder, name)?;
            }
        }
        Ok(missing)
    }

    /// Reads the keys, making those that are missing.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        create_private(folder)?;
        Ok(Self {
            cookie_key: key(folder, "cookie.key")?,
            reply_key: key(folder, "reply.key")?,
            link_key: key(folder, "link.key")?,
            admin_token: secret(folder, "admin.token")?,
        })
    }
}

fn create_private(folder: &Path) -> Result<()> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("the folder {} cannot be made", folder.display()))
}

fn key(folder: &Path, name: &str) -> Result<[u8; KEY_BYTES]> {
    let text = secret(folder, name)?;
    let byte = |place: usize| u8::from_str_radix(text.get(place * 2..place * 2 + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..text.len().div_ceil(2)).map(byte).collect();
    bytes.and_then(|bytes| bytes.try_into().ok()).with_context(|| {
        format!("GU-CFG-006: {} is not a key of {KEY_BYTES} bytes in hexadecimal", folder.join(name).display())
    })
}

/// Returns the secret of a file, made of random hexadecimal digits when the file is missing. Several processes may ask
/// at once: the first one writes, through a name of its own so that nobody reads a half.
fn secret(folder: &Path, name: &str) -> Result<String> {
    let file = folder.join(name);
    if !file.exists() {
        let mut bytes = [0; KEY_BYTES];
        SystemRng.fill(&mut bytes);
        let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let draft = folder.join(format!(".{name}.{}", std::process::id()));
        let mut written = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        written.write_all(text.as_bytes())?;
        written.sync_all()?;
        // A link fails where a rename would replace what another process has just made.
        let linked = std::fs::hard_link(&draft, &file);
        std::fs::remove_file(&draft)?;
        if let Err(error) = linked
            && error.kind() != std::io::ErrorKind::AlreadyExists
        {
            return Err(error).with_context(|| format!("{} cannot be written", file.display()));
        }
    }
    let text = std::fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))?;
    Ok(text.trim().to_owned())
}
