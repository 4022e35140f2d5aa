//! What the form of the simulation asks: an address that can be kept and sent to a colleague.

use guichet_proto::routing::v1::simulate_request::Change;
use guichet_proto::routing::v1::{MissingNeed, SimulateRequest, TaughtSkill};
use serde::Deserialize;

use super::super::form::FormView;
use super::super::in_query;
use crate::checks::{CODE_CHARACTERS_MAX, Checks};
use crate::problem::Problem;
use crate::towns::Towns;

const PATH: &str = "/pilotage/simulation";
/// Level proposed: what most procedures ask.
const LEVEL: &str = "3";
/// The day played unless another one is asked for.
const SEED: u64 = 1;

/// What stands in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    collectivite: String,
    /// `rien`, `former`, `plus` or `moins`; empty = nothing is asked yet.
    essai: String,
    /// Login.
    agent: String,
    /// Code: what is taught, else what advice is wanted about.
    competence: String,
    niveau: String,
    /// `ordinaire` or `enregistree`.
    journee: String,
    /// Of a recorded day, `2026-11-25`.
    jour: String,
    demandes: String,
    tirage: String,
}

impl Asked {
    /// Returns whether nothing is asked yet.
    pub(super) fn is_empty(&self) -> bool {
        self.essai.is_empty()
    }

    /// Returns the code of the authority asked about, by default the first of those that may be chosen.
    pub(super) fn authority(&self, first: Option<&(String, String)>) -> String {
        if self.collectivite.is_empty() {
            first.map(|(code, _)| code.clone()).unwrap_or_default()
        } else {
            self.collectivite.clone()
        }
    }

    /// Returns the form as it was filled in.
    pub(super) fn form(&self, authority: &str) -> FormView {
        let or = |value: &str, default: &str| if value.is_empty() { default.to_owned() } else { value.to_owned() };
        FormView::with(&[
            ("collectivite", authority),
            ("essai", &or(&self.essai, "rien")),
            ("agent", &self.agent),
            ("competence", &self.competence),
            ("niveau", &or(&self.niveau, LEVEL)),
            ("journee", &or(&self.journee, "ordinaire")),
            ("jour", &self.jour),
            ("demandes", &self.demandes),
            ("tirage", &or(&self.tirage, &SEED.to_string())),
        ])
    }

    /// Returns the question to routing, refusing what cannot be asked.
    pub(super) fn message(&self, towns: &Towns, authority: &str, supervisor: &str) -> Result<SimulateRequest, Problem> {
        let mut checks = Checks::default();
        let level = number(&mut checks, "/niveau", &self.niveau, 3);
        let contacts = number(&mut checks, "/demandes", &self.demandes, 0);
        let seed = number(&mut checks, "/tirage", &self.tirage, SEED);
        let names_somebody = self.essai != "rien";
        let agent = towns.agent_id_of_login(&self.agent).unwrap_or_default().to_owned();
        if names_somebody && agent.is_empty() {
            checks.fail("/agent", "field-required");
        }
        if self.essai == "former" && self.competence.is_empty() {
            checks.fail("/competence", "field-required");
        }
        let is_recorded = self.journee == "enregistree";
        let day =
            if is_recorded { checks.required("/jour", Some(&self.jour), CODE_CHARACTERS_MAX) } else { String::new() };
        checks.done()?;
        let (skill, advised) = match self.essai.as_str() {
            "former" => (self.competence.clone(), String::new()),
            _ => (String::new(), self.competence.clone()),
        };
        let change = match self.essai.as_str() {
            "rien" => None,
            "former" => Some(Change::Teach(TaughtSkill { agent_id: agent, skill, level })),
            "plus" => Some(Change::MoreLike(agent)),
            "moins" => Some(Change::Less(agent)),
            _ => return Err(Problem::not_found()),
        };
        Ok(SimulateRequest {
            agent_id: supervisor.to_owned(),
            authority: authority.to_owned(),
            change,
            contacts: if is_recorded { 0 } else { contacts },
            seed,
            advise_skill: advised,
            advise_level: level,
            day,
            ..SimulateRequest::default()
        })
    }
}

/// Reads a number, noting what is wrong with it; what is left empty is the default.
fn number<T: std::str::FromStr + Copy>(checks: &mut Checks, pointer: &str, typed: &str, default: T) -> T {
    let typed = typed.trim();
    if typed.is_empty() {
        return default;
    }
    typed.parse().unwrap_or_else(|_| {
        checks.fail(pointer, "field-number");
        default
    })
}

/// Returns the page that says whom to teach what requests wait for in vain; empty when no skill would help. Whoever alone
/// has it and left is not there that day.
pub(crate) fn advice_address(towns: &Towns, missing: &MissingNeed) -> String {
    if missing.skill.is_empty() {
        return String::new();
    }
    let left = match &missing.holders[..] {
        [only] => towns.login_of_agent(only).map(|login| format!("moins&agent={}", in_query(login))),
        _ => None,
    };
    format!(
        "{PATH}?collectivite={}&essai={}&competence={}&niveau={}",
        in_query(&missing.authority),
        left.unwrap_or_else(|| "rien".to_owned()),
        in_query(&missing.skill),
        missing.level
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(essai: &str, competence: &str, niveau: &str) -> Asked {
        let [essai, competence, niveau] = [essai, competence, niveau].map(str::to_owned);
        Asked { essai, competence, niveau, ..Asked::default() }
    }

    #[test]
    fn what_is_missing_is_told_at_its_field() {
        let problem = asked("former", "", "trois").message(&Towns::default(), "valorme", "").expect_err("incomplete");
        let wrong: Vec<&str> = problem.errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(wrong, ["/niveau", "/agent", "/competence"]);
    }

    #[test]
    fn a_skill_without_a_lesson_is_what_advice_is_wanted_about() {
        let message = asked("rien", "FUN", "").message(&Towns::default(), "valorme", "").expect("complete");
        assert_eq!((message.advise_skill.as_str(), message.advise_level, message.change), ("FUN", 3, None));
        assert_eq!(asked("autre", "", "").message(&Towns::default(), "valorme", "").expect_err("unknown").status, 422);
    }

    #[test]
    fn a_recorded_day_is_asked_for_by_its_date_and_has_the_requests_it_had() {
        let recorded = |jour: &str| Asked {
            journee: "enregistree".to_owned(),
            jour: jour.to_owned(),
            demandes: "40".to_owned(),
            ..asked("rien", "", "")
        };
        let message = recorded("2026-11-25").message(&Towns::default(), "valorme", "").expect("complete");
        assert_eq!((message.day.as_str(), message.contacts), ("2026-11-25", 0));
        let problem = recorded("").message(&Towns::default(), "valorme", "").expect_err("which day?");
        assert_eq!(problem.errors[0].pointer, "/jour");
        let ordinary = Asked { jour: "2026-11-25".to_owned(), ..asked("rien", "", "") };
        assert!(ordinary.message(&Towns::default(), "valorme", "").expect("complete").day.is_empty());
    }

    #[test]
    fn the_alarm_leads_to_the_advice_about_its_skill() {
        let missing = MissingNeed {
            authority: "valorme".to_owned(),
            skill: "FUN".to_owned(),
            level: 3,
            ..MissingNeed::default()
        };
        assert_eq!(
            advice_address(&Towns::default(), &missing),
            "/pilotage/simulation?collectivite=valorme&essai=rien&competence=FUN&niveau=3"
        );
        assert_eq!(advice_address(&Towns::default(), &MissingNeed::default()), "");
    }
}
