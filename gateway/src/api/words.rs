//! Codes and instants as the API writes them, from what the services send.

use guichet_core::Timestamp;
use guichet_core::work::{Channel, Nature, Outcome, PresenceState, SilenceRule, WorkState};
use guichet_rpc::convert::FromProto;

/// Returns an instant in RFC 3339, `None` for 0.
pub(crate) fn instant(millis: i64) -> Option<String> {
    (millis != 0).then(|| Timestamp::from_millis(millis).to_string())
}

/// Returns a text, `None` when empty.
pub(crate) fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// Returns the code of a work state; a request nobody has queued yet is `received`.
pub(crate) fn state(value: i32) -> &'static str {
    WorkState::from_proto(value).unwrap_or(WorkState::Received).as_str()
}

/// Returns the code of a channel.
pub(crate) fn channel(value: i32) -> Option<&'static str> {
    Channel::from_proto(value).map(Channel::as_str)
}

/// Returns the code of a nature.
pub(crate) fn nature(value: i32) -> Option<&'static str> {
    Nature::from_proto(value).map(Nature::as_str)
}

/// Returns the code of a result.
pub(crate) fn outcome(value: i32) -> Option<&'static str> {
    Outcome::from_proto(value).map(Outcome::as_str)
}

/// Returns the code of a silence rule.
pub(crate) fn silence(value: i32) -> Option<&'static str> {
    SilenceRule::from_proto(value).map(SilenceRule::as_str)
}

/// Returns the code of what an agent is doing.
pub(crate) fn presence(value: i32) -> Option<&'static str> {
    PresenceState::from_proto(value).map(PresenceState::as_str)
}
