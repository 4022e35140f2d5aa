//! What a service is built from and what it gives back.

use std::future::Future;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use guichet_bus::{Bus, Consumer, EventSource, Handler, Log, Parts};
use guichet_core::{Clock, Rng};
use guichet_db::Db;
use tokio_util::sync::CancellationToken;

use crate::Peers;
use crate::events::RemoteLog;

/// Why a worker stopped.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What every service is given.
#[derive(Clone, Debug)]
pub struct Deps {
    /// Its own storage.
    pub db: Db,
    /// Its own log; wake it after each commit that appended.
    pub log: Log,
    /// The bus.
    pub bus: Bus,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub rng: Arc<dyn Rng>,
    /// The other services.
    pub peers: Peers,
}

/// What a service is: its gRPC services and its background work.
#[derive(Debug)]
pub struct Built {
    /// Its gRPC services.
    pub routes: tonic::service::Routes,
    /// Its background work.
    pub workers: Vec<Worker>,
}

type Run = Box<dyn FnMut(CancellationToken) -> BoxFuture<'static, Result<(), BoxError>> + Send>;

/// Background work, started again with a pause when it fails or panics.
pub struct Worker {
    /// As it is named in logs.
    pub name: String,
    run: Run,
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Worker({})", self.name)
    }
}

impl Worker {
    /// Returns a worker; `run` is called again after each failure and must end when its token is cancelled.
    pub fn new<R, F>(name: impl Into<String>, mut run: R) -> Self
    where
        R: FnMut(CancellationToken) -> F + Send + 'static,
        F: Future<Output = Result<(), BoxError>> + Send + 'static,
    {
        Self { name: name.into(), run: Box::new(move |cancel| run(cancel).boxed()) }
    }

    /// Returns the worker that applies `producer`'s events to `consumer`.
    pub fn consumer<H>(deps: &Deps, consumer: &'static str, producer: &'static str, handler: H) -> Self
    where
        H: Handler + Clone,
    {
        let deps = deps.clone();
        Self::new(format!("{consumer} reads {producer}"), move |cancel| {
            let deps = deps.clone();
            let handler = handler.clone();
            async move {
                let source: Arc<dyn EventSource> = Arc::new(RemoteLog::new(&deps.peers, producer));
                let parts = Parts { db: deps.db, bus: deps.bus, clock: deps.clock, rng: deps.rng };
                Ok(Consumer::new(parts, (consumer, producer), source, handler).run(cancel).await?)
            }
        })
    }

    /// Starts the work once.
    pub fn start(&mut self, cancel: CancellationToken) -> BoxFuture<'static, Result<(), BoxError>> {
        (self.run)(cancel)
    }
}
