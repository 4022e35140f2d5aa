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

    /// Returns whether somebody who does this and has `room` may be offered a request.
    pub(crate) const fn takes(self, room: u32, weight: u32, live: bool) -> bool {
        match self {
            Self::Available => room >= weight,
            Self::Ending => live && room >= weight,
            _ => false,
        }
    }

    /// Returns why somebody who does this and has `room` may not be offered a request; `None` = they may.
    pub(crate) const fn refusal(self, room: u32, weight: u32, live: bool) -> Option<Reason> {
        match self {
            _ if self.takes(room, weight, live) => None,
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
}

/// The agents of several profiles, for a request of one weight.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Census {
    weight: u32,
    doing: [u32; Status::ALL.len()],
    /// Available without room for it.
    tight: [u32; 2],
}

impl Census {
    /// Returns a census of nobody yet.
    pub(crate) const fn of(weight: u32) -> Self {
        Self { weight, doing: [0; Status::ALL.len()], tight: [0; 2] }
    }

    /// Counts the agents of a profile in.
    pub(crate) fn add(&mut self, tally: &Tally) {
        for (sum, doing) in self.doing.iter_mut().zip(tally.doing) {
            *sum += doing;
        }
        for (status, tight) in self.tight.iter_mut().enumerate().filter(|&(status, _)| tally.doing[status] > 0) {
            *tight += tally.rooms[status][..self.weight.min(ROOM_MAX) as usize].iter().sum::<u32>();
        }
    }

    /// Adds to `refused` those who may not be offered the request, and returns how many may.
    pub(crate) fn tell(&self, live: bool, refused: &mut Counts) -> u32 {
        let (weight, mut free) = (self.weight, 0);
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
                let tight = self.tight[status as usize];
                tell(0, tight);
                tell(u32::MAX, all - tight);
            } else {
                tell(0, all);
            }
        }
        free
    }
}
