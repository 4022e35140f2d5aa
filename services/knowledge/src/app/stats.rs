//! Figures for `guichet status`.

use super::App;
use crate::Error;
use crate::store::Sheets;

impl App {
    /// Returns how many sheets are published, and how many events wait to be told.
    pub(crate) async fn stats(&self) -> Result<(u64, u64), Error> {
        Ok((Sheets::count(&self.db).await?, self.log.waiting().await?))
    }
}
