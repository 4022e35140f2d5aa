//! The waits that would have been announced to each contact of some days as it came, and those that were: how often the
//! announced end was kept, and how far from the truth the middle was beside the average of the last hour, which is what
//! most desks announce.
//!
//! Lengths are counted while the doors are open. Whoever left before they were taken is counted apart: nobody knows how
//! long they would have waited.

use std::collections::{BTreeMap, VecDeque};

use guichet_core::Timestamp;
use guichet_core::french::Dates;
use jiff::ToSpan;

use super::days::doors;
use super::outcome::{Contact, Outcome};
use super::scenario::Scenario;
use crate::domain::calendar::{WorkCalendar, zone_of};
use crate::domain::forecast::{AHEAD_DAYS, Bucket, Journal, Level, Standing, Stay, TeamTime, announce};

/// What most desks announce is the average of this long.
const LAST_HOUR_MS: i64 = 3_600_000;

/// What was announced to the contacts of one bucket, and what came of it.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// Code of the department.
    pub department: String,
    /// 1 or 2.
    pub level: u8,
    /// By phone or at the counter.
    pub live: bool,
    /// Contacts that something was announced to, and that were taken.
    pub told: usize,
    /// Contacts that nothing was announced to.
    pub silent: usize,
    /// Contacts that left, or still waited in the end, although something was announced to them.
    pub open: usize,
    /// Of those told: taken before the ninth decile.
    pub within_p90: usize,
    /// Of those told: taken before the end announced to them, which is rounded up.
    pub within_announced: usize,
    /// Of those told: those beside whom an average of the last hour exists.
    pub compared: usize,
    /// Sum of the mistakes of the middle, over those compared, in milliseconds.
    pub mistakes_ms: i64,
    /// Sum of the mistakes of the average of the last hour, in milliseconds.
    pub plain_mistakes_ms: i64,
    /// Sum of their waits, in milliseconds.
    pub waits_ms: i64,
}

impl Measured {
    /// Adds up what was announced in several buckets.
    #[must_use]
    pub fn plus(self, other: &Self) -> Self {
        Self {
            told: self.told + other.told,
            silent: self.silent + other.silent,
            open: self.open + other.open,
            within_p90: self.within_p90 + other.within_p90,
            within_announced: self.within_announced + other.within_announced,
            compared: self.compared + other.compared,
            mistakes_ms: self.mistakes_ms + other.mistakes_ms,
            plain_mistakes_ms: self.plain_mistakes_ms + other.plain_mistakes_ms,
            waits_ms: self.waits_ms + other.waits_ms,
            ..self
        }
    }
}

/// Measures what would have been announced on the days of a scenario of [`super::days`].
pub fn measure(scenario: &Scenario, outcome: &Outcome) -> Vec<Measured> {
    let Some(directory) = scenario.town.all().next() else { return Vec::new() };
    let mut buckets: BTreeMap<Bucket, Vec<&Contact>> = BTreeMap::new();
    for (contact, arrival) in outcome.contacts.iter().zip(&scenario.arrivals) {
        let bucket = Bucket::of(directory.authority.id, &scenario.kinds[arrival.kind].need);
        buckets.entry(bucket).or_default().push(contact);
    }
    let zone = zone_of(&directory.authority);
    let last = outcome.ended_at.to_jiff().to_zoned(zone.clone()).saturating_add((AHEAD_DAYS + 1).days());
    let over = scenario.starts_at()..last.timestamp().into();
    let written = TeamTime::behind_doors(&zone, &WorkCalendar::new(&directory.authority, &doors()), &[], &over);
    let live = TeamTime::on_the_wall(&zone, &over);
    let dates = Dates::of_zone(&directory.authority.time_zone);
    let of = |(bucket, contacts): (Bucket, Vec<&Contact>)| {
        let team = if bucket.live { live.clone() } else { written.clone() };
        Desk::new(bucket, contacts, team).measure(&dates)
    };
    buckets.into_iter().map(of).collect()
}

/// What happens to a contact; at one instant, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Taken,
    Left,
    Came,
}

