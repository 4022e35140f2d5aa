//! A day at the desk in virtual time: the real engine, or another way of dispatching, meets the same contacts, the same
//! people and the same hazards, and is measured.
//!
//! A [`Scenario`] says everything that does not depend on who is offered what. [`run`] plays it over a [`Dispatcher`]
//! and gives an [`Outcome`], which a [`Report`] sums up. Nothing here knows a clock: the same scenario always gives the
//! same outcome, and two dispatchers see the same answers and the same lengths of work.
//!
//! Scenarios are made by [`queueing`] (exact answers are known), [`instance`] (a bound of the optimum is known) and
//! [`town_hall`] (a large desk on an ordinary day), [`days`] (many of these in a row) and [`ordinary`] (a day of any town). [`advisor`] asks what teaching one
//! skill would change, [`what_if`] what one person more, less or better taught would; [`compare`] says it all in French.
//! [`forecasts`] asks what waits would have been announced, and compares with those that were.

pub mod advisor;
mod baseline;
mod baseline_rules;
pub mod compare;
pub mod days;
mod desk;
mod dispatcher;
mod driver;
mod eligibility;
pub mod forecasts;
pub mod instance;
mod measure;
pub mod ordinary;
mod outcome;
pub mod queueing;
mod random;
pub mod recorded;
mod scenario;
mod simple;
mod slots;
#[cfg(test)]
mod tests;
pub mod town_hall;
mod traffic;
pub mod what_if;

pub use self::baseline::Baseline;
pub use self::baseline_rules::Rule;
pub use self::dispatcher::{Dispatcher, Offer, RealEngine, way};
pub use self::driver::run;
pub use self::eligibility::Eligibility;
pub use self::measure::{Rate, Report, Waits, jain};
pub use self::outcome::{AgentDay, Contact, Ending, Outcome};
pub use self::scenario::{Answering, Arrival, Kind, Pace, Past, PresenceChange, Scenario};
pub use self::slots::Slot;
