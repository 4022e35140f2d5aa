//! From pieces of work to a day that can be played.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, ServiceRequestId};
use guichet_core::work::PresenceState;

use super::super::random::millis;
use super::super::scenario::{Answering, Arrival, Kind, Pace, Past, PresenceChange, Scenario};
use super::super::traffic::{DISCOVERY_MS, HANDLING_MS, LIVE_TARGET_MS, MINUTE_MS, WRITTEN_TARGET_MS, is_live};
use super::{File, Piece, Recording};
use crate::domain::engine::{Entry, Need};
use crate::domain::town::Town;

/// A recorded day, whoever will be there.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// When the first agent was there, and when the last one left.
    pub open: Range<Timestamp>,
    /// Those who were there, and what they knew.
    pub town: Town,
    works: Vec<Work>,
    presence: Vec<PresenceChange>,
    answering: Answering,
}

/// Under whom a recorded day is played.
#[derive(Clone, Debug)]
pub struct Under {
    /// Who can do what.
    pub town: Town,
    /// Who is there only in the simulation, and whose hours they have.
    pub newcomer: Option<(AgentId, AgentId)>,
}

/// A piece of work of the day.
#[derive(Clone, Debug)]
struct Work {
    procedure: String,
    entry: Entry,
    at: Timestamp,
    handling_ms: i64,
    patience_ms: Option<i64>,
    legal_at: Option<Timestamp>,
    /// Who had it in hand when the record began, or whom it waited for.
    known_to: Option<AgentId>,
    past: Past,
}

impl Recording {
    /// Returns the day of some authorities as it can be played, by what the files say of its requests; `None` when nobody was
    /// there or nothing came.
    pub fn finish(self, town: Town, files: &BTreeMap<ServiceRequestId, File>) -> Option<Recorded> {
        let of_the_town = |change: &PresenceChange| town.agent(change.agent_id).is_some();
        let presence = self.presence.into_iter().filter(of_the_town).collect();
        let presence = since(presence, self.period.start);
        let open = opening(&presence, self.period.end)?;
        let presence = since(presence, open.start).into_iter().filter(|change| change.at < open.end).collect();
        let pieces: Vec<&Piece> = self.pieces.iter().filter(|piece| is_of(piece, &open)).collect();
        let lengths = Lengths::of(&pieces, &open);
        let work = |piece: &&Piece| {
            let file = files.get(&piece.request_id);
            let entry = piece.entry.clone().or_else(|| file.map(|file| file.entry.clone()))?;
            let at = piece.at.max(open.start);
            let need = &entry.steps.first()?.need;
            town.by_code(&need.authority)?;
            Some(Work {
                procedure: file.map_or_else(|| department(&town, need), |file| file.procedure.clone()),
                handling_ms: lengths.handling_ms(piece, need),
                patience_ms: piece.left_at.map(|left_at| left_at.millis_since(at).max(1)),
                legal_at: file.and_then(|file| file.legal_at),
                past: Past {
                    since: entry.since.min(at),
                    late_at: piece.late_at,
                    excluded: entry.excluded.clone(),
                    handed_on: piece.handed_on,
                    steps: entry.steps.clone(),
                },
                known_to: piece.holder.or_else(|| entry.continuity.map(|continuity| continuity.agent_id)),
                entry,
                at,
            })
        };
        let mut works: Vec<Work> = pieces.iter().filter_map(work).collect();
        // Of those that wait at the door, the oldest first.
        works.sort_by_key(|work| (work.at, work.past.since, work.entry.request_id));
        let answering = self.offers.answering();
        (!works.is_empty()).then_some(Recorded { open, town, works, presence, answering })
    }
}

impl Recorded {
    /// Returns how many pieces of work the day has.
    pub const fn works(&self) -> usize {
        self.works.len()
    }

    /// Returns how many of them waited or were in hand when the doors opened.
    pub fn at_the_door(&self) -> usize {
        self.works.iter().filter(|work| work.at == self.open.start).count()
    }

    /// Returns the day under those who were there.
    pub fn as_it_was(&self) -> Under {
        Under { town: self.town.clone(), newcomer: None }
    }

    /// Returns the day under some people: those of that day have the hours they had, those nobody knew are there from the
    /// first to the last minute. What an authority receives that is not there any more is left out.
    pub fn under(&self, Under { town, newcomer }: Under, seed: u64) -> Scenario {
        let mut kinds: Vec<Kind> = Vec::new();
        let mut places: BTreeMap<(&Need, &str, u8, &str), usize> = BTreeMap::new();
        let mut arrivals = Vec::new();
        for work in &self.works {
            let Some(need) = work.entry.steps.first().map(|step| step.need.as_ref()) else { continue };
            if town.by_code(&need.authority).is_none() {
                continue;
            }
            let key = (need, work.entry.channel.as_str(), work.entry.slope, work.procedure.as_str());
            let kind = *places.entry(key).or_insert_with(|| {
                kinds.push(kind(work, need));
                kinds.len() - 1
            });
            arrivals.push(Arrival {
                patience_ms: work.patience_ms,
                known_to: work.known_to,
                legal_at: work.legal_at,
                past: Some(Box::new(work.past.clone())),
                ..Arrival::new(work.at, kind, work.handling_ms)
            });
        }
        Scenario {
            presence: self.presence_of(&town, newcomer),
            town,
            kinds,
            arrivals,
            answering: self.answering,
            pace: Pace::InHand,
            waiting_room: None,
            discovery_ms: DISCOVERY_MS,
            ends_at: Some(self.open.end),
            audit_every_ms: Some(MINUTE_MS),
            seed,
        }
    }

