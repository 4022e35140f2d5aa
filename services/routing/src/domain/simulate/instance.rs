//! Small desks for which a bound of the best possible outcome is known: nobody who does not see the future can expect to
//! meet it, and nobody at all can better it.
//!
//! Time is counted in slots. The cost of a contact is `c × (wait / T)²`, its kind's weight and target, as the engine's
//! urgency has it.

use std::sync::Arc;

use guichet_core::Timestamp;
use serde::Deserialize;

use super::outcome::Outcome;
use super::scenario::{Answering, Arrival, Pace, Scenario};
use super::simple;
use crate::domain::engine::urgency::class_of;
use crate::domain::town::Town;

/// One slot.
const SLOT_MS: i64 = 600_000;

/// Agents, contacts and a lower bound of their cost.
#[derive(Clone, Debug, Deserialize)]
pub struct Instance {
    /// For each agent, the kinds they can take.
    pub agents: Vec<Vec<usize>>,
    /// For each kind, its weight (1 to 10) and its target in slots.
    pub kinds: Vec<(u32, u32)>,
    /// For each contact in the order they come: slot, kind, length in slots.
    pub contacts: Vec<(u32, usize, u32)>,
    /// No schedule costs less.
    pub bound: f64,
}

impl Instance {
    /// Returns it as a scenario in which every offer is accepted at once.
    pub fn scenario(&self) -> Scenario {
        let directory = simple::directory(self.agents.iter().cloned());
        let arrivals = self.contacts.iter().map(|&(slot, kind, length)| {
            let at = Timestamp::from_millis(i64::from(slot) * SLOT_MS);
            Arrival::new(at, kind, i64::from(length) * SLOT_MS)
        });
        Scenario {
            // Never late: the cost of a wait is the same before and after the target.
            kinds: self
                .kinds
                .iter()
                .enumerate()
                .map(|(number, &(cost, target))| simple::kind(number, class_of(cost, i64::from(target) * SLOT_MS)))
                .collect(),
            arrivals: arrivals.collect(),
            presence: simple::everybody(&directory),
            town: Town::of([Arc::new(directory)]),
            answering: Answering::AT_ONCE,
            pace: Pace::OneAtATime,
            waiting_room: None,
            discovery_ms: 0,
            ends_at: None,
            audit_every_ms: None,
            seed: 0,
        }
    }

    /// Returns what an outcome costs.
    pub fn cost(&self, outcome: &Outcome) -> f64 {
        let costs = outcome.contacts.iter().map(|contact| {
            let (cost, target) = self.kinds[contact.kind];
            let waited_ms = contact.started_at.unwrap_or(outcome.ended_at).millis_since(contact.arrived_at);
            #[expect(clippy::cast_precision_loss, reason = "a wait is far below 2^53 milliseconds")]
            let in_targets = waited_ms as f64 / (SLOT_MS * i64::from(target)) as f64;
            f64::from(cost) * in_targets * in_targets
        });
        costs.sum()
    }
}
