//! The thread as mail sees it: the headers of the next message out, and the link that opens it on the web.

use guichet_core::Timestamp;
use guichet_core::id::ServiceRequestId;

use super::App;
use crate::Error;
use crate::domain::limits;
use crate::store::interactions::{Interaction, Kind};
use crate::store::requests::Request;

/// Message-IDs in References: the first and the newest are what mail programs thread by (RFC 5537 §3.4.4).
const REFERENCES_MAX: usize = 20;
/// Name of the message that carries no interaction and no notice in particular.
const WHOLE_THREAD: &str = "thread";

/// Headers of a message out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThreadHeaders {
    /// Without brackets; the same each time it is asked for the same notice.
    pub message_id: String,
    /// The desk's plus-address with the signed token.
    pub reply_to: String,
    /// Oldest first.
    pub references: Vec<String>,
    /// The usager's last message, else our last; empty when there is none.
    pub in_reply_to: String,
    /// Opens the thread at `/suivi`.
    pub link_token: String,
}

impl App {
    /// Returns the headers of the message that carries `notice` (an interaction's id or a notice's name).
    pub(super) fn headers(
        &self,
        request: &Request,
        thread: &[Interaction],
        notice: &str,
    ) -> Result<ThreadHeaders, Error> {
        let directory = self.directories.by_code(&request.authority).ok_or(Error::NoDirectory)?;
        let (local, domain) = directory.authority.email.rsplit_once('@').unwrap_or(("guichet", "localhost"));
        let notice = if notice.is_empty() { WHOLE_THREAD } else { notice };
        let carried = thread.iter().position(|said| said.id.to_string() == notice);
        let before = &thread[..carried.unwrap_or(thread.len())];
        let sent_or_received = before.iter().filter_map(|said| match said.kind {
            Kind::Reply => Some(self.replies.message_id(request.id, &said.id.to_string(), domain)),
            _ => Some(said.message_id.clone()).filter(|id| !id.is_empty()),
        });
        let mut references: Vec<String> = sent_or_received.collect();
        if references.len() > REFERENCES_MAX {
            references.drain(1..=references.len() - REFERENCES_MAX);
        }
        let last_received = before.iter().rev().map(|said| &said.message_id).find(|id| !id.is_empty());
        Ok(ThreadHeaders {
            message_id: self.replies.message_id(request.id, notice, domain),
            reply_to: format!("{local}+{}@{domain}", self.replies.mint(request.id)),
            in_reply_to: last_received.or(references.last()).cloned().unwrap_or_default(),
            references,
            link_token: self.link(request.id),
        })
    }

    /// Returns a token that opens a request's thread.
    pub async fn create_thread_link(&self, id: ServiceRequestId) -> Result<String, Error> {
        Ok(self.link(self.existing(id).await?.id))
    }

    /// Returns the request a token opens.
    pub(crate) fn opened_by(&self, token: &str) -> Result<ServiceRequestId, Error> {
        self.links.verify(token, self.now()).ok_or(Error::InvalidLink)
    }

    /// Links end at midnight UTC, so that the same message rendered twice in a day is the same.
    fn link(&self, id: ServiceRequestId) -> String {
        const DAY_MS: i64 = 24 * 3_600 * 1_000;
        let today = self.now().as_millis() / DAY_MS * DAY_MS;
        self.links.mint(id, Timestamp::from_millis(today).plus_seconds(limits::LINK_VALID_SECONDS))
    }
}
