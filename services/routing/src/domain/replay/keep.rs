//! Which loads are kept, and which of them a replay begins at.

use std::ops::Range;

use guichet_core::Timestamp;

/// Days during which a day can be replayed: the month that figures are closed over.
pub(crate) const KEEP_DAYS: i64 = 31;
/// Bytes of loads kept whatever their age: a year of ordinary loads, or some days of a desk that drowns.
pub(crate) const KEEP_BYTES_MAX: i64 = 1024 * 1024 * 1024;
/// Hours after which an engine is loaded anew: a replay begins at a load, so it never has to begin longer before its day.
pub(crate) const ENGINE_HOURS_MAX: i64 = 7 * 24;
const HOUR_MILLIS: i64 = 3_600_000;

/// A load that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LoadMark {
    pub(crate) batch: i64,
    pub(crate) at: Timestamp,
    pub(crate) bytes: i64,
}

/// Returns the batch before which loads and inputs are forgotten, `marks` being the newest first; `None` = everything is
/// kept. The load that was in force [`KEEP_DAYS`] ago is kept, since the days after it begin there; of a shard that nobody
/// has loaded for longer than an engine serves, nothing is.
pub(crate) fn forget_before(marks: &[LoadMark], now: Timestamp) -> Option<i64> {
    let horizon = now.plus_millis(-KEEP_DAYS * 24 * HOUR_MILLIS);
    if marks.first().is_some_and(|newest| is_due_for_a_load(newest.at, horizon)) {
        return Some(i64::MAX);
    }
    let mut bytes = 0_i64;
    let mut oldest = None;
    for mark in marks {
        bytes = bytes.saturating_add(mark.bytes);
        if oldest.is_some() && bytes > KEEP_BYTES_MAX {
            return oldest;
        }
        oldest = Some(mark.batch);
        if mark.at <= horizon {
            return oldest;
        }
    }
    None
}

/// Returns whether an engine has served long enough.
pub(crate) const fn is_due_for_a_load(loaded_at: Timestamp, now: Timestamp) -> bool {
    now.millis_since(loaded_at) >= ENGINE_HOURS_MAX * HOUR_MILLIS
}

/// Returns the loads that a replay of a period goes through, in order: the one in force when it begins, and those in it.
pub(crate) fn loads_of(marks: &[LoadMark], period: &Range<Timestamp>) -> Vec<LoadMark> {
    let mut loads: Vec<LoadMark> = Vec::new();
    for mark in marks.iter().filter(|mark| mark.at < period.end) {
        loads.push(*mark);
        if mark.at <= period.start {
            break;
        }
    }
    loads.reverse();
    loads
}

#[cfg(test)]
mod tests {
    use super::*;

    const MORNING: Timestamp = Timestamp::from_millis(1_795_510_800_000);

    fn marks(hours_ago: &[i64], bytes: i64) -> Vec<LoadMark> {
        let mark = |(place, hours): (usize, &i64)| LoadMark {
            batch: 1_000 - i64::try_from(place).expect("few"),
            at: MORNING.plus_millis(-hours * HOUR_MILLIS),
            bytes,
        };
        hours_ago.iter().enumerate().map(mark).collect()
    }

    #[test]
    fn loads_are_kept_a_month_and_the_one_in_force_before_it() {
        let month = KEEP_DAYS * 24;
        assert_eq!(forget_before(&marks(&[1, 30, month - 1], 10), MORNING), None);
        assert_eq!(forget_before(&marks(&[1, month - 1, month + 1, month + 2], 10), MORNING), Some(998));
        assert_eq!(forget_before(&[], MORNING), None);
    }

    #[test]
    fn nothing_is_kept_of_a_shard_that_nobody_has_had_for_long() {
        let long = KEEP_DAYS * 24 + ENGINE_HOURS_MAX;
        assert_eq!(forget_before(&marks(&[long, long + 50], 10), MORNING), Some(i64::MAX));
        assert_eq!(forget_before(&marks(&[long - 1, long + 50], 10), MORNING), Some(1_000));
    }

    #[test]
    fn loads_that_take_too_much_room_go_first_and_the_newest_stays() {
        let half = KEEP_BYTES_MAX / 2;
        assert_eq!(forget_before(&marks(&[1, 2, 3, 4], half), MORNING), Some(999));
        assert_eq!(forget_before(&marks(&[1, 2], KEEP_BYTES_MAX * 2), MORNING), Some(1_000));
    }

    #[test]
    fn a_day_is_replayed_from_the_load_in_force_when_it_began() {
        let marks = marks(&[1, 5, 30, 50], 10);
        let day = MORNING.plus_millis(-10 * HOUR_MILLIS)..MORNING.plus_millis(-2 * HOUR_MILLIS);
        let loads: Vec<i64> = loads_of(&marks, &day).iter().map(|mark| mark.batch).collect();
        assert_eq!(loads, [998, 999]);
        assert!(is_due_for_a_load(MORNING.plus_millis(-ENGINE_HOURS_MAX * HOUR_MILLIS), MORNING));
    }
}
