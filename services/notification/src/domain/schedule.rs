//! When a deferred delivery is tried again.

use guichet_core::Timestamp;

/// Seconds before the second to sixth attempt: greylisting lets the second or third through, an outage the fifth.
const FIRST_DELAYS_SECONDS: [i64; 5] = [60, 5 * 60, 15 * 60, 3_600, 4 * 3_600];
/// Seconds between later attempts.
const LATER_DELAY_SECONDS: i64 = 8 * 3_600;
/// After this age a message has failed (RFC 5321 §4.5.4.1: at least 4 to 5 days).
const MAX_AGE_SECONDS: i64 = 5 * 24 * 3_600;
/// Thousandths of the delay that chance may add or take away, so that a relay that comes back is not hit all at once.
pub const JITTER_PERMILLE: i64 = 100;
/// Seconds before intake is asked again when it does not answer: the notice stays queued, without limit.
const POSTPONE_SECONDS: i64 = 2;

/// Returns when to try again after `attempts` attempts, `None` when the message is too old. `chance` is a number from
/// 0 to 2000: 1000 is no jitter.
pub fn next_attempt(attempts: u32, created_at: Timestamp, now: Timestamp, chance: u32) -> Option<Timestamp> {
    if now.millis_since(created_at) >= MAX_AGE_SECONDS * 1_000 {
        return None;
    }
    let step = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    let seconds = FIRST_DELAYS_SECONDS.get(step).copied().unwrap_or(LATER_DELAY_SECONDS);
    Some(now.plus_millis(with_jitter(seconds * 1_000, chance)))
}

/// Returns when to ask again for what could not be prepared.
pub fn postponed(now: Timestamp, chance: u32) -> Timestamp {
    now.plus_millis(with_jitter(POSTPONE_SECONDS * 1_000, chance))
}

fn with_jitter(millis: i64, chance: u32) -> i64 {
    let share = i64::from(chance.min(2_000)) - 1_000;
    millis + millis * share * JITTER_PERMILLE / 1_000_000
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CREATED: Timestamp = Timestamp::from_millis(1_795_000_000_000);

    #[test]
    fn the_first_delays_follow_the_table_then_every_eight_hours() {
        let minutes: Vec<i64> = (1..=7)
            .map(|attempts| next_attempt(attempts, CREATED, CREATED, 1_000).expect("young"))
            .map(|at| at.millis_since(CREATED) / 60_000)
            .collect();
        assert_eq!(minutes, [1, 5, 15, 60, 240, 480, 480]);
    }

    #[test]
    fn a_message_fails_after_five_days_and_not_before() {
        let almost = CREATED.plus_seconds(MAX_AGE_SECONDS - 1);
        assert!(next_attempt(20, CREATED, almost, 0).is_some());
        assert_eq!(next_attempt(20, CREATED, almost.plus_seconds(1), 0), None);
    }

    proptest! {
        #[test]
        fn jitter_stays_within_a_tenth(attempts in 1_u32..40, chance in 0_u32..=2_000) {
            let exact = next_attempt(attempts, CREATED, CREATED, 1_000).expect("young").millis_since(CREATED);
            let drawn = next_attempt(attempts, CREATED, CREATED, chance).expect("young").millis_since(CREATED);
            prop_assert!((drawn - exact).abs() <= exact / 10);
        }
    }
}
