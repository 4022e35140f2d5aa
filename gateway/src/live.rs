//! What open pages are told: that something changed, never what. A page that hears of a change asks for itself again, so
//! that what may be seen is decided in one place.
//!
//! One watcher a producer and process follows the logs, whatever the number of pages; each page has its own receiver. A
//! page that cannot keep up, or a producer that was away, makes the page look again at everything.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use futures::StreamExt;
use guichet_core::id::AuthorityId;
use guichet_proto::common::v1::events_client::EventsClient;
use guichet_proto::common::v1::{Event, WatchEventsRequest};
use guichet_rpc::{Peer, Worker};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast};
use tokio::time::{Instant, timeout_at};
use tokio_util::future::FutureExt;
use tokio_util::sync::CancellationToken;

use crate::app::Shared;
use crate::auth::Session;
use crate::problem::Problem;

/// Open pages of one process; each holds a connection and a few kilobytes.
const PAGES_MAX: usize = 5_000;
/// Changes that wait for a slow page; past it the page looks again at everything.
const WAITING_MAX: usize = 512;
/// Changes that come together are told together: below what a person notices.
const GATHER: Duration = Duration::from_millis(150);
/// Pause before a producer that went away is asked again.
const RETRY: Duration = Duration::from_millis(500);
/// Requests named in one message; past it the page looks again at everything.
const REQUESTS_MAX: usize = 50;

/// Something happened, as far as a page needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Change {
    authority_id: String,
    request_id: String,
    name: String,
    /// Nobody else is told.
    only_for: Option<String>,
}

/// What travels to every page.
#[derive(Clone, Debug, PartialEq, Eq)]
enum News {
    Changed(Arc<Change>),
    /// Something may have been missed.
    LookAgain,
    /// A service does not answer.
    Away,
}

/// What one page is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    /// These requests changed.
    Changed(Digest),
    /// Anything may have.
    LookAgain,
    /// The product is not whole: what is on the page may be old.
    Away,
}

/// The changes of a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Digest {
    /// Ids of requests.
    requests: BTreeSet<String>,
    /// Names of events.
    events: BTreeSet<String>,
}

/// Who looks at a page.
#[derive(Clone, Debug)]
struct Viewer {
    agent_id: String,
    /// Ids; none = all of them.
    authorities: Vec<String>,
}

impl Viewer {
    fn of(session: &Session) -> Self {
        let authorities = session.authorities();
        Self {
            agent_id: session.account.agent_id.clone(),
            authorities: authorities.iter().map(|code| AuthorityId::of_code(code).to_string()).collect(),
        }
    }

    fn may_know(&self, change: &Change) -> bool {
        let theirs = self.authorities.is_empty() || self.authorities.contains(&change.authority_id);
        theirs && change.only_for.as_ref().is_none_or(|agent_id| *agent_id == self.agent_id)
    }
}

/// The pages open in this process.
#[derive(Debug)]
pub(crate) struct Live {
    news: broadcast::Sender<News>,
    away: Mutex<BTreeSet<&'static str>>,
    seats: Arc<Semaphore>,
    stop: CancellationToken,
}

impl Live {
    /// Returns no pages yet; `stop` closes them all.
    pub(crate) fn new(stop: CancellationToken) -> Self {
        let (news, _) = broadcast::channel(WAITING_MAX);
        Self { news, away: Mutex::default(), seats: Arc::new(Semaphore::new(PAGES_MAX)), stop }
    }

    /// Returns what the page of somebody is told, from now on.
    pub(crate) fn open(&self, session: &Session) -> Result<Page, Problem> {
        let seat = Arc::clone(&self.seats)
            .try_acquire_owned()
            .map_err(|_| Problem::of_status(StatusCode::SERVICE_UNAVAILABLE))?;
        let away = !self.away.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
        Ok(Page {
            news: self.news.subscribe(),
            viewer: Viewer::of(session),
            away,
            stop: self.stop.clone(),
            _seat: seat,
        })
    }

    /// Returns how many pages are open.
    pub(crate) fn pages(&self) -> u32 {
        u32::try_from(PAGES_MAX - self.seats.available_permits()).unwrap_or(u32::MAX)
    }

    fn tell(&self, news: News) {
        // Without an open page nobody is told.
        let _nobody = self.news.send(news);
    }

    fn is_back(&self, producer: &'static str) {
        self.away.lock().unwrap_or_else(PoisonError::into_inner).remove(producer);
        self.tell(News::LookAgain);
    }

    fn is_away(&self, producer: &'static str) {
        if self.away.lock().unwrap_or_else(PoisonError::into_inner).insert(producer) {
            self.tell(News::Away);
        }
    }
}

/// One open page.
#[derive(Debug)]
pub(crate) struct Page {
    news: broadcast::Receiver<News>,
    viewer: Viewer,
    /// A service was away when the page opened, which the page does not know yet.
    away: bool,
    stop: CancellationToken,
    _seat: OwnedSemaphorePermit,
}

