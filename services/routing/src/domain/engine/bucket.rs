//! Where requests wait: one ordered set for each (need, channel, slope class, lane).
//!
//! Ageing is linear with one slope a bucket, so the order inside never changes and only heads are compared. Requests
//! come last and go first: the set is a line in memory ([`Line`]).

use std::collections::VecDeque;

use guichet_core::Timestamp;
use guichet_core::id::ServiceRequestId;
use guichet_core::work::Channel;

use super::Map;
use super::bits::Bits;
use super::hours::{Hours, HoursIx};
use super::needs::{NeedCard, NeedIx};
use super::roster::ProfileIx;
use super::urgency::{CLASSES, factor_of, target_ms_of};

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

/// The rules of one bucket and its head.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    pub(crate) key: Key,
    pub(crate) weight: u32,
    pub(crate) live: bool,
    /// Whose opening hours its requests wait for.
    pub(crate) hours: Option<HoursIx>,
    pace: Pace,
    /// [`NOBODY`] when nothing waits.
    head: Place,
}

/// How the requests of one class of urgency age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pace {
    /// What a millisecond of waiting is worth.
    factor: i64,
    /// What a request of this class can wait, in seconds.
    target_s: i64,
}

impl Pace {
    /// The paces there are: a class of urgency, in time or late.
    const COUNT: u8 = 2 * CLASSES;

    fn numbered(number: u8) -> Self {
        let (slope, late) = (number % CLASSES, number >= CLASSES);
        Self { factor: factor_of(slope, late), target_s: target_ms_of(slope) / 1_000 }
    }

    fn number(key: &Key) -> u8 {
        key.slope.min(CLASSES - 1) + if key.late { CLASSES } else { 0 }
    }

    fn urgency(self, gain_permille: i64, since: Timestamp, now: Timestamp) -> i128 {
        let gain_ms = self.target_s * gain_permille;
        i128::from(self.factor) * i128::from(now.millis_since(since) + gain_ms)
    }
}

/// What choosing looks at in every bucket an agent may serve, hundreds of them a decision: four to a cache line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Front {
    /// Since when its head waits.
    pub(crate) since: Timestamp,
    pub(crate) need: NeedIx,
    pace: u8,
    /// No request weighs more than 20.
    pub(crate) weight: u8,
    pub(crate) live: bool,
    /// It waits for a department's opening hours.
    pub(crate) has_hours: bool,
}

/// The head of an empty bucket: later than any.
const NOBODY: Place = (Timestamp::from_millis(i64::MAX), ServiceRequestId::MIN);

/// The requests of one bucket in the order they wait. Nearly all are put at the end and taken from the front; one that
/// comes back after a refusal, or is withdrawn, moves those between it and the nearer end: 24 octets each.
#[derive(Clone, Debug, Default)]
struct Line(VecDeque<Place>);

impl Line {
    /// Puts a request in; returns whether it was not there.
    fn insert(&mut self, place: Place) -> bool {
        if self.0.back().is_none_or(|last| *last < place) {
            self.0.push_back(place);
            return true;
        }
        self.0.binary_search(&place).map_err(|index| self.0.insert(index, place)).is_err()
    }

    /// Takes a request out; returns whether it was there.
    fn remove(&mut self, place: Place) -> bool {
        if self.0.front() == Some(&place) {
            return self.0.pop_front().is_some();
        }
        self.0.binary_search(&place).is_ok_and(|index| self.0.remove(index).is_some())
    }
}

impl Bucket {
    /// Returns the urgency at `now` of a request that waits here since `since`.
    pub(crate) fn urgency(&self, since: Timestamp, now: Timestamp) -> i128 {
        self.pace.urgency(0, since, now)
    }

    /// Returns the urgency of the same request for an agent to whom it is worth so many thousandths of its target more,
    /// counted as time waited.
    pub(crate) fn urgency_for(&self, gain_permille: i64, since: Timestamp, now: Timestamp) -> i128 {
        self.pace.urgency(gain_permille, since, now)
    }

    /// Returns the request that waits longest here: later than any when nothing waits.
    pub(crate) const fn head(&self) -> Place {
        self.head
    }
}

/// Every bucket, and for each profile the non-empty ones it may serve.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    buckets: Vec<Bucket>,
    /// One for each bucket.
    fronts: Vec<Front>,
    paces: Vec<Pace>,
    /// The requests of each bucket, in the order they wait.
    waiting: Vec<Line>,
    by_key: Map<Key, BucketIx>,
    open_for: Vec<Bits>,
    length: usize,
}

