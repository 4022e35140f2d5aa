//! The transport of a trial: one file a message, named by what makes the message unique, so that a second hand-over
//! leaves the same one file.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use guichet_core::Rng;

use super::mime;
use super::sms::SmsBody;
use crate::app::ports::{Email, MailTransport, Sms, SmsTransport, Transport};
use crate::domain::state::Attempt;

/// A local disk that takes longer than this is broken.
const LONGEST: Duration = Duration::from_secs(10);
/// Characters of a file's name without its ending: most file systems take 255 octets.
const NAME_CHARACTERS_MAX: usize = 200;

/// Writes `<message-id>.eml`.
#[derive(Clone, Debug)]
pub struct FileMail {
    folder: PathBuf,
    rng: Arc<dyn Rng>,
}

impl FileMail {
    /// Returns the transport that writes into a folder, created when missing.
    pub fn new(folder: PathBuf, rng: Arc<dyn Rng>) -> Self {
        Self { folder, rng }
    }
}

impl Transport for FileMail {
    fn repeats_safely(&self) -> bool {
        true
    }

    fn longest(&self) -> Duration {
        LONGEST
    }
}

impl MailTransport for FileMail {
    fn send<'a>(&'a self, mail: &'a Email) -> BoxFuture<'a, Attempt> {
        async move {
            match mime::build(mail) {
                Ok(message) => write(&self.folder, &mail.message_id, "eml", message.formatted(), &*self.rng).await,
                Err(error) => Attempt::Failed(error.to_string()),
            }
        }
        .boxed()
    }
}

/// Writes `<delivery>.json`.
#[derive(Clone, Debug)]
pub struct FileSms {
    folder: PathBuf,
    rng: Arc<dyn Rng>,
}

impl FileSms {
    /// Returns the transport that writes into a folder, created when missing.
    pub fn new(folder: PathBuf, rng: Arc<dyn Rng>) -> Self {
        Self { folder, rng }
    }
}

impl Transport for FileSms {
    fn repeats_safely(&self) -> bool {
        true
    }

    fn longest(&self) -> Duration {
        LONGEST
    }
}

impl SmsTransport for FileSms {
    fn send<'a>(&'a self, sms: &'a Sms) -> BoxFuture<'a, Attempt> {
        async move {
            let bytes = serde_json::to_vec_pretty(&SmsBody::of(sms)).expect("a text message is plain data");
            write(&self.folder, &sms.id.to_string(), "json", bytes, &*self.rng).await
        }
        .boxed()
    }
}

async fn write(folder: &Path, name: &str, ending: &str, bytes: Vec<u8>, rng: &dyn Rng) -> Attempt {
    let name = safe_name(name);
    let hidden = folder.join(format!(".{name}.{:08x}.tmp", rng.below(u32::MAX)));
    let file = folder.join(format!("{name}.{ending}"));
    let folder = folder.to_owned();
    let written = tokio::task::spawn_blocking(move || write_durably(&folder, &hidden, &file, &bytes)).await;
    match written {
        Ok(Ok(())) => Attempt::Accepted,
        Ok(Err(error)) => Attempt::Deferred(format!("file cannot be written: {error}")),
        Err(error) => Attempt::Deferred(format!("writing ended early: {error}")),
    }
}

/// The file appears whole and stays after a power cut: written aside, flushed, renamed, and the folder flushed.
fn write_durably(folder: &Path, hidden: &Path, file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut aside = File::create(hidden)?;
    let written = aside.write_all(bytes).and_then(|()| aside.sync_all()).and_then(|()| std::fs::rename(hidden, file));
    if written.is_err() {
        std::fs::remove_file(hidden).ok();
    }
    written?;
    File::open(folder)?.sync_all()
}

/// Returns a name that cannot leave its folder or hide in it.
fn safe_name(name: &str) -> String {
    let safe =
        |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@' | '+' | '=') { c } else { '_' };
    let name: String = name.chars().map(safe).take(NAME_CHARACTERS_MAX).collect();
    if name.starts_with('.') { format!("_{name}") } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_in_its_folder() {
        assert_eq!(safe_name("../../etc/passwd"), "_.._.._etc_passwd");
        assert_eq!(safe_name("k7.abc+1@valorme.example"), "k7.abc+1@valorme.example");
    }
}
