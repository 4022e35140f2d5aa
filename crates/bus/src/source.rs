//! Asking a producer for its log.

use futures::future::BoxFuture;
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

/// A producer's log: its own database ([`crate::Log`]) or the same through gRPC (`guichet-rpc`).
pub trait EventSource: Send + Sync + std::fmt::Debug {
    /// Returns at most `limit` events after a position, and notes how far `consumer` is.
    fn read<'a>(&'a self, consumer: &'a str, after: Position, limit: u32) -> BoxFuture<'a, Result<Batch>>;
}
