//! Presence that follows the telephone: a call takes an agent from what they did, its end gives them back to it.

use guichet_core::work::PresenceState;

/// What an agent is doing, and the call that made it so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) presence: PresenceState,
    pub(crate) call: Option<Call>,
    /// The last call that ended: told late that it was answered, nothing begins again.
    pub(crate) ended: Option<String>,
}

/// A call an agent is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// As the telephone system names it.
    pub(crate) id: String,
    /// What the agent did before it.
    pub(crate) resume: PresenceState,
}

/// Where a call stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Answered,
    Ended,
}

impl Line {
    /// Returns what the agent is doing once the telephone has said so; `None` when that changes nothing: an event told
    /// twice, the end of a call that another one followed, or a presence the agent chose themselves meanwhile.
    pub(crate) fn follow(&self, call_id: &str, phase: Phase) -> Option<Self> {
        match (phase, &self.call) {
            (Phase::Answered, Some(call)) if call.id == call_id => None,
            (Phase::Answered, None) if self.ended.as_deref() == Some(call_id) => None,
            // A second call takes over: its end gives the agent back to what came before the first.
            (Phase::Answered, Some(call)) => {
                Some(Self { call: Some(Call { id: call_id.to_owned(), resume: call.resume }), ..self.clone() })
            }
            // « Je suis au téléphone », said by the agent: only they end it.
            (Phase::Answered, None) if self.presence == PresenceState::Phone => None,
            (Phase::Answered, None) => Some(Self {
                presence: PresenceState::Phone,
                call: Some(Call { id: call_id.to_owned(), resume: self.presence }),
                ended: None,
            }),
            (Phase::Ended, Some(call)) if call.id == call_id => {
                Some(Self { presence: call.resume, call: None, ended: Some(call_id.to_owned()) })
            }
            (Phase::Ended, _) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FREE: Line = Line { presence: PresenceState::Available, call: None, ended: None };

    fn in_call(id: &str, resume: PresenceState) -> Line {
        Line { presence: PresenceState::Phone, call: Some(Call { id: id.to_owned(), resume }), ended: None }
    }

    #[test]
    fn a_call_takes_the_agent_and_its_end_gives_them_back() {
        let busy = FREE.follow("a", Phase::Answered).expect("a change");
        assert_eq!(busy, in_call("a", PresenceState::Available));
        assert_eq!(busy.follow("a", Phase::Answered), None);
        let after = busy.follow("a", Phase::Ended).expect("a change");
        assert_eq!((after.presence, &after.call), (PresenceState::Available, &None));
        assert_eq!(after.follow("a", Phase::Answered), None, "told late, it does not begin again");
        assert!(after.follow("b", Phase::Answered).is_some());
        assert_eq!(FREE.follow("a", Phase::Ended), None);
    }

    #[test]
    fn the_end_of_a_call_that_another_followed_changes_nothing() {
        let second = in_call("a", PresenceState::Counter).follow("b", Phase::Answered).expect("a change");
        assert_eq!(second.follow("a", Phase::Ended), None);
        let after = second.follow("b", Phase::Ended).expect("a change");
        assert_eq!((after.presence, after.call), (PresenceState::Counter, None));
    }

    #[test]
    fn what_the_agent_said_themselves_stands() {
        let chosen = Line { presence: PresenceState::Phone, ..FREE };
        assert_eq!(chosen.follow("a", Phase::Answered), None);
        assert_eq!(chosen.follow("a", Phase::Ended), None);
    }
}
