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
    pub(super) present_ms: i64,
    pub(super) busy_ms: i64,
    pub(super) offers: u32,
    pub(super) accepted: u32,
    /// Contacts they have not answered about.
    pub(super) offered: Vec<usize>,
    /// Contacts they accepted and are not working on, in the order they will.
    pub(super) next: VecDeque<usize>,
    /// What they are working on, and since when.
    pub(super) current: Option<(usize, Timestamp)>,
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
            present_ms: 0,
            busy_ms: 0,
            offers: 0,
            accepted: 0,
            offered: Vec::new(),
            next: VecDeque::new(),
            current: None,
            stint: 0,
        }
    }

    pub(super) const fn is_present(&self) -> bool {
        self.present_since.is_some()
    }

    /// Begins or ends a stretch of presence.
    pub(super) fn set_present(&mut self, now: Timestamp, present: bool) {
        if let Some(since) = self.present_since.take() {
            self.present_ms += now.millis_since(since);
        }
        self.present_since = present.then_some(now);
    }

    /// Ends what they are working on; returns it and how long this stint was.
    pub(super) fn stop(&mut self, now: Timestamp) -> Option<(usize, i64)> {
        let (place, since) = self.current.take()?;
        let worked_ms = now.millis_since(since);
        self.busy_ms += worked_ms;
        self.stint += 1;
        Some((place, worked_ms))
    }

    /// Lets go of a contact, offered or laid aside.
    pub(super) fn forget(&mut self, place: usize) {
        self.offered.retain(|other| *other != place);
        self.next.retain(|other| *other != place);
    }
}
