//! One agent at work: they do one thing at a time, live contacts before the rest, and put written work aside for them.

use std::collections::VecDeque;

use guichet_core::Timestamp;
use guichet_core::id::AgentId;

/// What an agent has in hand.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    pub(super) agent_id: AgentId,
    pub(super) capacity: u32,
    /// Units offered or held.
    pub(super) used: u32,
    pub(super) serial: i64,
    pub(super) present_since: Option<Timestamp>,
    /// Available, or back soon.
    pub(super) at_work: bool,
    pub(super) present_ms: i64,
    pub(super) busy_ms: i64,
    pub(super) offers: u32,
    pub(super) accepted: u32,
    pub(super) declined: u32,
    pub(super) expired: u32,
    /// Contacts they have not answered about.
    pub(super) offered: Vec<usize>,
    /// Contacts they accepted and are not working on, in the order they will.
    pub(super) next: VecDeque<usize>,
    /// What they are working on, and since when.
    pub(super) current: Option<(usize, Timestamp)>,
    /// Units they have in hand, when everything in hand goes on together.
    pub(super) in_hand: u32,
    /// Until when the time spent on these is counted.
    pub(super) counted_until: Timestamp,
    /// Counts the pieces of work, to know the end of one that was put aside.
    pub(super) stint: u64,
}

impl Desk {
    pub(super) const fn new(agent_id: AgentId, capacity: u32) -> Self {
        Self {
            agent_id,
            capacity,
            used: 0,
            serial: 0,
            present_since: None,
            at_work: false,
            present_ms: 0,
            busy_ms: 0,
            offers: 0,
            accepted: 0,
            declined: 0,
            expired: 0,
            offered: Vec::new(),
            next: VecDeque::new(),
            current: None,
            in_hand: 0,
            counted_until: Timestamp::from_millis(0),
            stint: 0,
        }
    }

    pub(super) const fn is_present(&self) -> bool {
        self.present_since.is_some()
    }

    /// Begins or ends a stretch of presence; returns when the one that ends began.
    pub(super) fn set_present(&mut self, now: Timestamp, present: bool) -> Option<Timestamp> {
        let ended = self.present_since.take();
        if let Some(since) = ended {
            self.present_ms += now.millis_since(since);
        }
        self.present_since = present.then_some(now);
        ended
    }

    /// Ends what they are working on; returns it and how long this stint was.
    pub(super) fn stop(&mut self, now: Timestamp) -> Option<(usize, i64)> {
        let (place, since) = self.current.take()?;
        let worked_ms = now.millis_since(since);
        self.busy_ms += worked_ms;
        self.stint += 1;
        Some((place, worked_ms))
    }

    /// Counts the time spent on what is in hand, by the share of this agent's place that it takes, while they are at work;
    /// returns since when, and the parts of the whole.
    pub(super) fn count_in_hand(&mut self, now: Timestamp) -> Option<(Timestamp, (u32, u32))> {
        let since = std::mem::replace(&mut self.counted_until, now);
        let (part, whole) = (self.in_hand.min(self.capacity), self.capacity.max(1));
        if !self.is_present() || part == 0 {
            return None;
        }
        self.busy_ms += now.millis_since(since) * i64::from(part) / i64::from(whole);
        Some((since, (part, whole)))
    }

    /// Lets go of a contact, offered or laid aside.
    pub(super) fn forget(&mut self, place: usize) {
        self.offered.retain(|other| *other != place);
        self.next.retain(|other| *other != place);
    }
}
