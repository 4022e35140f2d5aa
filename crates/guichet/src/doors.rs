//! Where the process listens.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::Server;

/// Where this process listens.
pub(crate) struct Doors {
    /// Pages and REST; none where nothing would answer there.
    pub(crate) http: Option<TcpListener>,
    /// gRPC.
    pub(crate) grpc: TcpListener,
    /// Health and metrics, when they have a door of their own.
    pub(crate) health: Option<TcpListener>,
}

impl Doors {
    /// Listens at each, so that a wrong address is found before anything is started.
    pub(crate) async fn open(server: &Server, has_pages: bool) -> Result<Self> {
        let apart = !server.health.is_empty();
        Ok(Self {
            http: if has_pages || !apart { Some(listen("server.http", &server.http).await?) } else { None },
            grpc: listen("server.grpc", &server.grpc).await?,
            health: if apart { Some(listen("server.health", &server.health).await?) } else { None },
        })
    }
}

async fn listen(key: &str, address: &str) -> Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("GU-CFG-010: nothing can listen on {address}: set {key} to a free address"))
}

/// Serves HTTP until cancelled, then lets the exchanges under way end.
pub(crate) async fn serve_http(listener: TcpListener, router: axum::Router, stop: CancellationToken) {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    if let Err(error) = axum::serve(listener, service).with_graceful_shutdown(stop.cancelled_owned()).await {
        tracing::error!(%error, "http stopped");
    }
}
