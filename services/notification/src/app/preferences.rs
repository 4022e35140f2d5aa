//! The medium a party asked for.

use guichet_core::id::PartyId;

use super::App;
use crate::Error;
use crate::domain::notice::Medium;
use crate::store::Preferences;

impl App {
    /// Keeps what a party asks for; `None` goes back to the channel of each request.
    pub async fn set_preference(&self, party: PartyId, medium: Option<Medium>) -> Result<(), Error> {
        let mut tx = self.db.begin().await?;
        Preferences::set(&mut tx, party, medium, self.clock.now()).await?;
        Ok(tx.commit().await?)
    }
}
