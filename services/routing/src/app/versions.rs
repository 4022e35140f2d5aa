//! The states the directories have had.

use guichet_core::id::AuthorityId;

use super::queue::page_size;
use super::{App, Result};
use crate::error::Error;
use crate::store::versions;
pub(crate) use crate::store::versions::Version;

impl App {
    /// Returns a page of the states of an authority's directory, the newest first, and where the next page begins.
    pub(crate) async fn list_versions(
        &self,
        authority: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<(Vec<Version>, Option<i64>)> {
        let limit = page_size(limit);
        let wanted = i64::try_from(limit + 1).unwrap_or(i64::MAX);
        let authority = AuthorityId::of_code(authority);
        let before = before.unwrap_or(i64::MAX);
        let mut found = versions::list(&mut &self.db, authority, before, wanted).await?;
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|oldest| oldest.version);
        Ok((found, next))
    }

    /// Returns the JSON of an authority's directory as it was.
    pub(crate) async fn find_version(&self, authority: &str, version: i64) -> Result<String> {
        let found = versions::find(&mut &self.db, AuthorityId::of_code(authority), version).await?;
        found.ok_or(Error::UnknownAuthority)
    }

    /// Returns the version of each authority's directory, by code.
    pub(crate) async fn directory_versions(&self) -> Result<Vec<(String, i64)>> {
        Ok(crate::store::authorities::versions(&mut &self.db).await?)
    }
}
