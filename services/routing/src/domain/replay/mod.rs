//! Replay: the decisions of a recorded day made again, from what the engine was loaded from and what it was told, and
//! compared bit for bit with those that were recorded.
//!
//! What the matcher and replay must agree on is here, once: what of a decision is kept ([`Decided`]), and which decisions
//! of a load are told ([`tell_at_load`]).

mod compare;
mod keep;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::ops::Range;

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, ServiceRequestId};

pub(crate) use self::keep::{LoadMark, forget_before, is_due_for_a_load, loads_of};
use super::engine::{Decision, Engine, Input, Policy, Roster, Snapshot};
use super::town::Town;

/// What is recorded of a decision, and compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decided {
    /// `offered`, `waiting`, `unroutable`.
    pub(crate) kind: String,
    pub(crate) request_id: ServiceRequestId,
    pub(crate) agent_id: Option<AgentId>,
    /// JSON of the whole record.
    pub(crate) record: String,
}

impl Decided {
    /// Returns what is recorded of a decision.
    pub(crate) fn of(decision: &Decision) -> Self {
        let (kind, agent_id, record) = match decision {
            Decision::Offer { agent_id, record, .. } => ("offered", Some(*agent_id), record),
            Decision::Wait { record, .. } => ("waiting", None, record),
            Decision::Unroutable { record, .. } => ("unroutable", None, record),
        };
        let record = serde_json::to_string(record).expect("a record is plain data: maps with text keys only");
        Self { kind: kind.to_owned(), request_id: decision.request_id(), agent_id, record }
    }
}

/// Leaves of a load's decisions those that are told: why a request waits is told when it begins to, not at each load.
pub(crate) fn tell_at_load(decisions: &mut Vec<Decision>, absorbed: &[Input]) {
    let arrived: HashSet<ServiceRequestId> = absorbed.iter().filter_map(Input::arrived).collect();
    decisions.retain(|decision| match decision {
        Decision::Wait { request_id, .. } => arrived.contains(request_id),
        Decision::Offer { .. } | Decision::Unroutable { .. } => true,
    });
}

/// What one batch was told, and what was decided on it then.
#[derive(Clone, Debug, Default)]
pub(crate) struct Batch {
    pub(crate) number: i64,
    /// The engine's time.
    pub(crate) at: Timestamp,
    /// What the load that opens it absorbed.
    pub(crate) absorbed: Vec<Input>,
    /// In the order of application.
    pub(crate) inputs: Vec<Input>,
    /// In the order they were made.
    pub(crate) decided: Vec<Decided>,
}

/// A decision that was not made again as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mismatch {
    pub(crate) batch: i64,
    pub(crate) at: Timestamp,
    pub(crate) request_id: ServiceRequestId,
    /// What differs, in words.
    pub(crate) difference: String,
}

/// What a replay found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) loads: u64,
    pub(crate) inputs: u64,
    /// Decisions compared.
    pub(crate) compared: u64,
    /// Decisions of the period that could not be made again: nothing says what the engine knew then.
    pub(crate) uncovered: u64,
    pub(crate) mismatches: u64,
    /// The first of them.
    pub(crate) told: Vec<Mismatch>,
}

/// An engine that decides again what one load of it decided.
#[derive(Debug)]
pub(crate) struct Replay {
    engine: Engine,
}

impl Replay {
    /// Returns the engine as it was loaded.
    pub(crate) fn of(policy: Policy, town: &Town, snapshot: Snapshot) -> Self {
        Self { engine: Engine::new(policy, Roster::of(town), snapshot) }
    }

    /// Decides on a batch again, and compares when it is of the period.
    pub(crate) fn follow(&mut self, batch: &Batch, period: &Range<Timestamp>, outcome: &mut Outcome) {
        let mut decisions = Vec::new();
        for input in &batch.inputs {
            let mut made = self.engine.apply(batch.at, input.clone());
            if *input == Input::Reloaded {
                tell_at_load(&mut made, &batch.absorbed);
            }
            decisions.extend(made);
        }
        if period.contains(&batch.at) {
            outcome.inputs += u64::try_from(batch.inputs.len()).unwrap_or(0);
            let again: Vec<Decided> = decisions.iter().map(Decided::of).collect();
            compare::compare(batch, &again, outcome);
        }
    }
}
