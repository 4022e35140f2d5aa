//! Counting a delay, between the contract and the use case.

use guichet_events::{Delay, DelayUnit};
use guichet_proto::routing::v1 as proto;

use crate::app::calendars::{Asked, Counted, ToldStep};
use crate::error::Error;

/// Reads what to count.
pub(super) fn asked(request: proto::ExplainDelayRequest) -> Result<Asked, Error> {
    let unit = match request.unit() {
        proto::DelayUnit::Hours => DelayUnit::Hours,
        proto::DelayUnit::BusinessDays => DelayUnit::BusinessDays,
        proto::DelayUnit::Days => DelayUnit::Days,
        proto::DelayUnit::Months => DelayUnit::Months,
        proto::DelayUnit::Unspecified => return Err(Error::field("/delay", "Indiquez un délai.")),
    };
    let proto::ExplainDelayRequest { authority, department, from, count, .. } = request;
    Ok(Asked { authority, department, from, delay: Delay { count, unit } })
}

/// Writes how it was counted.
pub(super) fn counted(counted: Counted) -> proto::ExplainDelayResponse {
    let step = |step: ToldStep| proto::DelayStep {
        day: step.day.to_string(),
        kind: step.kind.to_owned(),
        total: step.total,
        sentence: step.sentence,
    };
    proto::ExplainDelayResponse {
        calendar: counted.calendar,
        asked: counted.told.asked,
        steps: counted.told.steps.into_iter().map(step).collect(),
        due: counted.told.due.as_millis(),
        conclusion: counted.told.conclusion,
    }
}