impl Queue {
    /// Returns an empty queue for a roster of `profiles` profiles.
    pub(crate) fn new(profiles: usize) -> Self {
        let paces = (0..Pace::COUNT).map(Pace::numbered).collect();
        Self { open_for: vec![Bits::default(); profiles], paces, ..Self::default() }
    }

    /// Returns a bucket.
    pub(crate) fn bucket(&self, index: BucketIx) -> &Bucket {
        &self.buckets[index as usize]
    }

    /// Returns the requests of a bucket in the order they wait.
    pub(crate) fn waiting(&self, index: BucketIx) -> &VecDeque<Place> {
        &self.waiting[index as usize].0
    }

    /// Returns those of a bucket that wait since an instant or later, in the same order.
    pub(crate) fn waiting_from(&self, index: BucketIx, since: Timestamp) -> impl Iterator<Item = Place> + '_ {
        let line = self.waiting(index);
        line.range(line.partition_point(|place| place.0 < since)..).copied()
    }

    /// Returns how many requests wait.
    pub(crate) const fn len(&self) -> usize {
        self.length
    }

    /// Returns the non-empty buckets a profile may serve.
    pub(crate) fn open_for(&self, profile: ProfileIx) -> impl Iterator<Item = (BucketIx, &Bucket)> {
        self.open_for[profile].iter().map(|index| (bucket_ix(index), &self.buckets[index]))
    }

    /// Looks at the non-empty buckets a profile may serve.
    #[inline]
    pub(crate) fn look_at(&self, profile: ProfileIx, mut look: impl FnMut(BucketIx, &Front)) {
        self.open_for[profile].for_each(|index| look(bucket_ix(index), &self.fronts[index]));
    }

    /// Returns the urgency of what waits since `since` in a bucket, for an agent to whom it is worth so many thousandths of
    /// its target more.
    #[inline]
    pub(crate) fn urgency(&self, front: &Front, gain_permille: i64, since: Timestamp, now: Timestamp) -> i128 {
        self.paces[usize::from(front.pace)].urgency(gain_permille, since, now)
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
    pub(crate) fn place_of(&mut self, key: Key, card: &NeedCard, hours: &Hours) -> BucketIx {
        if let Some(&index) = self.by_key.get(&key) {
            return index;
        }
        let hours = hours.place_of(&card.need, key.channel);
        let index = bucket_ix(self.buckets.len());
        self.by_key.insert(key, index);
        self.buckets.push(Bucket {
            key,
            weight: card.need.weight,
            live: card.need.live,
            hours,
            pace: self.paces[usize::from(Pace::number(&key))],
            head: NOBODY,
        });
        self.fronts.push(Front {
            since: NOBODY.0,
            need: key.need,
            pace: Pace::number(&key),
            weight: u8::try_from(card.need.weight).unwrap_or(u8::MAX),
            live: card.need.live,
            has_hours: hours.is_some(),
        });
        self.waiting.push(Line::default());
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
        self.fronts[index].since = bucket.head.0;
    }

    /// Removes a request.
    pub(crate) fn remove(&mut self, index: BucketIx, place: Place, profiles: &[ProfileIx]) {
        let index = index as usize;
        let (bucket, waiting) = (&mut self.buckets[index], &mut self.waiting[index]);
        self.length -= usize::from(waiting.remove(place));
        if bucket.head == place {
            bucket.head = waiting.0.front().copied().unwrap_or(NOBODY);
            self.fronts[index].since = bucket.head.0;
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
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn four_fronts_are_in_one_cache_line() {
        assert_eq!(size_of::<Front>(), 16);
    }

    proptest! {
        #[test]
        fn a_line_is_a_set_in_order_whatever_comes_and_goes(moves in prop::collection::vec((any::<bool>(), 0_i64..6, 0_u128..4), 0..60)) {
            let (mut line, mut set) = (Line::default(), BTreeSet::new());
            for (comes, since, id) in moves {
                let place = (Timestamp::from_millis(since), ServiceRequestId::from(uuid::Uuid::from_u128(id)));
                let (changed, expected) =
                    if comes { (line.insert(place), set.insert(place)) } else { (line.remove(place), set.remove(&place)) };
                prop_assert_eq!(changed, expected);
                prop_assert!(line.0.iter().eq(&set));
            }
        }
    }
}
