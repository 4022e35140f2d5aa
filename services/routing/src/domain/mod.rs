//! What routing decides, as plain functions: no clock, no database, no network. Instants, directories and the state of
//! the work come in as arguments; decisions and changes come out.
//!
//! Start with [`work`] for what people may do with a request, [`engine`] for who is offered what, [`filing`] for
//! what a new request needs and by when, [`clock`] for what moves its dates afterwards, [`forecast`] for when it will be
//! taken, and [`simulate`] for what a day would be under other rules. [`pools`] and [`shares`] say what several processes
//! share out, and how.

pub(crate) mod access;
pub(crate) mod calendar;
pub(crate) mod call;
pub(crate) mod clock;
pub(crate) mod command;
pub(crate) mod commitment;
pub mod engine;
pub mod erlang;
pub(crate) mod explain;
pub(crate) mod filing;
pub(crate) mod follow_up;
pub(crate) mod forecast;
pub(crate) mod french;
pub(crate) mod holidays;
pub(crate) mod lesson;
pub(crate) mod overview;
pub(crate) mod pools;
pub(crate) mod replay;
pub(crate) mod shares;
pub mod simulate;
pub mod town;
pub(crate) mod widening;
pub(crate) mod work;

#[cfg(test)]
mod clock_tests;
#[cfg(test)]
mod erlang_tests;
#[cfg(test)]
mod work_tests;
