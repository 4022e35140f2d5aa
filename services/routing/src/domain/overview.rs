//! What a supervisor counts. A figure is a test on one open request: the number and the list it opens cannot differ.

use std::collections::{BTreeMap, BTreeSet};

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, AuthorityId, ServiceRequestId};
use guichet_core::work::{Channel, Nature, WorkState};
use guichet_events::{Agent, SkillLevel};

use super::engine::Need;
use super::town::Town;
use super::{access, french};

/// Share of the announced delay after which a request is at risk, in percent (the middle of the three warnings, 50, 75
/// and 90).
const AT_RISK_PERCENT: i64 = 75;

/// An open request, as far as figures go.
#[derive(Clone, Debug)]
pub(crate) struct OpenWork {
    pub(crate) request_id: ServiceRequestId,
    pub(crate) authority_id: AuthorityId,
    pub(crate) department: String,
    pub(crate) state: WorkState,
    pub(crate) queued: bool,
    pub(crate) offered: bool,
    pub(crate) unroutable: bool,
    pub(crate) received_at: Timestamp,
    pub(crate) announced_due: Option<Timestamp>,
    pub(crate) since: Timestamp,
    pub(crate) assignee: Option<AgentId>,
    pub(crate) channel: Channel,
    pub(crate) nature: Nature,
    /// Codes of the skills it asks.
    pub(crate) skills: Vec<String>,
    /// All it asks, while it waits and is offered to nobody.
    pub(crate) need: Option<Need>,
}

/// One thing counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Figure {
    /// Everything not finished.
    Open,
    /// In the queue, offered to nobody.
    Waiting,
    /// Offered to an agent who has not answered yet.
    Offered,
    /// An agent has it.
    InHand,
    /// The usager has to write.
    AwaitingUsager,
    /// Most of the announced delay is gone.
    AtRisk,
    /// The announced date is past.
    Late,
    /// Nobody in the directory has what it asks.
    Unroutable,
}

impl Figure {
    pub(crate) const ALL: [Self; 8] = [
        Self::Open,
        Self::Waiting,
        Self::Offered,
        Self::InHand,
        Self::AwaitingUsager,
        Self::AtRisk,
        Self::Late,
        Self::Unroutable,
    ];

    /// Returns whether this figure counts a request.
    pub(crate) fn counts(self, work: &OpenWork, now: Timestamp) -> bool {
        // While the usager is awaited the announced delay stands still.
        let announced = work.announced_due.filter(|_| work.state != WorkState::WaitingRequester);
        let is_late = announced.is_some_and(|due| due < now);
        match self {
            Self::Open => true,
            Self::Waiting => work.queued && !work.offered,
            Self::Offered => work.queued && work.offered,
            Self::InHand => {
                !work.queued && matches!(work.state, WorkState::Assigned | WorkState::InProgress | WorkState::Escalated)
            }
            Self::AwaitingUsager => work.state == WorkState::WaitingRequester,
            Self::AtRisk => !is_late && announced.is_some_and(|due| is_mostly_gone(work.received_at, due, now)),
            Self::Late => is_late,
            Self::Unroutable => work.queued && work.unroutable,
        }
    }
}

fn is_mostly_gone(from: Timestamp, until: Timestamp, now: Timestamp) -> bool {
    now.millis_since(from) * 100 >= until.millis_since(from) * AT_RISK_PERCENT
}

/// A way to cut what is open, besides departments. A request that asks two skills stands under both.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cut {
    /// By the code of a skill.
    Skill(String),
    /// By how it came.
    Channel(Channel),
    /// By what kind of contact it is: complaints stand apart.
    Nature(Nature),
}

impl Cut {
    /// Returns where a request stands.
    fn of(work: &OpenWork) -> impl Iterator<Item = Self> + '_ {
        let skills = work.skills.iter().cloned().map(Self::Skill);
        skills.chain([Self::Channel(work.channel), Self::Nature(work.nature)])
    }

    /// Returns whether a request stands here.
    pub(crate) fn holds(&self, work: &OpenWork) -> bool {
        Self::of(work).any(|cut| cut == *self)
    }
}

