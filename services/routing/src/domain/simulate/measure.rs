//! What a simulated day was like: the metrics by which ways of dispatching are compared.
//!
//! A mean or a share in time alone can be bettered by making a few wait much longer, so that the longest waits always
//! stand beside them. Who was never offered to anybody has waited until they left, or until the day ended.

use std::collections::BTreeMap;

use guichet_core::Timestamp;
use serde::Serialize;

use super::driver::{Contact, Ending, Outcome};
use super::scenario::Scenario;

/// Above this, people have no time to think.
const BUSY_SHARE: f64 = 0.85;

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
    /// Share offered within its target.
    pub within_target: f64,
    /// Mean square of the wait over the target: what the engine holds small, without the weights.
    pub mean_squared_wait_in_targets: f64,
    /// Not offered to anybody when the day ended.
    pub left_waiting: usize,
    /// The longest wait among those.
    pub oldest_left_s: f64,
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
    /// Share of the time at work spent on contacts, over all who were there.
    pub utilisation: f64,
    /// Share of agents above 85 %.
    pub overworked: f64,
    /// Jain's index of utilisation: 1 = everybody works alike.
    pub fairness: f64,
    /// Waiting contacts that somebody free could have been offered, over all audits: 0 is right.
    pub idle_beside_waiting: u32,
}

impl Report {
    /// Sums up an outcome.
    pub fn of(scenario: &Scenario, outcome: &Outcome) -> Self {
        let seen: Vec<&Contact> =
            outcome.contacts.iter().filter(|contact| contact.ending != Ending::TurnedAway).collect();
        let first_offer = |contact: &Contact| first_offer_ms(contact, outcome.ended_at);
        let (mut by_channel, mut by_department) = (BTreeMap::<_, Vec<i64>>::new(), BTreeMap::<_, Vec<i64>>::new());
        for contact in &seen {
            let kind = &scenario.kinds[contact.kind];
            by_channel.entry(kind.channel.to_string()).or_default().push(first_offer(contact));
            by_department.entry(kind.need.department.clone()).or_default().push(first_offer(contact));
        }
        let in_targets = seen.iter().filter_map(|contact| {
            let target = seconds(scenario.kinds[contact.kind].target_ms?);
            Some((contact.offered_at.is_some(), seconds(first_offer(contact)) / target))
        });
        let in_targets: Vec<(bool, f64)> = in_targets.collect();
        let left = seen.iter().filter(|contact| contact.offered_at.is_none() && contact.ending == Ending::Open);
        let left: Vec<i64> = left.map(|contact| first_offer(contact)).collect();
        let done = seen.iter().filter(|contact| contact.ending == Ending::Done);
        let efforts: Vec<f64> = outcome.agents.iter().filter(|agent| agent.present_ms > 0).map(effort).collect();
        let offers = outcome.agents.iter().map(|agent| agent.offers as usize).sum();
        let accepted = outcome.agents.iter().map(|agent| agent.accepted as usize).sum();
        let ended = |ending| outcome.contacts.iter().filter(|contact| contact.ending == ending).count();
        let all = outcome.contacts.len();
        Self {
            contacts: all,
            first_offer: Waits::of(seen.iter().map(|contact| first_offer(contact))),
            start: Waits::of(seen.iter().map(|contact| until(contact, contact.started_at, outcome.ended_at))),
            resolution: Waits::of(done.map(|contact| until(contact, contact.ended_at, outcome.ended_at))),
            by_channel: by_channel.into_iter().map(|(channel, waits)| (channel, Waits::of(waits))).collect(),
            by_department: by_department.into_iter().map(|(code, waits)| (code, Waits::of(waits))).collect(),
            within_target: share(
                in_targets.iter().filter(|(offered, wait)| *offered && *wait <= 1.0),
                in_targets.len(),
            ),
            mean_squared_wait_in_targets: mean(in_targets.iter().map(|(_, wait)| wait * wait)),
            left_waiting: left.len(),
            oldest_left_s: left.iter().max().map_or(0.0, |&longest| seconds(longest)),
            turned_away: ratio(ended(Ending::TurnedAway), all),
            gave_up: ratio(ended(Ending::GaveUp), all),
            misrouted: share(outcome.contacts.iter().filter(|contact| contact.transfers > 0), all),
            transfers_per_contact: mean(outcome.contacts.iter().map(|contact| f64::from(contact.transfers))),
            accepted: ratio(accepted, offers),
            utilisation: mean(efforts.iter().copied()),
            overworked: share(efforts.iter().filter(|effort| **effort > BUSY_SHARE), efforts.len()),
            fairness: jain(&efforts),
            idle_beside_waiting: outcome.idle_beside_waiting,
        }
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

fn effort(agent: &super::AgentDay) -> f64 {
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
