//! What a simulated day was like: the metrics by which ways of dispatching are compared.
//!
//! A mean or a share in time alone can be bettered by making a few wait much longer, so that the longest waits always
//! stand beside them. Who was never offered to anybody has waited until they left, or until the day ended.

use std::collections::BTreeMap;

use guichet_core::Timestamp;
use serde::Serialize;

use super::outcome::{AgentDay, Contact, Ending, Outcome};
use super::scenario::Scenario;
use super::slots::Slot;

/// Above this, people have no time to think.
const BUSY_SHARE: f64 = 0.85;
/// What is spoken unless something else is asked for.
const FRENCH: &str = "fr";

/// How long some contacts took, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Waits {
    /// How many there are.
    pub count: usize,
    /// On average.
    pub mean_s: f64,
    /// Half of them no longer.
    pub p50_s: f64,
    /// Nine in ten no longer.
    pub p90_s: f64,
    /// All but one in a hundred no longer.
    pub p99_s: f64,
    /// The longest.
    pub max_s: f64,
}

impl Waits {
    /// Sums up lengths in milliseconds.
    pub fn of(lengths_ms: impl IntoIterator<Item = i64>) -> Self {
        let mut sorted: Vec<i64> = lengths_ms.into_iter().collect();
        sorted.sort_unstable();
        let Some(&longest) = sorted.last() else { return Self::default() };
        let at = |percent: usize| seconds(sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)]);
        let mean_s = sorted.iter().map(|&length| seconds(length)).sum::<f64>() / count(sorted.len());
        let (p50_s, p90_s, p99_s) = (at(50), at(90), at(99));
        Self { count: sorted.len(), mean_s, p50_s, p90_s, p99_s, max_s: seconds(longest) }
    }
}

/// How many of some contacts something is true of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Rate {
    /// Contacts it is asked about.
    pub of: usize,
    /// Share of them; 0 when there are none.
    pub share: f64,
}

impl Rate {
    fn of(answers: impl Iterator<Item = bool>) -> Self {
        let answers: Vec<bool> = answers.collect();
        Self { of: answers.len(), share: share(answers.iter().filter(|yes| **yes), answers.len()) }
    }
}

/// A simulated day in figures. Shares are between 0 and 1.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Contacts that came.
    pub contacts: usize,
    /// Until somebody was first offered it.
    pub first_offer: Waits,
    /// Until somebody began it.
    pub start: Waits,
    /// Until it was done, of those that were.
    pub resolution: Waits,
    /// Until the first offer, by channel.
    pub by_channel: BTreeMap<String, Waits>,
    /// Until the first offer, by department.
    pub by_department: BTreeMap<String, Waits>,
    /// Until the first offer, by language.
    pub by_language: BTreeMap<String, Waits>,
    /// Share offered within its target.
    pub within_target: f64,
    /// Mean square of the wait over the target: what the engine holds small, without the weights.
    pub mean_squared_wait_in_targets: f64,
    /// Not offered to anybody when the day ended.
    pub left_waiting: usize,
    /// The longest wait among those.
    pub oldest_left_s: f64,
    /// The oldest wait of the day, whatever became of it.
    pub oldest_waiting_s: f64,
    /// Of contacts the law gives a date that day: done by then.
    pub legal_kept: Rate,
    /// Of begun contacts about a known file: begun by who knows it.
    pub continuity: Rate,
    /// Of begun contacts in another language than French: begun by who speaks it.
    pub language_match: Rate,
    /// Share turned away.
    pub turned_away: f64,
    /// Share whose usager left.
    pub gave_up: f64,
    /// Share handed on because it was of another kind.
    pub misrouted: f64,
    /// Times a contact was handed on, on average.
    pub transfers_per_contact: f64,
    /// Share of offers accepted.
    pub accepted: f64,
    /// Share of offers declined.
    pub declined: f64,
    /// Share of offers nobody answered in time.
    pub expired: f64,
    /// Share of the time at work spent on contacts, over all who were there.
    pub utilisation: f64,
    /// Share of agents above 85 %.
    pub overworked: f64,
    /// Share of the day's quarters of an hour in which all agents together are above 85 %.
    pub crowded: f64,
    /// Jain's index of utilisation: 1 = everybody works alike.
    pub fairness: f64,
    /// Waiting contacts that somebody free could have been offered and that were kept for nobody who knows their file, over
    /// all audits: 0 is right.
    pub idle_beside_waiting: u32,
}

