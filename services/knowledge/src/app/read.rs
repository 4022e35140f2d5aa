//! Reading one sheet, or all those of an authority as their authors wrote them.

use guichet_core::id::{AuthorityId, SheetId};

use super::App;
use crate::Error;
use crate::domain::sheet::{Sheet, Source};
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

    /// Returns the published sheets of an authority as they were written, in the order of their external ids; none when
    /// it has published none.
    pub(crate) async fn list_sources(&self, authority: &str) -> Result<Vec<Source>, Error> {
        let mut sheets = Sheets::list(&self.db, AuthorityId::of_code(authority)).await?;
        // The order of a database follows its collation.
        sheets.sort_by(|left, right| left.source.external_id.cmp(&right.source.external_id));
        Ok(sheets.into_iter().map(|sheet| sheet.source).collect())
    }
}
