//! What intake decides, without doing: no clock, no randomness, no storage, no network. Facts go in, decisions come out.
//!
//! Start with [`mail`] for what an e-mail says, [`threading`] for which request it belongs to, [`party`] for who wrote
//! and [`submission`] for what a form or a call may hold.

pub mod dedupe;
pub mod limits;
pub mod mail;
pub mod party;
pub mod request;
pub mod submission;
pub mod text;
pub mod threading;
pub mod token;
