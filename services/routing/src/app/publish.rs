//! Publishing directories: all or none, with the accounts, loads and sessions that follow from them.

use std::collections::{BTreeMap, BTreeSet};

use crate::store::Tx;
use guichet_bus::outbox;
use guichet_core::Violation;
use guichet_core::id::AgentId;
use guichet_core::work::PresenceState;
use guichet_events::routing::DirectoryPublished;
use guichet_events::{Directory, NewEvent};

use super::passwords::{self, PASSWORD_CHARS_MAX};
use super::{App, Result};
use crate::domain::engine::Input;
use crate::domain::work::Fact;
use crate::error::Error;
use crate::store::{accounts, authorities, inputs, loads, shards, versions, works};

/// Directories in one publication.
const DIRECTORIES_MAX: usize = 100;

/// What to publish.
#[derive(Debug)]
pub(crate) struct Publication {
    pub(crate) directories: Vec<Directory>,
    /// Clear passwords by login: hashed here, never kept.
    pub(crate) passwords: BTreeMap<String, String>,
    /// The demo: agents start available.
    pub(crate) everyone_present: bool,
    /// Who publishes; `None` = the operator.
    pub(crate) agent_id: Option<AgentId>,
    /// Versions the directories were changed from, by code: a newer one is not overwritten.
    pub(crate) seen_versions: BTreeMap<String, i64>,
    /// The version whose state this is again.
    pub(crate) restores: Option<i64>,
}

/// Reads directories from their JSON.
pub(crate) fn parse(texts: &[String]) -> Result<Vec<Directory>> {
    if texts.is_empty() || texts.len() > DIRECTORIES_MAX {
        return Err(Error::field("/directories", "Envoyez entre un et cent annuaires."));
    }
    let mut directories = Vec::new();
    let mut violations = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, text) in texts.iter().enumerate() {
        match serde_json::from_str::<Directory>(text) {
            Ok(directory) if !seen.insert(directory.authority.code.clone()) => {
                violations
                    .push(Violation::new(format!("/directories/{index}"), "Cette collectivité est envoyée deux fois."));
            }
            Ok(directory) => directories.push(directory),
            Err(error) => {
                violations
                    .push(Violation::new(format!("/directories/{index}"), format!("Annuaire illisible : {error}")));
            }
        }
    }
    if violations.is_empty() { Ok(directories) } else { Err(Error::Invalid(violations)) }
}

impl App {
    /// Publishes directories; returns their new versions, in the order given.
    pub(crate) async fn publish(&self, publication: Publication) -> Result<Vec<i64>> {
        let hashes = hash_all(&publication).await?;
        let mut tx = self.db.begin().await?;
        let now = self.clock.now();
        // One publication at a time: pools follow from all the directories together. Shards are locked before the work.
        shards::lock_map(&mut tx).await?;
        self.refuse_borrowed_logins(&mut tx, &publication.directories).await?;
        let mut published = Vec::new();
        let mut events = Vec::new();
        for directory in &publication.directories {
            let version = authorities::publish(&mut tx, directory, now).await?;
            let seen = publication.seen_versions.get(&directory.authority.code);
            if seen.is_some_and(|seen| seen + 1 != version) {
                return Err(Error::DirectoryMoved);
            }
            let authority_id = directory.authority.id;
            versions::keep(&mut tx, authority_id, publication.agent_id, publication.restores).await?;
            let told = DirectoryPublished { version, directory: directory.clone() };
            events.push(NewEvent::new(&*self.clock, &*self.rng, directory.authority.id, &told));
            published.push(version);
        }
        // Not the town everybody knows: this one is not committed yet.
        let town = authorities::town(&mut tx).await?;
        self.remap(&mut tx, &town).await?;
        for directory in &publication.directories {
            self.retire_leavers(&mut tx, directory).await?;
        }
        for directory in &publication.directories {
            self.ensure_agents(&mut tx, directory, &hashes, publication.everyone_present).await?;
            inputs::push(&mut tx, directory.authority.id, now, &Input::Reloaded).await?;
        }
        outbox::append(&mut tx, &events).await?;
        tx.commit().await?;
        self.wake();
        self.wake_shards();
        tracing::info!(directories = published.len(), "directories published");
        Ok(published)
    }