    fn presence_of(&self, town: &Town, newcomer: Option<(AgentId, AgentId)>) -> Vec<PresenceChange> {
        let mut presence = self.presence.clone();
        let mut unknown: BTreeSet<AgentId> =
            town.all().flat_map(|directory| directory.agents.values()).map(|agent| agent.id).collect();
        unknown.retain(|id| self.town.agent(*id).is_none());
        if let Some((newcomer, like)) = newcomer {
            let hours = self.presence.iter().filter(|change| change.agent_id == like);
            presence.extend(hours.map(|change| PresenceChange { agent_id: newcomer, ..*change }));
            unknown.remove(&newcomer);
        }
        let there = |agent_id| PresenceChange { at: self.open.start, agent_id, state: PresenceState::Available };
        presence.extend(unknown.into_iter().map(there));
        presence.sort();
        presence
    }
}

fn kind(work: &Work, need: &Need) -> Kind {
    let Entry { channel, slope, .. } = work.entry;
    let target_ms = Some(if is_live(channel) { LIVE_TARGET_MS } else { WRITTEN_TARGET_MS });
    Kind { procedure: work.procedure.clone(), channel, need: need.clone(), slope, target_ms, widen: Vec::new() }
}

fn department(town: &Town, need: &Need) -> String {
    town.department_name(&need.authority, &need.department).to_owned()
}

/// Returns presence from an instant on, each agent's state then being their first change.
fn since(presence: Vec<PresenceChange>, start: Timestamp) -> Vec<PresenceChange> {
    let (before, mut after): (Vec<_>, Vec<_>) = presence.into_iter().partition(|change| change.at <= start);
    let latest: BTreeMap<AgentId, PresenceState> =
        before.into_iter().map(|change| (change.agent_id, change.state)).collect();
    after.extend(latest.into_iter().map(|(agent_id, state)| PresenceChange { at: start, agent_id, state }));
    after.sort();
    after
}

/// Returns from when to when somebody is there; `None` when nobody is.
fn opening(presence: &[PresenceChange], end: Timestamp) -> Option<Range<Timestamp>> {
    let mut there: BTreeSet<AgentId> = BTreeSet::new();
    let (mut opens_at, mut closes_at) = (None, end);
    for change in presence.iter().filter(|change| change.at < end) {
        if change.state == PresenceState::Available {
            opens_at.get_or_insert(change.at);
            there.insert(change.agent_id);
            closes_at = end;
        } else if there.remove(&change.agent_id) && there.is_empty() {
            closes_at = change.at;
        }
    }
    opens_at.filter(|opens_at| *opens_at < closes_at).map(|opens_at| opens_at..closes_at)
}

/// Returns whether a piece of work is of the day: there before it closes, and not over when it opens.
fn is_of(piece: &Piece, open: &Range<Timestamp>) -> bool {
    piece.at < open.end && (piece.waits() || piece.is_in_hand() || piece.told_at > open.start)
}

/// How long pieces of work were in hand while somebody was there.
struct Lengths {
    open: Range<Timestamp>,
    by_need: BTreeMap<Need, i64>,
    of_the_day: i64,
}

impl Lengths {
    fn of(pieces: &[&Piece], open: &Range<Timestamp>) -> Self {
        let mut by_need: BTreeMap<Need, Vec<i64>> = BTreeMap::new();
        let mut all = Vec::new();
        for piece in pieces {
            let Some(length_ms) = whole_ms(piece, open) else { continue };
            all.push(length_ms);
            if let Some(step) = piece.entry.as_ref().and_then(|entry| entry.steps.first()) {
                by_need.entry(Need::clone(&step.need)).or_default().push(length_ms);
            }
        }
        let by_need = by_need.into_iter().filter_map(|(need, lengths)| Some((need, median(lengths)?))).collect();
        let of_the_day = median(all).unwrap_or_else(|| millis(HANDLING_MS));
        Self { open: open.clone(), by_need, of_the_day }
    }

    /// Returns how long a piece of work is in hand: as long as it was; the day's median when it still was at the end; the
    /// median of what asks the same when nobody took it.
    fn handling_ms(&self, piece: &Piece, need: &Need) -> i64 {
        let untaken = piece.in_hand.is_empty();
        let usual = self.by_need.get(need).copied().filter(|_| untaken).unwrap_or(self.of_the_day);
        whole_ms(piece, &self.open).unwrap_or(usual)
    }
}

/// Returns how long a piece of work was in hand; `None` when it never was, or still is when the desk closes.
fn whole_ms(piece: &Piece, open: &Range<Timestamp>) -> Option<i64> {
    if piece.in_hand.is_empty() || piece.is_in_hand() {
        return None;
    }
    let stints = piece.in_hand.iter().filter_map(|(from, until)| {
        let (from, until) = ((*from).max(open.start), until.as_ref().copied()?.min(open.end));
        (from < until).then(|| until.millis_since(from))
    });
    Some(stints.sum::<i64>().max(1))
}

fn median(mut lengths: Vec<i64>) -> Option<i64> {
    lengths.sort_unstable();
    lengths.get(lengths.len() / 2).copied()
}
