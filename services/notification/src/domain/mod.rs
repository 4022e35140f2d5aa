//! What is decided without touching the world: which notice a fact calls for, by which medium, in which words, and
//! what an attempt's outcome makes of a delivery. Start with [`notice`] and [`text`].
pub mod gsm;
pub mod header;
pub mod medium;
pub mod notice;
pub mod request;
pub mod schedule;
pub mod state;
pub mod text;