impl Page {
    /// Waits for what the page is told next; `None` when the process stops.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        let stop = self.stop.clone();
        self.hear().with_cancellation_token(&stop).await.flatten()
    }

    async fn hear(&mut self) -> Option<Message> {
        if std::mem::take(&mut self.away) {
            return Some(Message::Away);
        }
        let mut digest = Digest::default();
        // The first change is waited for; those that follow at once are told with it.
        let mut gathered: Option<Instant> = None;
        loop {
            let heard = match gathered {
                None => self.news.recv().await,
                Some(deadline) => match timeout_at(deadline, self.news.recv()).await {
                    Ok(heard) => heard,
                    Err(_) => return Some(Message::Changed(digest)),
                },
            };
            match heard {
                Ok(News::Changed(change)) if self.viewer.may_know(&change) => {
                    gathered.get_or_insert_with(|| Instant::now() + GATHER);
                    digest.add(&change);
                }
                Ok(News::Changed(_)) => {}
                Ok(News::Away) => return Some(Message::Away),
                Ok(News::LookAgain) | Err(RecvError::Lagged(_)) => return Some(Message::LookAgain),
                Err(RecvError::Closed) => return None,
            }
            if digest.requests.len() > REQUESTS_MAX {
                return Some(Message::LookAgain);
            }
        }
    }
}

impl Digest {
    fn add(&mut self, change: &Change) {
        if !change.request_id.is_empty() {
            self.requests.insert(change.request_id.clone());
        }
        self.events.insert(change.name.clone());
    }
}

/// Returns the work that follows the producers.
pub(crate) fn workers(app: &Shared) -> Vec<Worker> {
    let peers = &app.peers;
    let producers = [("intake", &peers.intake), ("routing", &peers.routing), ("notification", &peers.notification)];
    let worker = |(producer, peer): (&'static str, &Peer)| {
        let (app, peer) = (Arc::clone(app), peer.clone());
        Worker::new(format!("pages watch {producer}"), move |cancel| {
            let (app, peer) = (Arc::clone(&app), peer.clone());
            async move {
                let _ended = watch(&app.live, producer, peer).with_cancellation_token(&cancel).await;
                Ok(())
            }
        })
    };
    producers.map(worker).into()
}

/// Follows a producer for ever, again after each failure.
async fn watch(live: &Live, producer: &'static str, peer: Peer) {
    loop {
        let request = WatchEventsRequest { producer: producer.to_owned() };
        match EventsClient::new(peer.clone()).watch(request).await {
            Ok(answer) => {
                live.is_back(producer);
                let mut events = answer.into_inner();
                while let Some(Ok(event)) = events.next().await {
                    live.tell(News::Changed(Arc::new(change(event))));
                }
            }
            Err(status) => tracing::debug!(producer, code = ?status.code(), "producer cannot be watched"),
        }
        live.is_away(producer);
        tokio::time::sleep(RETRY).await;
    }
}

/// The one field that matters here.
#[derive(Deserialize)]
struct Addressed {
    agent_id: String,
}

fn change(event: Event) -> Change {
    // Who was offered what is between the two; everybody else sees the queue change by `request.offered`.
    let private = matches!(event.name.as_str(), "offer.made" | "offer.ended");
    let addressed =
        private.then(|| serde_json::from_str(&event.data).map_or(String::new(), |to: Addressed| to.agent_id));
    Change { authority_id: event.authority_id, request_id: event.request_id, name: event.name, only_for: addressed }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &str, authority: &str, data: &str) -> Change {
        change(Event {
            name: name.to_owned(),
            authority_id: AuthorityId::of_code(authority).to_string(),
            request_id: "req_1".to_owned(),
            data: data.to_owned(),
            ..Event::default()
        })
    }

    fn aline() -> Viewer {
        let authorities = vec![AuthorityId::of_code("valorme").to_string()];
        Viewer { agent_id: "agt_aline".to_owned(), authorities }
    }

    fn page(live: &Live) -> Page {
        let seat = Arc::clone(&live.seats).try_acquire_owned().expect("a seat");
        Page { news: live.news.subscribe(), viewer: aline(), away: false, stop: live.stop.clone(), _seat: seat }
    }

    #[test]
    fn a_page_hears_of_its_own_authorities_and_its_own_offers() {
        assert!(aline().may_know(&told("request.queued", "valorme", "{}")));
        assert!(!aline().may_know(&told("request.queued", "ccas", "{}")));
        assert!(aline().may_know(&told("offer.made", "valorme", r#"{"agent_id": "agt_aline"}"#)));
        assert!(!aline().may_know(&told("offer.made", "valorme", r#"{"agent_id": "agt_basile"}"#)));
    }

    #[tokio::test]
    async fn changes_that_come_together_are_told_together() {
        let live = Live::new(CancellationToken::new());
        let mut page = page(&live);
        for name in ["request.queued", "request.offered"] {
            live.tell(News::Changed(Arc::new(told(name, "valorme", "{}"))));
        }
        let Some(Message::Changed(digest)) = page.next().await else { panic!("a change") };
        assert_eq!((digest.requests.len(), digest.events.len()), (1, 2));
    }

    #[tokio::test]
    async fn a_page_left_behind_looks_again_at_everything() {
        let live = Live::new(CancellationToken::new());
        let mut page = page(&live);
        for _ in 0..=WAITING_MAX {
            live.tell(News::Changed(Arc::new(told("request.queued", "valorme", "{}"))));
        }
        assert_eq!(page.next().await, Some(Message::LookAgain));
    }

    #[tokio::test]
    async fn a_service_that_leaves_and_returns_is_told_and_the_end_ends_every_page() {
        let live = Live::new(CancellationToken::new());
        let mut page = page(&live);
        live.is_away("routing");
        live.is_away("routing");
        live.is_back("routing");
        assert_eq!(page.next().await, Some(Message::Away));
        assert_eq!(page.next().await, Some(Message::LookAgain));
        live.stop.cancel();
        assert_eq!(page.next().await, None);
    }
}
