//! What each of the other ways of dispatching does.
//!
//! Three are what anybody would write. Three imitate products by what their makers publish: each is set up as a careful
//! administrator would, with what the directory knows; none is the product itself. What an imitation relaxes in turn is how
//! well an agent knows the subject: what the request asks is asked of everybody, as by the engine.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, ServiceRequestId};

use super::scenario::Kind;
use crate::domain::engine::urgency::target_ms_of;
use crate::domain::engine::{Entry, Need};
use crate::domain::town::Town;

/// Levels of priority of the imitations that have some: low, normal, high, urgent.
const PRIORITIES: usize = 4;
/// How long a request stays in a circle of agents who know its subject better than it asks: long enough for one of several
/// to end a call, short beside every target.
const CIRCLE_MS: i64 = 30_000;
/// Levels above what is asked that Zendesk's skill and Connect's first step stand for: somebody who is known for it.
const KNOWS_BETTER: &[u8] = &[2];
/// Levels above what is asked of the rings of a bullseye, the inner one first.
const RINGS: &[u8] = &[2, 1];
/// What a point of a Genesys priority is worth.
const POINT_MS: i64 = 60_000;

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The oldest request, to the least loaded agent, the first of the list.
    Fifo,
    /// The highest class of urgency whatever the wait, then the oldest, to the least loaded agent, the first of the list.
    StrictPriority,
    /// The oldest request, to the least loaded agent, of equals the one who has been idle longest.
    LongestIdle,
    /// Four priorities, then the time of eligibility; to the highest spare capacity, first among those with the skill, after
    /// a time among all. Source: Zendesk help 6712096584090, "Understanding how omnichannel routing uses queues".
    ZendeskLike,
    /// Four queue priorities, then age; steps that expire, then any agent of the queue; to whoever is available longest.
    /// Source: Amazon Connect API reference, `RoutingCriteriaInput` and `UpdateContactRoutingData`.
    ConnectLike,
    /// Score = time in queue + priority; rings of agents, each asking less; to the longest idle. Source: Genesys Cloud
    /// resource centre, "Bullseye routing"; Genesys community, "Conversation Priority and Score" (a point = one minute).
    GenesysLike,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 6] =
        [Self::Fifo, Self::StrictPriority, Self::LongestIdle, Self::ZendeskLike, Self::ConnectLike, Self::GenesysLike];

    /// Returns its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fifo => "fifo",
            Self::StrictPriority => "strict priority",
            Self::LongestIdle => "longest idle",
            Self::ZendeskLike => "zendesk-like",
            Self::ConnectLike => "connect-like",
            Self::GenesysLike => "genesys-like",
        }
    }

    /// Returns the rule of a name as commands write it: `longest-idle`.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name().replace(' ', "-") == name)
    }

    /// Returns whether it never leaves somebody free beside a request they may take.
    pub const fn conserves_work(self) -> bool {
        matches!(self, Self::Fifo | Self::StrictPriority | Self::LongestIdle)
    }

    /// Returns what makes one free agent come before another: the least first.
    pub(super) fn preference(self, (used, capacity): (u32, u32), served_at: Timestamp) -> (u64, Timestamp) {
        let load = u64::from(used) * 1_000 / u64::from(capacity.max(1));
        let spare = u64::from(u32::MAX - capacity.saturating_sub(used));
        match self {
            Self::Fifo | Self::StrictPriority => (load, Timestamp::default()),
            Self::LongestIdle => (load, served_at),
            Self::ZendeskLike => (spare, served_at),
            Self::ConnectLike | Self::GenesysLike => (0, served_at),
        }
    }
}

/// Order of the waiting requests: priority first, then age.
pub(super) type Turn = (Reverse<u8>, Timestamp, ServiceRequestId);

/// Returns the turn of a request.
pub(super) fn turn(rule: Rule, priorities: &Priorities, entry: &Entry) -> Turn {
    let (priority, since) = match rule {
        Rule::Fifo | Rule::LongestIdle => (0, entry.since),
        Rule::StrictPriority => (entry.slope, entry.since),
        Rule::ZendeskLike | Rule::ConnectLike => (priorities.of_four(entry.slope), entry.since),
        // Scores rise alike for all, so that their order never changes.
        Rule::GenesysLike => (0, entry.since.plus_millis(-priorities.ahead_ms(entry.slope))),
    };
    (Reverse(priority), since, entry.request_id)
}

/// The priorities an administrator gives to the kinds of contacts there are, by class of urgency.
#[derive(Clone, Debug, Default)]
pub(super) struct Priorities(BTreeMap<u8, (u8, i64)>);

impl Priorities {
    /// Returns four priorities, each for as many classes of urgency, and for each class how far it goes ahead: as far as its
    /// target is shorter than the longest.
    pub(super) fn of(kinds: &[Kind]) -> Self {
        let classes: BTreeSet<u8> = kinds.iter().map(|kind| kind.slope).collect();
        let longest_ms = classes.iter().map(|class| target_ms_of(*class)).max().unwrap_or(0);
        let count = classes.len().max(1);
        let priority = |place: usize| u8::try_from(place * PRIORITIES / count).unwrap_or(0);
        let ranked = classes.iter().enumerate();
        Self(ranked.map(|(place, class)| (*class, (priority(place), longest_ms - target_ms_of(*class)))).collect())
    }

