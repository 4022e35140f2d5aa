//! Files that an operator replaces (certificates, passwords), taken up without a restart. What cannot be used changes nothing.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::{BoxError, Worker};

/// How often the files are looked at: a mounted Secret follows its source within a minute, so this adds little.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Returns the work that looks with `look`, which says whether something new is in use since.
pub(crate) fn files(what: &str, look: impl Fn() -> Result<bool, BoxError> + Send + Sync + 'static) -> Worker {
    let (what, look) = (Arc::<str>::from(what), Arc::new(look));
    Worker::new(format!("follows {what}"), move |cancel| {
        let (what, look) = (Arc::clone(&what), Arc::clone(&look));
        async move {
            while !cancel.is_cancelled() {
                match look() {
                    Ok(true) => tracing::info!(%what, "what was replaced is in use"),
                    Ok(false) => {}
                    Err(error) => {
                        let error = &*error as &dyn std::error::Error;
                        tracing::error!(%what, error, "what was replaced cannot be used, the old one stays");
                    }
                }
                tokio::select! {
                    () = cancel.cancelled() => {}
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                }
            }
            Ok(())
        }
    })
}

/// A setting that is the text of a file, without its last line end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingFile {
    /// The file.
    pub path: PathBuf,
    /// What it held when it was last used.
    pub in_use: String,
}

impl SettingFile {
    /// Returns the work that tells `apply` each other text that the file comes to hold.
    pub fn follow(self, what: &str, apply: impl Fn(&str) -> Result<(), BoxError> + Send + Sync + 'static) -> Worker {
        let setting = Mutex::new(self);
        files(what, move || setting.lock().unwrap_or_else(PoisonError::into_inner).look(&apply))
    }

    /// Looks once; returns whether another text is in use since. A file that is empty is being written.
    fn look(&mut self, apply: impl Fn(&str) -> Result<(), BoxError>) -> Result<bool, BoxError> {
        let text = std::fs::read_to_string(&self.path)?;
        let text = text.trim_end_matches(['\r', '\n']);
        if text.is_empty() || text == self.in_use {
            return Ok(false);
        }
        apply(text)?;
        text.clone_into(&mut self.in_use);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_applied_once_and_one_that_cannot_be_used_is_tried_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("url");
        let mut setting = SettingFile { path: path.clone(), in_use: "one".to_owned() };
        let mut look = |text: &str, usable: bool| {
            std::fs::write(&path, text).expect("writes");
            setting.look(|_| if usable { Ok(()) } else { Err("no".into()) }).ok()
        };
        assert_eq!(look("one\n", true), Some(false), "the same but for its line end");
        assert_eq!(look("", true), Some(false), "half written");
        assert_eq!(look("two\n", false), None, "refused");
        assert_eq!(look("two\n", true), Some(true));
        assert_eq!(look("two\n", true), Some(false));
    }
}
