//! The life of a delivery, with the one table of its legal changes.

use guichet_core::codes;

codes! {
    /// Where a delivery stands.
    DeliveryState {
        /// To be written and sent.
        Queued = "queued",
        /// Handed to a relay that has not answered yet.
        Sending = "sending",
        /// Taken by the relay, or printed.
        Accepted = "accepted",
        /// The relay asked to come back later.
        Deferred = "deferred",
        /// It will not arrive by itself.
        Failed = "failed",
        /// The relay may or may not have it.
        Unknown = "unknown",
        /// A letter that waits for the printer.
        ToPrint = "to_print",
    }
}

impl DeliveryState {
    /// Returns whether a delivery may go from this state to `next`.
    pub const fn can_become(self, next: Self) -> bool {
        use DeliveryState::{Accepted, Deferred, Failed, Queued, Sending, ToPrint, Unknown};
        match self {
            Queued => matches!(next, Sending | ToPrint | Failed),
            Sending => matches!(next, Accepted | Deferred | Failed | Unknown | Queued),
            Deferred => matches!(next, Sending | ToPrint | Failed | Queued),
            // A bounce comes after the relay said yes.
            Accepted => matches!(next, Failed),
            Unknown => matches!(next, Accepted | Failed | Queued),
            Failed => matches!(next, Queued),
            ToPrint => matches!(next, Accepted | Failed),
        }
    }
}

/// What the relay said to one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// It has the message.
    Accepted,
    /// Nothing was taken; later may work.
    Deferred(String),
    /// Nothing was taken and nothing will be.
    Failed(String),
    /// The connection ended after the whole message was written and before the answer.
    Unknown(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_stays_where_it_is_and_every_state_is_read_back() {
        for &state in DeliveryState::ALL {
            assert!(!state.can_become(state), "{state}");
            assert_eq!(DeliveryState::parse(state.as_str()), Some(state));
        }
    }

    #[test]
    fn what_was_accepted_is_never_sent_again() {
        let sent_again = [DeliveryState::Queued, DeliveryState::Sending, DeliveryState::Deferred];
        assert!(sent_again.iter().all(|&next| !DeliveryState::Accepted.can_become(next)));
    }
}
