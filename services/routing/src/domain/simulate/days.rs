//! Ordinary days of the town hall in a row, weekends and public holidays left out: what waits in the evening is there in the
//! morning.

use guichet_core::Timestamp;
use guichet_events::{Calendar, Interval, Weekday};
use jiff::ToSpan;

use super::scenario::{Arrival, Kind, Past, Scenario};
use super::town_hall;
use super::traffic::{DAY_MINUTES, OPENS_AT, minute};
use crate::domain::calendar::WorkCalendar;
use crate::domain::engine::Step;

/// When the doors open, in minutes of the day.
const OPENS_MINUTE: u16 = 8 * 60 + 30;
/// Days looked at to find those that are open: more than twice as many as a run has.
const DAYS_SEEN_MAX: usize = 1_000;

/// Returns so many days, each drawn from a seed of its own that follows from `seed`.
pub fn scenario(seed: u64, days: usize) -> Scenario {
    let mut whole = town_hall::scenario(seed);
    (whole.audit_every_ms, whole.arrivals, whole.presence) = (None, Vec::new(), Vec::new());
    let opened = opened_at(&whole, days);
    for (day, opens_at) in (0_u64..).zip(&opened) {
        let later_ms = opens_at.millis_since(OPENS_AT);
        let ordinary = town_hall::scenario(seed.wrapping_mul(1_000).wrapping_add(day));
        let places: Vec<usize> = ordinary.kinds.into_iter().map(|kind| place_of(&mut whole.kinds, kind)).collect();
        whole.arrivals.extend(ordinary.arrivals.into_iter().map(|arrival| on_another_day(arrival, later_ms, &places)));
        whole.presence.extend(ordinary.presence.into_iter().map(|mut change| {
            change.at = change.at.plus_millis(later_ms);
            change
        }));
    }
    let last_ms = opened.last().map_or(0, |opens_at| opens_at.millis_since(OPENS_AT));
    Scenario { ends_at: Some(minute(DAY_MINUTES).plus_millis(last_ms)), ..whole }
}

/// Returns the place of a kind among those of all days, a new one for a kind that no day before had.
fn place_of(kinds: &mut Vec<Kind>, kind: Kind) -> usize {
    kinds.iter().position(|known| *known == kind).unwrap_or_else(|| {
        kinds.push(kind);
        kinds.len() - 1
    })
}

/// Returns a contact of one day as it comes on another, its kinds at their places among those of all days.
fn on_another_day(arrival: Arrival, later_ms: i64, places: &[usize]) -> Arrival {
    let later = |at: Timestamp| at.plus_millis(later_ms);
    let moved = |past: Box<Past>| {
        let step = |step: Step| Step { expires_at: step.expires_at.map(later), ..step };
        let (since, late_at) = (later(past.since), past.late_at.map(later));
        Box::new(Past { since, late_at, steps: past.steps.into_iter().map(step).collect(), ..*past })
    };
    Arrival {
        at: later(arrival.at),
        kind: places[arrival.kind],
        truly: arrival.truly.map(|kind| places[kind]),
        legal_at: arrival.legal_at.map(later),
        past: arrival.past.map(moved),
        ..arrival
    }
}

/// Returns when the doors open, Monday to Friday from 8:30 to 17:30.
pub fn doors() -> Calendar {
    let closes = OPENS_MINUTE + u16::try_from(DAY_MINUTES).unwrap_or(0);
    let open = vec![Interval { from_minute: OPENS_MINUTE, to_minute: closes }];
    let days = [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];
    Calendar { week: days.map(|day| (day, open.clone())).into(), closures: Vec::new(), bridges: false }
}

/// Returns at which instants the doors open on the first so many open days.
fn opened_at(scenario: &Scenario, days: usize) -> Vec<Timestamp> {
    let Some(directory) = scenario.town.all().next() else { return Vec::new() };
    let calendar = WorkCalendar::new(&directory.authority, &doors());
    let first = calendar.local(OPENS_AT);
    let mornings = (0_i64..).take(DAYS_SEEN_MAX).map(|later| first.saturating_add(later.days()));
    let open = mornings.filter(|morning| calendar.is_business_day(morning.date()));
    open.map(|morning| calendar.instant_of(morning)).take(days).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_contact_keeps_its_kind_and_its_dates_whatever_day_it_comes() {
        const DAYS: usize = 4;
        let whole = scenario(1, DAYS);
        let mut all = whole.arrivals.iter();
        let opened = opened_at(&whole, DAYS);
        for (day, opens_at) in (0_u64..).zip(&opened) {
            let alone = town_hall::scenario(1_000 + day);
            let later_ms = opens_at.millis_since(OPENS_AT);
            for arrival in &alone.arrivals {
                let moved = all.next().expect("all contacts of the day");
                assert_eq!(whole.kinds[moved.kind], alone.kinds[arrival.kind]);
                assert_eq!(moved.truly.map(|kind| &whole.kinds[kind]), arrival.truly.map(|kind| &alone.kinds[kind]));
                assert_eq!(moved.at.millis_since(arrival.at), later_ms);
                let since = |arrival: &Arrival| arrival.past.as_ref().map(|past| past.since);
                assert_eq!(since(moved), since(arrival).map(|since| since.plus_millis(later_ms)));
            }
        }
        assert_eq!(all.next(), None);
    }
}
