//! A producer's log on the wire, client and server, once for all services.

use std::collections::HashMap;
use std::sync::Arc;

use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt, TryStreamExt};
use guichet_bus::{Batch, EventSource, Watch};
use guichet_core::{Coded, ErrorKind, Timestamp};
use guichet_events::{Envelope, Position, producer};
use guichet_proto::common::v1 as common;
use guichet_proto::common::v1::events_client::EventsClient;
use guichet_proto::common::v1::events_server::{Events, EventsServer};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use crate::{Peer, Peers, call, status};

/// Events in one answer at most: about 300 kB.
const READ_LIMIT_MAX: u32 = 500;

/// The logs of the services of this process.
#[derive(Clone, Debug, Default)]
pub struct Logs {
    by_service: HashMap<String, Arc<dyn EventSource>>,
    stop: CancellationToken,
}

impl Logs {
    /// Returns no logs yet; `stop` ends the streams of those who watch, so that the process can end.
    pub fn new(stop: CancellationToken) -> Self {
        Self { by_service: HashMap::new(), stop }
    }

    /// Adds a service's log.
    pub fn insert(&mut self, service: &str, log: Arc<dyn EventSource>) {
        self.by_service.insert(service.to_owned(), log);
    }

    fn find(&self, producer: &str) -> Result<&Arc<dyn EventSource>, Status> {
        self.by_service.get(producer).ok_or_else(|| status::of(ReadError::Unknown(producer.to_owned())))
    }

    /// Returns the gRPC service that answers `Events.Read`.
    pub fn into_server(self) -> EventsServer<Self> {
        EventsServer::new(self)
    }
}

/// Why a log cannot be read.
#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error("no log of `{0}` in this process")]
    Unknown(String),
    #[error("log cannot be read")]
    Failed(#[source] guichet_bus::Error),
}

impl Coded for ReadError {
    fn code(&self) -> &'static str {
        match self {
            Self::Unknown(_) => "GU-RPC-003",
            Self::Failed(_) => "GU-RPC-004",
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::Unknown(_) => ErrorKind::NotFound,
            Self::Failed(_) => ErrorKind::Unavailable,
        }
    }
}

#[tonic::async_trait]
impl Events for Logs {
    async fn read(
        &self,
        request: Request<common::ReadEventsRequest>,
    ) -> Result<Response<common::ReadEventsResponse>, Status> {
        let asked = request.into_inner();
        let log = self.find(&asked.producer)?;
        let after = Position { generation: asked.generation, seq: asked.after };
        let limit = asked.limit.clamp(1, READ_LIMIT_MAX);
        let batch =
            log.read(&asked.consumer, after, limit).await.map_err(|error| status::of(ReadError::Failed(error)))?;
        Ok(Response::new(common::ReadEventsResponse {
            events: batch.events.into_iter().map(to_proto).collect(),
            head_generation: batch.head.generation,
            head_seq: batch.head.seq,
        }))
    }

    type WatchStream = BoxStream<'static, Result<common::Event, Status>>;

    async fn watch(&self, request: Request<common::WatchEventsRequest>) -> Result<Response<Self::WatchStream>, Status> {
        let failed = |error| status::of(ReadError::Failed(error));
        let events = self.find(&request.into_inner().producer)?.watch().await.map_err(failed)?;
        let events = events.map_ok(to_proto).map_err(failed).take_until(self.stop.clone().cancelled_owned());
        Ok(Response::new(events.boxed()))
    }
}

fn to_proto(event: Envelope) -> common::Event {
    common::Event {
        id: event.id.to_string(),
        generation: event.position.generation,
        seq: event.position.seq,
        name: event.name,
        version: event.version.into(),
        authority_id: event.authority_id.to_string(),
        request_id: event.request_id.map(|id| id.to_string()).unwrap_or_default(),
        occurred_at: event.occurred_at.as_millis(),
        traceparent: event.traceparent.unwrap_or_default(),
        data: event.data,
    }
}

/// Returns the event of a message; `None` when it is not one a producer of ours could have sent.
fn from_proto(event: common::Event) -> Option<Envelope> {
    let request_id = match event.request_id.as_str() {
        "" => None,
        text => Some(text.parse().ok()?),
    };
    Some(Envelope {
        id: event.id.parse().ok()?,
        position: Position { generation: event.generation, seq: event.seq },
        name: event.name,
        version: u16::try_from(event.version).ok()?,
        authority_id: event.authority_id.parse().ok()?,
        request_id,
        occurred_at: Timestamp::from_millis(event.occurred_at),
        traceparent: Some(event.traceparent).filter(|context| !context.is_empty()),
        data: event.data,
    })
}

/// A producer's log, read through gRPC.
#[derive(Clone, Debug)]
pub struct RemoteLog {
    producer: &'static str,
    peer: Peer,
}

impl RemoteLog {
    /// Returns the log of one of the peers.
    pub fn new(peers: &Peers, service: &'static str) -> Self {
        let peer = match service {
            producer::INTAKE => &peers.intake,
            producer::NOTIFICATION => &peers.notification,
            producer::KNOWLEDGE => &peers.knowledge,
            _ => &peers.routing,
        };
        Self { producer: service, peer: peer.clone() }
    }

    fn failed(&self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> guichet_bus::Error {
        guichet_bus::Error::Producer { producer: self.producer, source: source.into() }
    }
}

impl EventSource for RemoteLog {
    fn read<'a>(&'a self, consumer: &'a str, after: Position, limit: u32) -> BoxFuture<'a, guichet_bus::Result<Batch>> {
        async move {
            let request = common::ReadEventsRequest {
                producer: self.producer.to_owned(),
                consumer: consumer.to_owned(),
                generation: after.generation,
                after: after.seq,
                limit,
            };
            let answer = EventsClient::new(self.peer.clone()).read(call::read(request)).await;
            let answer = answer.map_err(|status| self.failed(status))?.into_inner();
            let events: Option<Vec<Envelope>> = answer.events.into_iter().map(from_proto).collect();
            let events = events.ok_or_else(|| self.failed("an event has an id that cannot be read"))?;
            let head = Position { generation: answer.head_generation, seq: answer.head_seq };
            Ok(Batch { events, head })
        }
        .boxed()
    }

    fn watch(&self) -> BoxFuture<'_, guichet_bus::Result<Watch>> {
        async move {
            let request = common::WatchEventsRequest { producer: self.producer.to_owned() };
            let answer = EventsClient::new(self.peer.clone()).watch(request).await;
            let events = answer.map_err(|status| self.failed(status))?.into_inner();
            let log = self.clone();
            let decoded = events.map(move |event| {
                let event = event.map_err(|status| log.failed(status))?;
                from_proto(event).ok_or_else(|| log.failed("an event has an id that cannot be read"))
            });
            Ok(decoded.boxed())
        }
        .boxed()
    }
}
