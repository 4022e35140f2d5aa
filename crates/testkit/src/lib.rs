//! What tests stand on: a private PostgreSQL cluster, a PgBouncer before it, private Redis servers, links that may be cut, free ports,
//! temporary folders and waits with a deadline.
//!
//! It is for tests and benches only, and nothing here ever skips: a server that is not installed is a panic that says
//! how to install it. Servers listen on loopback, hold no data worth keeping, and are stopped by a small watchdog
//! (see [`watchdog`]) as soon as the last test process that uses them ends, even when that process is killed.
//! Start at [`postgres`] and [`redis`].

mod pgbouncer;
mod ports;
mod postgres;
mod program;
mod redis;
mod sentinel;
mod setting;
mod tcp_proxy;
mod wait;
mod watchdog;

pub use pgbouncer::{PgBouncer, pgbouncer};
pub use ports::free_port;
pub use postgres::{PostgresServer, postgres, private_postgres};
pub use program::{chromedriver, chromium, postgres_program, python};
pub use redis::{RedisServer, redis, redis_with};
pub use sentinel::{Sentinels, sentinels};
pub use setting::setting;
pub use tcp_proxy::{TcpProxy, Way};
pub use wait::{later, wait_for, wait_until};

/// Creates a folder that is deleted when the returned value is dropped.
///
/// # Panics
/// When the machine's temporary folder cannot be written.
#[must_use]
pub fn temp_dir() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("guichet-test-").tempdir().expect("the temporary folder of the machine is writable")
}

/// Runs blocking work off the test's own thread and hands a panic of that work on to the caller.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
