//! Which waiting request matters most: `U = slope × time waited`, the generalised c-mu rule of ROUTING §4 with slopes
//! rounded to 32 classes, so that the order inside a bucket never changes.

const HOUR_MS: i64 = 3_600_000;
/// Targets are clamped between these: five minutes for who stands at the counter, 60 days for the longest examinations.
/// A floor of hours would make callers wait behind letters (`bench town-hall`).
const TARGET_MS_MIN: i64 = HOUR_MS / 12;
const TARGET_MS_MAX: i64 = 60 * 24 * HOUR_MS;
/// Slope of class 0; a class is worth 2^(2/3) times the one before.
const SLOPES: [i128; 3] = [1_024, 1_625, 2_580];
/// Classes of slope: the costliest request with the shortest target is in the last.
pub(crate) const CLASSES: u8 = 48;
/// What somebody on the line or at the counter can wait.
pub(crate) const LIVE_TARGET_MS: i64 = TARGET_MS_MIN;
/// What a late request's waiting is worth beside one in time.
const LATE_FACTOR: i128 = 4;
/// The least target a late request is given: with its own, of weeks, it would wait behind callers for ever. A letter that is
/// five days old then goes before who has been on the line for less than three minutes.
const LATE_TARGET_MS: i64 = 4 * HOUR_MS;

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

/// Returns what a millisecond of waiting is worth to a request.
pub(crate) fn factor_of(class: u8, late: bool) -> i64 {
    let own = slope_of(class.min(CLASSES - 1));
    let factor = if late { (own * LATE_FACTOR).max(slope_of(class_of(1, LATE_TARGET_MS))) } else { own };
    // The last class is worth less than 2^47.
    i64::try_from(factor).unwrap_or(i64::MAX)
}

/// Returns the target of a request of this class, in milliseconds, when its cost of waiting is one: what match gains
/// are shares of.
pub(crate) fn target_ms_of(class: u8) -> i64 {
    let longest = i128::from(TARGET_MS_MAX);
    let squared = SLOPES[0] * longest * longest / slope_of(class.min(CLASSES - 1));
    i64::try_from(squared.isqrt()).unwrap_or(TARGET_MS_MAX)
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
    fn the_target_of_a_class_is_the_one_that_gives_it() {
        for class in 0..CLASSES {
            let target = target_ms_of(class);
            assert!(
                (TARGET_MS_MIN..=TARGET_MS_MAX).contains(&target) == (class_of(1, target) == class),
                "{class}: {target}"
            );
        }
    }

    #[test]
    fn a_long_enough_wait_overtakes_any_other_request() {
        let ten_years = 10 * 365 * 24 * HOUR_MS;
        assert!(factor_of(0, false) * ten_years > factor_of(15, false) * 60_000);
        assert!(factor_of(3, true) > factor_of(3, false));
    }
}