impl Report {
    /// Sums up an outcome.
    pub fn of(scenario: &Scenario, outcome: &Outcome) -> Self {
        let seen: Vec<(usize, &Contact)> = outcome.contacts.iter().enumerate().collect();
        let seen: Vec<_> = seen.into_iter().filter(|(_, contact)| contact.ending != Ending::TurnedAway).collect();
        let day = Day { scenario, outcome, seen };
        let in_targets = day.in_targets();
        let left = day.left_ms();
        let done = outcome.contacts.iter().filter(|contact| contact.ending == Ending::Done);
        let efforts: Vec<f64> = outcome.agents.iter().filter(|agent| agent.present_ms > 0).map(effort).collect();
        let over_agents = |part: fn(&AgentDay) -> u32| outcome.agents.iter().map(|agent| part(agent) as usize).sum();
        let offers = over_agents(|agent| agent.offers);
        let ended = |ending| outcome.contacts.iter().filter(|contact| contact.ending == ending).count();
        let all = outcome.contacts.len();
        let slots: Vec<f64> = outcome.slots.iter().filter(|slot| slot.present_ms > 0).map(busy_share).collect();
        let kind = |contact: &Contact| &scenario.kinds[contact.kind];
        Self {
            contacts: all,
            first_offer: Waits::of(day.waits().map(|(_, wait)| wait)),
            start: Waits::of(day.seen.iter().map(|(_, contact)| until(contact, contact.started_at, outcome.ended_at))),
            resolution: Waits::of(done.map(|contact| until(contact, contact.ended_at, outcome.ended_at))),
            by_channel: day.waits_by(|contact| kind(contact).channel.to_string()),
            by_department: day.waits_by(|contact| kind(contact).need.department.clone()),
            by_language: day
                .waits_by(|contact| kind(contact).need.language.clone().unwrap_or_else(|| FRENCH.to_owned())),
            within_target: share(
                in_targets.iter().filter(|(offered, wait)| *offered && *wait <= 1.0),
                in_targets.len(),
            ),
            mean_squared_wait_in_targets: mean(in_targets.iter().map(|(_, wait)| wait * wait)),
            left_waiting: left.len(),
            oldest_left_s: left.iter().max().map_or(0.0, |&longest| seconds(longest)),
            oldest_waiting_s: seconds(outcome.oldest_waiting_ms),
            legal_kept: day.legal_kept(),
            continuity: day.continuity(),
            language_match: day.language_match(),
            turned_away: ratio(ended(Ending::TurnedAway), all),
            gave_up: ratio(ended(Ending::GaveUp), all),
            misrouted: share(day.hand_overs().filter(|times| *times > 0), all),
            transfers_per_contact: ratio(day.hand_overs().map(|times| times as usize).sum(), all),
            accepted: ratio(over_agents(|agent| agent.accepted), offers),
            declined: ratio(over_agents(|agent| agent.declined), offers),
            expired: ratio(over_agents(|agent| agent.expired), offers),
            utilisation: mean(efforts.iter().copied()),
            overworked: share(efforts.iter().filter(|effort| **effort > BUSY_SHARE), efforts.len()),
            crowded: share(slots.iter().filter(|busy| **busy > BUSY_SHARE), slots.len()),
            fairness: jain(&efforts),
            idle_beside_waiting: outcome.idle_beside_waiting,
        }
    }
}

/// A day and those of its contacts that were let in, each with its place.
struct Day<'a> {
    scenario: &'a Scenario,
    outcome: &'a Outcome,
    seen: Vec<(usize, &'a Contact)>,
}

