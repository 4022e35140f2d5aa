//! The one client channel type: the same calls go through a pipe in this process or over TCP.

use std::sync::Arc;

use http::Uri;
use http::uri::Scheme;
use tokio::io::DuplexStream;
use tokio::sync::mpsc;
use tonic::metadata::MetadataValue;
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::{Request, Status};

use crate::Tls;
use crate::wire::Wire;
use crate::wire::dial::{Dial, Dns, Network, Pipe, Resolve};

/// Connections that wait to be accepted in process: one a peer, with room.
const PENDING_CONNECTIONS: usize = 16;

/// A service one can call: `IntakeClient::new(peer)`.
pub type Peer = InterceptedService<Wire, ClientContext>;

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

/// An address that is no peer's.
#[derive(Debug, thiserror::Error)]
pub enum InvalidAddress {
    /// It is not `http://host:port`.
    #[error("`{0}` is not a peer address: use http://host:port, or https://host:port with [tls]")]
    Form(String),
    /// It asks for certificates and there are none.
    #[error("`{0}` needs certificates: set [tls] cert, key and ca")]
    NoCertificates(String),
}

/// Returns the peer at an address. Its name is looked up every few seconds, and calls take turns among all its addresses.
pub fn remote(address: &str, tls: Option<&Tls>) -> Result<Peer, InvalidAddress> {
    let (origin, dns) = parse(address).ok_or_else(|| InvalidAddress::Form(address.to_owned()))?;
    let tls = if origin.scheme() == Some(&Scheme::HTTPS) {
        let tls = tls.ok_or_else(|| InvalidAddress::NoCertificates(address.to_owned()))?;
        Some((tls.clone(), dns.host.clone()))
    } else {
        None
    };
    Ok(peer(origin, Arc::new(Network { resolve: dns, tls })))
}

/// Returns the peer that a resolver finds, whatever way it finds it.
pub fn resolved(resolve: impl Resolve + 'static) -> Peer {
    peer(Uri::from_static("http://resolved"), Arc::new(Network { resolve, tls: None }))
}

fn peer(origin: Uri, dial: Arc<dyn Dial>) -> Peer {
    InterceptedService::new(Wire::new(origin, dial), ClientContext)
}

/// Reads `http://host:port` or `https://host:port` into the origin of calls and the name to look up.
fn parse(address: &str) -> Option<(Uri, Dns)> {
    let uri: Uri = address.parse().ok()?;
    let is_bare = matches!(uri.path_and_query().map(http::uri::PathAndQuery::as_str), None | Some("/"));
    let host = uri.host()?.trim_start_matches('[').trim_end_matches(']').to_owned();
    let port = uri.port_u16()?;
    let is_known = [Some(&Scheme::HTTP), Some(&Scheme::HTTPS)].contains(&uri.scheme());
    (is_bare && is_known).then_some((uri, Dns { host, port }))
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
        peer(Uri::from_static("http://in-process"), Arc::new(Pipe { far_ends: self.dial.clone() }))
    }

    /// Returns the connections to accept, for [`crate::server::serve`].
    pub(crate) fn into_accept(self) -> mpsc::Receiver<DuplexStream> {
        self.accept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_address_is_a_scheme_a_host_and_a_port() {
        let (origin, dns) = parse("http://[::1]:8090/").expect("an address");
        assert_eq!((origin.to_string().as_str(), dns.host.as_str(), dns.port), ("http://[::1]:8090/", "::1", 8090));
        for wrong in ["routing:8090", "http://routing", "ftp://routing:8090", "http://routing:8090/path", ""] {
            assert!(parse(wrong).is_none(), "{wrong:?}");
        }
    }
}