/// The figures of one part of what is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    pub(crate) counts: BTreeMap<Figure, u64>,
    /// Since when the request that waits longest has waited.
    pub(crate) oldest_waiting: Option<Timestamp>,
}

impl Figures {
    fn of(works: &[&OpenWork], now: Timestamp) -> Self {
        let count = |figure: Figure| works.iter().filter(|work| figure.counts(work, now)).map(|_| 1_u64).sum();
        let waiting = works.iter().filter(|work| Figure::Waiting.counts(work, now));
        Self {
            counts: Figure::ALL.into_iter().map(|figure| (figure, count(figure))).collect(),
            oldest_waiting: waiting.map(|work| work.since).min(),
        }
    }
}

/// Counts open requests by skill, channel and nature.
pub(crate) fn by_cut(open: &[OpenWork], now: Timestamp) -> Vec<(Cut, Figures)> {
    let mut cuts: BTreeMap<Cut, Vec<&OpenWork>> = BTreeMap::new();
    for work in open {
        for cut in Cut::of(work) {
            cuts.entry(cut).or_default().push(work);
        }
    }
    cuts.into_iter().map(|(cut, works)| (cut, Figures::of(&works, now))).collect()
}

/// What some requests wait for in vain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Missing {
    /// Code.
    pub(crate) authority: String,
    /// Somebody has it, but nobody who is at work.
    pub(crate) away: bool,
    /// In French.
    pub(crate) words: String,
    /// The skill that would help, if one would.
    pub(crate) skill: Option<SkillLevel>,
    /// Who could take them, were they at work.
    pub(crate) holders: Vec<AgentId>,
    /// Requests that wait for it.
    pub(crate) count: u64,
}

/// Names what requests wait for in vain: what nobody has (told by what the agent who lacks least of it lacks), and what
/// nobody has who is at work. When nobody is at work at all the desk is closed, and nothing is amiss.
pub(crate) fn missing(town: &Town, open: &[OpenWork], at_work: &BTreeSet<AgentId>) -> Vec<Missing> {
    let mut counts: BTreeMap<(&Need, bool), u64> = BTreeMap::new();
    for work in open {
        if let Some(need) = &work.need {
            *counts.entry((need, work.unroutable)).or_default() += 1;
        }
    }
    let mut found: BTreeMap<(String, bool, String), Missing> = BTreeMap::new();
    for ((need, unroutable), count) in counts {
        let one = if unroutable { nobody_has(town, need) } else { nobody_has_now(town, need, at_work) };
        let Some(one) = one else { continue };
        let key = (one.authority.clone(), one.away, one.words.clone());
        found.entry(key).or_insert(Missing { count: 0, ..one }).count += count;
    }
    found.into_values().collect()
}

fn everybody(town: &Town) -> impl Iterator<Item = &Agent> {
    town.all().flat_map(|directory| directory.agents.values())
}

fn nobody_has(town: &Town, need: &Need) -> Option<Missing> {
    let lacking = everybody(town)
        .map(|agent| access::missing(town, agent.id, need))
        .min_by_key(|lacking| (lacking.len(), lacking.clone()));
    Some(Missing {
        authority: need.authority.clone(),
        away: false,
        words: lacking.unwrap_or_default().join(", "),
        skill: scarce_skill(need, everybody(town)),
        holders: Vec::new(),
        count: 1,
    })
}

fn nobody_has_now(town: &Town, need: &Need, at_work: &BTreeSet<AgentId>) -> Option<Missing> {
    let may_take = |agent: &&Agent| access::missing(town, agent.id, need).is_empty();
    let holders: Vec<AgentId> = everybody(town).filter(may_take).map(|agent| agent.id).collect();
    if at_work.is_empty() || holders.iter().any(|id| at_work.contains(id)) {
        return None;
    }
    let there = everybody(town).filter(|agent| at_work.contains(&agent.id));
    let skill = scarce_skill(need, there);
    Some(Missing { authority: need.authority.clone(), away: true, words: asked(town, need), skill, holders, count: 1 })
}

/// Returns the skills a need asks, else the department it goes to: « funéraire niveau 3 ».
fn asked(town: &Town, need: &Need) -> String {
    let skills: Vec<String> = need.skills.iter().map(|skill| french::skill_name(town, need, skill)).collect();
    if skills.is_empty() {
        town.department_name(&need.authority, &need.department).to_owned()
    } else {
        skills.join(", ")
    }
}

