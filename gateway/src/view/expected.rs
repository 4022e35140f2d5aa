//! When a request that waits will be taken, as its usager is told: an indication beside the announced date, never in its
//! place. Nothing is said when routing says nothing, or does not answer.

use guichet_proto::routing::v1::{Expected, ExpectedShape, GetForecastRequest};
use serde::Serialize;
use utoipa::ToSchema;

use super::date::Dates;
use crate::api::words::instant;
use crate::app::App;
use crate::clients::ask;
use crate::language::{self, Language};
use crate::text::in_french;

/// An interval in which a request that waits will most likely be taken: an indication, not a promise.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Expectation {
    /// As likely taken before its middle as after; never earlier than that middle.
    from: Option<String>,
    /// Nine in ten are taken before.
    to: Option<String>,
}

impl From<&Expected> for Expectation {
    fn from(expected: &Expected) -> Self {
        Self { from: instant(expected.from), to: instant(expected.to) }
    }
}

/// Returns when a request is expected to be taken, while it waits for the first time (`registered`).
pub(crate) async fn of_request(app: &App, state: &str, request_id: &str) -> Option<Expected> {
    if state != "registered" || request_id.is_empty() {
        return None;
    }
    let message = GetForecastRequest { request_id: request_id.to_owned() };
    ask!(app.queue(), get_forecast, message).ok()?.expected
}

/// Returns the sentence for the usager, empty when nothing is expected.
pub(crate) fn sentence(expected: Option<&Expected>, dates: &Dates) -> String {
    match (expected, language::current()) {
        (None, _) => String::new(),
        (Some(expected), Language::French) => in_french(&expected.sentence),
        (Some(expected), Language::English) => {
            let when = in_english(expected, dates);
            format!("As an indication, somebody should take it up {when}. The dates given to you do not change.")
        }
    }
}

fn in_english(expected: &Expected, dates: &Dates) -> String {
    let (low, high) = (expected.low_minutes, expected.high_minutes);
    match expected.shape() {
        ExpectedShape::Minutes if low == high => format!("within {}", length(high)),
        ExpectedShape::Minutes if high < 60 => format!("in {low} to {high} minutes"),
        ExpectedShape::Minutes => format!("in {} to {}", length(low), length(high)),
        ExpectedShape::HalfDay => "within the half-day".to_owned(),
        ExpectedShape::Day => "today".to_owned(),
        ExpectedShape::Date => format!("on {}", dates.day(expected.to)),
        ExpectedShape::Dates => format!("between {} and {}", dates.day(expected.from), dates.day(expected.to)),
        ExpectedShape::Until | ExpectedShape::Unspecified => format!("by {}", dates.day(expected.to)),
    }
}

fn length(minutes: u32) -> String {
    match minutes {
        60 => "an hour".to_owned(),
        90 => "an hour and a half".to_owned(),
        120 => "two hours".to_owned(),
        _ => format!("{minutes} minutes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(shape: ExpectedShape, low_minutes: u32, high_minutes: u32) -> String {
        let (from, to) = (1_796_029_200_000, 1_796_212_740_000);
        let expected = Expected { from, to, shape: shape.into(), low_minutes, high_minutes, ..Expected::default() };
        in_english(&expected, &Dates::in_zone("Europe/Paris"))
    }

    #[test]
    fn who_reads_english_is_told_minutes_or_days_in_english() {
        assert_eq!(said(ExpectedShape::Minutes, 10, 20), "in 10 to 20 minutes");
        assert_eq!(said(ExpectedShape::Minutes, 5, 5), "within 5 minutes");
        assert_eq!(said(ExpectedShape::Minutes, 45, 90), "in 45 minutes to an hour and a half");
        assert!(said(ExpectedShape::Dates, 0, 0).starts_with("between "), "{}", said(ExpectedShape::Dates, 0, 0));
    }

    #[test]
    fn nothing_is_said_of_what_is_not_known() {
        assert_eq!(sentence(None, &Dates::in_zone("Europe/Paris")), "");
    }
}
