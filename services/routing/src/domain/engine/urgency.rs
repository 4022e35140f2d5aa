//! Which waiting request matters most: `U = slope × time waited`, the generalised c-mu rule of ROUTING §4 with slopes
//! rounded to 32 classes, so that the order inside a bucket never changes.

use guichet_core::Timestamp;

const HOUR_MS: i64 = 3_600_000;
/// Targets are clamped between these: 4 hours for danger, 60 days for the longest examinations.
const TARGET_MS_MIN: i64 = 4 * HOUR_MS;
const TARGET_MS_MAX: i64 = 60 * 24 * HOUR_MS;
/// Slope of class 0; a class is worth 2^(2/3) times the one before.
const SLOPES: [i128; 3] = [1_024, 1_625, 2_580];
/// Classes of slope.
pub(crate) const CLASSES: u8 = 32;
/// What a late request's waiting is worth beside one in time.
const LATE_FACTOR: i128 = 4;

/// Returns the class of a request: its cost of waiting (1 to 10) over the square of its target.
pub(crate) fn class_of(cost: u32, target_ms: i64) -> u8 {
    let target = i128::from(target_ms.clamp(TARGET_MS_MIN, TARGET_MS_MAX));
    let longest = i128::from(TARGET_MS_MAX);
    let slope = i128::from(cost.clamp(1, 10)) * SLOPES[0] * longest * longest / (target * target);
    (1..CLASSES).rev().find(|&class| slope_of(class) <= slope).unwrap_or(0)
}

fn slope_of(class: u8) -> i128 {
    SLOPES[usize::from(class % 3)] << (2 * (class / 3))
}

/// Returns the urgency at `now` of what has waited since `since`.
pub(crate) fn urgency(class: u8, late: bool, since: Timestamp, now: Timestamp) -> i128 {
    let factor = if late { LATE_FACTOR } else { 1 };
    slope_of(class.min(CLASSES - 1)) * factor * i128::from(now.millis_since(since))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_rise_with_the_cost_and_fall_with_the_target() {
        let day = 24 * HOUR_MS;
        assert!(class_of(1, day) > class_of(1, 10 * day));
        assert!(class_of(10, day) > class_of(1, day));
        assert_eq!(class_of(1, i64::MAX), 0);
        assert!(class_of(10, 0) < CLASSES);
        assert!((1..CLASSES).all(|class| slope_of(class) > slope_of(class - 1)));
    }

    #[test]
    fn a_long_enough_wait_overtakes_any_other_request() {
        let start = Timestamp::from_millis(0);
        let now = start.plus_seconds(10 * 365 * 86_400);
        let recent = now.plus_seconds(-60);
        assert!(urgency(0, false, start, now) > urgency(15, false, recent, now));
        assert!(urgency(3, true, start, now) > urgency(3, false, start, now));
    }
}
