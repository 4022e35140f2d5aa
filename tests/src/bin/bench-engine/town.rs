//! A town of ten thousand agents: 512 sets of skills of forty, and requests that ask two skills each, so that an agent
//! may serve about one bucket in eight.

use std::sync::Arc;

use guichet_core::id::{AgentId, ServiceRequestId, new_uuid};
use guichet_core::work::{Channel, Tier};
use guichet_core::{ManualClock, Rng, SeededRng, Timestamp};
use guichet_events::{Agent, Authority, Department, Directory, SkillLevel};
use guichet_routing::domain::engine::{Entry, Need, Roster, Step};
use guichet_routing::domain::town::Town;

/// Different sets of skills.
pub(crate) const PROFILES: usize = 512;
/// Kinds of requests: a pair of skills and a class of urgency.
pub(crate) const BUCKETS: usize = 2_048;
const SKILLS: u32 = 40;
const SKILLS_OF_AGENT: u32 = 14;
const AUTHORITY: &str = "ville";
const DEPARTMENT: &str = "GU";

/// Returns the agents' ids.
pub(crate) fn agents(count: usize) -> impl Iterator<Item = AgentId> {
    (0..count).map(|number| AgentId::of_login(&login(number)))
}

fn login(number: usize) -> String {
    format!("agent{number}")
}

/// Returns the roster of the town.
pub(crate) fn roster(count: usize) -> Roster {
    let rng = SeededRng::new(512);
    let profiles: Vec<Vec<SkillLevel>> = (0..PROFILES).map(|_| skills_of_agent(&rng)).collect();
    let mut directory = Directory::new(Authority::new(AUTHORITY, "Ville"));
    directory.departments = [(DEPARTMENT.to_owned(), Department::new("Guichet unique"))].into();
    for number in 0..count {
        let skills = profiles[number % PROFILES].clone();
        let agent = Agent { skills, ..Agent::new(&login(number), "Agent", Tier::L1, 1) };
        directory.agents.insert(login(number), agent);
    }
    Roster::of(&Town::of([Arc::new(directory)]))
}

fn skills_of_agent(rng: &SeededRng) -> Vec<SkillLevel> {
    let mut all: Vec<u32> = (0..SKILLS).collect();
    let drawn =
        (0..SKILLS_OF_AGENT).map(|_| all.swap_remove(rng.below(u32::try_from(all.len()).unwrap_or(1)) as usize));
    drawn.map(|skill| SkillLevel::new(&format!("S{skill}"), 3)).collect()
}

/// Requests as they come.
pub(crate) struct Requests {
    rng: SeededRng,
    kinds: Vec<(Arc<Need>, u8)>,
}

impl Requests {
    /// Returns requests that follow from a seed.
    pub(crate) fn new(seed: u64) -> Self {
        let pairs = (0..SKILLS).flat_map(|first| (first + 1..SKILLS).map(move |second| (first, second)));
        let classes = [4, 9, 14];
        let kinds = classes.iter().flat_map(|&slope| pairs.clone().map(move |pair| (Arc::new(need(pair)), slope)));
        Self { rng: SeededRng::new(seed), kinds: kinds.take(BUCKETS).collect() }
    }

    /// Returns a number below `count`.
    pub(crate) fn below(&self, count: usize) -> usize {
        self.rng.below(u32::try_from(count).unwrap_or(u32::MAX)) as usize
    }

    /// Returns the next request, which arrives at `now`.
    pub(crate) fn next(&mut self, now: Timestamp) -> Entry {
        let (need, slope) = &self.kinds[self.below(self.kinds.len())];
        Entry {
            request_id: ServiceRequestId::from(new_uuid(&ManualClock::at(now), &self.rng)),
            version: 1,
            steps: vec![Step { need: Arc::clone(need), expires_at: None }],
            channel: Channel::Email,
            slope: *slope,
            since: now,
            late: false,
            excluded: Vec::new(),
            continuity: None,
        }
    }
}

fn need((first, second): (u32, u32)) -> Need {
    Need {
        skills: [first, second].iter().map(|skill| SkillLevel::new(&format!("S{skill}"), 2)).collect(),
        ..Need::of(AUTHORITY, DEPARTMENT)
    }
}
