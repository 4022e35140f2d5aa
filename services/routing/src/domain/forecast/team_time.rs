//! The team's own clock: it stands still while the doors are closed, and goes faster while more of the team is at work
//! than usual. A wait of sixty minutes over a night is two at half past eight.

use std::ops::Range;

use guichet_core::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::domain::calendar::WorkCalendar;

/// A half-hour: how finely the day is known.
const SLICE_MS: i64 = 30 * 60_000;
/// Half-hours of a day.
pub(super) const SLOTS: usize = 48;
/// The usual strength of a team.
const USUAL: i64 = 1_000;

/// People who share their working hours, and when each of them is on leave.
#[derive(Clone, Debug)]
pub(crate) struct Shift {
    pub(crate) hours: WorkCalendar,
    /// One list a person.
    pub(crate) leaves: Vec<Vec<Range<Timestamp>>>,
}

impl Shift {
    /// Returns how many of them are at work.
    fn at_work(&self, at: Timestamp) -> i64 {
        if !self.hours.opening(at).is_open() {
            return 0;
        }
        let present = self.leaves.iter().filter(|leaves| !leaves.iter().any(|leave| leave.contains(&at)));
        i64::try_from(present.count()).unwrap_or(i64::MAX)
    }
}

/// A stretch of time during which the clock goes evenly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slice {
    /// When it begins, in milliseconds.
    at: i64,
    /// How long it is for everybody, in milliseconds.
    length: i64,
    /// How strong the team is, [`USUAL`] in the mean.
    strength: i64,
    /// What the team's clock shows when it begins.
    shows: i64,
    /// The half-hour of the day.
    slot: usize,
}

impl Slice {
    /// Returns how long it is on the team's clock.
    const fn team_length(&self) -> i64 {
        self.length * self.strength / USUAL
    }
}

/// The clock of a team over some weeks.
#[derive(Clone, Debug)]
pub(crate) struct TeamTime {
    slices: Vec<Slice>,
    over: Timestamp,
}

impl TeamTime {
    /// Returns the clock on the wall, for those who are served at any hour.
    pub(crate) fn on_the_wall(zone: &TimeZone, over: &Range<Timestamp>) -> Self {
        let start_of = |day: Date| day.to_zoned(zone.clone()).ok().map(|start| Timestamp::from(start.timestamp()));
        let whole_day = |day: Date| Some(vec![start_of(day)?..start_of(day.saturating_add(1.day()))?]);
        Self::of(zone, over, |day| whole_day(day).unwrap_or_default(), &[])
    }

    /// Returns the clock of a department that works behind doors, by shifts when anybody declares them.
    pub(crate) fn behind_doors(
        zone: &TimeZone,
        doors: &WorkCalendar,
        shifts: &[Shift],
        over: &Range<Timestamp>,
    ) -> Self {
        Self::of(zone, over, |day| doors.spans(day).collect(), shifts)
    }

    fn of(
        zone: &TimeZone,
        over: &Range<Timestamp>,
        open_on: impl Fn(Date) -> Vec<Range<Timestamp>>,
        shifts: &[Shift],
    ) -> Self {
        let day_of = |at: Timestamp| at.to_jiff().to_zoned(zone.clone()).date();
        let (mut day, last) = (day_of(over.start), day_of(over.end));
        let mut slices = Vec::new();
        while day <= last {
            open_on(day).iter().for_each(|span| cut(zone, span, &mut slices));
            match day.tomorrow() {
                Ok(next) => day = next,
                Err(_) => break,
            }
        }
        give_strengths(&mut slices, shifts);
        slices.retain(|slice| slice.team_length() > 0);
        let mut shows = 0;
        for slice in &mut slices {
            slice.shows = shows;
            shows += slice.team_length();
        }
        Self { slices, over: over.end }
    }

    /// Returns what the clock shows at an instant.
    pub(crate) fn shows(&self, at: Timestamp) -> i64 {
        let after = self.slices.partition_point(|slice| slice.at <= at.as_millis());
        let Some(slice) = after.checked_sub(1).and_then(|place| self.slices.get(place)) else { return 0 };
        slice.shows + (at.as_millis() - slice.at).min(slice.length) * slice.strength / USUAL
    }

    /// Returns the last instant at which it has gone no further than `shows`; `None` past the weeks it knows.
    pub(super) fn instant(&self, shows: i64) -> Option<Timestamp> {
        let place = self.slices.partition_point(|slice| slice.shows + slice.team_length() <= shows);
        let slice = self.slices.get(place)?;
        let into = ((shows - slice.shows).max(0) * USUAL + slice.strength - 1) / slice.strength;
        Some(Timestamp::from_millis(slice.at + into)).filter(|at| *at < self.over)
    }

    /// Returns the half-hours of the day from what the clock shows on, each with how long it lasts on it.
    pub(super) fn ahead(&self, shows: i64) -> impl Iterator<Item = (usize, i64)> {
        let place = self.slices.partition_point(|slice| slice.shows + slice.team_length() <= shows);
        self.slices[place..].iter().map(move |slice| {
            let gone = (shows - slice.shows).max(0);
            (slice.slot, slice.team_length() - gone)
        })
    }
}

/// Cuts a span at the half-hours of the wall.
fn cut(zone: &TimeZone, span: &Range<Timestamp>, slices: &mut Vec<Slice>) {
    let local = span.start.to_jiff().to_zoned(zone.clone());
    let minute = i64::from(local.hour()) * 60 + i64::from(local.minute());
    let into = (minute * 60_000 + i64::from(local.second()) * 1_000) % SLICE_MS;
    let mut slot = usize::try_from(minute / 30).unwrap_or(0);
    let (mut at, end) = (span.start.as_millis(), span.end.as_millis());
    let mut next = at - into + SLICE_MS;
    while at < end {
        let length = next.min(end) - at;
        slices.push(Slice { at, length, strength: USUAL, shows: 0, slot: slot % SLOTS });
        (at, next, slot) = (at + length, next + SLICE_MS, slot + 1);
    }
}

/// Gives each slice the strength of those who are then on shift; all alike when nobody declares a shift.
fn give_strengths(slices: &mut [Slice], shifts: &[Shift]) {
    let at_work: Vec<i64> = slices
        .iter()
        .map(|slice| shifts.iter().map(|shift| shift.at_work(Timestamp::from_millis(slice.at))).sum())
        .collect();
    let worked: i128 = slices.iter().zip(&at_work).map(|(slice, people)| i128::from(slice.length * people)).sum();
    let open: i128 = slices.iter().map(|slice| i128::from(slice.length)).sum();
    if worked == 0 {
        return;
    }
    for (slice, people) in slices.iter_mut().zip(at_work) {
        let strength = i128::from(people * USUAL) * open / worked;
        slice.strength = i64::try_from(strength).unwrap_or(USUAL);
    }
}
