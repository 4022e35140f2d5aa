//! The medium a party asked for.

use guichet_core::Timestamp;
use guichet_core::id::PartyId;
use guichet_db::{Db, Result, Tx, args};

use crate::domain::notice::Medium;

const FIND: &str = "SELECT medium FROM preferences WHERE party_id = $1";
const UPSERT: &str = "INSERT INTO preferences (party_id, medium, updated_at) VALUES ($1, $2, $3)
    ON CONFLICT (party_id) DO UPDATE SET medium = excluded.medium, updated_at = excluded.updated_at";
const DELETE: &str = "DELETE FROM preferences WHERE party_id = $1";

/// The table of preferences.
#[derive(Debug)]
pub struct Preferences;

impl Preferences {
    /// Returns what a party asked for.
    pub async fn find(db: &Db, party: PartyId) -> Result<Option<Medium>> {
        let Some(row) = db.fetch_optional(FIND, args![party]).await? else { return Ok(None) };
        Ok(Medium::parse(&row.get::<String>("medium")?))
    }

    /// Keeps what a party asks for; `None` forgets it.
    pub async fn set(tx: &mut Tx, party: PartyId, medium: Option<Medium>, now: Timestamp) -> Result<()> {
        match medium {
            Some(medium) => tx.execute(UPSERT, args![party, medium.as_str(), now]).await?,
            None => tx.execute(DELETE, args![party]).await?,
        };
        Ok(())
    }
}
