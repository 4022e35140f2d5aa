//! The client's end of gRPC: one connection to each address of a name, calls in turn over those that are up.
//!
//! tonic's own balancing hands a call to an address that is gone and fails it. Here a call goes only where a connection
//! is open, and one that a closing connection gives back, unsent or before anybody began to answer it, goes to the next:
//! a pod that leaves fails nobody. A second try goes to another process than the first, and a process that let a call wait
//! past its deadline gets none for a while if another can take them: a node that vanished keeps its connections for seconds.
//! [`Wire`] sends, [`keeper`] looks addresses up and connects, [`dial`] knows how.

mod body;
mod deadline;
pub(crate) mod dial;
mod keeper;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use futures::{FutureExt, TryFutureExt};
use http::{Request, Response, Uri};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use tonic::Status;
use tonic::body::Body;
use tower::Service;

use crate::{BoxError, call};
use body::{Answer, Lent, Reached};
use dial::Dial;
use keeper::{Keeper, Line, Lines};

/// Connections a call may try before it is refused: each gave it back, which a second one rarely does.
const TRIES_MAX: usize = 8;

/// Sends calls to a service, whichever of its processes are there. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Wire {
    origin: Uri,
    lines: watch::Receiver<Lines>,
    /// Asks for a look at the addresses; the keeper ends with the last of them.
    ask: mpsc::Sender<()>,
    next: Arc<AtomicUsize>,
}

impl Wire {
    /// Returns the way to `origin` (scheme and authority); it connects at once and again after each loss.
    pub(crate) fn new(origin: Uri, dial: Arc<dyn Dial>) -> Self {
        let (ask, asked) = mpsc::channel(1);
        let (told, lines) = watch::channel(Lines::default());
        let tasks = TaskTracker::new();
        let keeper = Keeper::new(origin.to_string(), dial, ask.downgrade(), tasks.clone());
        tasks.spawn(keeper.run(asked, told));
        Self { origin, lines, ask, next: Arc::default() }
    }

    async fn send(mut self, request: Request<Body>) -> Result<Response<Body>, Status> {
        let end = deadline::of(request.headers()).map(|patience| Instant::now() + patience);
        let tried = call::sent_to();
        let (mut head, mut body) = request.into_parts();
        head.uri = self.address(&head.uri)?;
        for _ in 0..TRIES_MAX {
            let picked = before(end, self.pick(tried)).await;
            let mut line = picked.unwrap_or_else(|late| Err(Status::deadline_exceeded(late.to_string())))?;
            call::note_sent_to(line.place);
            let (lent, claim) = Lent::of(body);
            let sent = before(end, line.calls.try_send_request(Request::from_parts(head.clone(), lent))).await;
            match sent.map_err(|late| self.late(&line, late))? {
                Ok(response) => {
                    line.answered();
                    return Ok(response.map(|body| Body::new(Answer(body))));
                }
                // The connection closes: what nobody has begun to answer may be asked elsewhere.
                Err(failed) => match claim.take(reached(failed.error())) {
                    Some(back) => body = back,
                    None => return Err(lost(failed.error())),
                },
            }
        }
        Err(Status::unavailable(format!("{} closes its connections", self.origin)))
    }

    /// Takes note that a process did not answer in time: `unavailable` where another may be asked.
    fn late(&self, line: &Line, late: Late) -> Status {
        line.was_late();
        if self.lines.borrow().has_other(line) {
            return Status::unavailable(format!("{}: {late}", line.place));
        }
        Status::deadline_exceeded(late.to_string())
    }

    /// Returns the next line in turn, as soon as one is up, and another than the one `tried` if there is; fails when no address of the
    /// name can be reached.
    async fn pick(&mut self, tried: Option<SocketAddr>) -> Result<Line, Status> {
        let known = self.lines.borrow().clone();
        if let Some(line) = self.in_turn(&known, tried) {
            return Ok(line);
        }
        // Full means that somebody has asked already.
        let _asked = self.ask.try_send(());
        let looked = |lines: &Lines| lines.has_open() || lines.looks > known.looks;
        let lines = self.lines.wait_for(looked).await.map(|lines| lines.clone());
        let lines = lines.map_err(|_| Status::unavailable("the process is stopping"))?;
        self.in_turn(&lines, tried).ok_or_else(|| {
            let why = lines.failure.as_deref().unwrap_or("the connection closed");
            Status::unavailable(format!("{} cannot be reached: {why}", self.origin))
        })
    }

    fn in_turn(&self, lines: &Lines, tried: Option<SocketAddr>) -> Option<Line> {
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        let count = lines.open.len();
        let turn = (0..count).map(|step| &lines.open[first.wrapping_add(step) % count]);
        let now = Instant::now();
        let found = turn
            .filter(|line| !line.calls.is_closed())
            .min_by_key(|line| (line.is_late(now), Some(line.place) == tried));
        if lines.open.iter().any(|line| line.calls.is_closed()) {
            let _asked = self.ask.try_send(());
        }
        found.cloned()
    }

    fn address(&self, path: &Uri) -> Result<Uri, Status> {
        let mut parts = self.origin.clone().into_parts();
        parts.path_and_query = path.path_and_query().cloned();
        Uri::from_parts(parts).map_err(|error| Status::internal(format!("not an address: {error}")))
    }
}

impl Service<Request<Body>> for Wire {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response<Body>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        self.clone().send(request).map_err(BoxError::from).boxed()
    }
}

/// The deadline of a call is over.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("no answer within the deadline of the call")]
struct Late;

/// Waits for what must end by then.
async fn before<T>(end: Option<Instant>, work: impl Future<Output = T>) -> Result<T, Late> {
    match end {
        Some(end) => tokio::time::timeout_at(end, work).await.map_err(|_| Late),
        None => Ok(work.await),
    }
}

/// Reads how far a call came: a goodbye names the last call it will answer, and one above its limit is refused as such
/// (RFC 9113 §6.8 and §8.7).
fn reached(error: &hyper::Error) -> Reached {
    let Some(error) = std::error::Error::source(error).and_then(|source| source.downcast_ref::<h2::Error>()) else {
        return Reached::Unknown;
    };
    let is_goodbye = error.is_go_away() && error.reason() == Some(h2::Reason::NO_ERROR);
    let is_refusal = error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM);
    if error.is_remote() && (is_goodbye || is_refusal) { Reached::Nobody } else { Reached::Unknown }
}

/// Reads a connection that was lost while an answer was awaited: nobody knows how far the call came.
fn lost(error: &hyper::Error) -> Status {
    let cause = std::error::Error::source(error).map_or_else(String::new, |source| format!(": {source}"));
    Status::unavailable(format!("the connection was lost: {error}{cause}"))
}
