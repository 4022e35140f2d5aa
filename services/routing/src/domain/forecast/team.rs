//! Whose clock a bucket goes by: the doors of the department in charge and the shifts its people declare, or the wall for
//! whoever is there at any hour.

use std::collections::BTreeMap;

use guichet_core::Timestamp;
use guichet_events::{Agent, Directory};

use super::bucket::{Bucket, Level};
use super::team_time::{Shift, TeamTime};
use super::{AHEAD_DAYS, PAST_DAYS};
use crate::domain::calendar::{WorkCalendar, days_in, zone_of};
use crate::domain::town::Town;

const DAY_MS: i64 = 86_400_000;

/// Returns since when waits count at `now`.
pub(crate) const fn looked_back(now: Timestamp) -> Timestamp {
    now.plus_millis(-PAST_DAYS * DAY_MS)
}

/// Returns the clock of a bucket of an authority, from what is looked back at to what may be said.
pub(crate) fn team_time(
    town: &Town,
    directory: &Directory,
    bucket: &Bucket,
    always_open: bool,
    now: Timestamp,
) -> TeamTime {
    let zone = zone_of(&directory.authority);
    let over = looked_back(now)..now.plus_millis(AHEAD_DAYS * DAY_MS);
    if bucket.live || always_open {
        return TeamTime::on_the_wall(&zone, &over);
    }
    let doors = town.calendar(directory, &bucket.department);
    TeamTime::behind_doors(&zone, &doors, &shifts(town, directory, bucket), &over)
}

/// Returns the declared shifts of those who may take what waits in a bucket.
fn shifts(town: &Town, directory: &Directory, bucket: &Bucket) -> Vec<Shift> {
    let declaring = town.department(&directory.authority.code, &bucket.department);
    let employer = match (bucket.level, declaring) {
        (Level::Two, Some((owner, _))) => owner,
        _ => directory,
    };
    let is_of_team = |agent: &&Agent| {
        let member = bucket.level == Level::One || agent.departments.contains(&bucket.department);
        agent.tier == bucket.level.tier() && member
    };
    let mut shifts: BTreeMap<&str, Shift> = BTreeMap::new();
    for agent in employer.agents.values().filter(is_of_team) {
        let Some(hours) = employer.calendars.get(&agent.shift) else { continue };
        let days = agent.absences.iter();
        let leaves = days.filter_map(|leave| days_in(&employer.authority, &leave.from, &leave.to)).collect();
        let shift = shifts
            .entry(&agent.shift)
            .or_insert_with(|| Shift { hours: WorkCalendar::new(&employer.authority, hours), leaves: Vec::new() });
        shift.leaves.push(leaves);
    }
    shifts.into_values().collect()
}
