//! The needs the engine has met, each kept once: who has what it takes, how well it fits them, and what the others lack.

use std::sync::Arc;

use super::Map;
use super::agents::Agents;
use super::bits::Bits;
use super::need::Need;
use super::record::{Counts, NAMED_MAX, Named, Reason};
use super::roster::{ProfileIx, Roster, SkillIx};
use super::variety::DepartmentIx;

/// Place of a need.
pub(crate) type NeedIx = u32;

/// Share of the target that a full surplus of level is worth, in thousandths (ROUTING §4).
const SURPLUS_PERMILLE: i32 = 200;
/// Share of the target that a full waste of rare skills costs, in thousandths (ROUTING §4).
const WASTE_PERMILLE: i32 = 250;
/// Share of the target that knowing the file is worth, in thousandths (ROUTING §4).
pub(crate) const KNOWN_PERMILLE: i64 = 300;

/// How well a request fits the agents of a profile; static facts of the directory, so the same for all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fit {
    /// 0 when of the preferred level, 1 otherwise.
    pub(crate) tier_distance: u8,
    /// Share of what is rare in their skills that the request does not need, in thousandths.
    pub(crate) waste_permille: u16,
    /// Levels above those asked, in thousandths of all there could be.
    pub(crate) surplus_permille: u16,
}

impl Fit {
    fn worth(self) -> i32 {
        (SURPLUS_PERMILLE * i32::from(self.surplus_permille) - WASTE_PERMILLE * i32::from(self.waste_permille)) / 1_000
    }
}

/// One need and all that the roster says about it.
#[derive(Clone, Debug)]
pub(crate) struct NeedCard {
    pub(crate) need: Arc<Need>,
    /// The same without what nobody has and the request can do without.
    pub(crate) asked: Need,
    /// The skills of it, by number.
    pub(crate) skills: Vec<SkillIx>,
    /// Profiles whose agents have everything asked, or learn it.
    pub(crate) profiles: Vec<ProfileIx>,
    pub(crate) profile_bits: Bits,
    /// Those of them whose agents learn it.
    pub(crate) learners: Vec<ProfileIx>,
    pub(crate) learner_bits: Bits,
    /// How many agents have everything asked.
    pub(crate) capable: u32,
    /// The agents of the other profiles, by the first thing they lack.
    pub(crate) lacking: Counts,
    /// Up to twenty of them by name.
    pub(crate) lacking_named: Arc<Vec<Named>>,
}

/// Every need met so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Needs {
    cards: Vec<NeedCard>,
    by_need: Map<Arc<Need>, NeedIx>,
    departments: Map<(String, String), DepartmentIx>,
    /// For each need, its department.
    department_of: Vec<DepartmentIx>,
    /// For each profile, the fit of each need.
    fits: Vec<Vec<Fit>>,
    /// For each profile, what each need is worth, apart since hundreds are looked at a decision.
    gains: Vec<Vec<i16>>,
}

impl Needs {
    /// Returns no needs yet, for a roster of `profiles` profiles.
    pub(crate) fn new(profiles: usize) -> Self {
        Self { fits: vec![Vec::new(); profiles], gains: vec![Vec::new(); profiles], ..Self::default() }
    }

    /// Returns what is known of a need.
    pub(crate) fn get(&self, index: NeedIx) -> &NeedCard {
        &self.cards[index as usize]
    }

    /// Returns how well a need fits the agents of a profile.
    pub(crate) fn fit(&self, profile: ProfileIx, need: NeedIx) -> Fit {
        self.fits[profile][need as usize]
    }

    /// Returns what each need is worth to the agents of a profile, in thousandths of the request's target, above the worst match
    /// there is: a request that fits nobody better than anybody else neither gains nor loses (ADR 0009).
    pub(crate) fn gains_permille(&self, profile: ProfileIx) -> &[i16] {
        &self.gains[profile]
    }

    /// Returns the department of each need.
    pub(crate) fn departments(&self) -> &[DepartmentIx] {
        &self.department_of
    }

    /// Returns the place of a need; one seen for the first time costs one test a profile.
    pub(crate) fn place_of(&mut self, need: &Arc<Need>, roster: &mut Roster, agents: &Agents) -> NeedIx {
        if let Some(&index) = self.by_need.get(need) {
            return index;
        }
        let need = Arc::clone(need);
        let (asked, mut profiles) = roster.eligible(&need);
        let capable = profiles.iter().map(|&profile| count(agents, profile)).sum();
        let learners = roster.learners(&asked);
        profiles.extend(&learners);
        profiles.sort_unstable();
        let profile_bits: Bits = profiles.iter().copied().collect();
        let found: Vec<Fit> = (0..roster.profile_count()).map(|profile| roster.fit(profile, &need)).collect();
        let worst = profiles.iter().map(|&profile| found[profile].worth()).min().unwrap_or(0);
        for ((fits, gains), fit) in self.fits.iter_mut().zip(&mut self.gains).zip(found) {
            fits.push(fit);
            gains.push(i16::try_from((fit.worth() - worst).max(0)).unwrap_or(i16::MAX));
        }
        let mut card = NeedCard {
            need: Arc::clone(&need),
            skills: roster.skills_asked(&asked),
            asked,
            capable,
            learner_bits: learners.iter().copied().collect(),
            learners,
            lacking: Counts::default(),
            lacking_named: Arc::default(),
            profiles,
            profile_bits,
        };
        let mut named = Vec::new();
        for profile in (0..roster.profile_count()).filter(|&profile| !card.profile_bits.contains(profile)) {
            let Some(lacking) = roster.missing(profile, &need).into_iter().next() else { continue };
            let reason = Reason::from(lacking);
            card.lacking.add(reason.kind(), count(agents, profile));
            let left = NAMED_MAX - named.len();
            named.extend(
                agents
                    .members(profile)
                    .iter()
                    .take(left)
                    .map(|&agent| Named { agent_id: agents.get(agent).id, reason: reason.clone() }),
            );
        }
        card.lacking_named = Arc::new(named);
        let index = NeedIx::try_from(self.cards.len()).unwrap_or(NeedIx::MAX);
        self.by_need.insert(need, index);
        let next = DepartmentIx::try_from(self.departments.len()).unwrap_or(DepartmentIx::MAX);
        let department = (card.need.authority.clone(), card.need.department.clone());
        self.department_of.push(*self.departments.entry(department).or_insert(next));
        self.cards.push(card);
        index
    }
}

fn count(agents: &Agents, profile: ProfileIx) -> u32 {
    u32::try_from(agents.members(profile).len()).unwrap_or(u32::MAX)
}
