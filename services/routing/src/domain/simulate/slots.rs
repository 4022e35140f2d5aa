//! How busy everybody is together, quarter of an hour by quarter of an hour.

use guichet_core::Timestamp;

/// Length of a slot: shorter ones would be busy by chance, longer ones would hide a rush.
const SLOT_MS: i64 = 15 * 60_000;

/// One quarter of an hour, over all agents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slot {
    /// Time at work.
    pub present_ms: i64,
    /// Of it, time spent on contacts.
    pub busy_ms: i64,
}

/// The slots of a day, from its beginning.
#[derive(Clone, Debug)]
pub(super) struct Slots {
    starts_at: Timestamp,
    slots: Vec<Slot>,
}

impl Slots {
    pub(super) const fn from(starts_at: Timestamp) -> Self {
        Self { starts_at, slots: Vec::new() }
    }

    pub(super) fn add_present(&mut self, from: Timestamp, to: Timestamp) {
        self.each(from, to, |slot, length_ms| slot.present_ms += length_ms);
    }

    /// Adds a time of which so many parts of `whole` were spent on contacts.
    pub(super) fn add_busy(&mut self, from: Timestamp, to: Timestamp, (part, whole): (u32, u32)) {
        let (part, whole) = (i64::from(part), i64::from(whole.max(1)));
        self.each(from, to, |slot, length_ms| slot.busy_ms += length_ms * part / whole);
    }

    pub(super) fn all(self) -> Vec<Slot> {
        self.slots
    }

    fn each(&mut self, from: Timestamp, to: Timestamp, mut add: impl FnMut(&mut Slot, i64)) {
        let (mut from_ms, to_ms) = (from.millis_since(self.starts_at).max(0), to.millis_since(self.starts_at));
        while from_ms < to_ms {
            let number = from_ms / SLOT_MS;
            let end_ms = ((number + 1) * SLOT_MS).min(to_ms);
            let number = usize::try_from(number).unwrap_or(usize::MAX);
            if self.slots.len() <= number {
                self.slots.resize(number + 1, Slot::default());
            }
            add(&mut self.slots[number], end_ms - from_ms);
            from_ms = end_ms;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_time_is_lost_between_slots(from in 0_i64..100_000_000, length in 0_i64..20_000_000) {
            let mut slots = Slots::from(Timestamp::from_millis(0));
            slots.add_present(Timestamp::from_millis(from), Timestamp::from_millis(from + length));
            let all = slots.all();
            prop_assert_eq!(all.iter().map(|slot| slot.present_ms).sum::<i64>(), length);
            prop_assert!(all.iter().all(|slot| slot.present_ms <= SLOT_MS));
        }
    }
}
