//! Several processes of one service behind one name.

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use guichet_core::SystemRng;
use guichet_events::producer;
use guichet_proto::common::v1::ReadEventsRequest;
use guichet_proto::common::v1::events_client::EventsClient;
use guichet_rpc::events::Logs;
use guichet_rpc::server::{Door, serve};
use guichet_rpc::{InProcess, Peer, Resolve, call, resolved};
use guichet_testkit::{TcpProxy, Way, wait_until};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::transport::server::TcpConnectInfo;
use tonic::{Status, codegen::http};

use crate::ToyLog;

/// Longer than the pause between two looks at a name.
const PATIENCE: Duration = Duration::from_secs(10);

/// What one server saw.
#[derive(Clone, Debug, Default)]
struct Seen {
    calls: Arc<AtomicUsize>,
    connections: Arc<Mutex<BTreeSet<SocketAddr>>>,
}

/// A service that notes who calls it.
#[derive(Clone)]
struct Noted<S> {
    inner: S,
    seen: Seen,
}

impl<S: NamedService> NamedService for Noted<S> {
    const NAME: &'static str = S::NAME;
}

impl<S: tower::Service<http::Request<Body>>> tower::Service<http::Request<Body>> for Noted<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: http::Request<Body>) -> S::Future {
        self.seen.calls.fetch_add(1, Ordering::Relaxed);
        let from = request.extensions().get::<TcpConnectInfo>().and_then(TcpConnectInfo::remote_addr);
        self.seen.connections.lock().expect("no panic").extend(from);
        self.inner.call(request)
    }
}

/// A process of the service, on threads of its own.
pub(crate) struct Server {
    pub(crate) place: SocketAddr,
    seen: Seen,
    cancel: CancellationToken,
    threads: Option<Runtime>,
}

impl Server {
    pub(crate) fn start(age: Duration) -> Self {
        let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let threads = threads.expect("threads start");
        let (seen, cancel) = (Seen::default(), CancellationToken::new());
        let mut logs = Logs::new(cancel.clone());
        logs.insert(producer::INTAKE, Arc::new(ToyLog));
        let routes = tonic::service::Routes::new(Noted { inner: logs.into_server(), seen: seen.clone() });
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a socket can be asked");
        let place = listener.local_addr().expect("an address");
        let stop = cancel.clone();
        threads.spawn(async move {
            let listener = TcpListener::from_std(listener).expect("a listener");
            let door = Door::new(listener, &SystemRng).with_connection_age(age);
            serve(routes, Some(door), InProcess::default(), stop).await.expect("serves");
        });
        Self { place, seen, cancel, threads: Some(threads) }
    }

    pub(crate) fn calls(&self) -> usize {
        self.seen.calls.load(Ordering::Relaxed)
    }

