//! Our codes and the contract's enums, both ways. An unspecified or unknown number reads as `None`.

use guichet_core::work::{Channel, Nature, Outcome, PresenceState, ReplyThen, SilenceRule, WorkState};
use guichet_proto::common::v1 as common;
use guichet_proto::routing::v1 as routing;

/// A code that has a number in the contract.
pub trait ToProto {
    /// Returns the number of this value.
    fn to_proto(self) -> i32;
}

/// A code that can be read from its number.
pub trait FromProto: Sized {
    /// Returns the value of a number; `None` when it is unspecified or newer than this program.
    fn from_proto(number: i32) -> Option<Self>;
}

impl<T: ToProto> ToProto for Option<T> {
    /// Returns 0, unspecified, for `None`.
    fn to_proto(self) -> i32 {
        self.map_or(0, T::to_proto)
    }
}

macro_rules! codes {
    ($($ours:ident = $theirs:path { $($variant:ident),+ })+) => {
        $(
            impl ToProto for $ours {
                fn to_proto(self) -> i32 {
                    use $theirs as Theirs;
                    match self { $($ours::$variant => Theirs::$variant as i32,)+ }
                }
            }

            impl FromProto for $ours {
                fn from_proto(number: i32) -> Option<Self> {
                    use $theirs as Theirs;
                    match Theirs::try_from(number).ok()? {
                        $(Theirs::$variant => Some($ours::$variant),)+
                        Theirs::Unspecified => None,
                    }
                }
            }
        )+
    };
}

codes! {
    Channel = common::Channel { Email, Web, Phone, Sms, Counter, Post, Api }
    Nature = common::Nature { Request, Complaint, Report, Suggestion, Information }
    Outcome = common::Outcome { Granted, PartlyGranted, Refused, Informed, Done, Moot, NotCompetent }
    SilenceRule = common::SilenceRule { Accept, Reject, None }
    WorkState = common::WorkState {
        Received, Queued, Offered, Assigned, InProgress, WaitingRequester, Escalated, Forwarded, Resolved, Closed,
        Withdrawn, Dismissed
    }
    PresenceState = routing::PresenceState { Available, Counter, Phone, Break, Away }
}

impl ToProto for ReplyThen {
    fn to_proto(self) -> i32 {
        match self {
            Self::Continue => common::ReplyThen::Unspecified as i32,
            Self::Resolve => common::ReplyThen::Resolve as i32,
            Self::Wait => common::ReplyThen::Wait as i32,
        }
    }
}

impl FromProto for ReplyThen {
    /// Unspecified is a value of its own here: the work goes on.
    fn from_proto(number: i32) -> Option<Self> {
        Some(match common::ReplyThen::try_from(number).ok()? {
            common::ReplyThen::Unspecified => Self::Continue,
            common::ReplyThen::Resolve => Self::Resolve,
            common::ReplyThen::Wait => Self::Wait,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_read_back_from_its_number() {
        for &state in WorkState::ALL {
            assert_eq!(WorkState::from_proto(state.to_proto()), Some(state));
        }
        assert_eq!(WorkState::from_proto(0), None);
        assert_eq!(WorkState::from_proto(9_999), None, "a newer peer's value");
    }
}
