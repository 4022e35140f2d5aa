//! What can go wrong, said to the person who plays.

/// Why nothing more was played.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is not one of a demo on this machine.
    #[error("GU-DEM-001: {address} is not a demo on this machine: {reason}")]
    NotADemo {
        /// As given.
        address: String,
        /// What a demo would have shown.
        reason: String,
    },
    /// Nobody listens.
    #[error("GU-DEM-002: no answer from {0}: start `guichet` first, or name its address")]
    Away(String),
    /// A door said no to something that it takes from everybody.
    #[error("GU-DEM-003: {door} refused with {status}: {detail}")]
    Refused {
        /// Where.
        door: String,
        /// What it answered with.
        status: u16,
        /// What it said.
        detail: String,
    },
    /// What a story announced did not happen.
    #[error("GU-DEM-004: the demo did something else than the story says: {0}")]
    Differs(String),
    /// There is no such story.
    #[error("GU-DEM-005: there is no story {0}: they go from 1 to 12, `guichet demo story --list` names them")]
    NoSuchStory(u32),
    /// The person who watches has gone.
    #[error("the story was stopped")]
    Stopped,
}
