//! What every service needs to speak gRPC, once: the client channel of both topologies ([`Peers`]), the server
//! ([`server::serve`]), failures ([`status`]), deadlines ([`call`]), conversions between our codes and the contract's
//! ([`convert`]), and a producer's log on the wire ([`events`]).
//!
//! [`Deps`] is what a service is built from and [`Built`] what it gives back (DESIGN §3, "composition").

pub mod call;
pub mod convert;
pub mod events;
mod peer;
pub mod server;
mod service;
pub mod status;

pub use peer::{ClientContext, InProcess, InvalidAddress, Peer, Peers, remote};
pub use service::{BoxError, Built, Deps, Worker};
