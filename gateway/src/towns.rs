//! What the gateway needs to know of the published directories: names, phones, procedures. Read from routing, kept 5 s.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use guichet_core::Timestamp;
use guichet_proto::routing::v1::GetRequest;
use serde::Deserialize;

use crate::app::App;
use crate::clients::ask;
use crate::problem::Problem;
use crate::view::date::Dates;

/// Milliseconds a directory is believed: a new one shows within this.
const FRESH_MILLIS: i64 = 5_000;
/// Milliseconds for which it is shown while somebody reads it again: a slow reading, or the first after a quiet night.
const SHOWN_MILLIS: i64 = 60_000;

/// One authority, as far as pages and lists need it; everything else of the published directory is left aside.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Town {
    pub(crate) authority: Authority,
    #[serde(default)]
    pub(crate) departments: BTreeMap<String, Department>,
    #[serde(default)]
    pub(crate) procedures: BTreeMap<String, Procedure>,
    #[serde(default)]
    pub(crate) agents: BTreeMap<String, Agent>,
    /// Names of skills by code.
    #[serde(default)]
    pub(crate) skills: BTreeMap<String, String>,
    #[serde(default)]
    pooling: Vec<Pooling>,
    #[serde(default)]
    pub(crate) life_events: BTreeMap<String, LifeEvent>,
    #[serde(default)]
    pub(crate) replies: BTreeMap<String, ReplyTemplate>,
}

/// A moment of life that leads to procedures.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct LifeEvent {
    pub(crate) name: String,
    pub(crate) lead: String,
    pub(crate) procedures: Vec<String>,
    pub(crate) sheets: Vec<String>,
}

/// An answer that agents start from.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ReplyTemplate {
    pub(crate) name: String,
    pub(crate) procedures: Vec<String>,
    pub(crate) body: String,
}

/// A question of a form.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct FormField {
    pub(crate) code: String,
    pub(crate) label: String,
    pub(crate) hint: String,
    /// `text`, `long_text`, `date`, `number`, `choice` or `yes_no`.
    pub(crate) kind: String,
    pub(crate) required: bool,
    pub(crate) options: Vec<String>,
}

