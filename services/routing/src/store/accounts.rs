//! Accounts and keys.

use guichet_core::Timestamp;
use guichet_core::id::{AgentId, AuthorityId};
use guichet_db::{Result, Row, Tx, args};

use super::Reader;

const ENSURE: &str = "INSERT INTO accounts (agent_id, authority_id, login, password_hash, session_version, active)
    VALUES ($1, $2, $3, $4, 1, $5)
    ON CONFLICT (agent_id) DO UPDATE SET
        authority_id = excluded.authority_id,
        login = excluded.login,
        session_version = CASE
            WHEN excluded.password_hash IS NULL THEN accounts.session_version
            ELSE accounts.session_version + 1
        END,
        password_hash = COALESCE(excluded.password_hash, accounts.password_hash),
        active = excluded.active";
const FIND_LOGIN: &str =
    "SELECT agent_id, login, password_hash, session_version, active FROM accounts WHERE login = $1";
const FIND: &str = "SELECT agent_id, login, password_hash, session_version, active FROM accounts WHERE agent_id = $1";
const LIST_ACTIVE: &str = "SELECT agent_id, login, password_hash, session_version, active FROM accounts
    WHERE authority_id = $1 AND active = $2";
const RETIRE: &str = "UPDATE accounts SET active = $2, session_version = session_version + 1 WHERE agent_id = $1";
const FIND_KEY: &str = "SELECT authority_id, name FROM api_keys WHERE key_hash = $1 AND revoked_at IS NULL";
const INSERT_KEY: &str = "INSERT INTO api_keys (key_hash, authority_id, name, created_at) VALUES ($1, $2, $3, $4)";

/// One account.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) agent_id: AgentId,
    pub(crate) login: String,
    /// PHC string; `None` = no password was set.
    pub(crate) password_hash: Option<String>,
    pub(crate) session_version: i64,
    pub(crate) active: bool,
}

fn account(row: &Row) -> Result<Account> {
    Ok(Account {
        agent_id: row.get("agent_id")?,
        login: row.get("login")?,
        password_hash: row.get("password_hash")?,
        session_version: row.get("session_version")?,
        active: row.get("active")?,
    })
}

/// Gives an agent an account, or brings it up to date; a new password ends the open sessions.
pub(crate) async fn ensure(
    tx: &mut Tx,
    agent: AgentId,
    authority: AuthorityId,
    login: &str,
    password_hash: Option<&str>,
) -> Result<()> {
    tx.execute(ENSURE, args![agent, authority, login, password_hash, true]).await.map(drop)
}

/// Returns the account of a login.
pub(crate) async fn find_login(reader: &mut impl Reader, login: &str) -> Result<Option<Account>> {
    reader.rows(FIND_LOGIN, args![login]).await?.first().map(account).transpose()
}

/// Returns an agent's account.
pub(crate) async fn find(reader: &mut impl Reader, agent: AgentId) -> Result<Option<Account>> {
    reader.rows(FIND, args![agent]).await?.first().map(account).transpose()
}

/// Returns the accounts of an authority that may sign in.
pub(crate) async fn list_active(tx: &mut Tx, authority: AuthorityId) -> Result<Vec<Account>> {
    tx.rows(LIST_ACTIVE, args![authority, true]).await?.iter().map(account).collect()
}

/// Closes the account of an agent who left, and every session of it.
pub(crate) async fn retire(tx: &mut Tx, agent: AgentId) -> Result<()> {
    tx.execute(RETIRE, args![agent, false]).await.map(drop)
}

/// Returns whose key this is: the authority and the key's name.
pub(crate) async fn find_key(reader: &mut impl Reader, key_hash: &[u8]) -> Result<Option<(AuthorityId, String)>> {
    let rows = reader.rows(FIND_KEY, args![key_hash]).await?;
    rows.first().map(|row| Ok((row.get("authority_id")?, row.get("name")?))).transpose()
}

/// Keeps a key.
pub(crate) async fn insert_key(
    tx: &mut Tx,
    key_hash: &[u8],
    authority: AuthorityId,
    name: &str,
    now: Timestamp,
) -> Result<()> {
    tx.execute(INSERT_KEY, args![key_hash, authority, name, now]).await.map(drop)
}
