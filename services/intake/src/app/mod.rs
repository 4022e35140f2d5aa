//! Use cases, one file each: read, ask the domain, write in one transaction. All channels meet in [`commit`], the end of
//! the one pipeline; [`mail`], [`submit`] and [`calls`] are its beginnings.

pub mod attachments;
pub mod calls;
pub mod classify;
mod commit;
pub mod interactions;
pub mod mail;
pub mod parties;
pub mod projection;
pub mod query;
pub mod room;
pub mod submit;
pub mod sweep;
pub mod thread;

use std::sync::Arc;

use futures::future::BoxFuture;
use guichet_bus::Log;
use guichet_bus::directory::ReadModel;
use guichet_core::id::AgentId;
use guichet_core::{Clock, Rng, Timestamp, Violation};
use guichet_db::Db;
use guichet_events::Directory;
use opentelemetry::metrics::Counter;

use crate::Error;
use crate::domain::request::Proposal;
use crate::domain::token::{LinkTokens, ReplyTokens};
use crate::store::blobs::Blobs;
use room::Room;

/// Proposes a procedure for a text; knowledge does, through [`crate::remote`].
pub trait Classifier: Send + Sync + std::fmt::Debug {
    /// Returns the best proposal and the threshold below which a person looks; `None` when nobody answers in time.
    fn classify<'a>(
        &'a self,
        authority: &'a str,
        subject: &'a str,
        body: &'a str,
    ) -> BoxFuture<'a, Option<(Option<Proposal>, f64)>>;
}

/// What every use case works with.
#[derive(Debug)]
pub struct App {
    pub(crate) db: Db,
    pub(crate) log: Log,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Arc<dyn Rng>,
    pub(crate) blobs: Arc<dyn Blobs>,
    pub(crate) directories: ReadModel,
    pub(crate) classifier: Arc<dyn Classifier>,
    pub(crate) replies: ReplyTokens,
    pub(crate) links: LinkTokens,
    pub(crate) trusted_host: String,
    pub(crate) max_bytes: usize,
    pub(crate) room: Room,
    pub(crate) metrics: Metrics,
}

/// What is counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    requests: Counter<u64>,
    duplicates: Counter<u64>,
    ignored: Counter<u64>,
}

impl Default for Metrics {
    fn default() -> Self {
        let meter = guichet_telemetry::meter();
        Self {
            requests: meter.u64_counter("guichet_intake_requests").build(),
            duplicates: meter.u64_counter("guichet_intake_duplicates").build(),
            ignored: meter.u64_counter("guichet_intake_ignored_mails").build(),
        }
    }
}

impl App {
    /// Returns whether there is room for more mail.
    pub async fn has_room(&self) -> bool {
        self.room.has_some() && self.blobs.has_room().await
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Returns the directory of the authority known by a code.
    async fn directory(&self, code: &str) -> Result<Arc<Directory>, Error> {
        if let Some(directory) = self.directories.find(code).await {
            return Ok(directory);
        }
        let none_yet = self.directories.all().is_empty();
        Err(if none_yet { Error::NoDirectory } else { Error::UnknownAuthority(code.to_owned()) })
    }
}

/// Returns the agent who does something; whoever calls has signed them in.
fn agent(id: Option<AgentId>) -> Result<AgentId, Error> {
    id.ok_or_else(|| Error::Invalid(vec![Violation::new("/agent_id", "Indiquez l'agent.")]))
}
