//! What agents do with what they accepted: one thing at a time, or everything in hand together.

use super::{Ending, Event, Play, Stand};

impl Play<'_> {
    /// An agent who accepted a contact begins it, or lays it on their desk.
    pub(super) fn take(&mut self, desk: usize, place: usize) {
        let live = self.is_live(place);
        match self.desks[desk].current {
            None if self.desks[desk].is_present() => return self.begin(desk, place),
            Some((current, _)) if live && !self.is_live(current) => {
                if let Some((current, worked_ms)) = self.stop(desk) {
                    self.contacts[current].left_ms -= worked_ms;
                    self.desks[desk].next.push_front(current);
                }
                return self.begin(desk, place);
            }
            _ => {}
        }
        let after = self.desks[desk].next.iter().position(|other| live && !self.is_live(*other));
        let after = after.unwrap_or(self.desks[desk].next.len());
        self.desks[desk].next.insert(after, place);
    }

    /// An agent who accepted a contact has it in hand for its length, whatever else they have.
    pub(super) fn hold(&mut self, desk: usize, place: usize) {
        self.is_begun(desk, place);
        self.count_in_hand(desk);
        self.desks[desk].in_hand += self.weight(place);
        let version = self.contacts[place].version;
        self.plan(self.now.plus_millis(self.contacts[place].left_ms.max(0)), Event::HandedOver { place, version });
    }

    pub(super) fn handed_over(&mut self, place: usize) {
        let Stand::OnDesk(desk) = self.contacts[place].stand else { return };
        self.count_in_hand(desk);
        self.desks[desk].in_hand = self.desks[desk].in_hand.saturating_sub(self.weight(place));
        self.let_go(desk, place);
        self.end_or_hand_on(place);
    }

    pub(super) fn count_in_hand(&mut self, desk: usize) {
        if let Some((since, share)) = self.desks[desk].count_in_hand(self.now) {
            self.slots.add_busy(since, self.now, share);
        }
    }

    fn is_begun(&mut self, desk: usize, place: usize) {
        let agent_id = self.desks[desk].agent_id;
        self.contacts[place].started_at.get_or_insert(self.now);
        self.contacts[place].begun_by.get_or_insert(agent_id);
    }

    fn begin(&mut self, desk: usize, place: usize) {
        self.is_begun(desk, place);
        self.desks[desk].current = Some((place, self.now));
        let stint = self.desks[desk].stint;
        self.plan(self.now.plus_millis(self.contacts[place].left_ms.max(0)), Event::WorkDone { desk, stint });
    }

    pub(super) fn begin_next(&mut self, desk: usize) {
        if !self.desks[desk].is_present() || self.desks[desk].current.is_some() {
            return;
        }
        if let Some(place) = self.desks[desk].next.pop_front() {
            self.begin(desk, place);
        }
    }

    /// Ends what an agent is at; returns it and how long this stint was.
    pub(super) fn stop(&mut self, desk: usize) -> Option<(usize, i64)> {
        let (place, worked_ms) = self.desks[desk].stop(self.now)?;
        self.slots.add_busy(self.now.plus_millis(-worked_ms), self.now, (1, 1));
        Some((place, worked_ms))
    }

    pub(super) fn work_done(&mut self, desk: usize) {
        let Some((place, _)) = self.stop(desk) else { return };
        self.let_go(desk, place);
        self.begin_next(desk);
        self.end_or_hand_on(place);
    }

    /// A contact that turned out to be of another kind waits again, as that one; the others are done.
    fn end_or_hand_on(&mut self, place: usize) {
        match self.scenario.arrivals[place].truly.filter(|truly| *truly != self.contacts[place].kind) {
            Some(truly) => {
                let contact = &mut self.contacts[place];
                (contact.kind, contact.version, contact.transfers) =
                    (truly, contact.version + 1, contact.transfers + 1);
                self.wait(place);
            }
            None => self.end(place, Ending::Done),
        }
    }

    pub(super) fn set_present(&mut self, desk: usize, present: bool) {
        if let Some(since) = self.desks[desk].set_present(self.now, present) {
            self.slots.add_present(since, self.now);
        }
    }
}
