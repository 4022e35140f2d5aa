//! What waits together: the same department of the same authority, the same level, in writing or live.

use guichet_core::id::AuthorityId;
use guichet_core::work::Tier;

use crate::domain::engine::{Need, TierRule};

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Level {
    /// The desk's.
    One,
    /// The specialists' alone.
    Two,
}

impl Level {
    /// Returns the level of whoever works at it.
    pub(crate) const fn tier(self) -> Tier {
        match self {
            Self::One => Tier::L1,
            Self::Two => Tier::L2,
        }
    }
}

/// What waits together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Bucket {
    pub(crate) authority_id: AuthorityId,
    /// Code of the department in charge, as the authority knows it.
    pub(crate) department: String,
    pub(crate) level: Level,
    /// Somebody is on the line or at the counter.
    pub(crate) live: bool,
}

impl Bucket {
    /// Returns where requests of a need wait.
    pub(crate) fn of(authority_id: AuthorityId, need: &Need) -> Self {
        let level = if need.tier == TierRule::OnlyL2 { Level::Two } else { Level::One };
        Self { authority_id, department: need.department.clone(), level, live: need.live }
    }

    /// Returns how the lane of a bucket is kept, beside its authority and department.
    pub(crate) const fn lane(&self) -> &'static str {
        match (self.level, self.live) {
            (Level::One, false) => "1",
            (Level::One, true) => "1live",
            (Level::Two, false) => "2",
            (Level::Two, true) => "2live",
        }
    }

    /// Returns the bucket that is kept so.
    pub(crate) fn parse(authority_id: AuthorityId, department: &str, lane: &str) -> Option<Self> {
        [(Level::One, false), (Level::One, true), (Level::Two, false), (Level::Two, true)]
            .map(|(level, live)| Self { authority_id, department: department.to_owned(), level, live })
            .into_iter()
            .find(|bucket| bucket.lane() == lane)
    }
}
