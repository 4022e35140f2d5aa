//! A desk whose figures are known exactly: 90 agents, six kinds of contacts that come at random and last at random,
//! thirty places to wait. With all skills it is the queue M/M/90/120; with one skill, nearly six small ones.

use std::sync::Arc;

use guichet_core::Timestamp;

use super::outcome::{Contact, Outcome};
use super::random::{Draws, millis};
use super::scenario::{Answering, Arrival, Pace, Scenario};
use super::simple;
use crate::domain::erlang::FiniteQueue;
use crate::domain::town::Town;

/// Agents of the desk.
pub const AGENTS: usize = 90;
/// Kinds of contacts, each with its skill.
pub const KINDS: usize = 6;
/// Places to wait.
pub const WAITING_PLACES: usize = 30;
/// Mean length of a contact.
pub const HANDLING_MS: f64 = 600_000.0;
/// Contacts in a minute.
pub const PER_MINUTE: f64 = 8.4;
/// The wait that the share in time is about.
pub const WITHIN_MS: i64 = 30_000;

/// What is known exactly, and measured.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Figures {
    /// Share turned away.
    pub blocked: f64,
    /// Share of the others begun within [`WITHIN_MS`].
    pub within: f64,
    /// Mean wait of the others.
    pub mean_wait_s: f64,
}

impl Figures {
    /// Returns what the queue with all skills tends to.
    pub fn pooled() -> Self {
        Self::exact(1)
    }

    /// Returns what six separate queues tend to, each with its share of agents, contacts and places.
    pub fn separate() -> Self {
        Self::exact(6)
    }

    fn exact(parts: u32) -> Self {
        let (servers, places) = (AGENTS as u32 / parts, WAITING_PLACES as u32 / parts);
        let per_ms = PER_MINUTE / 60_000.0 / f64::from(parts);
        let queue = FiniteQueue::new(per_ms, 1.0 / HANDLING_MS, servers, servers + places);
        let within = queue.within(WITHIN_MS as f64);
        Self { blocked: queue.blocked(), within, mean_wait_s: queue.mean_wait() / 1_000.0 }
    }

    /// Returns what was measured, but for the first contacts: they found an empty desk.
    pub fn of(outcome: &Outcome, skipped: usize) -> Self {
        let wait = |contact: &Contact| Some(contact.started_at?.millis_since(contact.arrived_at));
        Self::of_waits(outcome.contacts.iter().skip(skipped).map(wait))
    }

    /// Returns what the waits of contacts were, in milliseconds; `None` = turned away.
    pub fn of_waits(waits: impl Iterator<Item = Option<i64>>) -> Self {
        let (mut all, mut served, mut in_time, mut waited_ms) = (0_u32, 0_u32, 0_u32, 0.0);
        for wait in waits {
            all += 1;
            if let Some(wait) = wait {
                served += 1;
                in_time += u32::from(wait <= WITHIN_MS);
                waited_ms += wait as f64;
            }
        }
        let (all, served) = (f64::from(all.max(1)), f64::from(served.max(1)));
        Self {
            blocked: 1.0 - served / all,
            within: f64::from(in_time) / served,
            mean_wait_s: waited_ms / served / 1_000.0,
        }
    }
}

/// Returns `contacts` contacts met by agents of `skills` skills each (1 to 6).
pub fn scenario(skills: usize, contacts: usize, seed: u64) -> Scenario {
    let draws = Draws::new(seed);
    let (mut at_ms, mut arrivals) = (0.0, Vec::with_capacity(contacts));
    for _ in 0..contacts {
        at_ms += draws.exponential_ms(60_000.0 / PER_MINUTE);
        let handling_ms = millis(draws.exponential_ms(HANDLING_MS));
        let at = Timestamp::from_millis(millis(at_ms));
        arrivals.push(Arrival::new(at, draws.below(KINDS), handling_ms));
    }
    let directory = simple::directory((0..AGENTS).map(|agent| skills_of(agent, skills)));
    Scenario {
        // One class of urgency: the oldest is always the most urgent.
        kinds: (0..KINDS).map(|number| simple::kind(number, 0)).collect(),
        arrivals,
        presence: simple::everybody(&directory),
        town: Town::of([Arc::new(directory)]),
        answering: Answering::AT_ONCE,
        pace: Pace::OneAtATime,
        waiting_room: Some(WAITING_PLACES),
        discovery_ms: 0,
        ends_at: None,
        audit_every_ms: None,
        seed,
    }
}

/// Returns the kinds an agent can take: fifteen agents begin with each, and the second skills join every pair alike.
fn skills_of(agent: usize, skills: usize) -> Vec<usize> {
    let (first, step) = (agent % KINDS, agent / KINDS % (KINDS - 1));
    let others = (0..skills.saturating_sub(1)).map(|more| (first + 1 + (step + more) % (KINDS - 1)) % KINDS);
    std::iter::once(first).chain(others).collect()
}
