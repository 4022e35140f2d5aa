//! Reading: one request with its thread, lists, what a bare number shows, counts.

use guichet_core::Reference;
use guichet_core::id::ServiceRequestId;

use super::App;
use super::thread::ThreadHeaders;
use crate::Error;
pub use crate::store::attachments::Attachment;
pub use crate::store::interactions::{Interaction, Kind};
use crate::store::list;
pub use crate::store::list::{Cursor, Filter};
pub use crate::store::mentions::Mention;
pub use crate::store::requests::Request;
use crate::store::{attachments, interactions, mentions, requests};

/// Requests of a page when nothing is said.
const PAGE_DEFAULT: u32 = 25;
/// Requests of a page at most.
const PAGE_MAX: u32 = 100;
/// Requests of a batch at most.
pub const BATCH_MAX: usize = 100;

/// A request with everything that was said.
#[derive(Clone, Debug)]
pub struct WholeRequest {
    /// The request.
    pub request: Request,
    /// Oldest first.
    pub thread: Vec<Interaction>,
    /// All files, in order within each interaction.
    pub files: Vec<Attachment>,
    /// Of the next message out.
    pub headers: ThreadHeaders,
    /// Whom its notes address.
    pub mentions: Vec<Mention>,
}

/// What `guichet status` counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Requests.
    pub total: u64,
    /// Requests on which something is left to do.
    pub open: u64,
    /// Events not yet told.
    pub outbox_lag: u64,
}

impl App {
    /// Returns a request with its thread; `notice` names the message whose headers are asked.
    pub async fn whole_request(&self, id: ServiceRequestId, notice: &str) -> Result<WholeRequest, Error> {
        let request = self.existing(id).await?;
        self.whole(request, notice).await
    }

    /// Returns the request of a number, with its thread.
    pub async fn whole_request_of(&self, reference: &str, notice: &str) -> Result<WholeRequest, Error> {
        let request = self.track(reference).await?;
        self.whole(request, notice).await
    }

    async fn whole(&self, request: Request, notice: &str) -> Result<WholeRequest, Error> {
        let thread = interactions::thread(&self.db, request.authority_id, request.id).await?;
        let files = attachments::of_request(&self.db, request.authority_id, request.id).await?;
        let headers = self.headers(&request, &thread, notice)?;
        let mentions = mentions::of_request(&self.db, request.authority_id, request.id).await?;
        Ok(WholeRequest { request, thread, files, headers, mentions })
    }

    /// Returns the request a bare number stands for; one answer for all that is not one.
    pub async fn track(&self, reference: &str) -> Result<Request, Error> {
        let reference = Reference::parse(reference).ok_or(Error::RequestNotFound)?;
        requests::find_by_reference(&self.db, &reference).await?.ok_or(Error::RequestNotFound)
    }

    /// Returns the requests that exist among `ids`, in their order.
    pub async fn batch(&self, ids: &[ServiceRequestId]) -> Result<Vec<Request>, Error> {
        let mut found = requests::find_many(&self.db, ids).await?;
        found.sort_by_key(|request| ids.iter().position(|id| *id == request.id));
        Ok(found)
    }

    /// Returns a page of requests, newest first, and the cursor of the next one.
    pub async fn list(
        &self,
        filter: &Filter,
        cursor: Option<Cursor>,
        limit: u32,
    ) -> Result<(Vec<Request>, Option<Cursor>), Error> {
        let limit = if limit == 0 { PAGE_DEFAULT } else { limit.min(PAGE_MAX) };
        let after = cursor.unwrap_or_else(Cursor::start);
        let mut page = list::list(&self.db, filter, after, i64::from(limit) + 1).await?;
        let more = page.len() > limit as usize;
        page.truncate(limit as usize);
        let next = page.last().filter(|_| more).map(Cursor::after);
        Ok((page, next))
    }

    /// Returns the counts of this service.
    pub async fn stats(&self) -> Result<Stats, Error> {
        let (total, open) = requests::counts(&self.db).await?;
        Ok(Stats { total, open, outbox_lag: self.log.waiting().await? })
    }
}