/// One bucket under measure.
struct Desk<'a> {
    contacts: Vec<&'a Contact>,
    journal: Journal,
    live: bool,
    stays: Vec<Option<Told>>,
    /// When somebody was taken, and after how long a wait.
    last_hour: VecDeque<(Timestamp, i64)>,
    measured: Measured,
}

/// What was announced to a contact as it came, on the team's clock.
#[derive(Clone, Copy)]
struct Told {
    stay: Stay,
    came: i64,
    announced: Option<Announced>,
    plain: Option<i64>,
}

#[derive(Clone, Copy)]
struct Announced {
    p50: i64,
    p90: Timestamp,
    to: Timestamp,
}

impl<'a> Desk<'a> {
    fn new(bucket: Bucket, contacts: Vec<&'a Contact>, team: TeamTime) -> Self {
        let level = if bucket.level == Level::One { 1 } else { 2 };
        Self {
            stays: vec![None; contacts.len()],
            contacts,
            journal: Journal::new(team, bucket.live),
            live: bucket.live,
            last_hour: VecDeque::new(),
            measured: Measured { department: bucket.department, level, live: bucket.live, ..Measured::default() },
        }
    }

    fn measure(mut self, dates: &Dates) -> Measured {
        let mut events: Vec<(Timestamp, Event, usize)> = Vec::new();
        for (place, contact) in self.contacts.iter().enumerate() {
            events.push((contact.arrived_at, Event::Came, place));
            match (contact.taken_at, contact.ended_at) {
                (Some(taken_at), _) => events.push((taken_at, Event::Taken, place)),
                (None, Some(left_at)) => events.push((left_at, Event::Left, place)),
                (None, None) => {}
            }
        }
        events.sort_unstable();
        for (at, event, place) in events {
            match event {
                Event::Came => self.comes(at, place, dates),
                Event::Taken | Event::Left => self.ends(at, place, event == Event::Taken),
            }
        }
        self.measured.open += self.stays.iter().flatten().filter(|told| told.announced.is_some()).count();
        self.measured
    }

    fn comes(&mut self, now: Timestamp, place: usize, dates: &Dates) {
        let at_once = self.contacts[place].offered_at == Some(now);
        let stay = self.journal.enters(now, at_once);
        let standing = if at_once { Standing::Offered } else { Standing::Behind(self.journal.ahead_of(stay)) };
        let announced = self.journal.forecast(now, standing).and_then(|forecast| {
            let said = announce(&forecast, now, self.live, dates, None)?;
            Some(Announced { p50: self.journal.shows(forecast.p50), p90: forecast.p90, to: said.to })
        });
        while self.last_hour.front().is_some_and(|(at, _)| now.millis_since(*at) > LAST_HOUR_MS) {
            self.last_hour.pop_front();
        }
        let taken = i64::try_from(self.last_hour.len()).unwrap_or(i64::MAX);
        let sum: i64 = self.last_hour.iter().map(|(_, wait)| wait).sum();
        let plain = (taken > 0).then(|| sum / taken.max(1));
        self.measured.silent += usize::from(announced.is_none());
        self.stays[place] = Some(Told { stay, came: self.journal.shows(now), announced, plain });
    }

    fn ends(&mut self, at: Timestamp, place: usize, taken: bool) {
        let Some(told) = self.stays[place] else { return };
        self.journal.ends(told.stay, at, taken);
        if !taken {
            return;
        }
        self.stays[place] = None;
        let wait = self.journal.shows(at) - told.came;
        self.last_hour.push_back((at, wait));
        let Some(announced) = told.announced else { return };
        let measured = &mut self.measured;
        measured.told += 1;
        measured.within_p90 += usize::from(at <= announced.p90);
        measured.within_announced += usize::from(at <= announced.to);
        if let Some(plain) = told.plain {
            measured.compared += 1;
            measured.waits_ms += wait;
            measured.mistakes_ms += (told.came + wait - announced.p50).abs();
            measured.plain_mistakes_ms += (wait - plain).abs();
        }
    }
}
