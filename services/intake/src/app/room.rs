//! How much mail and how many files may be on their way in at a time: each is in memory until it is kept, and a hundred large
//! ones must not end the process under the small ones.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Octets on their way in at a time. Reading a mail takes up to three times its size (its text, its files, what is stored), so that
/// this and the rest of the process stay below the 2 GiB of a pod.
const ROOM_OCTETS: usize = 512 * 1_048_576;
/// Octets that are counted together.
const UNIT_OCTETS: usize = 16 * 1_024;

/// What is left.
#[derive(Clone, Debug)]
pub struct Room(Arc<Semaphore>);

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(ROOM_OCTETS / UNIT_OCTETS)))
    }
}

impl Room {
    /// Returns whether anything is left.
    pub fn has_some(&self) -> bool {
        self.0.available_permits() > 0
    }

    /// Returns the place of one content, which takes nothing yet.
    pub fn enter(&self) -> Place {
        Place { room: self.clone(), units: 0, taken: None }
    }
}

/// What one content takes; dropped, it is free again.
#[derive(Debug)]
pub struct Place {
    room: Room,
    units: usize,
    taken: Option<OwnedSemaphorePermit>,
}

impl Place {
    /// Takes what is missing to hold so many octets; returns false, and takes nothing, when that much is not left. Nobody waits: two
    /// contents that each wait for the other's end would wait for ever.
    #[must_use]
    pub fn holds(&mut self, octets: usize) -> bool {
        let missing = octets.div_ceil(UNIT_OCTETS).saturating_sub(self.units);
        let Ok(count) = u32::try_from(missing) else { return false };
        let Ok(more) = Arc::clone(&self.room.0).try_acquire_many_owned(count) else { return false };
        self.units += missing;
        match &mut self.taken {
            Some(taken) => taken.merge(more),
            none => *none = Some(more),
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_on_its_way_in_is_limited_together_and_free_again_at_its_end() {
        let room = Room::default();
        let (mut large, mut small) = (room.enter(), room.enter());
        assert!(large.holds(1) && large.holds(ROOM_OCTETS - UNIT_OCTETS) && small.holds(UNIT_OCTETS));
        assert!(!room.has_some() && !small.holds(UNIT_OCTETS + 1) && !large.holds(ROOM_OCTETS));
        assert!(large.holds(1_000), "what it has");
        drop(large);
        assert!(small.holds(ROOM_OCTETS));
        drop(small);
        assert_eq!(room.0.available_permits() * UNIT_OCTETS, ROOM_OCTETS);
    }
}
