//! What can go wrong between services.

/// A failed call to the log or the bus.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The service's own database.
    #[error("storage failed")]
    Storage(#[from] guichet_db::Error),
    /// Redis does not answer or answers nonsense; the log goes on without it.
    #[error("bus failed")]
    Bus(#[from] redis::RedisError),
    /// The producer does not answer.
    #[error("producer {producer} does not answer")]
    Producer {
        /// Whose log it is.
        producer: &'static str,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The address of the bus is not one we can open.
    #[error("`{0}` is not a bus address: use memory:, redis://…, rediss://… or redis+sentinel://…")]
    Address(String),
    /// A stored directory or envelope cannot be read.
    #[error("stored {what} cannot be read")]
    Corrupt {
        /// What it is.
        what: &'static str,
        /// Why.
        source: serde_json::Error,
    },
}
