//! What has been seen of a bucket so far, and what can be told from it. Told one after the other, in the order of time:
//! who begins to wait, who is taken, who leaves.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};

use guichet_core::Timestamp;

use super::estimate::{Estimates, Estimator, View};
use super::pace::Pace;
use super::survival::{Outcome, corrected};
use super::team_time::TeamTime;
use super::{Forecast, KEPT_MAX, KNOWN_MIN, Standing};

/// Waits by which estimators are judged: enough for a ninth decile, few enough to forget last week.
const JUDGED: usize = 200;
/// Lengths below this do not differ: of a call, and of a letter.
const LIVE_GRAIN_MS: i64 = 30_000;
const WRITTEN_GRAIN_MS: i64 = 10 * 60_000;
/// Arrivals are compared over the wait of the head, and at least over this.
const TREND_MS: i64 = 30 * 60_000;
/// A team that was seen for an hour says nothing of its afternoon: a forecast that reaches further than what has been seen is
/// not told, unless it is this near.
const NEAR_MS: i64 = 30 * 60_000;
/// A trend never more than doubles or halves a wait, in thousandths.
const TREND_MAX: i64 = 2_000;
const TREND_MIN: i64 = 500;

/// One wait as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wait {
    pub(crate) entered_at: Timestamp,
    /// Somebody was free: it was offered as it came.
    pub(crate) at_once: bool,
    /// `None` while it waits.
    pub(crate) ended_at: Option<Timestamp>,
    /// It ended because somebody took it; the usager left, or it went elsewhere, otherwise.
    pub(crate) taken: bool,
}

/// Whoever waits: since when, and in which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stay(Timestamp, u64);

impl Stay {
    /// Returns whoever entered first at an instant.
    pub(crate) const fn since(entered_at: Timestamp) -> Self {
        Self(entered_at, 0)
    }
}

/// What was said of a wait when it began, at what the team's clock showed.
#[derive(Clone, Copy, Debug)]
struct Said {
    shows: i64,
    said: Estimates,
}

/// What was said of a wait that is over.
#[derive(Clone, Copy, Debug)]
struct Judged {
    said: Estimates,
    waited: i64,
}

/// What has been seen of a bucket.
#[derive(Clone, Debug)]
pub(crate) struct Journal {
    team: TeamTime,
    grain_ms: i64,
    /// When the first one entered.
    begun: Option<i64>,
    entered: VecDeque<i64>,
    entries: u64,
    waiting: BTreeMap<Stay, Said>,
    /// Offered as they came, and not answered.
    offered: BTreeMap<Stay, Said>,
    pace: Pace,
    last_wait: i64,
    /// Of those who had to wait, and of those who had not, what was said and what became of it.
    judged: [VecDeque<Judged>; 2],
}

/// Places in [`Journal::judged`].
const WAITED: usize = 0;
const AT_ONCE: usize = 1;

impl Journal {
    /// Returns the journal of a bucket of which nothing is known.
    pub(crate) fn new(team: TeamTime, live: bool) -> Self {
        Self {
            team,
            grain_ms: if live { LIVE_GRAIN_MS } else { WRITTEN_GRAIN_MS },
            begun: None,
            entered: VecDeque::new(),
            entries: 0,
            waiting: BTreeMap::new(),
            offered: BTreeMap::new(),
            pace: Pace::default(),
            last_wait: 0,
            judged: [VecDeque::new(), VecDeque::new()],
        }
    }

    /// Returns the journal of waits that are kept, whatever their order.
    pub(crate) fn of(team: TeamTime, live: bool, waits: &[Wait]) -> Self {
        let mut journal = Self::new(team, live);
        let mut waits = waits.to_vec();
        waits.sort_unstable_by_key(|wait| (wait.entered_at, wait.ended_at, wait.taken, wait.at_once));
        // At one instant: those who are taken, those who leave, those who come.
        let entries = waits.iter().enumerate().map(|(place, wait)| (wait.entered_at, 2, place));
        let ends = waits.iter().enumerate().filter_map(|(place, wait)| {
            Some((wait.ended_at?.max(wait.entered_at), if wait.entered_at >= wait.ended_at? { 3 } else { 0 }, place))
        });
        let mut events: Vec<(Timestamp, u8, usize)> = entries.chain(ends).collect();
        events.sort_unstable();
        let mut stays: Vec<Option<Stay>> = vec![None; waits.len()];
        for (at, what, place) in events {
            match (what, stays[place]) {
                (2, _) => stays[place] = Some(journal.enters(at, waits[place].at_once)),
                (_, Some(stay)) => journal.ends(stay, at, waits[place].taken),
                _ => {}
            }
        }
        journal
    }

    /// Notes that a request begins to wait, or is offered as it comes.
    pub(crate) fn enters(&mut self, at: Timestamp, at_once: bool) -> Stay {
        let shows = self.team.shows(at);
        let said = Said { shows, said: Estimator::ask_all(&self.view(shows, self.waiting.len())) };
        let stay = Stay(at, self.entries);
        self.entries += 1;
        self.begun.get_or_insert(shows);
        if self.entered.len() == KEPT_MAX {
            self.entered.pop_front();
        }
        self.entered.push_back(shows);
        if at_once {
            self.offered.insert(stay, said)
        } else {
            self.waiting.insert(stay, said)
        };
        stay
    }

