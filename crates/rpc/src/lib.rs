//! What every service needs to speak gRPC, once: the client channel of both topologies ([`Peers`]), the server
//! ([`server::serve`]), failures ([`status`]), deadlines ([`call`]), conversions between our codes and the contract's
//! ([`convert`]), and a producer's log on the wire ([`events`]).
//!
//! [`Deps`] is what a service is built from and [`Built`] what it gives back (DESIGN §3, "composition").

pub mod call;
mod callers;
pub mod certificate;
pub mod convert;
pub mod events;
mod follow;
mod hurry;
mod meters;
mod peer;
pub mod server;
mod service;
pub mod status;
mod tls;
mod wire;

pub use callers::Caller;
pub use follow::SettingFile;
pub use peer::{ClientContext, InProcess, InvalidAddress, Peer, Peers, remote, resolved};
pub use service::{BoxError, Built, Deps, Worker};
pub use tls::{Tls, TlsError, TlsFiles};
pub use wire::Wire;
pub use wire::dial::Resolve;
