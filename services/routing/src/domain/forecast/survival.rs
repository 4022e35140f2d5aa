//! What really happened to those of whom an estimator said as much: its middle and its ninth decile, those who still
//! wait counted as long as they have (Kaplan and Meier 1958). Without them only the short waits of a bad day would be
//! known while it lasts.

/// What an estimator said and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) said: i64,
    pub(super) waited: i64,
    /// It is over: it was taken.
    pub(super) over: bool,
}

/// Neighbours asked at least.
const NEAR_MIN: usize = 20;
/// Thousandths.
const ONE: i64 = 1_000;
/// Who is left of those who waited, in billionths.
const WHOLE: u64 = 1_000_000_000;

/// Returns the middle and the ninth decile of what follows when `said` is said. `grain` is a length below which no two
/// lengths differ.
pub(super) fn corrected(outcomes: &[Outcome], said: i64, grain: i64) -> Option<(i64, i64)> {
    let ratio = |left: i64, right: i64| (left + grain).saturating_mul(ONE) / (right + grain).max(1);
    // The nearest of what was said: a third of twice and a third of half are as far away.
    let distance = |outcome: &&Outcome| ratio(said.max(outcome.said), said.min(outcome.said));
    let mut near: Vec<&Outcome> = outcomes.iter().collect();
    // Of equals, those of whom one knows: who waits is more often somebody who waits long.
    near.sort_by_key(|outcome| (distance(outcome), !outcome.over));
    near.truncate((near.len() / 2).max(NEAR_MIN));
    let mut ratios: Vec<(i64, bool)> =
        near.iter().map(|outcome| (ratio(outcome.waited, outcome.said), outcome.over)).collect();
    ratios.sort_unstable_by_key(|&(ratio, over)| (ratio, !over));
    let last = ratios.last()?.0;
    let apply = |ratio: i64| ((said + grain).saturating_mul(ratio) / ONE - grain).max(0);
    let p90 = left_below(&ratios, WHOLE / 10).unwrap_or(last);
    let p50 = left_below(&ratios, WHOLE / 2).unwrap_or(last).min(p90);
    Some((apply(p50), apply(p90)))
}

/// Returns the first ratio at which no more than a share of those who waited are left.
fn left_below(ratios: &[(i64, bool)], share: u64) -> Option<i64> {
    let mut left = WHOLE;
    for (place, (ratio, over)) in ratios.iter().enumerate() {
        if *over {
            let at_risk = u64::try_from(ratios.len() - place).unwrap_or(1);
            left = left * (at_risk - 1) / at_risk;
        }
        if left <= share {
            return Some(*ratio);
        }
    }
    None
}
