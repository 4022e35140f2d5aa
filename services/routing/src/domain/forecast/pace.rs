//! How fast a bucket is served: from one taking to the next while somebody waited, lately and at each half-hour of the
//! day. It is the pace of a whole team: it says nothing of how many they are nor of who they are.

use std::collections::VecDeque;

use super::KEPT_MAX;
use super::team_time::{SLOTS, TeamTime};

/// Takings that say what the pace is now.
const LATELY: usize = 20;
/// A half-hour counts as if so many takings had been seen in it at the usual pace: few seen prove little.
const TRUST: i64 = 2;
/// Parts of one taking: half-hours are too short for a whole one.
const PARTS: i64 = 1_000_000;

/// One taking: from when somebody waited for it on the team's clock, and when it came.
#[derive(Clone, Copy, Debug)]
struct Taking {
    from: i64,
    at: i64,
}

/// The pace of a bucket.
#[derive(Clone, Debug, Default)]
pub(super) struct Pace {
    kept: VecDeque<Taking>,
    /// By half-hour of the day: takings, and how long somebody waited for them.
    seen: Vec<(i64, i64)>,
    last: i64,
    /// How many left, and how long all have waited, on the team's clock.
    left: i64,
    waited: i64,
}

impl Pace {
    /// Notes that whoever began to wait at `entered` was taken.
    pub(super) fn taken(&mut self, team: &TeamTime, entered: i64, at: i64) {
        let taking = Taking { from: self.last.max(entered).min(at), at };
        (self.last, self.waited) = (at, self.waited + at - entered);
        self.seen.resize(SLOTS, (0, 0));
        if self.kept.len() == KEPT_MAX
            && let Some(oldest) = self.kept.pop_front()
        {
            self.count(team, oldest, -1);
        }
        self.kept.push_back(taking);
        self.count(team, taking, 1);
    }

    /// Notes that whoever began to wait at `entered` left.
    pub(super) const fn left(&mut self, entered: i64, at: i64) {
        (self.left, self.waited) = (self.left + 1, self.waited + at - entered);
    }

    /// Notes that somebody was taken who had not been left waiting.
    pub(super) const fn passed(&mut self, at: i64) {
        self.last = at;
    }

    fn count(&mut self, team: &TeamTime, taking: Taking, sign: i64) {
        let mut left = taking.at - taking.from;
        for (slot, length) in team.ahead(taking.from) {
            let here = length.min(left);
            left -= here;
            self.seen[slot].1 += sign * here;
            if left == 0 {
                self.seen[slot].0 += sign;
                return;
            }
        }
    }

    /// Returns the time from one taking to the next, lately; 0 = nobody has waited yet.
    pub(super) fn interval(&self) -> i64 {
        let lately = self.kept.iter().rev().take(LATELY);
        let (count, sum) = lately.fold((0, 0), |(count, sum), taking| (count + 1, sum + taking.at - taking.from));
        if count == 0 { 0 } else { sum / count }
    }

    /// Returns how many leave, and within how long a wait of everybody together.
    pub(super) const fn leaving(&self) -> (i64, i64) {
        (self.left, self.waited)
    }

    /// Plays the backlog as if each half-hour of the days ahead went as it usually does; returns how long so many takings
    /// need from what the team's clock `shows`.
    pub(super) fn plan(&self, team: &TeamTime, shows: i64, takings: i64) -> i64 {
        let (count, busy) = self.seen.iter().fold((0, 0), |sum, slot| (sum.0 + slot.0, sum.1 + slot.1));
        if count == 0 || busy == 0 {
            return 0;
        }
        let usual = (busy / count).max(1);
        let (mut left, mut length_so_far) = (takings.saturating_mul(PARTS), 0);
        for (slot, length) in team.ahead(shows) {
            let (count, busy) = self.seen[slot];
            let each = ((busy + TRUST * usual) / (count + TRUST)).max(1);
            let done = length * PARTS / each;
            if done >= left {
                return length_so_far + left / PARTS * each + left % PARTS * each / PARTS;
            }
            (left, length_so_far) = (left - done, length_so_far + length);
        }
        // Past the weeks that are known: far away, which is all that matters.
        length_so_far.saturating_add((left / PARTS).saturating_mul(usual))
    }
}
