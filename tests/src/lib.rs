//! The product as its users meet it, for end-to-end scenarios, faults and benches: [`Guichet`] starts the real binary in
//! either topology, [`Agent`] signs in over REST, [`mail`] sends real messages and reads those that left.
//!
//! Nothing here knows the inside of a service.

mod agent;
pub mod certificates;
mod collector;
pub mod links;
pub mod load;
pub mod mail;
mod plan;
mod process;
mod product;
pub mod weight;
mod world;

pub use agent::Agent;
pub use collector::{Collector, Exported};
pub use guichet_demo::EVERYBODY;
pub use plan::{DOUBLED, Plan};
pub use process::{Process, binary, resident_mb};
pub use product::{Guichet, Kind, SECOND_ROUTING, Topology};
pub use world::World;

use std::time::Duration;

/// How long a scenario waits for something that should take milliseconds: a loaded two-core machine included.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Returns an HTTP client whose calls take no longer than `timeout`.
///
/// # Panics
/// When the client cannot start.
pub fn http_client(timeout: Duration) -> reqwest::Client {
    // The first call of a test installs it; the others find it there.
    let _installed_before = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().timeout(timeout).build().expect("a client")
}

/// Returns the processor and how many of its threads there are.
pub fn machine() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':').map(|(_, name)| name));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{}, {threads} threads", model.unwrap_or("unknown processor").trim())
}
