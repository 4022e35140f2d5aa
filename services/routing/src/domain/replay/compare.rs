//! Where a decision made again differs from the one recorded, in words.

use super::{Batch, Decided, Mismatch, Outcome};

/// Differences told in full; the others are counted.
pub(crate) const TOLD_MAX: usize = 20;
/// Characters of a value in a difference: enough to recognise it.
const VALUE_CHARS_MAX: usize = 120;

/// Compares what was recorded of a batch with what was made again. What is the same at both ends is paired first, so that
/// one decision too many does not make all that follow it differ.
pub(super) fn compare(batch: &Batch, again: &[Decided], outcome: &mut Outcome) {
    let recorded = batch.decided.as_slice();
    outcome.compared += u64::try_from(recorded.len().max(again.len())).unwrap_or(0);
    let shortest = recorded.len().min(again.len());
    let head = recorded.iter().zip(again).take_while(|(one, other)| one == other).count();
    let tail = recorded.iter().rev().zip(again.iter().rev()).take_while(|(one, other)| one == other).count();
    let tail = tail.min(shortest - head);
    let (recorded, again) = (&recorded[head..recorded.len() - tail], &again[head..again.len() - tail]);
    for place in 0..recorded.len().max(again.len()) {
        let (one, other) = (recorded.get(place), again.get(place));
        let Some(request_id) = one.or(other).map(|decided| decided.request_id) else { continue };
        outcome.mismatches += 1;
        if outcome.told.len() < TOLD_MAX {
            let difference = difference(one, other);
            outcome.told.push(Mismatch { batch: batch.number, at: batch.at, request_id, difference });
        }
    }
}

/// Returns in words how a recorded decision and the one made again differ.
fn difference(recorded: Option<&Decided>, again: Option<&Decided>) -> String {
    let (recorded, again) = match (recorded, again) {
        (Some(recorded), Some(again)) => (recorded, again),
        (Some(recorded), None) => return format!("recorded {}, not made again", in_short(recorded)),
        (None, Some(again)) => return format!("made again {}, not recorded", in_short(again)),
        (None, None) => return String::new(),
    };
    if (&recorded.kind, recorded.request_id, recorded.agent_id) != (&again.kind, again.request_id, again.agent_id) {
        return format!("recorded {}, made again {}", in_short(recorded), in_short(again));
    }
    let parsed = (serde_json::from_str(&recorded.record), serde_json::from_str(&again.record));
    let (Ok(one), Ok(other)) = parsed else { return "the record recorded cannot be read".to_owned() };
    first_difference("", &one, &other).unwrap_or_else(|| "the record is written in another way".to_owned())
}

fn in_short(decided: &Decided) -> String {
    let agent = decided.agent_id.map(|agent| format!(" to {agent}")).unwrap_or_default();
    format!("{} {}{agent}", decided.request_id, decided.kind)
}

/// Returns the first place where two records differ, as a pointer with both values.
fn first_difference(pointer: &str, one: &serde_json::Value, other: &serde_json::Value) -> Option<String> {
    use serde_json::Value::{Array, Object};
    match (one, other) {
        (Object(one), Object(other)) => one.keys().chain(other.keys()).find_map(|key| {
            let null = &serde_json::Value::Null;
            let values = (one.get(key).unwrap_or(null), other.get(key).unwrap_or(null));
            first_difference(&format!("{pointer}/{key}"), values.0, values.1)
        }),
        (Array(one), Array(other)) if one.len() == other.len() => one
            .iter()
            .zip(other)
            .enumerate()
            .find_map(|(place, (one, other))| first_difference(&format!("{pointer}/{place}"), one, other)),
        _ if one == other => None,
        _ => Some(format!("record{pointer}: recorded {}, made again {}", shortened(one), shortened(other))),
    }
}

fn shortened(value: &serde_json::Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(VALUE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
