//! Asking a producer for its log.

use futures::future::BoxFuture;
use futures::stream::BoxStream;
use guichet_events::{Envelope, Position};

use crate::Result;

/// What a producer answers.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// The events after the position asked, oldest first.
    pub events: Vec<Envelope>,
    /// The last number given.
    pub head: Position,
}

/// Events as they are numbered.
pub type Watch = BoxStream<'static, Result<Envelope>>;

/// A producer's log: its own database ([`crate::Log`]) or the same through gRPC (`guichet-rpc`).
pub trait EventSource: Send + Sync + std::fmt::Debug {
    /// Returns at most `limit` events after a position, and notes how far `consumer` is.
    fn read<'a>(&'a self, consumer: &'a str, after: Position, limit: u32) -> BoxFuture<'a, Result<Batch>>;

    /// Returns the events numbered from the moment this answers, as they come: for pages that show what happens, not for
    /// effects. Nobody remembers who watches, and the stream ends at its first failure.
    fn watch(&self) -> BoxFuture<'_, Result<Watch>>;
}
