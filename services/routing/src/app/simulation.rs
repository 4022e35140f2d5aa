//! What if: a day of an authority, ordinary or recorded, played on a thread of its own.

use std::sync::Arc;

use guichet_core::id::AgentId;
use guichet_events::{Directory, Role, SkillLevel};

use super::recorded::Record;
use super::{App, Result, Town};
pub(crate) use crate::domain::simulate::advisor::{Lesson, SinglePoint};
use crate::domain::simulate::ordinary::usual_contacts;
pub(crate) use crate::domain::simulate::what_if::{Answer, Change};
use crate::domain::simulate::what_if::{Question, Source, answer};
pub(crate) use crate::domain::simulate::{Rate, Report, Rule, Waits};
use crate::error::Error;

/// Contacts of a simulated day: those of the largest desk the bench knows (60 agents). The day is played up to eighteen
/// times for one answer, and a page waits for it.
const CONTACTS_MAX: usize = 1_800;
/// Pieces of work of a recorded day: above [`CONTACTS_MAX`] it is played twice at most, without advice.
const RECORDED_MAX: usize = 10_000;
/// Simulations at a time in one process: each fills a core that the matcher needs too.
pub(super) const AT_A_TIME: usize = 1;

/// What a supervisor asks.
#[derive(Debug)]
pub(crate) struct WhatIf {
    /// Code; empty = the whole town, for the operator.
    pub(crate) authority: String,
    /// A recorded day, as `2026-11-25`; `None` = an ordinary one.
    pub(crate) day: Option<String>,
    pub(crate) change: Change,
    /// Other directories tried.
    pub(crate) against: Option<Vec<Directory>>,
    /// Another way of dispatching tried.
    pub(crate) rule: Option<Rule>,
    pub(crate) advise: bool,
    /// The skill advice is wanted about.
    pub(crate) skill: Option<SkillLevel>,
    /// Of an ordinary day; `None` = as many as suit the agents.
    pub(crate) contacts: Option<usize>,
    pub(crate) seed: u64,
}

impl App {
    /// Plays a day of an authority and of those it shares its desk with, as it is and with a change, and looks for whom
    /// to teach what. Without an agent the operator asks.
    pub(crate) async fn simulate(&self, agent_id: Option<AgentId>, what_if: WhatIf) -> Result<Answer> {
        let published = self.town(&mut &self.db).await?;
        let may_ask_for_all = agent_id.is_none();
        let town = asked_about(&published, &what_if.authority, may_ask_for_all).ok_or(Error::UnknownAuthority)?;
        if agent_id.is_some_and(|agent_id| !supervises(&published, agent_id, &what_if.authority)) {
            return Err(Error::NotSupervisor);
        }
        if what_if.contacts.is_some_and(|contacts| contacts > CONTACTS_MAX) {
            return Err(Error::field("/contacts", "Choisissez au plus 1 800 demandes par jour."));
        }
        let (town, source, works) = match &what_if.day {
            None => {
                let contacts = what_if.contacts.unwrap_or_else(|| usual_contacts(&town).min(CONTACTS_MAX));
                (town, Source::Ordinary { contacts }, contacts)
            }
            Some(day) => self.recorded(day, &what_if.authority).await?,
        };
        let WhatIf { authority, change, against, rule, advise, skill, seed, .. } = what_if;
        let against = against.map(|directories| Town::of(directories.into_iter().map(Arc::new)));
        let advise = advise && works <= CONTACTS_MAX;
        let question = Question { authority, source, change, against, rule, advise, skill, seed };
        let turn = Arc::clone(&self.simulations).acquire_owned().await;
        let played = tokio::task::spawn_blocking(move || {
            // Whoever stops listening does not stop the thread: the next one waits for it all the same.
            let _turn = turn;
            answer(&town, &question)
        });
        played.await?.ok_or_else(|| Error::field("/change", "Cette personne n'est pas dans l'annuaire."))
    }

    /// Returns the town of a recorded day, the day and its number of pieces of work.
    async fn recorded(&self, day: &str, authority: &str) -> Result<(Town, Source, usize)> {
        let Some(Record { recording, town, policy, files }) = self.record(day, authority).await? else {
            return Err(self.no_such_record().await?);
        };
        let day = asked_about(&town, authority, true).and_then(|town| recording.finish(town, &files));
        let Some(day) = day else { return Err(self.no_such_record().await?) };
        let works = day.works();
        if works > RECORDED_MAX {
            return Err(Error::field(
                "/day",
                "Cette journée compte plus de 10 000 demandes : elle ne peut être rejouée.",
            ));
        }
        Ok((day.town.clone(), Source::Recorded { day: Box::new(day), policy }, works))
    }
}

/// Returns what a question is about: an authority with those it shares its desk with, or everybody when none is named.
fn asked_about(town: &Town, authority: &str, may_ask_for_all: bool) -> Option<Town> {
    if authority.is_empty() && may_ask_for_all {
        return Some(town.clone());
    }
    neighbourhood(town, authority)
}

/// Returns an authority with those it shares its desk with; `None` when it is not published.
fn neighbourhood(town: &Town, authority: &str) -> Option<Town> {
    let own = town.by_code(authority)?;
    let partners = own.pooling.iter().filter_map(|pooling| town.by_code(&pooling.with));
    Some(Town::of(std::iter::once(own).chain(partners).cloned()))
}

/// Returns whether somebody supervises an authority: their employer, or one they work for too.
fn supervises(town: &Town, agent_id: AgentId, authority: &str) -> bool {
    town.agent(agent_id).is_some_and(|(employer, agent)| {
        agent.role != Role::Agent && town.authorities_of(employer, agent).iter().any(|code| code == authority)
    })
}

#[cfg(test)]
mod tests {
    use guichet_core::work::Tier;
    use guichet_events::Agent;

    use super::*;
    use crate::domain::town::arbitrary;

    #[test]
    fn a_supervisor_asks_about_their_own_authority_and_an_agent_about_none() {
        let mut valorme = arbitrary::directory("valorme");
        let (login, leon) = arbitrary::agent("leon", Tier::L2, &[]);
        valorme.agents =
            [(login, Agent { role: Role::Supervisor, ..leon }), arbitrary::agent("aline", Tier::L1, &[])].into();
        let town = Town::of([valorme, arbitrary::directory("elsewhere")].map(Arc::new));
        let may = |login: &str, authority: &str| supervises(&town, AgentId::of_login(login), authority);
        assert_eq!((may("leon", "valorme"), may("leon", "elsewhere"), may("aline", "valorme")), (true, false, false));
        let near = neighbourhood(&town, "valorme").expect("it is published");
        assert_eq!(near.all().count(), 1, "strangers are no part of the day");
        assert!(neighbourhood(&town, "nowhere").is_none());
        assert_eq!(asked_about(&town, "", true).map(|town| town.all().count()), Some(2));
        assert!(asked_about(&town, "", false).is_none(), "only the operator asks about everybody");
    }
}
