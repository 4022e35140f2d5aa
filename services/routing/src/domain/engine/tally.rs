//! How many agents of a profile are doing what, so that a record counts thousands of agents without looking at them.

use super::record::{Counts, Reason};
use super::roster::ProfileIx;

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

/// Agents by what they are doing: half a cache line, since a record counts those of a hundred profiles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(align(32))]
pub(crate) struct Tally {
    doing: [u32; Status::ALL.len()],
    /// Of those available, who has no room at all: all that a request of one unit asks to know.
    full: u32,
}

/// Those available, and those about to leave, by how much room they have.
#[derive(Clone, Copy, Debug, Default)]
struct Rooms([[u32; ROOM_MAX as usize + 1]; 2]);

/// What the agents of each profile are doing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tallies {
    doing: Vec<Tally>,
    rooms: Vec<Rooms>,
}

impl Tallies {
    /// Returns the tallies of so many profiles, nobody counted yet.
    pub(crate) fn of(profiles: usize) -> Self {
        Self { doing: vec![Tally::default(); profiles], rooms: vec![Rooms::default(); profiles] }
    }

    /// Counts an agent in.
    pub(crate) fn add(&mut self, profile: ProfileIx, status: Status, room: u32) {
        self.count(profile, status, room, u32::wrapping_add);
    }

    /// Counts an agent out.
    pub(crate) fn remove(&mut self, profile: ProfileIx, status: Status, room: u32) {
        self.count(profile, status, room, u32::wrapping_sub);
    }

    fn count(&mut self, profile: ProfileIx, status: Status, room: u32, change: impl Fn(u32, u32) -> u32) {
        let tally = &mut self.doing[profile];
        let one = |number: &mut u32| *number = change(*number, 1);
        one(&mut tally.doing[status as usize]);
        if status.is_available() {
            one(&mut self.rooms[profile].0[status as usize][room.min(ROOM_MAX) as usize]);
        }
        if status == Status::Available && room == 0 {
            one(&mut tally.full);
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
    /// Returns what the agents of some profiles are doing.
    pub(crate) fn of(weight: u32, tallies: &Tallies, profiles: &[ProfileIx]) -> Self {
        let mut census = Self { weight, doing: [0; Status::ALL.len()], tight: [0; 2] };
        for &profile in profiles {
            let tally = &tallies.doing[profile];
            for (sum, doing) in census.doing.iter_mut().zip(tally.doing) {
                *sum += doing;
            }
            census.tight[Status::Available as usize] += tally.full;
            if weight > 1 || tally.doing[Status::Ending as usize] > 0 {
                let rooms = &tallies.rooms[profile].0;
                let below = weight.clamp(1, ROOM_MAX) as usize;
                let short = |status: Status, from: usize| rooms[status as usize][from..below].iter().sum::<u32>();
                census.tight[Status::Available as usize] += short(Status::Available, 1);
                census.tight[Status::Ending as usize] += short(Status::Ending, 0);
            }
        }
        census
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
