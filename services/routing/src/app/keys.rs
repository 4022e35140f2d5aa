//! Keys of programs: 256 random bits shown once, of which only the SHA-256 is kept.

use guichet_core::id::AuthorityId;
use sha2::{Digest, Sha256};

use super::{App, Result};
use crate::error::Error;
use crate::store::accounts;

/// So that a key found in a log or a repository is recognised.
const PREFIX: &str = "gk_";
const KEY_BYTES: usize = 32;
/// Characters of a key's name.
const NAME_CHARS_MAX: usize = 100;

/// A program that may call.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    pub(crate) name: String,
    /// Code of the authority.
    pub(crate) authority: String,
}

impl App {
    /// Makes a key for an authority and returns it, the only time it is seen.
    pub(crate) async fn create_key(&self, authority: &str, name: &str) -> Result<String> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
            return Err(Error::field("/name", "Donnez un nom à la clé, en 100 caractères au plus."));
        }
        let mut bytes = [0; KEY_BYTES];
        self.rng.fill(&mut bytes);
        let key = format!("{PREFIX}{}", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
        let mut tx = self.db.begin().await?;
        let town = self.town(&mut tx).await?;
        let directory = town.by_code(authority).ok_or(Error::UnknownAuthority)?;
        accounts::insert_key(&mut tx, &digest(&key), directory.authority.id, name, self.clock.now()).await?;
        tx.commit().await?;
        Ok(key)
    }

    /// Returns whose key this is.
    pub(crate) async fn check_key(&self, key: &str) -> Result<Machine> {
        let mut db = &self.db;
        let found: Option<(AuthorityId, String)> = accounts::find_key(&mut db, &digest(key)).await?;
        let (authority_id, name) = found.ok_or(Error::SessionOver)?;
        let town = self.town(&mut db).await?;
        let directory = town.by_id(authority_id).ok_or(Error::SessionOver)?;
        Ok(Machine { name, authority: directory.authority.code.clone() })
    }
}

fn digest(key: &str) -> Vec<u8> {
    Sha256::digest(key.trim().as_bytes()).to_vec()
}
