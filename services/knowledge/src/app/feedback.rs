//! What agents and readers say: a correction teaches the classifier, an opinion is counted.

use guichet_core::id::AuthorityId;
use sha2::{Digest, Sha256};

use super::{App, beginning};
use crate::Error;
use crate::domain::classifier::{Lesson, lesson_stems};
use crate::store::{Catalogues, Feedback};

/// Bytes of a corrected text that are read.
const TEXT_BYTES_MAX: usize = 20_000;

/// A correction, an opinion, or both.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Remark<'a> {
    pub(crate) authority: &'a str,
    /// What was said; with `procedure`.
    pub(crate) text: &'a str,
    /// What it was about.
    pub(crate) procedure: &'a str,
    /// The sheet that was read; with `useful`.
    pub(crate) sheet_id: &'a str,
    pub(crate) useful: bool,
}

impl App {
    /// Keeps a remark.
    pub(crate) async fn record_feedback(&self, remark: &Remark<'_>) -> Result<(), Error> {
        if remark.procedure.is_empty() && remark.sheet_id.is_empty() {
            return Err(Error::invalid("/procedure", "Indiquez la démarche dont il s'agissait, ou la fiche lue."));
        }
        if !remark.sheet_id.is_empty() {
            self.count_opinion(remark).await?;
        }
        if !remark.procedure.is_empty() {
            self.learn(remark).await?;
        }
        Ok(())
    }

    async fn count_opinion(&self, remark: &Remark<'_>) -> Result<(), Error> {
        let (sheet, _) = self.read_sheet(remark.sheet_id, remark.authority, "").await?;
        let mut tx = self.db.begin().await?;
        Feedback::count_opinion(&mut tx, &sheet, remark.useful).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn learn(&self, remark: &Remark<'_>) -> Result<(), Error> {
        let directory = self.directories.by_code(remark.authority);
        let is_known = directory.is_some_and(|directory| directory.procedures.contains_key(remark.procedure));
        if !is_known {
            return Err(Error::invalid("/procedure", "Cette démarche n'existe pas dans la collectivité."));
        }
        let stems = lesson_stems(beginning(remark.text, TEXT_BYTES_MAX));
        if stems.is_empty() {
            return Ok(());
        }
        let authority_id = AuthorityId::of_code(remark.authority);
        let digest = digest(&stems);
        let lesson = Lesson { stems, procedure: remark.procedure.to_owned() };
        let mut tx = self.db.begin().await?;
        Catalogues::lock(&mut tx, authority_id, remark.authority).await?;
        Feedback::teach(&mut tx, authority_id, &lesson, &digest, self.clock.now()).await?;
        let revision = Catalogues::raise_corrections(&mut tx, authority_id).await?;
        tx.commit().await?;
        self.memory.catch_up(authority_id, |reached| reached.corrections >= revision).await;
        Ok(())
    }
}

fn digest(stems: &[String]) -> String {
    let hash = Sha256::digest(stems.join(" "));
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_64_hexadecimal_figures() {
        let digest = digest(&["a".to_owned(), "b".to_owned()]);
        assert!(digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()), "{digest}");
    }
}
