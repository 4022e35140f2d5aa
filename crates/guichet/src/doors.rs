//! Where the process listens.

use std::net::SocketAddr;

use anyhow::{Context, Result, anyhow};
use tokio::net::{TcpListener, TcpSocket, lookup_host};

use crate::config::Server;

/// Callers of gRPC that the kernel keeps until they are let in; as many as tokio lets wait elsewhere.
const BACKLOG: u32 = 1024;

/// Where this process listens.
pub(crate) struct Doors {
    /// Pages and REST; none where nothing would answer there.
    pub(crate) http: Option<TcpListener>,
    /// gRPC, once the services are there: until then a caller would wait at this process while another could answer.
    pub(crate) grpc: Reserved,
    /// Health and metrics, when they have a door of their own.
    pub(crate) health: Option<TcpListener>,
}

impl Doors {
    /// Takes each address, so that one on which somebody listens is found before anything is started.
    pub(crate) async fn open(server: &Server, has_pages: bool) -> Result<Self> {
        let apart = !server.health.is_empty();
        Ok(Self {
            http: if has_pages || !apart { Some(listen("server.http", &server.http).await?) } else { None },
            grpc: Reserved::at("server.grpc", &server.grpc).await?,
            health: if apart { Some(listen("server.health", &server.health).await?) } else { None },
        })
    }
}

async fn listen(key: &str, address: &str) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| taken(key, address))
}

/// An address that is ours and answers nobody yet: who dials it is refused, and asks another process.
#[derive(Debug)]
pub(crate) struct Reserved(TcpSocket);

impl Reserved {
    async fn at(key: &str, address: &str) -> Result<Self> {
        let mut failure = None;
        for place in lookup_host(address).await.with_context(|| taken(key, address))? {
            match bind(place) {
                Ok(socket) => return Ok(Self(socket)),
                Err(error) => failure = Some(error),
            }
        }
        Err(failure.map_or_else(|| anyhow!("the name has no address"), Into::into)).with_context(|| taken(key, address))
    }

    /// Listens.
    pub(crate) fn listen(self) -> Result<TcpListener> {
        let place = self.0.local_addr()?;
        self.0.listen(BACKLOG).with_context(|| taken("server.grpc", &place.to_string()))
    }
}

fn bind(place: SocketAddr) -> std::io::Result<TcpSocket> {
    let socket = if place.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // As `TcpListener::bind` does: what a process before us left half-closed is in nobody's way.
    socket.set_reuseaddr(true)?;
    socket.bind(place)?;
    Ok(socket)
}

fn taken(key: &str, address: &str) -> String {
    format!("GU-CFG-010: nothing can listen on {address}: set {key} to a free address")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_dials_an_address_that_is_only_reserved_is_refused() {
        let reserved = Reserved::at("server.grpc", "127.0.0.1:0").await.expect("a free port");
        let place = reserved.0.local_addr().expect("an address");
        let dial = || std::net::TcpStream::connect(place);
        assert_eq!(dial().expect_err("nobody listens").kind(), std::io::ErrorKind::ConnectionRefused);
        let listener = reserved.listen().expect("listens");
        assert!(dial().is_ok());
        let taken = Reserved::at("server.grpc", &place.to_string()).await.expect_err("taken");
        assert!(taken.to_string().starts_with("GU-CFG-010: nothing can listen on"), "{taken}");
        drop(listener);
    }
}
