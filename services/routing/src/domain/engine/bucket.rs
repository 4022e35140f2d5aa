//! Where requests wait: one ordered set for each (need, channel, slope class, lane).
//!
//! Ageing is linear with one slope a bucket, so the order inside never changes and only heads are compared. The set is
//! a B-tree and not a heap: a head may be closed to one agent (they declined it), who then needs the next one in order.

use std::collections::BTreeSet;

use guichet_core::Timestamp;
use guichet_core::id::ServiceRequestId;
use guichet_core::work::Channel;

use super::Map;
use super::bits::Bits;
use super::hours::HoursIx;
use super::needs::{NeedCard, NeedIx};
use super::roster::ProfileIx;
use super::urgency::{factor_of, target_ms_of};
use super::variety::DepartmentIx;

/// Place of a bucket in the queue.
pub(crate) type BucketIx = u32;
/// A request's place in its bucket: by time of arrival, then by id.
pub(crate) type Place = (Timestamp, ServiceRequestId);

/// What the requests of one bucket share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) need: NeedIx,
    pub(crate) channel: Channel,
    pub(crate) slope: u8,
    pub(crate) late: bool,
}

/// The rules of one bucket and its head. All that choosing needs is in one cache line.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(crate) struct Bucket {
    pub(crate) key: Key,
    pub(crate) weight: u32,
    pub(crate) live: bool,
    pub(crate) department: DepartmentIx,
    /// Whose opening hours its requests wait for.
    pub(crate) hours: Option<HoursIx>,
    /// What a millisecond of waiting is worth.
    factor: i64,
    /// What a request of this class can wait, in seconds.
    target_s: u32,
    /// [`NOBODY`] when nothing waits.
    head: Place,
}

/// The head of an empty bucket: later than any.
const NOBODY: Place = (Timestamp::from_millis(i64::MAX), ServiceRequestId::MIN);

impl Bucket {
    /// Returns the urgency at `now` of a request that waits here since `since`.
    pub(crate) fn urgency(&self, since: Timestamp, now: Timestamp) -> i128 {
        i128::from(self.factor) * i128::from(now.millis_since(since))
    }

    /// Returns the urgency of the same request for an agent to whom it is worth so many thousandths of its target more,
    /// counted as time waited.
    pub(crate) fn urgency_for(&self, gain_permille: i64, since: Timestamp, now: Timestamp) -> i128 {
        let gain_ms = i64::from(self.target_s) * gain_permille;
        i128::from(self.factor) * i128::from(now.millis_since(since) + gain_ms)
    }

    /// Returns the request that waits longest here.
    pub(crate) fn head(&self) -> Option<Place> {
        Some(self.head).filter(|head| *head != NOBODY)
    }
}

/// Every bucket, and for each profile the non-empty ones it may serve.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    buckets: Vec<Bucket>,
    /// The requests of each bucket, in the order they wait.
    waiting: Vec<BTreeSet<Place>>,
    by_key: Map<Key, BucketIx>,
    open_for: Vec<Bits>,
    length: usize,
}

impl Queue {
    /// Returns an empty queue for a roster of `profiles` profiles.
    pub(crate) fn new(profiles: usize) -> Self {
        Self { open_for: vec![Bits::default(); profiles], ..Self::default() }
    }

    /// Returns a bucket.
    pub(crate) fn bucket(&self, index: BucketIx) -> &Bucket {
        &self.buckets[index as usize]
    }

    /// Returns the requests of a bucket in the order they wait.
    pub(crate) fn waiting(&self, index: BucketIx) -> &BTreeSet<Place> {
        &self.waiting[index as usize]
    }

    /// Returns those of a bucket that wait since an instant or later, in the same order.
    pub(crate) fn waiting_from(&self, index: BucketIx, since: Timestamp) -> impl Iterator<Item = Place> + '_ {
        self.waiting(index).range((since, ServiceRequestId::MIN)..).copied()
    }

    /// Returns how many requests wait.
    pub(crate) const fn len(&self) -> usize {
        self.length
    }

    /// Returns the non-empty buckets a profile may serve.
    pub(crate) fn open_for(&self, profile: ProfileIx) -> impl Iterator<Item = (BucketIx, &Bucket)> {
        self.open_for[profile].iter().map(|index| (bucket_ix(index), &self.buckets[index]))
    }

    /// Returns every bucket.
    pub(crate) fn buckets(&self) -> impl Iterator<Item = (BucketIx, &Bucket)> {
        self.buckets.iter().enumerate().map(|(index, bucket)| (bucket_ix(index), bucket))
    }

    /// Returns whose opening hours something waits for, perhaps several times.
    pub(crate) fn waited_for(&self) -> impl Iterator<Item = HoursIx> {
        self.buckets.iter().filter(|bucket| bucket.head != NOBODY).filter_map(|bucket| bucket.hours)
    }

    /// Returns the bucket of a key, made when it is seen for the first time.
    pub(crate) fn place_of(&mut self, key: Key, card: &NeedCard, hours: Option<HoursIx>) -> BucketIx {
        if let Some(&index) = self.by_key.get(&key) {
            return index;
        }
        let index = bucket_ix(self.buckets.len());
        self.by_key.insert(key, index);
        self.buckets.push(Bucket {
            key,
            weight: card.need.weight,
            live: card.need.live,
            department: card.department,
            hours,
            factor: factor_of(key.slope, key.late),
            target_s: u32::try_from(target_ms_of(key.slope) / 1_000).unwrap_or(u32::MAX),
            head: NOBODY,
        });
        self.waiting.push(BTreeSet::new());
        index
    }

    /// Adds a request to a bucket that `profiles` may serve.
    pub(crate) fn insert(&mut self, index: BucketIx, place: Place, profiles: &[ProfileIx]) {
        let index = index as usize;
        let bucket = &mut self.buckets[index];
        if bucket.head == NOBODY {
            profiles.iter().for_each(|&profile| self.open_for[profile].insert(index));
        }
        self.length += usize::from(self.waiting[index].insert(place));
        bucket.head = bucket.head.min(place);
    }

    /// Removes a request.
    pub(crate) fn remove(&mut self, index: BucketIx, place: Place, profiles: &[ProfileIx]) {
        let index = index as usize;
        let (bucket, waiting) = (&mut self.buckets[index], &mut self.waiting[index]);
        self.length -= usize::from(waiting.remove(&place));
        if bucket.head == place {
            bucket.head = waiting.first().copied().unwrap_or(NOBODY);
        }
        if bucket.head == NOBODY {
            profiles.iter().for_each(|&profile| self.open_for[profile].remove(index));
        }
    }
}

fn bucket_ix(index: usize) -> BucketIx {
    BucketIx::try_from(index).unwrap_or(BucketIx::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_choosing_needs_of_a_bucket_is_in_one_cache_line() {
        assert_eq!(size_of::<Bucket>(), 64);
    }
}
