//! Reading one sheet.

use guichet_core::id::{AuthorityId, SheetId};

use super::App;
use crate::Error;
use crate::domain::sheet::Sheet;
use crate::store::{Catalogues, Sheets};

impl App {
    /// Returns a published sheet by its id, or by its authority and external id, and the code of its authority.
    pub(crate) async fn read_sheet(
        &self,
        id: &str,
        authority: &str,
        external_id: &str,
    ) -> Result<(Sheet, String), Error> {
        let id = if id.is_empty() {
            if authority.is_empty() || external_id.is_empty() {
                return Err(Error::invalid("/id", "Indiquez une fiche, ou une collectivité et le nom d'une fiche."));
            }
            SheetId::of_external_id(authority, external_id)
        } else {
            // What is not an id is nobody's id: the same answer as for an unknown one.
            id.parse().map_err(|_| Error::SheetNotFound)?
        };
        let sheet = Sheets::find(&self.db, id).await?.ok_or(Error::SheetNotFound)?;
        if !authority.is_empty() && sheet.authority_id != AuthorityId::of_code(authority) {
            return Err(Error::SheetNotFound);
        }
        let code = Catalogues::find_code(&self.db, sheet.authority_id).await?.unwrap_or_default();
        Ok((sheet, code))
    }
}