    async fn ensure_agents(
        &self,
        tx: &mut Tx,
        directory: &Directory,
        hashes: &BTreeMap<String, String>,
        everyone_present: bool,
    ) -> Result<()> {
        let authority = directory.authority.id;
        // Rows of agents are locked in the order of their ids, here as everywhere.
        let agents: BTreeMap<AgentId, _> =
            directory.agents.iter().map(|(login, agent)| (agent.id, (login, agent))).collect();
        for (id, (login, agent)) in agents {
            let hash = hashes.get(login).map(String::as_str);
            accounts::ensure(tx, id, authority, &login.to_lowercase(), hash).await?;
            loads::ensure(tx, id, authority, agent.capacity).await?;
            if everyone_present {
                self.change_presence(tx, id, PresenceState::Available).await?;
            }
        }
        Ok(())
    }

    /// Closes the accounts of agents who are no longer in the directory; what they had goes back to the queue.
    async fn retire_leavers(&self, tx: &mut Tx, directory: &Directory) -> Result<()> {
        let present: BTreeSet<AgentId> = directory.agents.values().map(|agent| agent.id).collect();
        for account in accounts::list_active(tx, directory.authority.id).await? {
            if present.contains(&account.agent_id) {
                continue;
            }
            for work in works::list_loaded_by(tx, account.agent_id).await? {
                let change = match work.offer {
                    Some(_) => work.offer_ended("rescind"),
                    None => work
                        .requeued(work.need.clone())
                        .map(|after| work.change(after, Fact::Queued, "release", Some(account.agent_id))),
                };
                self.write_change(tx, &change.map_err(|_| Error::State)?, "").await?;
            }
            accounts::retire(tx, account.agent_id).await?;
            self.change_presence(tx, account.agent_id, PresenceState::Away).await?;
        }
        Ok(())
    }

    /// A login names one person over all authorities: the id follows from it.
    async fn refuse_borrowed_logins(&self, tx: &mut Tx, directories: &[Directory]) -> Result<()> {
        let town = self.town(tx).await?;
        let published: BTreeSet<&str> = directories.iter().map(|directory| directory.authority.code.as_str()).collect();
        let mut owners: BTreeMap<AgentId, &str> = BTreeMap::new();
        for directory in town.all().filter(|directory| !published.contains(directory.authority.code.as_str())) {
            owners.extend(directory.agents.values().map(|agent| (agent.id, directory.authority.code.as_str())));
        }
        for directory in directories {
            for (login, agent) in &directory.agents {
                if let Some(owner) = owners.insert(agent.id, &directory.authority.code) {
                    let detail = format!("L'identifiant « {login} » est déjà celui d'un agent de « {owner} ».");
                    return Err(Error::field("/directories", &detail));
                }
            }
        }
        Ok(())
    }
}

/// Hashes each distinct password once: the demo gives one to everybody.
async fn hash_all(publication: &Publication) -> Result<BTreeMap<String, String>> {
    let mut by_password: BTreeMap<&str, String> = BTreeMap::new();
    let mut hashes = BTreeMap::new();
    for (login, password) in &publication.passwords {
        if password.is_empty() || password.chars().count() > PASSWORD_CHARS_MAX {
            return Err(Error::field("/passwords", "Un mot de passe a entre 1 et 1 024 caractères."));
        }
        if !by_password.contains_key(password.as_str()) {
            by_password.insert(password, passwords::hash(password.clone()).await?);
        }
        hashes.insert(login.clone(), by_password[password.as_str()].clone());
    }
    Ok(hashes)
}
