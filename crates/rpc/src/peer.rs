//! The one client channel type: the same calls go through a pipe in this process or over TCP.

use std::time::Duration;

use hyper_util::rt::TokioIo;
use tokio::io::DuplexStream;
use tokio::sync::mpsc;
use tonic::metadata::MetadataValue;
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint, Uri};
use tonic::{Request, Status};

/// Bytes that wait in each direction of an in-process connection: a usual request with its thread.
const PIPE_BYTES: usize = 256 * 1024;
/// How long a TCP connection to a peer may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How often an idle connection is checked, so that a lost peer is noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// Connections that wait to be accepted in process: one a peer, with room.
const PENDING_CONNECTIONS: usize = 16;

/// A service one can call: `IntakeClient::new(peer)`.
pub type Peer = InterceptedService<Channel, ClientContext>;

/// The four services, wherever they run.
#[derive(Clone, Debug)]
pub struct Peers {
    /// Requests, threads, parties.
    pub intake: Peer,
    /// Directory, queue, work.
    pub routing: Peer,
    /// Deliveries.
    pub notification: Peer,
    /// Sheets.
    pub knowledge: Peer,
}

/// Sends the current trace context with every call.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClientContext;

impl Interceptor for ClientContext {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        use guichet_telemetry::trace_context::{TRACEPARENT, current};
        if let Some(value) = current().and_then(|context| MetadataValue::try_from(context).ok()) {
            request.metadata_mut().insert(TRACEPARENT, value);
        }
        Ok(request)
    }
}

/// An address that is not `http://host:port` or `https://host:port`.
#[derive(Debug, thiserror::Error)]
#[error("`{address}` is not a peer address: use http://host:port")]
pub struct InvalidAddress {
    address: String,
    source: tonic::transport::Error,
}

/// Returns the peer at an address, connected at the first call and again after each loss.
pub fn remote(address: &str) -> Result<Peer, InvalidAddress> {
    let endpoint = Endpoint::from_shared(address.to_owned())
        .map_err(|source| InvalidAddress { address: address.to_owned(), source })?
        .connect_timeout(CONNECT_TIMEOUT)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .keep_alive_while_idle(true)
        .tcp_nodelay(true);
    Ok(InterceptedService::new(endpoint.connect_lazy(), ClientContext))
}

/// Connections inside one process: the same server and layers, no socket.
#[derive(Debug)]
pub struct InProcess {
    dial: mpsc::Sender<DuplexStream>,
    accept: mpsc::Receiver<DuplexStream>,
}

impl Default for InProcess {
    fn default() -> Self {
        let (dial, accept) = mpsc::channel(PENDING_CONNECTIONS);
        Self { dial, accept }
    }
}

impl InProcess {
    /// Returns a peer that reaches the server of this process.
    pub fn peer(&self) -> Peer {
        let dial = self.dial.clone();
        let connector = tower::service_fn(move |_: Uri| {
            let dial = dial.clone();
            async move {
                let (near, far) = tokio::io::duplex(PIPE_BYTES);
                dial.send(far).await.map_err(|_| std::io::Error::from(std::io::ErrorKind::ConnectionRefused))?;
                Ok::<_, std::io::Error>(TokioIo::new(near))
            }
        });
        let endpoint = Endpoint::from_static("http://in-process");
        InterceptedService::new(endpoint.connect_with_connector_lazy(connector), ClientContext)
    }

    /// Returns the connections to accept, for [`crate::server::serve`].
    pub(crate) fn into_accept(self) -> mpsc::Receiver<DuplexStream> {
        self.accept
    }
}
