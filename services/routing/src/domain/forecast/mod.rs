//! When a request that waits will be taken: an interval that nine times in ten is kept, or nothing.
//!
//! A [`Journal`] is told who began to wait in a [`Bucket`] and who was taken, and gives [`Forecast`]s. It keeps what every
//! estimator of [`estimate`] said at each entry, so that the one whose mistakes were smallest lately is listened to, and
//! so that its middle and its ninth decile are corrected by what really happened ([`survival`]). Lengths are counted on
//! the team's own clock ([`TeamTime`]), which stands still while the doors are closed. [`announce()`] rounds a forecast
//! to what may be said and [`told`] says it.
//!
//! Everything is a count or a wait of a whole bucket: nothing here knows an agent (ADR 0010).

mod announce;
mod bucket;
mod estimate;
mod journal;
mod pace;
mod survival;
mod team;
mod team_time;
#[cfg(test)]
mod tests;
mod told;

pub(crate) use announce::{Announced, Shape, announce};
pub(crate) use bucket::{Bucket, Level};
pub(crate) use journal::{Journal, Stay, Wait};
pub(crate) use team::{looked_back, team_time};
pub(crate) use team_time::TeamTime;
pub(crate) use told::{in_words, words};

use guichet_core::Timestamp;

/// Waits of a bucket that have to be known before anything is said of it (ROUTING §9).
pub(crate) const KNOWN_MIN: usize = 20;
/// Waits of a bucket that are kept: a week of the busiest department of a large town, enough to know its hours.
pub(crate) const KEPT_MAX: usize = 1_000;
/// Days of the past that are looked at: a month, so that a season does not speak for the next.
pub(crate) const PAST_DAYS: i64 = 30;
/// Days ahead that something may be said of: nobody knows the shifts of later ones.
pub(crate) const AHEAD_DAYS: i64 = 60;

/// Where a request stands in its bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It waits behind so many.
    Behind(usize),
    /// Somebody was asked and has not answered.
    Offered,
    /// It is about to come: nobody knows yet whether it will have to wait.
    Coming,
}

/// When a request will be taken, as far as one can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Forecast {
    /// As likely before as after.
    pub(crate) p50: Timestamp,
    /// Nine times in ten before.
    pub(crate) p90: Timestamp,
}
