//! The words of the work on a request: channel, nature, tier, outcome, silence rule, and the one table of legal
//! transitions between work states.

/// Declares a closed list of codes that are stored, sent and read as the same snake_case text. The calling crate needs
/// `serde` with its derive.
#[macro_export]
macro_rules! codes {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $code:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$variant_meta])* #[serde(rename = $code)] $variant,)+
        }

        impl $name {
            /// Every value, in the order of the list.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Returns the stable text of this value.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// Returns the value of a stable text, `None` when there is none.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($code => Some(Self::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

codes! {
    /// The way a usager reached the authority.
    Channel {
        /// A message by SMTP, LMTP or IMAP.
        Email = "email",
        /// The portal's form.
        Web = "web",
        /// A call typed in by an agent.
        Phone = "phone",
        /// A text message.
        Sms = "sms",
        /// A visit typed in by an agent.
        Counter = "counter",
        /// A letter typed in by an agent.
        Post = "post",
        /// A partner's program.
        Api = "api",
    }
}

codes! {
    /// What kind of contact a request is.
    Nature {
        /// Demande.
        Request = "request",
        /// Réclamation.
        Complaint = "complaint",
        /// Signalement.
        Report = "report",
        /// Suggestion.
        Suggestion = "suggestion",
        /// Renseignement.
        Information = "information",
    }
}

codes! {
    /// The result told to the usager.
    Outcome {
        /// Accordée.
        Granted = "granted",
        /// Accordée en partie.
        PartlyGranted = "partly_granted",
        /// Refusée.
        Refused = "refused",
        /// Renseignée.
        Informed = "informed",
        /// Réalisée.
        Done = "done",
        /// Sans objet.
        Moot = "moot",
        /// Hors compétence.
        NotCompetent = "not_competent",
    }
}

codes! {
    /// What silence means after the legal delay (CRPA L.231-1, L.231-4).
    SilenceRule {
        /// Silence vaut accord.
        Accept = "accept",
        /// Silence vaut rejet.
        Reject = "reject",
        /// No decision follows from silence.
        None = "none",
    }
}

codes! {
    /// What an agent is doing, as far as offers are concerned.
    PresenceState {
        /// May be offered work.
        Available = "available",
        /// With somebody at the counter.
        Counter = "counter",
        /// On the phone.
        Phone = "phone",
        /// En pause.
        Break = "break",
        /// Not at work.
        Away = "away",
    }
}

codes! {
    /// What a reply asks of the work at the same time.
    ReplyThen {
        /// Nothing: the work goes on.
        Continue = "continue",
        /// "Répondre et terminer".
        Resolve = "resolve",
        /// "Demander une pièce".
        Wait = "wait",
    }
}

codes! {
    /// Where the work on a request stands.
    WorkState {
        /// Taken in, not yet queued.
        Received = "received",
        /// Waiting for an agent.
        Queued = "queued",
        /// Proposed to one agent.
        Offered = "offered",
        /// Held by an agent, not begun.
        Assigned = "assigned",
        /// Being worked on.
        InProgress = "in_progress",
        /// Waiting for the usager.
        WaitingRequester = "waiting_requester",
        /// With level 2; level 1 stays informed.
        Escalated = "escalated",
        /// Handed to an outside body.
        Forwarded = "forwarded",
        /// Answered.
        Resolved = "resolved",
        /// Over, 14 days after the answer.
        Closed = "closed",
        /// Given up by the usager.
        Withdrawn = "withdrawn",
        /// Given up by the authority, with a reason.
        Dismissed = "dismissed",
    }
}

impl WorkState {
    /// Returns whether the table of legal transitions (DESIGN §4) lets work move from this state to `next`.
    pub fn can_become(self, next: Self) -> bool {
        use WorkState::{
            Assigned, Closed, Dismissed, Escalated, Forwarded, InProgress, Offered, Queued, Received, Resolved,
            WaitingRequester, Withdrawn,
        };
        match self {
            Received => matches!(next, Queued | Withdrawn | Dismissed),
            Queued => matches!(next, Offered | Assigned | Withdrawn | Dismissed | Forwarded),
            Offered => matches!(next, Queued | Assigned | Withdrawn | Dismissed),
            Assigned => {
                matches!(
                    next,
                    InProgress | Queued | WaitingRequester | Escalated | Forwarded | Resolved | Withdrawn | Dismissed
                )
            }
            InProgress => {
                matches!(next, Queued | WaitingRequester | Escalated | Forwarded | Resolved | Withdrawn | Dismissed)
            }
            WaitingRequester => matches!(next, InProgress | Queued | Resolved | Withdrawn | Dismissed),
            Escalated => {
                matches!(next, InProgress | Queued | WaitingRequester | Forwarded | Resolved | Withdrawn | Dismissed)
            }
            Forwarded => matches!(next, InProgress | Queued | Resolved | Withdrawn | Dismissed),
            Resolved => matches!(next, Closed | Queued),
            Closed => matches!(next, Queued),
            Withdrawn | Dismissed => matches!(next, Queued),
        }
    }

    /// Returns whether somebody still has to do something.
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Resolved | Self::Closed | Self::Withdrawn | Self::Dismissed)
    }
}

/// The level of the desk that treats a procedure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Tier {
    /// Agents d'accueil.
    L1,
    /// Specialist departments.
    L2,
}

impl TryFrom<u8> for Tier {
    type Error = String;

    fn try_from(value: u8) -> Result<Self, String> {
        match value {
            1 => Ok(Self::L1),
            2 => Ok(Self::L2),
            other => Err(format!("tier {other} does not exist: use 1 or 2")),
        }
    }
}

impl From<Tier> for u8 {
    fn from(value: Tier) -> Self {
        match value {
            Tier::L1 => 1,
            Tier::L2 => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_read_back() {
        for &state in WorkState::ALL {
            assert_eq!(WorkState::parse(state.as_str()), Some(state));
        }
        assert_eq!(WorkState::parse("en_cours"), None);
    }

    #[test]
    fn every_state_but_the_first_can_be_reached_from_received() {
        let mut reached = vec![WorkState::Received];
        let mut next = 0;
        while next < reached.len() {
            let from = reached[next];
            for &to in WorkState::ALL {
                if from.can_become(to) && !reached.contains(&to) {
                    reached.push(to);
                }
            }
            next += 1;
        }
        assert_eq!(reached.len(), WorkState::ALL.len());
    }

    #[test]
    fn nothing_goes_back_to_received_and_nothing_stays_where_it_is() {
        for &state in WorkState::ALL {
            assert!(!state.can_become(WorkState::Received) && !state.can_become(state), "{state}");
        }
    }
}
