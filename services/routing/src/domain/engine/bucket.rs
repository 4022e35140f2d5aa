//! Where requests wait: one ordered set for each (need, channel, slope class, lane).
//!
//! Ageing is linear with one slope a bucket, so the order inside never changes and only heads are compared. The set is
//! a B-tree and not a heap: a head may be closed to one agent (they declined it), who then needs the next one in order.

use std::collections::{BTreeMap, BTreeSet};

use guichet_core::Timestamp;
use guichet_core::id::ServiceRequestId;
use guichet_core::work::Channel;

use super::hours::HoursIx;
use super::need::Need;
use super::roster::{ProfileIx, Roster};
use super::urgency::urgency;

/// Place of a bucket in the queue.
pub(crate) type BucketIx = usize;
/// A request's place in its bucket: by time of arrival, then by id.
pub(crate) type Place = (Timestamp, ServiceRequestId);

/// What the requests of one bucket share.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) need: Need,
    pub(crate) channel: Channel,
    pub(crate) slope: u8,
    pub(crate) late: bool,
}

/// The requests of one key.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    pub(crate) key: Key,
    /// Profiles that may serve it, fixed when the bucket is made.
    pub(crate) profiles: Vec<ProfileIx>,
    /// Whose opening hours its requests wait for.
    pub(crate) hours: Option<HoursIx>,
    pub(crate) waiting: BTreeSet<Place>,
}

impl Bucket {
    /// Returns the urgency at `now` of a request that waits here since `since`.
    pub(crate) fn urgency(&self, since: Timestamp, now: Timestamp) -> i128 {
        urgency(self.key.slope, self.key.late, since, now)
    }
}

/// Every bucket, and for each profile the non-empty ones it may serve.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    buckets: Vec<Bucket>,
    by_key: BTreeMap<Key, BucketIx>,
    open_for: Vec<BTreeSet<BucketIx>>,
    length: usize,
}

impl Queue {
    /// Returns an empty queue for a roster of `profiles` profiles.
    pub(crate) fn new(profiles: usize) -> Self {
        Self { open_for: vec![BTreeSet::new(); profiles], ..Self::default() }
    }

    /// Returns a bucket.
    pub(crate) fn bucket(&self, index: BucketIx) -> &Bucket {
        &self.buckets[index]
    }

    /// Returns how many requests wait.
    pub(crate) const fn len(&self) -> usize {
        self.length
    }

    /// Returns the non-empty buckets a profile may serve.
    pub(crate) fn open_for(&self, profile: ProfileIx) -> impl Iterator<Item = &Bucket> {
        self.open_for[profile].iter().map(|&index| &self.buckets[index])
    }

    /// Returns every request that waits.
    pub(crate) fn places(&self) -> impl Iterator<Item = (&Bucket, Place)> {
        self.buckets.iter().flat_map(|bucket| bucket.waiting.iter().map(move |&place| (bucket, place)))
    }

    /// Returns whose opening hours something waits for, perhaps several times.
    pub(crate) fn waited_for(&self) -> impl Iterator<Item = HoursIx> {
        self.buckets.iter().filter(|bucket| !bucket.waiting.is_empty()).filter_map(|bucket| bucket.hours)
    }

    /// Adds a request; a key seen for the first time costs one test a profile.
    pub(crate) fn insert(&mut self, key: Key, place: Place, hours: Option<HoursIx>, roster: &mut Roster) -> BucketIx {
        let index = match self.by_key.get(&key) {
            Some(&index) => index,
            None => {
                let profiles = roster.eligible(&key.need);
                self.by_key.insert(key.clone(), self.buckets.len());
                self.buckets.push(Bucket { key, profiles, hours, waiting: BTreeSet::new() });
                self.buckets.len() - 1
            }
        };
        let bucket = &mut self.buckets[index];
        if bucket.waiting.is_empty() {
            for &profile in &bucket.profiles {
                self.open_for[profile].insert(index);
            }
        }
        self.length += usize::from(bucket.waiting.insert(place));
        index
    }

    /// Removes a request.
    pub(crate) fn remove(&mut self, index: BucketIx, place: Place) {
        let bucket = &mut self.buckets[index];
        self.length -= usize::from(bucket.waiting.remove(&place));
        if bucket.waiting.is_empty() {
            for &profile in &bucket.profiles {
                self.open_for[profile].remove(&index);
            }
        }
    }
}
