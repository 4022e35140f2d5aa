//! From facts to pieces of work.

use std::collections::BTreeMap;
use std::ops::Range;

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, ServiceRequestId};
use guichet_core::work::PresenceState;

use super::super::scenario::PresenceChange;
use super::{Offers, Piece, Recording};
use crate::domain::engine::{Entry, Input, Need, Snapshot, TierRule};

impl Recording {
    /// Begins a record with what the engine was loaded from, before the period or in it.
    pub fn begin(period: Range<Timestamp>, loaded_at: Timestamp, snapshot: Snapshot) -> Self {
        let mut recording = Self {
            period,
            pieces: Vec::new(),
            known: BTreeMap::new(),
            presence: Vec::new(),
            serials: BTreeMap::new(),
            offers: Offers::default(),
        };
        for agent in &snapshot.agents {
            recording.presence(
                loaded_at,
                PresenceChange { at: loaded_at, agent_id: agent.agent_id, state: agent.presence },
                agent.serial,
            );
        }
        for entry in snapshot.waiting {
            recording.arrives(loaded_at, entry);
        }
        for held in snapshot.held {
            match held.offered {
                Some(entry) => recording.arrives(loaded_at, entry),
                None => recording.was_in_hand(loaded_at, held.request_id, held.version, Some(held.agent_id)),
            }
        }
        recording
    }

    /// Notes a fact the engine was told, made true at `at`. What is older than what is known is ignored.
    pub fn told(&mut self, at: Timestamp, input: &Input) {
        match input {
            Input::Arrived(entry) => self.arrives(at, entry.clone()),
            Input::Held { request_id, version, agent_id, .. } => self.is_held(at, (*request_id, *version), *agent_id),
            Input::Freed { request_id, version } => self.is_freed(at, *request_id, *version),
            Input::Declined(ended) => {
                if self.is_news(at, ended.request_id, ended.version).is_some() {
                    self.offers.open.remove(&ended.request_id);
                    self.offers.declined += u32::from(self.period.contains(&at));
                }
            }
            Input::Expired(ended) => {
                if self.is_news(at, ended.request_id, ended.version).is_some() {
                    let stood_ms = self.stood_ms(at, ended.request_id);
                    stood_ms.into_iter().for_each(|stood_ms| self.offers.expired.add(stood_ms));
                }
            }
            Input::Rescinded(ended) => {
                self.is_news(at, ended.request_id, ended.version);
                self.offers.open.remove(&ended.request_id);
            }
            Input::PresenceChanged { agent_id, state, serial } => {
                self.presence(at, PresenceChange { at, agent_id: *agent_id, state: *state }, *serial);
            }
            Input::BecameLate { request_id, .. } => {
                if let Some(&(_, place)) = self.known.get(request_id) {
                    self.pieces[place].late_at.get_or_insert(at);
                }
            }
            Input::Tick | Input::Reloaded => {}
        }
    }

    /// Notes that a request was offered to somebody.
    pub fn offered(&mut self, at: Timestamp, request_id: ServiceRequestId) {
        if self.period.contains(&at) {
            self.offers.open.insert(request_id, at);
        }
    }

    /// Returns the requests that were in hand when the record began: only their files say what they ask.
    pub fn unknown(&self) -> Vec<ServiceRequestId> {
        self.pieces.iter().filter(|piece| piece.entry.is_none()).map(|piece| piece.request_id).collect()
    }

    fn arrives(&mut self, at: Timestamp, entry: Entry) {
        let (request_id, version) = (entry.request_id, entry.version);
        let before = self.known.get(&request_id).copied();
        if before.is_some_and(|(known, _)| known >= version) {
            return;
        }
        let late_at = entry.late.then_some(entry.since);
        let mut handed_on = false;
        if let Some((_, place)) = before {
            let piece = &mut self.pieces[place];
            // Asked otherwise while it waited: still the same wait.
            if piece.waits() {
                (piece.late_at, piece.told_at) = (late_at.or(piece.late_at), at);
                piece.entry = Some(entry);
                self.known.insert(request_id, (version, place));
                return;
            }
            piece.let_go(at);
            piece.told_at = at;
            let asked = |entry: &Entry| entry.steps.first().map(|step| step.need.clone());
            handed_on = piece
                .entry
                .as_ref()
                .and_then(asked)
                .zip(asked(&entry))
                .is_some_and(|(one, other)| is_other(&one, &other));
        }
        self.known.insert(request_id, (version, self.pieces.len()));
        self.pieces.push(Piece { entry: Some(entry), late_at, handed_on, ..Piece::new(request_id, at) });
    }

    fn is_held(&mut self, at: Timestamp, (request_id, version): (ServiceRequestId, i64), agent_id: AgentId) {
        if !self.known.contains_key(&request_id) {
            // Nothing says since when: it was paused when the record began.
            return self.was_in_hand(at, request_id, version, Some(agent_id));
        }
        let Some(place) = self.is_news(at, request_id, version) else { return };
        let stood_ms = self.stood_ms(at, request_id);
        stood_ms.into_iter().for_each(|stood_ms| self.offers.accepted.add(stood_ms));
        let piece = &mut self.pieces[place];
        if !piece.is_in_hand() {
            piece.in_hand.push((at, None));
        }
    }

    fn is_freed(&mut self, at: Timestamp, request_id: ServiceRequestId, version: i64) {
        let Some(place) = self.is_news(at, request_id, version) else { return };
        self.offers.open.remove(&request_id);
        let piece = &mut self.pieces[place];
        if piece.waits() {
            piece.left_at = Some(at);
        }
        piece.let_go(at);
    }

    fn was_in_hand(&mut self, at: Timestamp, request_id: ServiceRequestId, version: i64, holder: Option<AgentId>) {
        self.known.insert(request_id, (version, self.pieces.len()));
        self.pieces.push(Piece { holder, in_hand: vec![(at, None)], ..Piece::new(request_id, at) });
    }

    /// Returns the piece of work a fact is about; `None` when the fact is known, or about nothing recorded.
    fn is_news(&mut self, at: Timestamp, request_id: ServiceRequestId, version: i64) -> Option<usize> {
        let (known, place) = self.known.get_mut(&request_id).filter(|(known, _)| *known < version)?;
        *known = version;
        self.pieces[*place].told_at = at;
        Some(*place)
    }

    /// Returns how long the offer that ends had stood.
    fn stood_ms(&mut self, at: Timestamp, request_id: ServiceRequestId) -> Option<i64> {
        self.offers.open.remove(&request_id).map(|offered_at| at.millis_since(offered_at).max(0))
    }

    fn presence(&mut self, at: Timestamp, change: PresenceChange, serial: i64) {
        if at < self.period.end && self.serials.get(&change.agent_id).is_none_or(|known| *known < serial) {
            self.serials.insert(change.agent_id, serial);
            // A call or a visit is the work itself, which is played again.
            let state = match change.state {
                PresenceState::Counter | PresenceState::Phone => PresenceState::Available,
                state => state,
            };
            self.presence.push(PresenceChange { state, ..change });
        }
    }
}

impl Piece {
    const fn new(request_id: ServiceRequestId, at: Timestamp) -> Self {
        Self {
            request_id,
            at,
            entry: None,
            late_at: None,
            handed_on: false,
            in_hand: Vec::new(),
            holder: None,
            left_at: None,
            told_at: at,
        }
    }
}

/// Returns whether work was handed on as something else: level 2 and back is the way of the procedure, not a mistake.
fn is_other(one: &Need, other: &Need) -> bool {
    other.tier == TierRule::Any && (&one.department, &one.skills) != (&other.department, &other.skills)
}
