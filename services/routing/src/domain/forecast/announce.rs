//! What may be said of a forecast: an interval between round edges. Both edges are rounded up, so that the low one is
//! never below the middle, nor the high one below the ninth decile.

use guichet_core::Timestamp;
use guichet_core::french::Dates;
use jiff::ToSpan;
use serde::{Deserialize, Serialize};

use super::Forecast;

const MINUTE_MS: i64 = 60_000;
/// Edges in minutes: people do not plan by less, and nobody knows better.
const EDGES: [u32; 10] = [2, 5, 10, 15, 20, 30, 45, 60, 90, 120];
/// When the afternoon begins.
const AFTERNOON_HOUR: i8 = 13;
/// Low edges of days are told to the half-hour.
const HALF_HOUR_MS: i64 = 30 * MINUTE_MS;

/// How an interval is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "shape", rename_all = "snake_case")]
pub(crate) enum Shape {
    /// In so many minutes; alike = in less than that.
    Minutes { low: u32, high: u32 },
    /// Before noon, or before the evening.
    HalfDay,
    /// Today.
    Day,
    /// On one later day.
    Date,
    /// From today on, up to a day.
    Until,
    /// Between two later days.
    Dates,
}

/// What is said of a forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Announced {
    /// Never before the middle of the forecast.
    pub(crate) from: Timestamp,
    /// Never before its ninth decile.
    pub(crate) to: Timestamp,
    #[serde(flatten)]
    pub(crate) shape: Shape,
}

/// Returns what may be said at `now`: minutes to whoever is on the line, days to whoever wrote. `promise` is the date
/// announced to the usager: a forecast that begins after it is not told, the promise stands.
pub(crate) fn announce(
    forecast: &Forecast,
    now: Timestamp,
    live: bool,
    dates: &Dates,
    promise: Option<Timestamp>,
) -> Option<Announced> {
    let minutes = if live { in_minutes(forecast, now) } else { None };
    let announced = minutes.unwrap_or_else(|| in_days(forecast, now, dates));
    let kept = promise.is_none_or(|promise| announced.from <= promise);
    kept.then_some(announced)
}

fn in_minutes(forecast: &Forecast, now: Timestamp) -> Option<Announced> {
    let edge = |at: Timestamp| {
        let length = at.millis_since(now).max(0);
        EDGES.into_iter().find(|edge| i64::from(*edge) * MINUTE_MS >= length)
    };
    let (low, high) = (edge(forecast.p50)?, edge(forecast.p90)?);
    let after = |minutes: u32| now.plus_millis(i64::from(minutes) * MINUTE_MS);
    let from = if low == high { forecast.p50.max(now) } else { after(low) };
    Some(Announced { from, to: after(high), shape: Shape::Minutes { low, high } })
}

fn in_days(forecast: &Forecast, now: Timestamp, dates: &Dates) -> Announced {
    let today = dates.local(now);
    let (low, high) = (dates.local(forecast.p50), dates.local(forecast.p90));
    let noon = end(&high.date().at(AFTERNOON_HOUR, 0, 0, 0), dates);
    let evening = end(&high.date().saturating_add(1.day()).at(0, 0, 0, 0), dates);
    let is_today = high.date() <= today.date();
    let (shape, to) = if is_today && high.hour() < AFTERNOON_HOUR {
        (Shape::HalfDay, noon)
    } else if is_today && today.hour() >= AFTERNOON_HOUR {
        (Shape::HalfDay, evening)
    } else if is_today {
        (Shape::Day, evening)
    } else if low.date() == high.date() {
        (Shape::Date, evening)
    } else if low.date() <= today.date() {
        (Shape::Until, evening)
    } else {
        (Shape::Dates, evening)
    };
    let to = to.max(forecast.p90);
    Announced { from: half_hour_after(forecast.p50).min(to), to, shape }
}

/// Returns the last minute before the wall shows a time: a day that ends is told as that day.
fn end(wall: &jiff::civil::DateTime, dates: &Dates) -> Timestamp {
    let at = wall.to_zoned(dates.zone().clone()).map_or(jiff::Timestamp::MAX, |zoned| zoned.timestamp());
    Timestamp::from(at).plus_millis(-MINUTE_MS)
}

fn half_hour_after(at: Timestamp) -> Timestamp {
    let over = at.as_millis().rem_euclid(HALF_HOUR_MS);
    if over == 0 { at } else { at.plus_millis(HALF_HOUR_MS - over) }
}
