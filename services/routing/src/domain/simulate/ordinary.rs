//! An ordinary day of any town, from its directories: each public procedure is asked for equally often. The same day can
//! be played under another directory: other people, other skills, other procedures' rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use guichet_core::id::AgentId;
use guichet_core::work::Channel;
use guichet_events::{Directory, Procedure};

use super::random::Draws;
use super::scenario::{Arrival, Kind, Pace, Scenario};
use super::traffic::{
    ANSWERING, CHANNELS, Coming, DAY_MINUTES, DISCOVERY_MS, HANDLING_MS, HANDLING_VARIATION, LIVE_TARGET_MS, MINUTE_MS,
    MISTAKEN, OPENS_AT, WRITTEN_TARGET_MS, coming, is_live, minute, working_day,
};
use crate::domain::filing::{Ask, file};
use crate::domain::town::Town;

/// Contacts that one agent and their colleagues can meet in a day, each.
const CONTACTS_PER_AGENT: usize = 28;

/// One contact of a day: what it is about by the codes of the directories.
#[derive(Clone, Debug)]
struct Wish {
    coming: Coming,
    subject: Subject,
    mistaken_for: Option<Subject>,
    handling_ms: i64,
}

/// An authority and one of its procedures.
type Subject = (String, String);

/// A day, whoever will be there.
#[derive(Clone, Debug)]
pub struct Day {
    wishes: Vec<Wish>,
    /// At which sitting each agent eats, whoever else is there.
    sittings: BTreeMap<AgentId, usize>,
    seed: u64,
}

impl Day {
    /// Draws a day of a town: so many contacts, or as many as suit its agents. Nothing comes to a town without a public
    /// procedure.
    pub fn of(town: &Town, contacts: Option<usize>, seed: u64) -> Self {
        let draws = Draws::new(seed);
        let subjects = subjects(town);
        let count = if subjects.is_empty() { 0 } else { contacts.unwrap_or_else(|| usual_contacts(town)) };
        let mut wishes: Vec<Wish> = (0..count)
            .map(|_| {
                let (coming, subject) = (coming(&draws), subjects[draws.below(subjects.len())].clone());
                let other = subjects[draws.below(subjects.len())].clone();
                let mistaken = draws.happens(MISTAKEN) && coming.self_classified && other.0 == subject.0;
                let handling_ms = draws.work_ms(HANDLING_MS, HANDLING_VARIATION);
                let mistaken_for = (mistaken && other != subject).then_some(other);
                Wish { coming, subject, mistaken_for, handling_ms }
            })
            .collect();
        wishes.sort_by_key(|wish| wish.coming.at);
        Self { wishes, sittings: sittings(town), seed }
    }

    /// Returns a day on which each public procedure is asked for once in writing and once by phone: nothing of what the
    /// town does is missing from it.
    pub fn of_each(town: &Town) -> Self {
        let channels =
            CHANNELS.iter().enumerate().filter(|(_, (channel, _))| matches!(channel, Channel::Web | Channel::Phone));
        let channels: Vec<usize> = channels.map(|(place, _)| place).collect();
        let wishes = subjects(town).into_iter().flat_map(|subject| {
            channels
                .iter()
                .map(move |channel| Wish {
                    coming: Coming { channel: *channel, at: OPENS_AT, patience_ms: None, self_classified: false },
                    subject: subject.clone(),
                    mistaken_for: None,
                    handling_ms: MINUTE_MS,
                })
                .collect::<Vec<_>>()
        });
        Self { wishes: wishes.collect(), sittings: sittings(town), seed: 0 }
    }

    /// Returns the day as it meets the people and the rules of a town.
    pub fn under(&self, town: Town) -> Scenario {
        let mut places: BTreeMap<(&Subject, Channel), usize> = BTreeMap::new();
        let mut kinds: Vec<Kind> = Vec::new();
        let mut arrivals = Vec::new();
        for wish in &self.wishes {
            let channel = CHANNELS[wish.coming.channel].0;
            let mut place_of = |subject| {
                let place = places.get(&(subject, channel)).copied();
                place.or_else(|| {
                    kinds.push(kind(&town, subject, channel)?);
                    places.insert((subject, channel), kinds.len() - 1);
                    Some(kinds.len() - 1)
                })
            };
            // An authority that is not there any more receives nothing.
            let Some(real) = place_of(&wish.subject) else { continue };
            let said = wish.mistaken_for.as_ref().and_then(place_of).filter(|said| *said != real);
            arrivals.push(Arrival {
                truly: said.map(|_| real),
                patience_ms: wish.coming.patience_ms,
                ..Arrival::new(wish.coming.at, said.unwrap_or(real), wish.handling_ms)
            });
        }
        let number = |id| self.sittings.get(&id).copied().unwrap_or(self.sittings.len());
        let agents = town.all().flat_map(|directory| directory.agents.values());
        let mut presence: Vec<_> =
            agents.flat_map(|agent| working_day(agent.id, number(agent.id), 0, 60, DAY_MINUTES)).collect();
        presence.sort();
        Scenario {
            town,
            kinds,
            arrivals,
            presence,
            answering: ANSWERING,
            pace: Pace::OneAtATime,
            waiting_room: None,
            discovery_ms: DISCOVERY_MS,
            ends_at: Some(minute(DAY_MINUTES)),
            audit_every_ms: Some(MINUTE_MS),
            seed: self.seed,
        }
    }
}

/// Returns the contacts that suit the agents of a town.
pub fn usual_contacts(town: &Town) -> usize {
    town.all().map(|directory| directory.agents.len()).sum::<usize>() * CONTACTS_PER_AGENT
}

fn sittings(town: &Town) -> BTreeMap<AgentId, usize> {
    let agents = town.all().flat_map(|directory| directory.agents.values());
    agents.enumerate().map(|(number, agent)| (agent.id, number)).collect()
}

/// Returns what usagers may ask for.
fn subjects(town: &Town) -> Vec<Subject> {
    let of = |directory: &Arc<Directory>| {
        let public = directory.procedures.iter().filter(|(_, procedure)| procedure.public);
        public.map(|(code, _)| (directory.authority.code.clone(), code.clone())).collect::<Vec<_>>()
    };
    town.all().flat_map(of).collect()
}

/// Files a procedure as the product does.
fn kind(town: &Town, (authority, procedure): &Subject, channel: Channel) -> Option<Kind> {
    let directory = town.by_code(authority)?;
    let ask = Ask { procedure: Some(procedure), channel, language: "fr", danger: false, received_at: OPENS_AT };
    let (filing, need) = file(town, directory, &ask);
    let known = town.procedure(authority, procedure);
    let name = known.map_or(procedure.as_str(), |known| known.name.as_str());
    let widen = known.map(Procedure::widened).unwrap_or_default();
    let target_ms = Some(if is_live(channel) { LIVE_TARGET_MS } else { WRITTEN_TARGET_MS });
    Some(Kind { procedure: name.to_owned(), channel, need, slope: filing.slope, target_ms, widen })
}