impl Day<'_> {
    fn waits(&self) -> impl Iterator<Item = (&Contact, i64)> {
        self.seen.iter().map(|(_, contact)| (*contact, first_offer_ms(contact, self.outcome.ended_at)))
    }

    fn waits_by(&self, key: impl Fn(&Contact) -> String) -> BTreeMap<String, Waits> {
        let mut groups = BTreeMap::<String, Vec<i64>>::new();
        for (contact, wait) in self.waits() {
            groups.entry(key(contact)).or_default().push(wait);
        }
        groups.into_iter().map(|(key, waits)| (key, Waits::of(waits))).collect()
    }

    /// Returns for each contact with a target whether it was offered, and its wait in targets.
    fn in_targets(&self) -> Vec<(bool, f64)> {
        let in_targets = self.waits().filter_map(|(contact, wait)| {
            let target = seconds(self.scenario.kinds[contact.kind].target_ms?);
            Some((contact.offered_at.is_some(), seconds(wait) / target))
        });
        in_targets.collect()
    }

    /// Returns the waits of those not offered to anybody when the day ended.
    fn left_ms(&self) -> Vec<i64> {
        let left = |contact: &Contact| contact.offered_at.is_none() && contact.ending == Ending::Open;
        self.waits().filter(|(contact, _)| left(contact)).map(|(_, wait)| wait).collect()
    }

    /// Returns how often each contact was handed on, before the day or in it.
    fn hand_overs(&self) -> impl Iterator<Item = u32> {
        self.outcome.contacts.iter().zip(&self.scenario.arrivals).map(|(contact, arrival)| {
            contact.transfers + u32::from(arrival.past.as_ref().is_some_and(|past| past.handed_on))
        })
    }

    fn legal_kept(&self) -> Rate {
        let day_ended_at = self.outcome.ended_at;
        let dated = self.seen.iter().filter_map(|(place, contact)| {
            let legal_at = self.scenario.arrivals[*place].legal_at.filter(|legal_at| *legal_at <= day_ended_at)?;
            Some(contact.ending == Ending::Done && contact.ended_at.is_some_and(|ended_at| ended_at <= legal_at))
        });
        Rate::of(dated)
    }

    fn continuity(&self) -> Rate {
        let known = self
            .seen
            .iter()
            .filter_map(|(place, contact)| Some(contact.begun_by? == self.scenario.arrivals[*place].known_to?));
        Rate::of(known)
    }

    fn language_match(&self) -> Rate {
        let foreign = self.seen.iter().filter_map(|(_, contact)| {
            let language = self.scenario.kinds[contact.kind].need.language.as_ref()?;
            let (_, agent) = self.scenario.town.agent(contact.begun_by?)?;
            Some(agent.languages.contains(language))
        });
        Rate::of(foreign)
    }
}

/// Returns Jain's index of fairness: 1 when all values are alike, one over their number when one has everything.
pub fn jain(values: &[f64]) -> f64 {
    let (sum, squares) = (values.iter().sum::<f64>(), values.iter().map(|value| value * value).sum::<f64>());
    if squares > 0.0 { sum * sum / (count(values.len()) * squares) } else { 1.0 }
}

/// Returns how long a contact waited to be offered to somebody, in milliseconds.
pub(super) fn first_offer_ms(contact: &Contact, day_ended_at: Timestamp) -> i64 {
    until(contact, contact.offered_at, day_ended_at)
}

/// Returns how long a contact took until `at`; until it ended or the day did when that never came.
fn until(contact: &Contact, at: Option<Timestamp>, day_ended_at: Timestamp) -> i64 {
    let end = at.or(contact.ended_at).unwrap_or(day_ended_at);
    end.millis_since(contact.arrived_at).max(0)
}

fn busy_share(slot: &Slot) -> f64 {
    seconds(slot.busy_ms) / seconds(slot.present_ms)
}

fn effort(agent: &AgentDay) -> f64 {
    seconds(agent.busy_ms) / seconds(agent.present_ms)
}

fn share<T>(some: impl Iterator<Item = T>, of: usize) -> f64 {
    ratio(some.count(), of)
}

fn ratio(part: usize, of: usize) -> f64 {
    if of == 0 { 0.0 } else { count(part) / count(of) }
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let of = values.len();
    if of == 0 { 0.0 } else { values.sum::<f64>() / count(of) }
}

#[expect(clippy::cast_precision_loss, reason = "numbers of contacts and agents are far below 2^53")]
fn count(number: usize) -> f64 {
    number as f64
}

#[expect(clippy::cast_precision_loss, reason = "lengths of simulated days are far below 2^53 milliseconds")]
fn seconds(millis: i64) -> f64 {
    millis as f64 / 1_000.0
}