    /// Ends it at once, with its connections.
    fn kill(&mut self) {
        if let Some(threads) = self.threads.take() {
            threads.shutdown_background();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A name whose addresses the test sets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Name(pub(crate) Arc<Mutex<Vec<SocketAddr>>>);

impl Name {
    fn set(&self, servers: &[&Server]) {
        *self.0.lock().expect("no panic") = servers.iter().map(|server| server.place).collect();
    }
}

impl Resolve for Name {
    fn resolve(&self) -> BoxFuture<'_, io::Result<Vec<SocketAddr>>> {
        let places = self.0.lock().expect("no panic").clone();
        std::future::ready(Ok(places)).boxed()
    }
}

pub(crate) async fn read(peer: &Peer) -> Result<(), Status> {
    read_within(peer, call::READ_DEADLINE).await
}

async fn read_within(peer: &Peer, deadline: Duration) -> Result<(), Status> {
    let message = ReadEventsRequest { producer: producer::INTAKE.to_owned(), limit: 1, ..Default::default() };
    EventsClient::new(peer.clone()).read(call::with_deadline(message, deadline)).await.map(drop)
}

/// Calls that go on until the load is dropped, and how many of them failed.
struct Load {
    stop: CancellationToken,
    callers: Vec<tokio::task::JoinHandle<Vec<Status>>>,
}

impl Load {
    /// `is_retried` tries once more after an `unavailable`, as every reading is.
    #[expect(clippy::disallowed_methods, reason = "a test has no supervisor")]
    fn on(peer: &Peer, is_retried: bool) -> Self {
        let stop = CancellationToken::new();
        let caller = |_| {
            let (peer, stop) = (peer.clone(), stop.clone());
            tokio::spawn(async move {
                let mut failed = Vec::new();
                while !stop.is_cancelled() {
                    let done = if is_retried { call::retry_once(|| read(&peer)).await } else { read(&peer).await };
                    failed.extend(done.err());
                }
                failed
            })
        };
        Self { callers: (0..8).map(caller).collect(), stop }
    }

    async fn failures(self) -> Vec<Status> {
        self.stop.cancel();
        futures::future::join_all(self.callers).await.into_iter().flat_map(|failed| failed.expect("no panic")).collect()
    }
}

/// Returns the way to servers at their addresses, once it has led to each.
async fn reaches<const N: usize>(servers: [(&Server, SocketAddr); N]) -> Peer {
    let name = Name::default();
    *name.0.lock().expect("no panic") = servers.map(|(_, place)| place).to_vec();
    let peer = resolved(name);
    wait_until(PATIENCE, async || {
        read(&peer).await.expect("somebody answers");
        servers.iter().all(|(server, _)| server.calls() > 0)
    })
    .await;
    peer
}

pub(crate) const LONG: Duration = Duration::from_secs(300);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_take_turns_among_all_addresses_of_a_name() {
    let (one, other) = (Server::start(LONG), Server::start(LONG));
    let peer = reaches([(&one, one.place), (&other, other.place)]).await;
    let before = (one.calls(), other.calls());
    for _ in 0..100 {
        read(&peer).await.expect("answers");
    }
    assert_eq!((one.calls() - before.0, other.calls() - before.1), (50, 50));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_leaves_fails_no_call_and_one_that_comes_gets_some() {
    let (one, other, third) = (Server::start(LONG), Server::start(LONG), Server::start(LONG));
    let name = Name::default();
    name.set(&[&one, &other]);
    let peer = resolved(name.clone());
    let load = Load::on(&peer, false);
    wait_until(PATIENCE, async || one.calls() > 100 && other.calls() > 100).await;
    one.cancel.cancel();
    wait_until(PATIENCE, async || std::net::TcpStream::connect(one.place).is_err()).await;
    let (mut left, stays) = (one.calls(), other.calls());
    wait_until(PATIENCE, async || other.calls() > stays + 1_000).await;
    wait_until(PATIENCE, async || std::mem::replace(&mut left, one.calls()) == one.calls()).await;
    name.set(&[&other, &third]);
    wait_until(PATIENCE, async || third.calls() > 100).await;
    let failed = load.failures().await;
    assert!(failed.is_empty(), "{} calls failed: {:?}", failed.len(), failed.first());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_dies_fails_no_call_that_may_be_tried_again() {
    let (mut one, other, name) = (Server::start(LONG), Server::start(LONG), Name::default());
    name.set(&[&one, &other]);
    let peer = resolved(name);
    let load = Load::on(&peer, true);
    wait_until(PATIENCE, async || one.calls() > 100 && other.calls() > 100).await;
    one.kill();
    let survived = other.calls();
    wait_until(PATIENCE, async || other.calls() > survived + 1_000).await;
    let failed = load.failures().await;
    assert!(failed.is_empty(), "{} calls failed: {:?}", failed.len(), failed.first());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_try_goes_to_another_process_however_many_calls_come_between() {
    let (one, other) = (Server::start(LONG), Server::start(LONG));
    let peer = reaches([(&one, one.place), (&other, other.place)]).await;
    for between in 0..8 {
        let went_to_one = Mutex::new(Vec::new());
        let answer = call::retry_once(async || {
            let before = one.calls();
            read(&peer).await?;
            let tries = {
                let mut went_to_one = went_to_one.lock().expect("no panic");
                went_to_one.push(one.calls() > before);
                went_to_one.len()
            };
            if tries == 2 {
                return Ok(());
            }
            // Calls of others, which take their turns before the second try.
            for _ in 0..between {
                others(peer.clone()).await?;
            }
            Err(Status::unavailable("its database is stuck"))
        });
        answer.await.expect("the other answers");
        let went_to_one = went_to_one.into_inner().expect("no panic");
        assert_ne!(went_to_one[0], went_to_one[1], "{between} calls between");
    }
}

/// Calls from a task of its own.
#[expect(clippy::disallowed_methods, reason = "a test has no supervisor")]
async fn others(peer: Peer) -> Result<(), Status> {
    tokio::spawn(async move { read(&peer).await }).await.expect("no panic")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_vanished_with_its_connections_open_fails_no_call_that_may_be_tried_again() {
    let (one, other) = (Server::start(LONG), Server::start(LONG));
    let link = TcpProxy::start(one.place).await;
    let peer = reaches([(&one, ([127, 0, 0, 1], link.port()).into()), (&other, other.place)]).await;
    link.cut(Way::Both);
    let tries = AtomicUsize::new(0);
    let ask = || {
        tries.fetch_add(1, Ordering::Relaxed);
        read_within(&peer, Duration::from_secs(1))
    };
    for _ in 0..20 {
        call::retry_once(ask).await.expect("the other answers");
    }
    // On a machine that pauses, a call to the other may be late too.
    assert!(tries.into_inner() <= 22, "after the first that was not answered it is spared");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_grows_old_is_replaced_without_a_failed_call() {
    let (server, name) = (Server::start(Duration::from_millis(200)), Name::default());
    name.set(&[&server]);
    let peer = resolved(name);
    let load = Load::on(&peer, false);
    wait_until(PATIENCE, async || server.seen.connections.lock().expect("no panic").len() >= 4).await;
    let failed = load.failures().await;
    assert!(failed.is_empty(), "{} calls failed: {:?}", failed.len(), failed.first());
}
