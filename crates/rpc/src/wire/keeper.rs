//! Keeps one connection open to each address of a name: looks the addresses up again and again, connects to the new
//! ones, lets go of those that left.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::task::TaskTracker;
use tonic::body::Body;

use super::dial::{CONNECT_TIMEOUT, Dial};

/// How often the addresses of a name are looked up: a new pod gets calls, and one that left gets none, within it.
const LOOK_EVERY: Duration = Duration::from_secs(3);
/// Shortest pause between two looks, however many callers find nobody.
const LOOK_PAUSE: Duration = Duration::from_millis(50);
/// Addresses of one name that are connected to: far more pods than a service has.
const ADDRESSES_MAX: usize = 64;
/// How often a connection is pinged, used or not, so that a peer that vanished is noticed: until then its turns are lost.
const PING_EVERY: Duration = Duration::from_secs(4);
/// How long the answer to a ping may take, on a machine that has more to do than it can.
const PING_PATIENCE: Duration = Duration::from_secs(4);

/// How long an address that let a call wait past its deadline is spared: by then pings have told whether it is there.
const SPARED_FOR: Duration = Duration::from_secs(10);

/// An open connection to one address.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) place: SocketAddr,
    pub(super) calls: SendRequest<Body>,
    /// When it last let a call wait past its deadline; forgotten with the next answer.
    late_at: Arc<Mutex<Option<Instant>>>,
}

impl Line {
    fn new(place: SocketAddr, calls: SendRequest<Body>) -> Self {
        Self { place, calls, late_at: Arc::default() }
    }

    /// Returns whether it let a call wait past its deadline a moment ago.
    pub(super) fn is_late(&self, now: Instant) -> bool {
        self.late_at.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|at| now < at + SPARED_FOR)
    }

    pub(super) fn was_late(&self) {
        *self.late_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    pub(super) fn answered(&self) {
        *self.late_at.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// What callers may use.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines {
    pub(super) open: Arc<[Line]>,
    /// Looks that ended: every address was connected to, or was not.
    pub(super) looks: u64,
    /// Why the last attempt failed.
    pub(super) failure: Option<Arc<str>>,
}

impl Lines {
    pub(super) fn has_open(&self) -> bool {
        self.open.iter().any(|line| !line.calls.is_closed())
    }

    /// Returns whether somebody else than `line` may answer in time.
    pub(super) fn has_other(&self, line: &Line) -> bool {
        let now = Instant::now();
        self.open.iter().any(|other| other.place != line.place && !other.calls.is_closed() && !other.is_late(now))
    }
}

/// What a step of a look gave.
enum Step {
    Found(std::io::Result<Vec<SocketAddr>>),
    Dialled(SocketAddr, Result<Line, String>),
}

/// Owner of the connections to one name.
pub(super) struct Keeper {
    name: String,
    dial: Arc<dyn Dial>,
    /// A connection that ends asks for a look; weak, so that it keeps nothing alive.
    ask: mpsc::WeakSender<()>,
    tasks: TaskTracker,
    wanted: BTreeSet<SocketAddr>,
    dialling: BTreeSet<SocketAddr>,
    lines: Lines,
}

impl Keeper {
    pub(super) fn new(name: String, dial: Arc<dyn Dial>, ask: mpsc::WeakSender<()>, tasks: TaskTracker) -> Self {
        let (wanted, dialling) = (BTreeSet::new(), BTreeSet::new());
        Self { name, dial, ask, tasks, wanted, dialling, lines: Lines::default() }
    }

    /// Runs until nobody can call any more.
    pub(super) async fn run(mut self, mut asked: mpsc::Receiver<()>, told: watch::Sender<Lines>) {
        let mut steps: FuturesUnordered<BoxFuture<'static, Step>> = FuturesUnordered::new();
        let mut looked_at = Instant::now();
        let mut next = looked_at;
        loop {
            tokio::select! {
                asked = asked.recv() => match asked {
                    Some(()) => next = next.min(looked_at + LOOK_PAUSE),
                    None => return,
                },
                () = sleep_until(next), if steps.is_empty() => {
                    looked_at = Instant::now();
                    next = looked_at + LOOK_EVERY;
                    steps.push(self.look_up());
                }
                Some(step) = steps.next(), if !steps.is_empty() => {
                    steps.extend(self.take(step));
                    self.lines.looks += u64::from(steps.is_empty());
                    told.send_replace(self.lines.clone());
                }
            }
        }
    }

    fn look_up(&self) -> BoxFuture<'static, Step> {
        let dial = Arc::clone(&self.dial);
        async move {
            let found = timeout(CONNECT_TIMEOUT, dial.places()).await;
            Step::Found(found.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into())))
        }
        .boxed()
    }

    /// Takes what a step gave and returns the steps that follow.
    fn take(&mut self, step: Step) -> Vec<BoxFuture<'static, Step>> {
        match step {
            Step::Found(Ok(places)) => {
                self.wanted = places.into_iter().take(ADDRESSES_MAX).collect();
                self.lines.failure = self.wanted.is_empty().then(|| "the name has no address".into());
                self.keep_open(None);
            }
            // A name server that is away takes no peer away.
            Step::Found(Err(error)) => {
                self.lines.failure = Some(error.to_string().into());
                self.keep_open(None);
            }
            Step::Dialled(place, Ok(line)) => {
                self.dialling.remove(&place);
                tracing::debug!(peer = self.name, %place, "connected");
                self.keep_open(Some(line));
                return Vec::new();
            }
            Step::Dialled(place, Err(failure)) => {
                self.dialling.remove(&place);
                tracing::debug!(peer = self.name, %place, failure, "cannot connect");
                self.lines.failure = Some(failure.into());
                return Vec::new();
            }
        }
        let open: BTreeSet<SocketAddr> = self.lines.open.iter().map(|line| line.place).collect();
        let missing: Vec<SocketAddr> = self.wanted.difference(&open).copied().collect();
        missing.into_iter().filter_map(|place| self.connect(place)).collect()
    }

    /// Lets go of what closed or left: calls under way there end in peace.
    fn keep_open(&mut self, new: Option<Line>) {
        let kept = self.lines.open.iter().cloned().chain(new);
        self.lines.open = kept.filter(|line| !line.calls.is_closed() && self.wanted.contains(&line.place)).collect();
    }

    fn connect(&mut self, place: SocketAddr) -> Option<BoxFuture<'static, Step>> {
        if !self.dialling.insert(place) {
            return None;
        }
        let (dial, ask, tasks) = (Arc::clone(&self.dial), self.ask.clone(), self.tasks.clone());
        let step = async move {
            let line = timeout(CONNECT_TIMEOUT, open(&*dial, place, ask, tasks)).await;
            Step::Dialled(place, line.unwrap_or_else(|_| Err(format!("{place} does not answer"))))
        };
        Some(step.boxed())
    }
}

async fn open(
    dial: &dyn Dial,
    place: SocketAddr,
    ask: mpsc::WeakSender<()>,
    tasks: TaskTracker,
) -> Result<Line, String> {
    let stream = dial.connect(place).await.map_err(|error| error.to_string())?;
    let (calls, connection) = Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .keep_alive_interval(dial.may_vanish().then_some(PING_EVERY))
        .keep_alive_timeout(PING_PATIENCE)
        .keep_alive_while_idle(true)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| error.to_string())?;
    tasks.spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%place, %error, "connection lost");
        }
        if let Some(ask) = ask.upgrade() {
            // Full means that a look is due anyway.
            let _asked = ask.try_send(());
        }
    });
    Ok(Line::new(place, calls))
}
