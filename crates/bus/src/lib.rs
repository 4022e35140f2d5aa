//! Nothing lost, nothing twice: how a fact committed in one service reaches the others exactly once.
//!
//! A service appends to its [`outbox`] in the transaction of the change. The relay of its [`Log`] numbers committed rows
//! without gaps and appends them to the [`Bus`], which may forget everything. A [`Consumer`] keeps its cursor in its own
//! database, moves it in the transaction of the effect, and asks the producer ([`EventSource`]) for whatever the bus no
//! longer has. [`Lease`] says who does what only one may do. `docs/adr/0003` has the reasons.

mod bus;
mod consumer;
mod dialect;
pub mod directory;
mod error;
mod inspect;
mod lease;
mod log;
mod memory;
pub mod meters;
pub mod outbox;
mod parked;
mod redis_address;
mod redis_link;
mod redis_stream;
mod relay;
mod source;
mod watch;

pub use bus::{Appended, Bus};
pub use consumer::{Consumer, Handler, HandlerError, Parts};
pub use error::Error;
pub use inspect::Inspection;
pub use lease::{LEASE_TTL_MS, Lease};
pub use log::Log;
pub use parked::{ParkedEvent, list_parked};
pub use redis_address::BusOptions;
pub use relay::Relay;
pub use source::{Batch, EventSource, Watch};

use guichet_db::{Migration, Migrations};

/// The result of a call to the bus.
pub type Result<T> = std::result::Result<T, Error>;

/// Returns a service's migrations joined with the tables of this crate (numbers 1 to 999).
pub fn join_migrations(service: Migrations) -> Migrations {
    service.with(&Migrations::new(vec![Migration {
        version: 1,
        name: "log",
        sqlite: include_str!("../migrations/sqlite/0001_log.sql"),
        postgres: include_str!("../migrations/postgres/0001_log.sql"),
    }]))
}