/// Returns the first skill of a need that none of some agents has.
fn scarce_skill<'a>(need: &Need, agents: impl Iterator<Item = &'a Agent>) -> Option<SkillLevel> {
    let known: Vec<&SkillLevel> = agents.flat_map(|agent| &agent.skills).collect();
    let has = |asked: &SkillLevel| known.iter().any(|known| known.skill == asked.skill && known.level >= asked.level);
    need.skills.iter().find(|asked| !has(asked)).cloned()
}

/// The figures of one department for one authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DepartmentFigures {
    pub(crate) authority_id: AuthorityId,
    pub(crate) department: String,
    pub(crate) figures: Figures,
}

/// Counts open requests by authority and department, in the order of their codes.
pub(crate) fn by_department(open: &[OpenWork], now: Timestamp) -> Vec<DepartmentFigures> {
    let mut departments: BTreeMap<(AuthorityId, &str), Vec<&OpenWork>> = BTreeMap::new();
    for work in open {
        departments.entry((work.authority_id, &work.department)).or_default().push(work);
    }
    let line = |((authority_id, department), works): ((AuthorityId, &str), Vec<&OpenWork>)| DepartmentFigures {
        authority_id,
        department: department.to_owned(),
        figures: Figures::of(&works, now),
    };
    departments.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::town::arbitrary;
    use guichet_core::work::Tier;
    use uuid::Uuid;

    const DAY: i64 = 86_400_000;

    fn at(days: i64) -> Timestamp {
        Timestamp::from_millis(days * DAY)
    }

    /// A request received on day 0 and due on day 8.
    fn waiting(department: &str) -> OpenWork {
        OpenWork {
            request_id: ServiceRequestId::from(Uuid::from_u128(1)),
            authority_id: AuthorityId::of_code("valorme"),
            department: department.to_owned(),
            state: WorkState::Queued,
            queued: true,
            offered: false,
            unroutable: false,
            received_at: at(0),
            announced_due: Some(at(8)),
            since: at(0),
            assignee: None,
            channel: Channel::Web,
            nature: Nature::Request,
            skills: vec!["ECI".to_owned()],
            need: None,
        }
    }

    fn figures_of(work: &OpenWork, now: Timestamp) -> Vec<Figure> {
        Figure::ALL.into_iter().filter(|figure| figure.counts(work, now)).collect()
    }

    #[test]
    fn a_request_is_at_risk_after_three_quarters_of_its_delay_then_late_never_both() {
        let work = waiting("EC");
        assert_eq!(figures_of(&work, at(5)), [Figure::Open, Figure::Waiting]);
        assert_eq!(figures_of(&work, at(6)), [Figure::Open, Figure::Waiting, Figure::AtRisk]);
        assert_eq!(figures_of(&work, at(9)), [Figure::Open, Figure::Waiting, Figure::Late]);
    }

    #[test]
    fn a_request_stands_in_one_place_only() {
        let offered = OpenWork { offered: true, state: WorkState::Offered, ..waiting("EC") };
        let held = OpenWork { queued: false, state: WorkState::InProgress, ..waiting("EC") };
        let asked = OpenWork { queued: false, state: WorkState::WaitingRequester, ..waiting("EC") };
        let at_level_2 = OpenWork { state: WorkState::Escalated, ..waiting("EC") };
        let places = [Figure::Waiting, Figure::Offered, Figure::InHand, Figure::AwaitingUsager];
        for (work, place) in [
            (waiting("EC"), Figure::Waiting),
            (offered, Figure::Offered),
            (held, Figure::InHand),
            (asked, Figure::AwaitingUsager),
            (at_level_2, Figure::Waiting),
        ] {
            let stands: Vec<Figure> = places.into_iter().filter(|figure| figure.counts(&work, at(1))).collect();
            assert_eq!(stands, [place], "{:?}", work.state);
        }
    }

    #[test]
    fn departments_are_counted_apart_with_their_oldest() {
        let newer = OpenWork { since: at(3), ..waiting("EC") };
        let nobody = OpenWork { unroutable: true, ..waiting("EP") };
        let found = by_department(&[newer, waiting("EC"), nobody], at(4));
        let [registry, streets] = &found[..] else { panic!("two departments: {found:?}") };
        assert_eq!((registry.department.as_str(), registry.figures.counts[&Figure::Waiting]), ("EC", 2));
        assert_eq!(registry.figures.oldest_waiting, Some(at(0)));
        assert_eq!((streets.figures.counts[&Figure::Unroutable], registry.figures.counts[&Figure::Unroutable]), (1, 0));
    }

    #[test]
    fn each_figure_of_a_cut_counts_its_own_list() {
        let phoned =
            OpenWork { channel: Channel::Phone, skills: vec!["ECI".to_owned(), "FUN".to_owned()], ..waiting("EC") };
        let complaint =
            OpenWork { nature: Nature::Complaint, queued: false, state: WorkState::InProgress, ..waiting("QJ") };
        let open = [waiting("EC"), phoned, complaint];
        let cuts = by_cut(&open, at(7));
        for (cut, figures) in &cuts {
            for (figure, count) in &figures.counts {
                let list = open.iter().filter(|work| cut.holds(work) && figure.counts(work, at(7)));
                assert_eq!(u64::try_from(list.count()).expect("few"), *count, "{cut:?} {figure:?}");
            }
        }
        let open_by_channel = cuts.iter().filter(|(cut, _)| matches!(cut, Cut::Channel(_)));
        let total: u64 = open_by_channel.map(|(_, figures)| figures.counts[&Figure::Open]).sum();
        assert_eq!(total, 3, "each request came by one channel");
        assert!(cuts.iter().any(|(cut, _)| *cut == Cut::Nature(Nature::Complaint)), "complaints stand apart");
    }

    fn needing(skills: &[(&str, u8)]) -> OpenWork {
        let (_, procedure) = arbitrary::procedure("actes", "GU", Tier::L1, skills);
        let need = Need { skills: procedure.skills, ..Need::of("valorme", "GU") };
        OpenWork { need: Some(need), ..waiting("GU") }
    }

    #[test]
    fn a_skill_whose_only_holder_has_left_is_named_with_the_requests_that_wait_for_it() {
        let mut directory = arbitrary::directory("valorme");
        directory.agents = [("gaelle", &[("ECI", 3)][..]), ("basile", &[("ACC", 3)][..])]
            .map(|(login, skills)| arbitrary::agent(login, Tier::L1, skills))
            .into();
        let town = Town::of([std::sync::Arc::new(directory)]);
        let [gaelle, basile] = ["gaelle", "basile"].map(AgentId::of_login);
        let open = [needing(&[("ECI", 3)]), needing(&[("ECI", 3)]), needing(&[("ACC", 1)]), waiting("GU")];
        assert_eq!(missing(&town, &open, &[gaelle, basile].into()), []);
        let found = missing(&town, &open, &[basile].into());
        let [missing] = &found[..] else { panic!("one thing is missing: {found:?}") };
        assert_eq!((missing.words.as_str(), missing.away, missing.count), ("État civil niveau 3", true, 2));
        assert_eq!((missing.skill.clone(), &missing.holders[..]), (Some(SkillLevel::new("ECI", 3)), &[gaelle][..]));
    }

    #[test]
    fn at_night_nothing_is_amiss() {
        let mut directory = arbitrary::directory("valorme");
        directory.agents = [arbitrary::agent("gaelle", Tier::L1, &[("ECI", 3)])].into();
        let town = Town::of([std::sync::Arc::new(directory)]);
        assert_eq!(missing(&town, &[needing(&[("ECI", 3)])], &BTreeSet::new()), []);
    }

    #[test]
    fn a_skill_nobody_has_is_missing_whoever_is_at_work() {
        let town = Town::of([std::sync::Arc::new(arbitrary::directory("valorme"))]);
        let open = [OpenWork { unroutable: true, ..needing(&[("ECI", 3)]) }];
        let found = missing(&town, &open, &BTreeSet::new());
        assert_eq!((found[0].away, found[0].skill.clone()), (false, Some(SkillLevel::new("ECI", 3))));
    }
}