    fn of_four(&self, class: u8) -> u8 {
        self.0.get(&class).map_or(0, |(priority, _)| *priority)
    }

    fn ahead_ms(&self, class: u8) -> i64 {
        self.0.get(&class).map_or(0, |(_, ahead_ms)| ahead_ms / POINT_MS * POINT_MS)
    }
}

/// Agents a request goes to for a time.
#[derive(Clone, Debug)]
pub(super) struct Circle {
    pub(super) agents: Arc<BTreeSet<AgentId>>,
    /// `None` = as long as it takes.
    pub(super) until: Option<Timestamp>,
}

/// Returns the circles of a request that begins to wait now, the last one being all who may take it.
pub(super) fn circles(
    rule: Rule,
    town: &Town,
    entry: &Entry,
    (takers, now): (Arc<BTreeSet<AgentId>>, Timestamp),
) -> Vec<Circle> {
    let levels: &[u8] = match rule {
        Rule::Fifo | Rule::StrictPriority | Rule::LongestIdle => &[],
        Rule::ZendeskLike | Rule::ConnectLike => KNOWS_BETTER,
        Rule::GenesysLike => RINGS,
    };
    let mut circles = Vec::with_capacity(levels.len() + 1);
    let mut until = now;
    for above in levels {
        let Some(need) = entry.steps.first().map(|step| &step.need) else { break };
        let agents: BTreeSet<AgentId> = takers.iter().copied().filter(|id| knows(town, *id, need, *above)).collect();
        if !agents.is_empty() && agents.len() < takers.len() {
            until = until.plus_millis(CIRCLE_MS);
            circles.push(Circle { agents: Arc::new(agents), until: Some(until) });
        }
    }
    circles.push(Circle { agents: takers, until: None });
    circles
}

/// Returns whether an agent knows everything that is asked so many levels better.
fn knows(town: &Town, agent_id: AgentId, need: &Need, above: u8) -> bool {
    let Some((_, agent)) = town.agent(agent_id) else { return false };
    need.skills.iter().all(|asked| {
        let level = asked.level.saturating_add(above);
        agent.skills.iter().any(|known| known.skill == asked.skill && known.level >= level)
    })
}

#[cfg(test)]
mod tests {
    use guichet_core::work::Channel;

    use super::*;
    use crate::domain::engine::Step;

    fn entry(slope: u8, since_ms: i64) -> Entry {
        Entry {
            request_id: ServiceRequestId::from(uuid::Uuid::from_u128(1)),
            version: 1,
            steps: vec![Step { need: Need::of("valorme", "GU").into(), expires_at: None }],
            channel: Channel::Web,
            slope,
            since: Timestamp::from_millis(since_ms),
            late: false,
            excluded: Vec::new(),
            continuity: None,
        }
    }

    fn kinds(slopes: &[u8]) -> Vec<Kind> {
        let kind = |slope: &u8| Kind {
            procedure: String::new(),
            channel: Channel::Web,
            need: Need::of("valorme", "GU"),
            slope: *slope,
            target_ms: None,
            widen: Vec::new(),
        };
        slopes.iter().map(kind).collect()
    }

    #[test]
    fn every_rule_is_found_by_the_name_commands_write() {
        for rule in Rule::ALL {
            assert_eq!(Rule::parse(&rule.name().replace(' ', "-")), Some(rule));
        }
        assert_eq!(Rule::parse("autre"), None);
    }

    #[test]
    fn a_bullseye_lets_an_old_letter_go_before_a_recent_call_and_a_priority_does_not() {
        let priorities = Priorities::of(&kinds(&[20, 47]));
        let month_ms = 30 * 86_400_000;
        let (letter, call) = (entry(20, 0), entry(47, month_ms));
        let first = |rule| turn(rule, &priorities, &letter) < turn(rule, &priorities, &call);
        assert!(first(Rule::GenesysLike) && first(Rule::Fifo));
        assert!(!first(Rule::ZendeskLike) && !first(Rule::ConnectLike) && !first(Rule::StrictPriority));
        let recent = entry(20, month_ms - POINT_MS);
        assert!(turn(Rule::GenesysLike, &priorities, &call) < turn(Rule::GenesysLike, &priorities, &recent));
    }

    #[test]
    fn the_least_loaded_and_the_one_with_most_room_are_not_always_the_same() {
        let at = Timestamp::default();
        let (small, large) = ((0, 1), (1, 3));
        assert!(Rule::Fifo.preference(small, at) < Rule::Fifo.preference(large, at));
        assert!(Rule::ZendeskLike.preference(large, at) < Rule::ZendeskLike.preference(small, at));
    }
}
