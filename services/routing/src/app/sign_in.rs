//! Sessions: opening one, and telling whether it still stands.

use crate::store::Db;
use guichet_core::id::AgentId;
use guichet_core::work::PresenceState;
pub(crate) use guichet_events::Role;

use super::passwords::{self, PASSWORD_CHARS_MAX};
use super::{App, Result};
use crate::error::Error;
use crate::store::accounts::{self, Account};
use crate::store::loads;

/// Who is signed in.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) agent_id: AgentId,
    pub(crate) login: String,
    pub(crate) name: String,
    pub(crate) role: Role,
    /// Code of the employer.
    pub(crate) authority: String,
    /// Codes of the authorities they work for.
    pub(crate) authorities: Vec<String>,
    pub(crate) session_version: i64,
    pub(crate) presence: PresenceState,
}

impl App {
    /// Opens a session; an unknown login costs as much time as a wrong password.
    pub(crate) async fn sign_in(&self, login: &str, password: String) -> Result<Identity> {
        let login = login.trim().to_lowercase();
        if password.chars().count() > PASSWORD_CHARS_MAX {
            return Err(Error::SignInRefused);
        }
        let account = accounts::find_login(&mut &self.db, &login).await?.filter(|account| account.active);
        let hash = account.as_ref().and_then(|account| account.password_hash.clone());
        if !passwords::verify(password, hash).await? {
            return Err(Error::SignInRefused);
        }
        self.identity(account.ok_or(Error::SignInRefused)?).await
    }

    /// Returns who is behind a session, unless it is over.
    pub(crate) async fn check_session(&self, agent_id: AgentId, session_version: i64) -> Result<Identity> {
        let account = accounts::find(&mut &self.db, agent_id).await?.ok_or(Error::SessionOver)?;
        if !account.active || account.session_version != session_version {
            return Err(Error::SessionOver);
        }
        self.identity(account).await
    }

    async fn identity(&self, account: Account) -> Result<Identity> {
        let mut db: &Db = &self.db;
        let town = self.town(&mut db).await?;
        let (employer, agent) = town.agent(account.agent_id).ok_or(Error::SessionOver)?;
        let load = loads::find(&mut db, account.agent_id).await?;
        Ok(Identity {
            agent_id: account.agent_id,
            login: account.login,
            name: agent.name.clone(),
            role: agent.role,
            authority: employer.authority.code.clone(),
            authorities: town.authorities_of(employer, agent),
            session_version: account.session_version,
            presence: load.map_or(PresenceState::Away, |load| load.presence),
        })
    }
}
