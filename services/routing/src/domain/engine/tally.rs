//! How many agents of a profile are doing what, so that a record counts thousands of agents without looking at them.

use super::record::{Counts, Reason};

/// What an agent is doing, as far as offers go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Available,
    /// Available, with a shift about to end: for whoever is there now, not for work that lasts.
    Ending,
    AtCounter,
    OnPhone,
    OnBreak,
    Away,
    Absent,
}

impl Status {
    const ALL: [Self; 7] =
        [Self::Available, Self::Ending, Self::AtCounter, Self::OnPhone, Self::OnBreak, Self::Away, Self::Absent];

    /// Returns why somebody who does this and has `room` may not be offered a request; `None` = they may.
    pub(crate) const fn refusal(self, room: u32, weight: u32, live: bool) -> Option<Reason> {
        match self {
            Self::Available if room >= weight => None,
            Self::Ending if live && room >= weight => None,
            Self::Available => Some(Reason::Full),
            Self::Ending => Some(Reason::EndOfShift),
            Self::AtCounter => Some(Reason::AtCounter),
            Self::OnPhone => Some(Reason::OnPhone),
            Self::OnBreak => Some(Reason::OnBreak),
            Self::Away => Some(Reason::Away),
            Self::Absent => Some(Reason::Absent),
        }
    }

    const fn is_available(self) -> bool {
        matches!(self, Self::Available | Self::Ending)
    }
}

/// Room counted apart; more room than this counts as this much, and a request that weighs more as one that weighs this.
const ROOM_MAX: u32 = 20;

/// Agents by what they are doing, and those available by how much room they have.
#[derive(Clone, Debug, Default)]
// What most counts need is in one cache line.
#[repr(C, align(64))]
pub(crate) struct Tally {
    doing: [u32; Status::ALL.len()],
    rooms: [[u32; ROOM_MAX as usize + 1]; 2],
}

impl Tally {
    /// Counts an agent in.
    pub(crate) fn add(&mut self, status: Status, room: u32) {
        self.doing[status as usize] += 1;
        if status.is_available() {
            self.rooms[status as usize][room.min(ROOM_MAX) as usize] += 1;
        }
    }

    /// Counts an agent out.
    pub(crate) fn remove(&mut self, status: Status, room: u32) {
        self.doing[status as usize] -= 1;
        if status.is_available() {
            self.rooms[status as usize][room.min(ROOM_MAX) as usize] -= 1;
        }
    }

    /// Adds to `refused` those who may not be offered a request, and returns how many may.
    pub(crate) fn count(&self, weight: u32, live: bool, refused: &mut Counts) -> u32 {
        let mut free = 0;
        for status in Status::ALL {
            let all = self.doing[status as usize];
            if all == 0 {
                continue;
            }
            let mut tell = |room: u32, agents: u32| match status.refusal(room, weight, live) {
                Some(reason) => refused.add(reason.kind(), agents),
                None => free += agents,
            };
            if status.is_available() {
                let tight = self.rooms[status as usize][..weight.min(ROOM_MAX) as usize].iter().sum();
                tell(0, tight);
                tell(u32::MAX, all - tight);
            } else {
                tell(0, all);
            }
        }
        free
    }
}
