//! The one gRPC server of a process: every service it runs, health and reflection, on one port and in process.

use std::time::Duration;

use guichet_core::Rng;
use tokio::net::{TcpListener, TcpStream};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tower::layer::util::{Identity, Stack};
use tracing::Span;

use crate::callers::Guarded;
use crate::hurry::Hurried;
use crate::meters::Metered;
use crate::{InProcess, Tls};

/// Calls under way on one connection: past it callers wait, which is kinder than memory running out.
const CALLS_PER_CONNECTION: usize = 512;
/// The longest a call may take, whatever deadline its caller forgot: an upload of 25 MB over a slow link.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(60);
/// How often a connection is checked.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// How long the answer to such a check may take.
const KEEP_ALIVE_PATIENCE: Duration = Duration::from_secs(5);
/// How old a connection may grow before its caller is asked to open another: behind a virtual address, this is what
/// spreads callers over new pods.
const CONNECTION_AGE: Duration = Duration::from_secs(5 * 60);
/// Share of the age by which processes differ, so that those started together do not all close at once.
const CONNECTION_AGE_SPREAD: f64 = 0.2;

/// Callers whose certificates are checked at a time: one who is slow to show its own holds up nobody else.
const HANDSHAKES_MAX: usize = 64;

/// Adds gRPC reflection (v1) of the whole contract to a process's services.
pub fn with_reflection(routes: Routes) -> Routes {
    let service = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(guichet_proto::FILE_DESCRIPTOR_SET)
        .build_v1();
    match service {
        Ok(service) => routes.add_service(service),
        Err(error) => {
            tracing::error!(%error, "reflection is off");
            routes
        }
    }
}

/// Where calls from other processes come in.
#[derive(Debug)]
pub struct Door {
    listener: TcpListener,
    connection_age: Duration,
    tls: Option<Tls>,
}

impl Door {
    /// Returns the door at a port; `rng` sets its age apart from that of other processes.
    pub fn new(listener: TcpListener, rng: &dyn Rng) -> Self {
        let mut bytes = [0; 2];
        rng.fill(&mut bytes);
        let share = f64::from(u16::from_le_bytes(bytes)) / f64::from(u16::MAX);
        let connection_age = CONNECTION_AGE.mul_f64(1.0 + CONNECTION_AGE_SPREAD * (share - 0.5));
        Self { listener, connection_age, tls: None }
    }

    /// Lets in only who shows a certificate of our authority, and each only to what [`crate::Caller`]s of that name may call.
    #[must_use]
    pub fn with_tls(self, tls: Option<Tls>) -> Self {
        Self { tls, ..self }
    }

    /// Sets how old a connection may grow.
    #[must_use]
    pub fn with_connection_age(self, connection_age: Duration) -> Self {
        Self { connection_age, ..self }
    }
}

/// Serves until cancelled, then lets the calls under way end. `door` is the port, if one was asked for.
pub async fn serve(
    routes: Routes,
    door: Option<Door>,
    in_process: InProcess,
    cancel: CancellationToken,
) -> Result<(), tonic::transport::Error> {
    let pipes = ReceiverStream::new(in_process.into_accept()).map(Ok::<_, std::io::Error>);
    let inside =
        builder().add_routes(routes.clone()).serve_with_incoming_shutdown(pipes, cancel.clone().cancelled_owned());
    let Some(door) = door else { return inside.await };
    // An answer is several small frames: held back until the first is acknowledged, each call would take 40 ms more.
    let connections = TcpIncoming::from(door.listener).with_nodelay(Some(true));
    // No `max_connection_age_grace`: tonic 0.14 then breaks the connection in place of saying goodbye. Calls are limited in time, and
    // a stream stays with its process until one of the two ends.
    let mut server = builder().max_connection_age(door.connection_age);
    let stop = cancel.cancelled_owned();
    let Some(tls) = door.tls else {
        let outside = server.add_routes(routes).serve_with_incoming_shutdown(connections, stop);
        return tokio::try_join!(inside, outside).map(drop);
    };
    let greet = move |stream: std::io::Result<TcpStream>| {
        let tls = tls.clone();
        async move { tls.accept(stream?).await }
    };
    let greeted = futures::StreamExt::buffer_unordered(connections.map(greet), HANDSHAKES_MAX);
    let outside = server.layer(Guarded).add_routes(routes).serve_with_incoming_shutdown(greeted, stop);
    tokio::try_join!(inside, outside).map(drop)
}

fn builder() -> Server<Stack<Hurried, Stack<Metered, Identity>>> {
    Server::builder()
        .timeout(CALL_TIMEOUT)
        .concurrency_limit_per_connection(CALLS_PER_CONNECTION)
        .http2_keepalive_interval(Some(KEEP_ALIVE))
        .http2_keepalive_timeout(Some(KEEP_ALIVE_PATIENCE))
        .trace_fn(span)
        .layer(Metered)
        .layer(Hurried)
}

/// Returns the span of a call, a child of the caller's.
fn span(request: &http::Request<()>) -> Span {
    let method = request.uri().path().trim_start_matches('/');
    let span = tracing::info_span!(
        "rpc",
        otel.name = method,
        otel.kind = "server",
        rpc.system.name = "grpc",
        rpc.method = method
    );
    let parent = request.headers().get(guichet_telemetry::trace_context::TRACEPARENT);
    guichet_telemetry::trace_context::set_parent(&span, parent.and_then(|value| value.to_str().ok()));
    span
}
