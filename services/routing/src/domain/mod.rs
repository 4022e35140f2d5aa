//! What routing decides, as plain functions: no clock, no database, no network. Instants, directories and the state of
//! the work come in as arguments; decisions and changes come out.
//!
//! Start with [`work`] for what people may do with a request, [`engine`] for who is offered what, and [`filing`] for
//! what a new request needs and by when.

pub(crate) mod access;
pub(crate) mod calendar;
pub(crate) mod call;
pub(crate) mod command;
pub(crate) mod commitment;
pub mod engine;
pub(crate) mod explain;
pub(crate) mod filing;
pub(crate) mod french;
pub(crate) mod holidays;
pub(crate) mod overview;
pub mod town;
pub(crate) mod work;

#[cfg(test)]
mod work_tests;
