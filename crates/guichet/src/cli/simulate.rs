//! What `guichet simulate` takes.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};

use super::ClientArgs;

/// A day to play, and what is tried on it.
#[derive(Clone, Debug, Args)]
pub(crate) struct SimulateArgs {
    /// The folder, one sub-folder an authority.
    #[arg(required_unless_present = "day")]
    pub(crate) folder: Option<PathBuf>,
    /// A recorded day instead, as 2026-11-25, or `today`, in the time zone of the first authority. A month back at most.
    #[arg(long, conflicts_with_all = ["folder", "contacts"])]
    pub(crate) day: Option<String>,
    /// Code of the authority whose recorded day it is, with those it shares its desk with; the whole town when absent.
    #[arg(long, requires = "day")]
    pub(crate) authority: Option<String>,
    /// Another folder: the same day under its people, their skills and its procedures.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) against: Option<PathBuf>,
    /// The same day with this agent away.
    #[arg(long, value_name = "LOGIN", conflicts_with_all = ["more_like", "teach"])]
    pub(crate) less: Option<String>,
    /// The same day with one agent more, who knows what this one does.
    #[arg(long, value_name = "LOGIN", conflicts_with = "teach")]
    pub(crate) more_like: Option<String>,
    /// The same day with an agent who knows a skill at this level.
    #[arg(long, value_name = "LOGIN=SKILL:LEVEL")]
    pub(crate) teach: Option<Teach>,
    /// Another way of dispatching: the same day under it.
    #[arg(long, value_enum)]
    pub(crate) policy: Option<DispatchPolicy>,
    /// Contacts of an ordinary day; as many as suit the agents when absent.
    #[arg(long)]
    pub(crate) contacts: Option<usize>,
    /// The same number plays the same day again.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Name what rests on one person, and the skill to teach first.
    #[arg(long)]
    pub(crate) advise: bool,
    /// For programs: one JSON object with every figure.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) client: ClientArgs,
}

/// A skill an agent learns: `basile.tampon=FUN:3`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Teach {
    pub(crate) login: String,
    pub(crate) skill: String,
    pub(crate) level: u8,
}

impl FromStr for Teach {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "write it as basile.tampon=FUN:3, with a level from 1 to 5";
        let (login, lesson) = text.split_once('=').ok_or(wrong)?;
        let (skill, level) = lesson.split_once(':').ok_or(wrong)?;
        let level = level.parse().ok().filter(|level| (1..=5).contains(level)).ok_or(wrong)?;
        Ok(Self { login: login.to_owned(), skill: skill.to_owned(), level })
    }
}

/// A way of dispatching to compare the product's own with. Those named after a product imitate what its maker publishes.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum DispatchPolicy {
    /// The oldest request first.
    Fifo,
    /// The highest class of urgency first, however long others wait.
    StrictPriority,
    /// The oldest request first, to whoever has been idle longest.
    LongestIdle,
    /// Four priorities, then age; to the agent with most spare capacity, those with the skill first.
    ZendeskLike,
    /// Four priorities, then age; steps that expire, then any agent of the queue, the longest available.
    ConnectLike,
    /// Minutes in queue plus priority; rings of agents, each asking less; to the longest idle.
    GenesysLike,
}

impl DispatchPolicy {
    /// Returns its name, as commands and the contract write it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Fifo => "fifo",
            Self::StrictPriority => "strict-priority",
            Self::LongestIdle => "longest-idle",
            Self::ZendeskLike => "zendesk-like",
            Self::ConnectLike => "connect-like",
            Self::GenesysLike => "genesys-like",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lesson_is_written_with_its_level() {
        let taught = Teach { login: "basile.tampon".to_owned(), skill: "FUN".to_owned(), level: 3 };
        assert_eq!("basile.tampon=FUN:3".parse(), Ok(taught));
        assert!(
            ["basile.tampon", "basile.tampon=FUN", "basile.tampon=FUN:6"]
                .iter()
                .all(|text| text.parse::<Teach>().is_err())
        );
    }
}
