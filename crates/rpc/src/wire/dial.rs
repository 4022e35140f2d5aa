//! How a connection is made: over TCP to each address of a name, or through a pipe in this process.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::Tls;

/// Bytes that wait in each direction of an in-process connection: a usual request with its thread.
const PIPE_BYTES: usize = 256 * 1024;
/// How long a connection to a peer may take, TLS included.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// A connection's bytes, whatever carries them.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Knows where a service is and how to connect.
pub(crate) trait Dial: std::fmt::Debug + Send + Sync {
    /// Returns every address of the service, now.
    fn places(&self) -> BoxFuture<'_, io::Result<Vec<SocketAddr>>>;
    /// Returns whether the other end may vanish without a word, so that pings must find out.
    fn may_vanish(&self) -> bool {
        true
    }
    /// Connects to one of them.
    fn connect(&self, place: SocketAddr) -> BoxFuture<'_, io::Result<Box<dyn Stream>>>;
}

/// Finds the addresses of a name.
pub trait Resolve: std::fmt::Debug + Send + Sync {
    /// Returns them as they are now; asked again every few seconds.
    fn resolve(&self) -> BoxFuture<'_, io::Result<Vec<SocketAddr>>>;
}

/// A name of the domain name system: a headless Service of Kubernetes has the address of each of its pods.
#[derive(Debug)]
pub(crate) struct Dns {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Resolve for Dns {
    fn resolve(&self) -> BoxFuture<'_, io::Result<Vec<SocketAddr>>> {
        async { Ok(tokio::net::lookup_host((self.host.as_str(), self.port)).await?.collect()) }.boxed()
    }
}

/// TCP to every address of a name.
#[derive(Debug)]
pub(crate) struct Network<R> {
    pub(crate) resolve: R,
    /// Our certificate, and the name that the other's must have; in clear without.
    pub(crate) tls: Option<(Tls, String)>,
}

impl<R: Resolve> Dial for Network<R> {
    fn places(&self) -> BoxFuture<'_, io::Result<Vec<SocketAddr>>> {
        self.resolve.resolve()
    }

    fn connect(&self, place: SocketAddr) -> BoxFuture<'_, io::Result<Box<dyn Stream>>> {
        async move {
            let stream = TcpStream::connect(place).await?;
            stream.set_nodelay(true)?;
            if let Some((tls, name)) = &self.tls {
                return tls.connect(name, stream).await;
            }
            Ok(Box::new(stream) as Box<dyn Stream>)
        }
        .boxed()
    }
}

/// A pipe to the server of this process.
#[derive(Debug)]
pub(crate) struct Pipe {
    pub(crate) far_ends: mpsc::Sender<DuplexStream>,
}

impl Dial for Pipe {
    fn places(&self) -> BoxFuture<'_, io::Result<Vec<SocketAddr>>> {
        // There is one place, and it needs no address.
        async { Ok(vec![SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0)]) }.boxed()
    }

    fn may_vanish(&self) -> bool {
        false
    }

    fn connect(&self, _: SocketAddr) -> BoxFuture<'_, io::Result<Box<dyn Stream>>> {
        async {
            let (near, far) = tokio::io::duplex(PIPE_BYTES);
            let refused = |_| io::Error::from(io::ErrorKind::ConnectionRefused);
            self.far_ends.send(far).await.map_err(refused)?;
            Ok(Box::new(near) as Box<dyn Stream>)
        }
        .boxed()
    }
}
