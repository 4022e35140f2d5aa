//! The promises to usagers that are measured. A commitment is a test on one request: its numerator, its denominator and
//! the lists they open cannot differ.
//!
//! Services Publics+ asks for the share of procedures treated within the announced delay among all that were treated
//! (engagement 6), and that every request is answered or told a date, whatever its channel (engagement 4).

use std::collections::BTreeMap;
use std::ops::Range;

use guichet_core::Timestamp;
use guichet_core::id::{AuthorityId, ServiceRequestId};

/// One promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Commitment {
    /// « Délai annoncé tenu ».
    DelayKept,
    /// « Répondue ou datée ».
    AnsweredOrDated,
}

/// A request, as far as promises go. What its usager withdrew, what was dismissed and what an outside body has is none
/// of ours to keep: it is not among them.
#[derive(Clone, Debug)]
pub(crate) struct Promise {
    pub(crate) request_id: ServiceRequestId,
    pub(crate) authority_id: AuthorityId,
    pub(crate) department: String,
    pub(crate) received_at: Timestamp,
    pub(crate) announced_due: Option<Timestamp>,
    /// The latest day of the receipt, which tells the date.
    pub(crate) receipt_due: Timestamp,
    /// Of the last answer; none while it is open again, so that a figure of the past moves when a request is reopened.
    pub(crate) resolved_at: Option<Timestamp>,
}

impl Commitment {
    pub(crate) const ALL: [Self; 2] = [Self::DelayKept, Self::AnsweredOrDated];

    /// Returns whether the promise was kept to a request, `None` when the period does not count it, or nothing is owed
    /// yet.
    pub(crate) fn verdict(self, promise: &Promise, period: &Range<Timestamp>, now: Timestamp) -> Option<bool> {
        match self {
            Self::DelayKept => {
                let resolved_at = promise.resolved_at.filter(|at| period.contains(at))?;
                Some(resolved_at <= promise.announced_due?)
            }
            Self::AnsweredOrDated => {
                let told = promise.resolved_at.is_some() || promise.announced_due.is_some();
                let counts = period.contains(&promise.received_at) && (told || promise.receipt_due < now);
                counts.then_some(told)
            }
        }
    }
}

/// How one promise was kept by one department of one authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Score {
    pub(crate) commitment: Commitment,
    pub(crate) authority_id: AuthorityId,
    pub(crate) department: String,
    pub(crate) kept: u64,
    pub(crate) total: u64,
}

/// Counts promises by authority and department, in the order of their codes.
pub(crate) fn scores(promises: &[Promise], period: &Range<Timestamp>, now: Timestamp) -> Vec<Score> {
    let mut counts: BTreeMap<(Commitment, AuthorityId, &str), (u64, u64)> = BTreeMap::new();
    for promise in promises {
        for commitment in Commitment::ALL {
            let Some(kept) = commitment.verdict(promise, period, now) else { continue };
            let count = counts.entry((commitment, promise.authority_id, &promise.department)).or_default();
            *count = (count.0 + u64::from(kept), count.1 + 1);
        }
    }
    let score = |((commitment, authority_id, department), (kept, total)): (_, (u64, u64))| {
        let department: &str = department;
        Score { commitment, authority_id, department: department.to_owned(), kept, total }
    };
    counts.into_iter().map(score).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn at(days: i64) -> Timestamp {
        Timestamp::from_millis(days * 86_400_000)
    }

    fn promise(received: i64, announced: Option<i64>, resolved: Option<i64>) -> Promise {
        Promise {
            request_id: ServiceRequestId::from(Uuid::from_u128(1)),
            authority_id: AuthorityId::of_code("valorme"),
            department: "EC".to_owned(),
            received_at: at(received),
            announced_due: announced.map(at),
            receipt_due: at(received + 14),
            resolved_at: resolved.map(at),
        }
    }

    #[test]
    fn a_delay_counts_in_the_period_of_the_answer() {
        let period = at(10)..at(20);
        for (promise, verdict) in [
            (promise(1, Some(12), Some(12)), Some(true)),
            (promise(1, Some(12), Some(13)), Some(false)),
            (promise(1, Some(12), Some(20)), None),
            (promise(11, Some(12), None), None),
            (promise(11, None, Some(12)), None),
        ] {
            assert_eq!(Commitment::DelayKept.verdict(&promise, &period, at(60)), verdict, "{promise:?}");
        }
    }

    #[test]
    fn an_answer_or_a_date_is_owed_to_everything_received() {
        let period = at(10)..at(20);
        for (promise, verdict) in [
            (promise(11, Some(12), None), Some(true)),
            (promise(11, None, Some(12)), Some(true)),
            (promise(11, None, None), Some(false)),
            (promise(9, None, None), None),
        ] {
            assert_eq!(Commitment::AnsweredOrDated.verdict(&promise, &period, at(60)), verdict, "{promise:?}");
        }
    }

    #[test]
    fn what_came_a_moment_ago_is_not_missed_yet() {
        let fresh = promise(11, None, None);
        assert_eq!(Commitment::AnsweredOrDated.verdict(&fresh, &(at(10)..at(20)), at(12)), None);
    }

    #[test]
    fn numerators_and_denominators_are_those_of_their_lists() {
        let period = at(0)..at(30);
        let promises = [
            promise(1, Some(12), Some(12)),
            promise(2, Some(3), Some(9)),
            promise(3, None, None),
            promise(40, None, None),
        ];
        for score in scores(&promises, &period, at(60)) {
            let verdicts: Vec<bool> =
                promises.iter().filter_map(|promise| score.commitment.verdict(promise, &period, at(60))).collect();
            assert_eq!(score.total, verdicts.len() as u64);
            assert_eq!(score.kept, verdicts.into_iter().filter(|kept| *kept).count() as u64);
        }
        assert_eq!(scores(&promises, &period, at(60)).len(), 2);
    }
}