    /// Notes that it was taken, or left.
    pub(crate) fn ends(&mut self, stay: Stay, at: Timestamp, taken: bool) {
        let (begun, kind) = match (self.waiting.remove(&stay), self.offered.remove(&stay)) {
            (Some(begun), _) => (begun, WAITED),
            (None, Some(begun)) => (begun, AT_ONCE),
            (None, None) => return,
        };
        let shows = self.team.shows(at).max(begun.shows);
        let waited = shows - begun.shows;
        match (taken, kind) {
            (true, WAITED) => self.pace.taken(&self.team, begun.shows, shows),
            (true, _) => self.pace.passed(shows),
            (false, _) => return self.pace.left(begun.shows, shows),
        }
        self.last_wait = waited;
        let judged = &mut self.judged[kind];
        if judged.len() == JUDGED {
            judged.pop_front();
        }
        judged.push_back(Judged { said: begun.said, waited });
    }

    /// Returns how many wait in front of somebody.
    pub(crate) fn ahead_of(&self, stay: Stay) -> usize {
        self.waiting.range(..stay).count()
    }

    /// Returns how many waits are over, of those by which estimators are judged.
    pub(crate) fn known(&self) -> usize {
        self.judged.iter().map(VecDeque::len).sum()
    }

    /// Returns what the team's clock shows.
    pub(crate) fn shows(&self, at: Timestamp) -> i64 {
        self.team.shows(at)
    }

    /// Returns when a request that stands so will be taken; `None` when too little is known, or it is too far away to tell.
    pub(crate) fn forecast(&self, now: Timestamp, standing: Standing) -> Option<Forecast> {
        if self.known() < KNOWN_MIN {
            return None;
        }
        let shows = self.team.shows(now);
        let ahead = match standing {
            Standing::Behind(ahead) => ahead,
            Standing::Offered => 0,
            Standing::Coming => self.waiting.len(),
        };
        let view = self.view(shows, ahead);
        let judged = self.judges(standing);
        let place = best(&judged);
        let mut outcomes: Vec<Outcome> =
            judged.iter().map(|seen| Outcome { said: seen.said[place], waited: seen.waited, over: true }).collect();
        let still =
            |begun: &Said| Outcome { said: begun.said[place], waited: (shows - begun.shows).max(0), over: false };
        // Of a long queue those who have waited longest say most.
        match standing {
            Standing::Offered => outcomes.extend(self.offered.values().take(JUDGED).map(still)),
            _ => outcomes.extend(self.waiting.values().take(JUDGED).map(still)),
        }
        let said = Estimator::ask_all(&view)[place];
        let (p50, p90) = corrected(&outcomes, said, self.grain_ms)?;
        if p50 > (shows - self.begun.unwrap_or(shows)).max(NEAR_MS) {
            return None;
        }
        let at = |length: i64| Some(self.team.instant(shows + length)?.max(now));
        Some(Forecast { p50: at(p50)?, p90: at(p90)? })
    }

    /// Returns the waits by which a forecast is made: those of requests that stood as this one does, when they are many
    /// enough to tell.
    fn judges(&self, standing: Standing) -> Vec<&Judged> {
        let of = |kinds: &[usize]| kinds.iter().flat_map(|kind| &self.judged[*kind]).collect::<Vec<_>>();
        let alike = match standing {
            Standing::Offered => of(&[AT_ONCE]),
            Standing::Coming if self.waiting.is_empty() => of(&[WAITED, AT_ONCE]),
            Standing::Coming | Standing::Behind(_) => of(&[WAITED]),
        };
        if alike.len() < KNOWN_MIN { of(&[WAITED, AT_ONCE]) } else { alike }
    }

    fn view(&self, shows: i64, ahead: usize) -> View {
        let head = self.waiting.values().next().map_or(0, |begun| (shows - begun.shows).max(0));
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let ahead = count(ahead);
        View {
            ahead,
            waiting: count(self.waiting.len()),
            head,
            last: self.last_wait,
            interval: self.pace.interval(),
            leaving: self.pace.leaving(),
            trend: self.trend(shows, head.max(TREND_MS)),
            plan: self.pace.plan(&self.team, shows, ahead + 1),
        }
    }

    /// Returns how many came in the last stretch of time to how many in the one before, in thousandths: what the head has
    /// waited was made by those of before.
    fn trend(&self, shows: i64, stretch: i64) -> i64 {
        let since = |from: i64| self.entered.len() - self.entered.partition_point(|entered| *entered < from);
        let lately = since(shows - stretch);
        let before = since(shows - 2 * stretch) - lately;
        let count = |number: usize| i64::try_from(number + 1).unwrap_or(1);
        (count(lately) * 1_000 / count(before)).clamp(TREND_MIN, TREND_MAX)
    }
}

/// Returns the place of the estimator whose squared mistakes are the smallest; of equal ones, the one that plans.
fn best(judged: &[&Judged]) -> usize {
    let mistakes = |place: usize| {
        let squares = judged.iter().map(|seen| i128::from(seen.said[place] - seen.waited).pow(2));
        squares.sum::<i128>()
    };
    (0..Estimator::ALL.len()).min_by_key(|&place| (mistakes(place), Reverse(place))).unwrap_or_default()
}