/// With whom an authority shares its desk.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Pooling {
    with: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Authority {
    pub(crate) id: String,
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) time_zone: String,
    pub(crate) phone: String,
    pub(crate) hours: String,
    pub(crate) email: String,
    pub(crate) postal_address: String,
    pub(crate) triage_procedure: String,
    pub(crate) dismissal_reasons: BTreeMap<String, String>,
    pub(crate) colour: String,
    pub(crate) logo: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Department {
    pub(crate) name: String,
    pub(crate) phone: String,
    pub(crate) email: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Procedure {
    pub(crate) name: String,
    pub(crate) department: String,
    pub(crate) tier: u8,
    pub(crate) announced: Option<Delay>,
    pub(crate) documents: Vec<String>,
    pub(crate) keywords: Vec<String>,
    pub(crate) fields: Vec<FormField>,
    pub(crate) public: bool,
    pub(crate) confidential: bool,
    pub(crate) complaint: bool,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Delay {
    pub(crate) count: u32,
    pub(crate) unit: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Agent {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) absences: Vec<Absence>,
}

/// Days somebody is away, both ends included, as ISO 8601 dates.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Absence {
    from: String,
    to: String,
    substitute: Option<String>,
}

/// Every published authority.
#[derive(Clone, Debug, Default)]
pub(crate) struct Towns(Vec<Town>);

impl Towns {
    /// Returns the authority known by `code`.
    pub(crate) fn find(&self, code: &str) -> Option<&Town> {
        self.0.iter().find(|town| town.authority.code == code)
    }

    /// Returns all of them.
    pub(crate) fn all(&self) -> &[Town] {
        &self.0
    }

    /// Returns the authority whose name is on the portal: the one configured, else the first commune.
    pub(crate) fn portal(&self, configured: &str) -> Option<&Town> {
        self.find(configured)
            .or_else(|| self.0.iter().find(|town| town.authority.kind == "commune"))
            .or_else(|| self.0.first())
    }

    /// Returns a department by code: the authority's own, else that of a neighbour which works for it.
    pub(crate) fn department(&self, authority: &str, code: &str) -> Option<&Department> {
        let own = self.find(authority).and_then(|town| town.departments.get(code));
        own.or_else(|| self.0.iter().find_map(|town| town.departments.get(code)))
    }

    /// Returns a procedure of an authority.
    pub(crate) fn procedure(&self, authority: &str, code: &str) -> Option<&Procedure> {
        self.find(authority).and_then(|town| town.procedures.get(code))
    }

    /// Returns an agent by id.
    pub(crate) fn agent(&self, id: &str) -> Option<&Agent> {
        self.0.iter().flat_map(|town| town.agents.values()).find(|agent| agent.id == id)
    }

    /// Returns the code of the authority that employs an agent, none when the agent is not known.
    pub(crate) fn employers_of<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a str> {
        let employs = move |town: &&Town| town.agents.values().any(|agent| agent.id == id);
        self.0.iter().filter(employs).map(|town| town.authority.code.as_str())
    }

    /// Returns the agents who work for an authority, by login: its own, and those of the neighbours it shares its desk with.
    pub(crate) fn agents_of(&self, authority: &str) -> impl Iterator<Item = (&String, &Agent)> {
        let partners: Vec<&str> = self
            .find(authority)
            .into_iter()
            .flat_map(|town| &town.pooling)
            .map(|agreement| agreement.with.as_str())
            .collect();
        let shares =
            move |town: &&Town| town.authority.code == authority || partners.contains(&town.authority.code.as_str());
        self.0.iter().filter(shares).flat_map(|town| &town.agents)
    }

    /// Returns the agents for whom somebody stands in now: colleagues who are away today.
    pub(crate) fn replaced_by(&self, substitute: &str, now: i64) -> Vec<&Agent> {
        let mut replaced = Vec::new();
        for town in &self.0 {
            let Some((login, _)) = town.agents.iter().find(|(_, agent)| agent.id == substitute) else { continue };
            let today = Dates::in_zone(&town.authority.time_zone).form_day(now);
            let stands_in = |absence: &Absence| {
                absence.substitute.as_ref() == Some(login) && (&absence.from..=&absence.to).contains(&&today)
            };
            replaced.extend(town.agents.values().filter(|agent| agent.absences.iter().any(stands_in)));
        }
        replaced
    }

    /// Returns an agent's id by login.
    pub(crate) fn agent_id_of_login(&self, login: &str) -> Option<&str> {
        self.0.iter().find_map(|town| town.agents.get(login)).map(|agent| agent.id.as_str())
    }

    /// Returns an agent's login by id.
    pub(crate) fn login_of_agent(&self, id: &str) -> Option<&str> {
        let agents = self.0.iter().flat_map(|town| &town.agents);
        agents.filter(|(_, agent)| agent.id == id).map(|(login, _)| login.as_str()).next()
    }

    /// Returns the authority that offers a procedure to the public, the portal's own first.
    pub(crate) fn public_procedure(&self, code: &str, wanted: &str, portal: &str) -> Option<(&Town, &Procedure)> {
        let offered = |town: &&Town| town.procedures.get(code).is_some_and(|procedure| procedure.public);
        let of = |authority: &str| self.find(authority).filter(offered);
        let town = of(wanted).or_else(|| of(portal)).or_else(|| self.0.iter().find(offered))?;
        town.procedures.get(code).map(|procedure| (town, procedure))
    }
}

/// The last directories read, and when.
#[derive(Debug, Default)]
pub(crate) struct TownCache {
    kept: Mutex<Option<(Arc<Towns>, Timestamp)>>,
    /// Held by the one who reads them again.
    reading: tokio::sync::Mutex<()>,
}

impl TownCache {
    /// Forgets what was read: a new directory was published through this process.
    pub(crate) async fn forget(&self) {
        // Who reads at this moment reads the old one.
        let _reading = self.reading.lock().await;
        *self.kept() = None;
    }

    fn kept(&self) -> MutexGuard<'_, Option<(Arc<Towns>, Timestamp)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what was read less than `millis` ago.
    fn younger_than(&self, millis: i64, now: Timestamp) -> Option<Arc<Towns>> {
        let is_younger = |read_at: &Timestamp| (0..millis).contains(&now.millis_since(*read_at));
        self.kept().as_ref().filter(|(_, read_at)| is_younger(read_at)).map(|(towns, _)| Arc::clone(towns))
    }

    fn last(&self) -> Option<Arc<Towns>> {
        self.kept().as_ref().map(|(towns, _)| Arc::clone(towns))
    }
}

impl App {
    /// Returns the published authorities, at most 5 s old; older ones while they are read again or routing is away.
    pub(crate) async fn towns(&self) -> Result<Arc<Towns>, Problem> {
        let now = self.clock.now();
        if let Some(fresh) = self.towns.younger_than(FRESH_MILLIS, now) {
            return Ok(fresh);
        }
        let _reading = match (self.towns.reading.try_lock(), self.towns.younger_than(SHOWN_MILLIS, now)) {
            (Ok(reading), _) => reading,
            (Err(_), Some(shown)) => return Ok(shown),
            (Err(_), None) => self.towns.reading.lock().await,
        };
        if let Some(fresh) = self.towns.younger_than(FRESH_MILLIS, now) {
            return Ok(fresh);
        }
        let towns = match (self.read_towns().await, self.towns.last()) {
            (Ok(towns), _) => Arc::new(towns),
            // Read again in 5 s, not at each request: each would wait for routing's deadline.
            (Err(_), Some(last)) => last,
            (Err(problem), None) => return Err(problem),
        };
        *self.towns.kept() = Some((Arc::clone(&towns), now));
        Ok(towns)
    }

    async fn read_towns(&self) -> Result<Towns, Problem> {
        let published = ask!(self.directory(), get, GetRequest { authority: String::new() })?;
        let mut towns = Vec::new();
        for directory in &published.directories {
            match serde_json::from_str::<Town>(directory) {
                Ok(town) => towns.push(town),
                Err(error) => tracing::warn!(%error, "left a published directory aside"),
            }
        }
        Ok(Towns(towns))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn towns() -> Towns {
        let town = |code: &str, kind: &str, department: &str| {
            let json = serde_json::json!({
                "authority": {"code": code, "kind": kind},
                "departments": {department: {"name": format!("Service {department}")}},
                "procedures": {"question": {"name": "Question", "public": true}, format!("only_{code}"): {"public": true}, "hidden": {}},
            });
            serde_json::from_value(json).expect("a directory")
        };
        Towns(vec![town("orvance", "intermunicipal", "UR"), town("valorme", "commune", "EC")])
    }

    #[test]
    fn a_neighbours_department_in_charge_is_named_too() {
        let towns = towns();
        assert_eq!(towns.department("valorme", "UR").map(|department| department.name.as_str()), Some("Service UR"));
    }

    #[test]
    fn somebody_stands_in_for_a_colleague_on_the_days_they_are_away() {
        let json = serde_json::json!({
            "authority": {"code": "valorme", "time_zone": "Europe/Paris"},
            "agents": {
                "aline": {"id": "agt_1", "name": "Aline"},
                "basile": {"id": "agt_2", "name": "Basile", "absences":
                    [{"from": "2026-11-23", "to": "2026-11-24", "substitute": "aline"}, {"from": "2026-12-01", "to": "2026-12-01"}]},
            },
        });
        let towns = Towns(vec![serde_json::from_value(json).expect("a directory")]);
        let at = |text: &str| text.parse::<jiff::Timestamp>().expect("an instant").as_millisecond();
        let replaced = |id: &str, now: &str| {
            towns.replaced_by(id, at(now)).iter().map(|agent| agent.name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(replaced("agt_1", "2026-11-24T22:59:00Z"), ["Basile"], "the last minute there");
        assert!(
            replaced("agt_1", "2026-11-24T23:00:00Z").is_empty()
                && replaced("agt_1", "2026-12-01T09:00:00Z").is_empty()
        );
        assert!(replaced("agt_2", "2026-11-24T09:00:00Z").is_empty());
    }

    #[test]
    fn a_procedure_is_offered_by_the_authority_wanted_then_by_the_portals() {
        let towns = towns();
        let of = |code: &str, wanted: &str| {
            towns.public_procedure(code, wanted, "valorme").map(|(town, _)| town.authority.code.as_str())
        };
        assert_eq!(
            [of("question", "orvance"), of("question", ""), of("only_orvance", "valorme")],
            [Some("orvance"), Some("valorme"), Some("orvance")]
        );
        assert_eq!(of("hidden", "valorme"), None);
        assert_eq!(towns.portal("").map(|town| town.authority.code.as_str()), Some("valorme"));
    }
}
