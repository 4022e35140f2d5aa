//! A day that was recorded, to be played again with other people, other skills or another way of dispatching.
//!
//! [`Recording`] reads what the engine was told that day: when each piece of work came, what it asked, how long somebody
//! had it in hand. [`Recorded`] is what stays of it, and gives the [`super::Scenario`] of the day under any town. How long
//! a piece of work is in hand belongs to the request: it is the same whoever takes it.
//!
//! A piece of work is one wait and what follows it: a request that is transferred, escalated or open again is another
//! piece, which comes when it came that day. The day begins when the first agent is there and ends when the last one
//! leaves; what came before waits at the door, what comes after is the next day's.

mod day;
mod days;
mod reading;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::Range;

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, ServiceRequestId};

pub use self::day::{Recorded, Under};
pub use self::days::days_in_words;
use super::scenario::{Answering, PresenceChange};
use super::traffic::ANSWERING;
use crate::domain::engine::Entry;

/// Answered offers below which the usual hazards are taken instead of the day's: fewer would be chance.
const ANSWERS_MIN: u32 = 20;

/// What the file of a request says beside the record.
#[derive(Clone, Debug)]
pub struct File {
    /// Name of its procedure.
    pub procedure: String,
    /// When the law wants it done.
    pub legal_at: Option<Timestamp>,
    /// What it asks, for a request whose wait was not recorded: it was in hand when the record begins.
    pub entry: Entry,
}

/// Reads a record, fact after fact.
#[derive(Debug)]
pub struct Recording {
    period: Range<Timestamp>,
    pieces: Vec<Piece>,
    /// The version last told of each request, and its present piece of work.
    known: BTreeMap<ServiceRequestId, (i64, usize)>,
    presence: Vec<PresenceChange>,
    serials: BTreeMap<AgentId, i64>,
    offers: Offers,
}

/// One wait, and what followed it.
#[derive(Clone, Debug)]
struct Piece {
    request_id: ServiceRequestId,
    at: Timestamp,
    /// `None` = it was in hand when the record began.
    entry: Option<Entry>,
    late_at: Option<Timestamp>,
    handed_on: bool,
    /// When somebody had it in hand; the last may be open.
    in_hand: Vec<(Timestamp, Option<Timestamp>)>,
    /// Who had it in hand when the record began.
    holder: Option<AgentId>,
    /// When it went away without having been taken.
    left_at: Option<Timestamp>,
    told_at: Timestamp,
}

impl Piece {
    fn is_in_hand(&self) -> bool {
        self.in_hand.last().is_some_and(|(_, until)| until.is_none())
    }

    fn waits(&self) -> bool {
        self.in_hand.is_empty() && self.left_at.is_none()
    }

    fn let_go(&mut self, at: Timestamp) {
        if let Some((_, until)) = self.in_hand.last_mut() {
            until.get_or_insert(at);
        }
    }
}

/// How offers were met.
#[derive(Clone, Debug, Default)]
struct Offers {
    open: BTreeMap<ServiceRequestId, Timestamp>,
    accepted: Met,
    declined: u32,
    expired: Met,
}

/// How many offers ended in a way, and how long they stood.
#[derive(Clone, Copy, Debug, Default)]
struct Met {
    count: u32,
    stood_ms: i64,
}

impl Met {
    const fn add(&mut self, stood_ms: i64) {
        self.count += 1;
        self.stood_ms += stood_ms;
    }

    #[expect(clippy::cast_precision_loss, reason = "offers of one day are far below 2^53 milliseconds")]
    fn mean_ms(self) -> Option<f64> {
        (self.count > 0).then(|| self.stood_ms as f64 / f64::from(self.count))
    }
}

impl Offers {
    fn answering(&self) -> Answering {
        let answers = self.accepted.count + self.declined + self.expired.count;
        if answers < ANSWERS_MIN {
            return ANSWERING;
        }
        let share = |count: u32| f64::from(count) / f64::from(answers);
        let stands_ms = self.expired.mean_ms().map_or(ANSWERING.stands_ms, super::random::millis);
        Answering {
            reaction_ms: self.accepted.mean_ms().unwrap_or(ANSWERING.reaction_ms).max(1.0),
            declined: share(self.declined),
            unanswered: share(self.expired.count),
            stands_ms,
        }
    }
}
