//! Draws of the distributions that scenarios are made of.

use guichet_core::{Rng, SeededRng};

/// Numbers drawn one after the other; all of them follow from the seed.
#[derive(Debug)]
pub(super) struct Draws(SeededRng);

impl Draws {
    pub(super) const fn new(seed: u64) -> Self {
        Self(SeededRng::new(seed))
    }

    /// Returns a number above 0 and at most 1.
    pub(super) fn share(&self) -> f64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        share_of(u64::from_le_bytes(bytes))
    }

    /// Returns a number below `bound`.
    pub(super) fn below(&self, bound: usize) -> usize {
        self.0.below(u32::try_from(bound).unwrap_or(u32::MAX)) as usize
    }

    /// Returns whether something of this chance happens.
    pub(super) fn happens(&self, chance: f64) -> bool {
        self.share() <= chance
    }

    /// Returns a length of time without memory, in milliseconds.
    pub(super) fn exponential_ms(&self, mean_ms: f64) -> f64 {
        -self.share().ln() * mean_ms
    }

    /// Returns a length of human work in milliseconds: log-normal, as handling times are.
    pub(super) fn work_ms(&self, mean_ms: f64, variation: f64) -> i64 {
        let spread = (1.0 + variation * variation).ln();
        let normal = (-2.0 * self.share().ln()).sqrt() * (std::f64::consts::TAU * self.share()).cos();
        millis((normal * spread.sqrt() - spread / 2.0).exp() * mean_ms)
    }

    /// Returns the place of one of the weights, the heavier the likelier.
    pub(super) fn weighted(&self, weights: &[f64]) -> usize {
        let mut left = self.share() * weights.iter().sum::<f64>();
        let found = weights.iter().position(|weight| {
            left -= weight;
            left <= 0.0
        });
        found.unwrap_or(weights.len().saturating_sub(1))
    }
}

/// Returns a share that follows from what is known, whatever was drawn before: hazards that do not depend on the policy.
pub(super) fn share_from(seed: u64, place: u64, turn: u64) -> f64 {
    let draws = SeededRng::new(seed ^ place.wrapping_mul(0xA076_1D64_78BD_642F) ^ turn.rotate_left(40));
    let mut bytes = [0; 8];
    draws.fill(&mut bytes);
    share_of(u64::from_le_bytes(bytes))
}

/// Returns whole milliseconds, at least 1.
#[expect(clippy::cast_possible_truncation, reason = "lengths of a simulated day are far below the limits of i64")]
pub(super) fn millis(length_ms: f64) -> i64 {
    (length_ms.round() as i64).max(1)
}

/// 53 bits fill a double exactly.
#[expect(clippy::cast_precision_loss, reason = "53 bits fit in a double")]
fn share_of(bits: u64) -> f64 {
    ((bits >> 11) + 1) as f64 / (1_u64 << 53) as f64
}
