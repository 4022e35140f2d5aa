//! When departments are open, as far as offers go: what came in writing is offered while the department in charge is
//! open; whoever calls or stands at the counter is there now.

use std::collections::BTreeMap;

use guichet_core::Timestamp;
use guichet_core::work::Channel;

use super::need::Need;
use crate::domain::calendar::{Opening, WorkCalendar};
use crate::domain::town::Town;

/// Place of a department's hours.
pub(crate) type HoursIx = u32;

/// The hours of one department, and what they say at the last instant looked at.
#[derive(Clone, Debug)]
struct Door {
    calendar: WorkCalendar,
    now: Opening,
}

/// The hours of every department, each as the authority that it works for knows it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hours {
    places: BTreeMap<(String, String), HoursIx>,
    doors: Vec<Door>,
    /// When a door next opens or closes.
    next: Option<Timestamp>,
}

impl Hours {
    /// Returns the hours of a town at no instant yet: the first [`Hours::look`] tells who is open.
    pub(crate) fn of(town: &Town) -> Self {
        let mut hours = Self::default();
        for directory in town.all() {
            let shared = directory.pooling.iter().flat_map(|pooling| &pooling.shared_departments);
            for code in directory.departments.keys().chain(shared) {
                let place = (directory.authority.code.clone(), code.clone());
                hours.places.insert(place, HoursIx::try_from(hours.doors.len()).unwrap_or(HoursIx::MAX));
                let calendar = town.calendar(directory, code);
                hours.doors.push(Door { calendar, now: Opening::ClosedUntil(Timestamp::from_millis(i64::MIN)) });
            }
        }
        hours
    }

    /// Returns whose hours a request waits for; `None` = it is offered at any hour.
    pub(crate) fn place_of(&self, need: &Need, channel: Channel) -> Option<HoursIx> {
        if matches!(channel, Channel::Phone | Channel::Counter) {
            return None;
        }
        self.places.get(&(need.authority.clone(), need.department.clone())).copied()
    }

    /// Looks at the clock; returns whose doors have opened since the last look.
    pub(crate) fn look(&mut self, now: Timestamp) -> Vec<HoursIx> {
        let mut opened = Vec::new();
        if self.next.is_some_and(|next| now < next) {
            return opened;
        }
        for (place, door) in self.doors.iter_mut().enumerate().filter(|(_, door)| door.now.until() <= now) {
            door.now = door.calendar.opening(now);
            if door.now.is_open() {
                opened.push(HoursIx::try_from(place).unwrap_or(HoursIx::MAX));
            }
        }
        self.next = self.doors.iter().map(|door| door.now.until()).min().or(Some(Timestamp::from_millis(i64::MAX)));
        opened
    }

    /// Returns when a department that is closed opens; `None` when it is open.
    pub(crate) fn opens_at(&self, place: HoursIx) -> Option<Timestamp> {
        match self.doors[place as usize].now {
            Opening::OpenUntil(_) => None,
            Opening::ClosedUntil(at) => Some(at),
        }
    }
}
