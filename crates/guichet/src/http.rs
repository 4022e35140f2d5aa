//! Serves HTTP. A connection that nobody uses is closed before its process leaves, while another can still be opened.
//!
//! A request that is on its way when its connection closes is lost, and HTTP/1.1 has no goodbye that would spare it (RFC
//! 9112 §9.6). Clients ask over the connection that they used last: one that has been quiet for a while is closed first and
//! hurts nobody, one that is in use is told so with its next answer (`Connection: close`), and HTTP/2 says goodbye.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::serve::Listener;
use guichet_gateway::EXCHANGE_MAX;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep_until};
use tokio_util::io::{InspectReader, InspectWriter};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

/// How long a connection may be quiet. Longer than proxies keep theirs (nginx 60 s, Traefik 90 s, Google's balancers 600 s), so that
/// they close first: they know what they are about to send.
const QUIET_MAX: Duration = Duration::from_secs(620);
/// How long the head of a request may take, and the wait for it: [`QUIET_MAX`] against those who send an octet at a time.
const HEAD_TIMEOUT: Duration = QUIET_MAX;
/// How long a connection may be quiet once the process leaves.
const QUIET_WHILE_LEAVING: Duration = Duration::from_secs(1);
/// How long a connection may be quiet after the goodbye: longer than any exchange, so that only who does not listen is cut off.
const QUIET_AFTER_GOODBYE: Duration = EXCHANGE_MAX.saturating_add(Duration::from_secs(30));

/// When the process leaves, and when it stops.
#[derive(Clone, Debug)]
pub(crate) struct End {
    /// It still serves, and asks its callers to go elsewhere.
    pub(crate) leaving: CancellationToken,
    /// It takes nothing new.
    pub(crate) stop: CancellationToken,
}

/// Serves until stopped, then lets the exchanges under way end.
pub(crate) async fn serve(mut listener: TcpListener, router: Router, end: End) {
    let connections = TaskTracker::new();
    while let Some((stream, peer)) = end.stop.run_until_cancelled(Listener::accept(&mut listener)).await {
        connections.spawn(serve_one(stream, peer, router.clone(), end.clone()));
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

/// Serves one connection until either end closes it.
async fn serve_one(stream: TcpStream, peer: SocketAddr, router: Router, end: End) {
    // Best effort: without it a small answer waits for the acknowledgement of the one before.
    let _is_prompt = stream.set_nodelay(true);
    let used = LastUse::now();
    let (read, written) = (used.clone(), used.clone());
    let watched = InspectWriter::new(InspectReader::new(stream, move |_| read.note()), move |_| written.note());
    let service = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let request: Request = request.map(Body::new);
        router.clone().oneshot(request)
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    builder.http2().timer(TokioTimer::new());
    let mut connection = pin!(builder.serve_connection(TokioIo::new(watched), service));
    let ended = tokio::select! {
        // What has come in is read before anything is closed.
        biased;
        ended = connection.as_mut() => ended,
        () = goodbye(&used, &end) => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                ended = connection => ended,
                () = used.is_quiet_for(QUIET_AFTER_GOODBYE) => return,
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, error = &*error as &dyn std::error::Error, "connection lost");
    }
}

/// Waits until a connection should take no further request.
async fn goodbye(used: &LastUse, end: &End) {
    tokio::select! {
        () = end.stop.cancelled() => {}
        () = used.is_quiet_for(QUIET_MAX) => {}
        () = async { end.leaving.cancelled().await; used.is_quiet_for(QUIET_WHILE_LEAVING).await } => {}
    }
}

/// When octets last went either way.
#[derive(Clone, Debug)]
struct LastUse(Arc<Mutex<Instant>>);

impl LastUse {
    fn now() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }

    fn note(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn get(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nothing has gone either way for `patience`.
    async fn is_quiet_for(&self, patience: Duration) {
        let mut due = self.get() + patience;
        while due > Instant::now() {
            sleep_until(due).await;
            due = self.get() + patience;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::{Notify, Semaphore};

    use super::*;

    const ASK: &[u8] = b"GET / HTTP/1.1\r\nhost: guichet\r\n\r\n";

    /// One end of a connection that is kept.
    struct Client(TcpStream);

    impl Client {
        async fn connect(place: SocketAddr) -> Self {
            Self(TcpStream::connect(place).await.expect("it listens"))
        }

        async fn ask(&mut self) -> io::Result<()> {
            self.0.write_all(ASK).await
        }

        /// Returns the next octets, none at the end of the connection.
        async fn hear(&mut self) -> String {
            let mut heard = vec![0; 1_024];
            let length = self.0.read(&mut heard).await.expect("nothing is cut off");
            String::from_utf8_lossy(&heard[..length]).into_owned()
        }
    }

    /// Starts a server whose page says that it is asked for, and comes once it may.
    async fn start(asked: Arc<Notify>, may_come: Arc<Semaphore>) -> (SocketAddr, End, TaskTracker) {
        let page = get(async move || {
            asked.notify_one();
            let _open = may_come.acquire().await;
            "bonjour"
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let place = listener.local_addr().expect("an address");
        let (end, tasks) =
            (End { leaving: CancellationToken::new(), stop: CancellationToken::new() }, TaskTracker::new());
        tasks.spawn(serve(listener, Router::new().route("/", page), end.clone()));
        tasks.close();
        (place, end, tasks)
    }

    #[tokio::test]
    async fn as_the_process_leaves_a_quiet_connection_is_closed_and_one_in_use_is_not() {
        let (place, end, tasks) = start(Arc::default(), Arc::new(Semaphore::new(1))).await;
        let (mut quiet, mut used) = (Client::connect(place).await, Client::connect(place).await);
        quiet.ask().await.expect("asked");
        assert!(quiet.hear().await.ends_with("bonjour"));
        end.leaving.cancel();
        let mut asked = 0;
        let uses = async {
            loop {
                used.ask().await.expect("asked");
                assert!(used.hear().await.ends_with("bonjour"));
                asked += 1;
                tokio::task::yield_now().await;
            }
        };
        let closed = tokio::select! {
            closed = quiet.hear() => closed,
            () = uses => unreachable!("it goes on until the other is closed"),
        };
        assert!(closed.is_empty() && asked > 0, "{closed:?} after {asked}");
        Client::connect(place).await;
        end.stop.cancel();
        // The answer it was given up on may come first.
        while !used.hear().await.is_empty() {}
        tasks.wait().await;
    }

    #[tokio::test]
    async fn who_is_being_answered_when_the_process_stops_is_answered() {
        let (asked, may_come) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(0)));
        let (place, end, tasks) = start(Arc::clone(&asked), Arc::clone(&may_come)).await;
        let mut client = Client::connect(place).await;
        client.ask().await.expect("asked");
        asked.notified().await;
        end.stop.cancel();
        while TcpStream::connect(place).await.is_ok() {
            tokio::task::yield_now().await;
        }
        may_come.add_permits(1);
        let answer = client.hear().await;
        assert!(answer.contains("connection: close") && answer.ends_with("bonjour"), "{answer}");
        assert_eq!(client.hear().await, "");
        tasks.wait().await;
    }
}
