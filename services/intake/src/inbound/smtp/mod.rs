//! The mail receiver (RFC 5321): for the desk's mailboxes only, behind the town's own mail server or for a trial. It
//! never relays and never sends.
//!
//! [`client`] says whose connection it is, [`session`] decides, without a socket; [`data`] finds the end of a message; [`server`] holds the sockets.

pub mod client;
pub mod data;
pub mod reply;
pub mod server;
pub mod session;
